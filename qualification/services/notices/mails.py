"""E-mails of notices: what is due to one person goes in one e-mail, with ways back into the app.

An e-mail is claimed, sent, and then marked as sent. A worker that is killed in between leaves a claim
that runs out, and the e-mail goes out a second time: rarely twice rather than ever not at all.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _

from leadapp.languages import speaking_to
from leadapp.mailing import MailServer
from leadapp.models import User
from qualification.models import Notice, NoticeMail

State = NoticeMail.State
CLAIM = timedelta(minutes=5)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
# After a mail server that did not take it, once and again.
DELAYS = [MINUTE, 5 * MINUTE, 30 * MINUTE, 2 * HOUR, 6 * HOUR, 12 * HOUR]
# Lines of one e-mail; the rest is in the app.
MOST_LINES = 50


@dataclass(frozen=True)
class Line:
    """A notice as its e-mail shows it."""

    text: str
    kind: str
    url: str


def send_due(*, now: datetime, limit: int = 200) -> int:
    """Send the e-mails that are due; return how many notices they told. Not to be called in a transaction."""
    mails = _claim(now, limit)
    if not mails:
        return 0
    told = 0
    with MailServer() as server:
        for user, group in groupby(mails, key=lambda mail: mail.user):
            told += _send_to(user, list(group), server, now)
    return told


def _claim(now: datetime, limit: int) -> list[NoticeMail]:
    free = Q(claimed_until__isnull=True) | Q(claimed_until__lte=now)
    due = NoticeMail.objects.filter(free, state=State.WAITING, due_at__lte=now)
    with transaction.atomic():
        locked = due.select_for_update(skip_locked=True, of=("self",)).order_by("due_at", "pk")
        ids = list(locked.values_list("pk", flat=True)[:limit])
        NoticeMail.objects.filter(pk__in=ids).update(claimed_until=now + CLAIM)
    claimed = NoticeMail.objects.filter(pk__in=ids).select_related("notice", "user")
    return list(claimed.order_by("user_id", "notice__created_at", "pk"))


def _send_to(user: User, mails: Sequence[NoticeMail], server: MailServer, now: datetime) -> int:
    """Send one person what is due to them, but for what they have read, or may not see any more."""
    mine = NoticeMail.objects.filter(pk__in=[mail.pk for mail in mails], state=State.WAITING)
    wanted = _wanted(user, mails)
    with speaking_to(user):
        message = _message(user, wanted) if wanted else None
    fault = server.send(message) if message else ""
    sent = mine.filter(pk__in=[mail.pk for mail in wanted])
    mine.exclude(pk__in=[mail.pk for mail in wanted]).update(state=State.DROPPED, claimed_until=None)
    if fault:
        _try_later(sent, fault, now)
        return 0
    return sent.update(state=State.SENT, sent_at=now, claimed_until=None, last_error="")


def _wanted(user: User, mails: Sequence[NoticeMail]) -> list[NoticeMail]:
    if not user.is_active or not user.email:
        return []
    notices = Notice.objects.shown_to(user).unread().filter(pk__in=[mail.pk for mail in mails])
    shown = set(notices.values_list("pk", flat=True))
    return [mail for mail in mails if mail.pk in shown]


def _try_later(mails: QuerySet[NoticeMail], fault: str, now: datetime) -> None:
    for attempts, delay in enumerate(DELAYS):
        mails.filter(attempts=attempts).update(due_at=now + delay)
    told = {"attempts": F("attempts") + 1, "claimed_until": None, "last_error": fault}
    mails.filter(attempts__gte=len(DELAYS)).update(state=State.FAILED, **told)
    mails.update(**told)


def _message(user: User, mails: Sequence[NoticeMail]) -> EmailMultiAlternatives:
    lines = list(_lines(mails[:MOST_LINES]))
    choices = settings.LEADAPP_ADDRESS + reverse("notice-settings")
    context = {
        "user": user,
        "lines": lines,
        "more": len(mails) - len(lines),
        "is_digest": all(mail.is_digest for mail in mails),
        "all_url": settings.LEADAPP_ADDRESS + reverse("notices"),
        "choices_url": choices,
    }
    message = EmailMultiAlternatives(
        subject=_subject(mails),
        body=render_to_string("mail/notices.txt", context),
        to=[user.email],
        headers={"List-Unsubscribe": f"<{choices}>", "Auto-Submitted": "auto-generated"},
    )
    message.attach_alternative(render_to_string("mail/notices.html", context), "text/html")
    return message


def _subject(mails: Sequence[NoticeMail]) -> str:
    if len(mails) == 1:
        return " ".join(mails[0].notice.text.split())[:150]
    what = _("Your digest") if all(mail.is_digest for mail in mails) else _("Leadapp")
    return _("%(what)s: %(count)s notices") % {"what": what, "count": len(mails)}


def _lines(mails: Iterable[NoticeMail]) -> Iterable[Line]:
    for mail in mails:
        url = settings.LEADAPP_ADDRESS + reverse("notice-open", args=[mail.pk])
        yield Line(mail.notice.text, mail.notice.get_kind_display(), url)
