"""Who is mentioned in a note: @username, of people who may see the lead."""

import re
from collections.abc import Sequence
from datetime import datetime
from functools import partial

from django.conf import settings
from django.db.models import Q, QuerySet
from django.db.models.functions import Lower
from django.utils.translation import gettext as _

from leadapp.models import Lead, User
from qualification.models import Note, NoticeKind
from qualification.services.notices.telling import Telling, tell

# Not in the middle of a word: an email address mentions nobody.
MENTION = re.compile(r"(?<![\w.+@-])@([\w.+-]+)")
MOST = 20
MOST_OFFERED = 8
BACKEND = "django.contrib.auth.backends.ModelBackend"


def mentioned_in(*, text: str, lead: Lead) -> dict[str, User]:
    """Return the people whom a text about a lead mentions, by the @name as it stands there."""
    names = {found.rstrip(".-+") for found in MENTION.findall(text)}
    wanted = sorted(name for name in names if name)[:MOST]
    if not wanted:
        return {}
    people = User.objects.annotate(small=Lower("username")).filter(
        small__in={name.lower() for name in wanted}, is_active=True
    )
    visible = {
        person.username.lower(): person
        for person in people
        if Lead.objects.visible_to(person).filter(pk=lead.pk).exists()
    }
    return {name: visible[name.lower()] for name in wanted if name.lower() in visible}


def people_called(text: str, *, lead: Lead) -> list[User]:
    """Return people who may see a lead and whose username or name begins like this, by name."""
    named = Q(username__istartswith=text) | Q(first_name__istartswith=text) | Q(last_name__istartswith=text)
    found = _who_see(lead).filter(named) if text.isprintable() else User.objects.none()
    return list(found.order_by("first_name", "last_name", "pk")[:MOST_OFFERED])


def _who_see(lead: Lead) -> QuerySet[User]:
    """Return the people who may see a lead, as `Lead.objects.visible_to` says it for each of them."""
    people = User.objects.with_perm("leadapp.view_lead", backend=BACKEND)
    if settings.REPS_SEE != "own" or lead.owner_id is None:
        return people
    any_lead = User.objects.with_perm("leadapp.work_any_lead", backend=BACKEND)
    reps = User.objects.with_perm("leadapp.work_own_lead", backend=BACKEND)
    return people.exclude(
        Q(pk__in=reps.values("pk")) & ~Q(pk__in=any_lead.values("pk")) & ~Q(pk=lead.owner_id)
    )


def tell_mentioned(*, note: Note, people: Sequence[User], author: User | None, now: datetime) -> None:
    """Tell people, but for the author, that a note mentions them."""
    tell(
        [
            Telling(
                person.pk, NoticeKind.MENTION, partial(_words, note, author), f"note:{note.pk}", note.lead_id
            )
            for person in people
            if person != author
        ],
        now=now,
    )


def _words(note: Note, author: User | None) -> str:
    said = _("%(author)s mentioned you in a note on %(lead)s: %(text)s") % {
        "author": author or _("Somebody"),
        "lead": note.lead.name,
        "text": " ".join(note.text.split()),
    }
    return _shortened(said)


def _shortened(text: str, longest: int = 200) -> str:
    return text if len(text) <= longest else text[: longest - 1].rstrip() + "…"
