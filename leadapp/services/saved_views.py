"""Saved views of the lead list: kept, changed, shared, put in order, deleted and brought back."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from leadapp.access import require
from leadapp.errors import Conflict, Invalid, NotFound
from leadapp.models import SavedView, Sharing, User
from leadapp.services.texts import clean_text

MOST = 30
LONGEST_NAME = 60
LONGEST_QUERY = 2000
# For so long a deleted view can be brought back.
BROUGHT_BACK_WITHIN = timedelta(days=1)


def save_view(
    *, name: str, query: str, sharing: str = Sharing.PRIVATE, actor: User, now: datetime
) -> SavedView:
    """Keep what the list shows under a name, behind the other views of this person."""
    require(actor, "leadapp.view_lead", _("Only people who may see leads keep views of them."))
    name, query, sharing = _clean_name(name), _clean_query(query), _clean_sharing(sharing, actor)
    with transaction.atomic():
        own = _lock_own(actor)
        if len(own) >= MOST:
            message = ngettext(
                "You have %(most)d view, which is as many as there can be. Delete one first.",
                "You have %(most)d views, which is as many as there can be. Delete one first.",
                MOST,
            )
            raise Conflict(message % {"most": MOST})
        _refuse_twice(name, own)
        last = max((view.position for view in own), default=0)
        return SavedView.objects.create(
            owner=actor,
            name=name,
            query=query,
            sharing=sharing,
            position=last + 1,
            created_at=now,
            updated_at=now,
        )


def change_view(
    *,
    view_id: int,
    name: str | None = None,
    query: str | None = None,
    sharing: str | None = None,
    actor: User,
    now: datetime,
) -> SavedView:
    """Rename a view, keep something else under it, or share it otherwise; what is None stays."""
    changes = {
        "name": None if name is None else _clean_name(name),
        "query": None if query is None else _clean_query(query),
        "sharing": None if sharing is None else _clean_sharing(sharing, actor),
    }
    with transaction.atomic():
        own = _lock_own(actor)
        view = _one_of(own, view_id)
        if changes["name"] is not None:
            _refuse_twice(changes["name"], [other for other in own if other.pk != view_id])
        changed = [field for field, value in changes.items() if value not in (None, getattr(view, field))]
        for field in changed:
            setattr(view, field, changes[field])
        if changed:
            view.updated_at = now
            view.save(update_fields=[*changed, "updated_at"])
        return view


def delete_view(*, view_id: int, actor: User, now: datetime) -> SavedView:
    """Delete a view; for a day it can be brought back. Doing so again finds nothing."""
    with transaction.atomic():
        view = _one_of(_lock_own(actor), view_id)
        view.deleted_at = now
        view.save(update_fields=["deleted_at"])
        actor.saved_views.filter(deleted_at__lt=now - BROUGHT_BACK_WITHIN).delete()
        return view


def restore_view(*, view_id: int, actor: User, now: datetime) -> SavedView:
    """Bring a deleted view back as it was. Doing so again changes nothing."""
    with transaction.atomic():
        own = _lock_own(actor)
        view = actor.saved_views.filter(pk=view_id).first()
        if view is None or (view.deleted_at and view.deleted_at < now - BROUGHT_BACK_WITHIN):
            raise NotFound(_("This view is not there any more."))
        if view.deleted_at is not None:
            _refuse_twice(view.name, own)
            view.deleted_at = None
            view.save(update_fields=["deleted_at"])
        return view


def order_views(*, view_ids: Sequence[int], actor: User, now: datetime) -> None:
    """Put all views of a person in this order."""
    with transaction.atomic():
        own = _lock_own(actor)
        if sorted(view_ids) != sorted(view.pk for view in own):
            raise Conflict(_("Your views changed meanwhile. Look at them again."))
        places = {pk: place for place, pk in enumerate(view_ids, start=1)}
        moved = [view for view in own if view.position != places[view.pk]]
        for view in moved:
            view.position = places[view.pk]
        SavedView.objects.bulk_update(moved, ["position"])


def _lock_own(actor: User) -> list[SavedView]:
    """Let one change of somebody's views wait for the other, and return the views in their order."""
    User.objects.select_for_update(no_key=True).get(pk=actor.pk)
    return list(actor.saved_views.kept().in_order())


def _one_of(own: Sequence[SavedView], view_id: int) -> SavedView:
    for view in own:
        if view.pk == view_id:
            return view
    raise NotFound(_("This view is not there, or not yours."))


def _refuse_twice(name: str, others: Sequence[SavedView]) -> None:
    if any(other.name.lower() == name.lower() for other in others):
        message = _("You have a view “%(name)s” already. Give this one another name.") % {"name": name}
        raise Conflict(message, errors={"name": [message]})


def _clean_name(name: str) -> str:
    name = " ".join(clean_text(name, "name", longest=LONGEST_NAME).split())
    if not name:
        raise Invalid.field("name", _("Give the view a name."))
    return name


def _clean_query(query: str) -> str:
    query = clean_text(query, "query", longest=LONGEST_QUERY)
    if not query:
        raise Invalid.field("query", _("There is nothing to keep."))
    return query


def _clean_sharing(sharing: str, actor: User) -> str:
    if sharing not in Sharing.values:
        raise Invalid.field("sharing", _("Choose who may open the view."))
    if sharing == Sharing.TEAM and not User.objects.filter(pk=actor.pk, membership__isnull=False).exists():
        message = _("You are in no team yet. Share the view with everybody, or keep it to yourself.")
        raise Invalid.field("sharing", message)
    return sharing
