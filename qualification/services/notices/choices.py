"""How each person wants to hear of what: the kinds that concern them, and the hour of their digest."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from leadapp.errors import Invalid
from leadapp.models import User
from qualification.models import (
    BY_EMAIL_UNLESS_CHOSEN,
    DIGEST_HOUR,
    ByEmail,
    DigestHour,
    NoticeChoice,
    NoticeKind,
    NoticeMail,
    TeamMember,
)
from qualification.services.notices.telling import NEXT_DIGEST, digest_habits, nudge_mails

# Kinds that only some can get, and the permission that those have.
NEEDS = {
    NoticeKind.WEBHOOK: "leadapp.change_webhookendpoint",
    NoticeKind.KEY: "leadapp.change_apikey",
    NoticeKind.EXPORT: "leadapp.export_lead",
}

# What waits is due when the person chooses it to be.
RESCHEDULE = f"""
UPDATE qualification_noticemail mail SET
    is_digest = fresh.is_digest, due_at = CASE WHEN fresh.is_digest THEN fresh.digest_at ELSE %(now)s END
FROM (
    SELECT n.id, c.by_email = 'digest' AS is_digest, next.digest_at
    FROM leadapp_user u
    JOIN qualification_notice n ON n.user_id = u.id
    JOIN qualification_noticechoice c ON c.user_id = u.id AND c.kind = n.kind AND c.by_email <> 'none'
    {NEXT_DIGEST}
    WHERE u.id = %(user)s
) fresh
WHERE mail.notice_id = fresh.id AND mail.state = 'waiting' AND (mail.is_digest OR fresh.is_digest)
"""  # noqa: S608 - put together from the constant above


@dataclass(frozen=True)
class Habits:
    """How somebody wants to hear of each kind, and when their digest comes, in which time zone."""

    by_email: Mapping[NoticeKind, ByEmail]
    hour: int
    time_zone: str


def habits_of(user: User, *, time_zone: str) -> Habits:
    """Return a person's choices, filled up with what holds unless chosen."""
    chosen = dict(NoticeChoice.objects.filter(user=user).values_list("kind", "by_email"))
    hour = DigestHour.objects.filter(user=user).values_list("hour", flat=True).first()
    team = TeamMember.objects.filter(user=user).values_list("team__time_zone", flat=True).first()
    return Habits(
        by_email={kind: ByEmail(chosen.get(kind, BY_EMAIL_UNLESS_CHOSEN[kind])) for kind in kinds_for(user)},
        hour=DIGEST_HOUR if hour is None else hour,
        time_zone=user.time_zone or team or time_zone,
    )


def kinds_for(user: User) -> list[NoticeKind]:
    """Return the kinds of notices that this person can get at all."""
    return [kind for kind in NoticeKind if kind not in NEEDS or user.has_perm(NEEDS[kind])]


def choose(*, user: User, by_email: Mapping[str, str], hour: int, now: datetime) -> None:
    """Keep how somebody wants to hear of each kind; what waits already follows the new choice."""
    if not set(by_email) <= set(NoticeKind.values) or not set(by_email.values()) <= set(ByEmail.values):
        raise Invalid(_("Choose one of: at once, in the daily digest, not by e-mail."))
    if not 0 <= hour <= 23:
        raise Invalid.field("hour", _("Choose an hour between 0 and 23."))
    with transaction.atomic():
        NoticeChoice.objects.bulk_create(
            [NoticeChoice(user=user, kind=kind, by_email=how) for kind, how in sorted(by_email.items())],
            update_conflicts=True,
            unique_fields=["user", "kind"],
            update_fields=["by_email"],
        )
        DigestHour.objects.update_or_create(user=user, defaults={"hour": hour})
        silent = Q(notice__kind__in=[kind for kind, how in by_email.items() if how == ByEmail.NONE])
        NoticeMail.objects.filter(silent, user=user, state=NoticeMail.State.WAITING).update(
            state=NoticeMail.State.DROPPED, claimed_until=None
        )
        with connection.cursor() as cursor:
            cursor.execute(RESCHEDULE, {"now": now, "user": user.pk, **digest_habits()})
        nudge_mails()
