"""The e-mails in which leads confirm what they agreed to.

An e-mail is claimed, sent, and then marked as sent. A worker that is killed in between leaves a claim
that runs out, and the e-mail goes out a second time: rarely twice rather than ever not at all.
"""

from datetime import datetime, timedelta

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from leadapp.mailing import MailServer
from leadapp.models import ConsentRequest
from leadapp.services.privacy.opt_in.confirming import sign_request
from leadapp.services.privacy.opt_out import unsubscribe_headers

State = ConsentRequest.State
CLAIM = timedelta(minutes=5)
# After a mail server that did not take it, once and again.
DELAYS = [timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=30), timedelta(hours=2)]


def send_due(*, now: datetime, limit: int = 200) -> int:
    """Send the e-mails that are due; return how many went out. Not to be called in a transaction."""
    requests = _claim(now, limit)
    if not requests:
        return 0
    with MailServer() as server:
        return sum(_send(request, server, now) for request in requests)


def _due(now: datetime) -> QuerySet[ConsentRequest]:
    free = Q(claimed_until__isnull=True) | Q(claimed_until__lte=now)
    return ConsentRequest.objects.filter(free, state=State.WAITING, due_at__lte=now)


def _claim(now: datetime, limit: int) -> list[ConsentRequest]:
    with transaction.atomic():
        locked = _due(now).select_for_update(skip_locked=True, of=("self",)).order_by("due_at", "pk")
        ids = list(locked.values_list("pk", flat=True)[:limit])
        ConsentRequest.objects.filter(pk__in=ids).update(claimed_until=now + CLAIM)
    claimed = ConsentRequest.objects.filter(pk__in=ids).select_related("lead", "form", "text")
    return list(claimed.order_by("pk"))


def _send(request: ConsentRequest, server: MailServer, now: datetime) -> bool:
    """Send one e-mail, unless the lead has opted out, or has answered, since."""
    mine = ConsentRequest.objects.filter(
        pk=request.pk, state=State.WAITING, requested_at=request.requested_at
    )
    if request.lead.do_not_email or request.confirmed_at or request.expires_at <= now:
        mine.update(state=State.DROPPED, claimed_until=None)
        return False
    fault = server.send(_message(request))
    if not fault:
        return bool(mine.update(state=State.SENT, sent_at=now, claimed_until=None, last_error=""))
    told = {"attempts": F("attempts") + 1, "claimed_until": None, "last_error": fault}
    if request.attempts < len(DELAYS):
        mine.update(due_at=now + DELAYS[request.attempts], **told)
    else:
        mine.update(state=State.FAILED, **told)
    return False


def _message(request: ConsentRequest) -> EmailMultiAlternatives:
    with translation.override(request.form.language or request.language or settings.LANGUAGE_CODE):
        link = settings.LEADAPP_ADDRESS + reverse("consent-confirm", args=[sign_request(request)])
        context = {"request": request, "link": link, "language": translation.get_language()}
        message = EmailMultiAlternatives(
            subject=_("Please confirm your address"),
            body=render_to_string("mail/consent.txt", context),
            to=[request.email],
            headers={"Auto-Submitted": "auto-generated", **unsubscribe_headers(request.lead)},
        )
        message.attach_alternative(render_to_string("mail/consent.html", context), "text/html")
        return message
