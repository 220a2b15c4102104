"""Let a consent count once the link in its e-mail is followed (double opt-in)."""

from dataclasses import dataclass
from datetime import datetime

from django.core import signing
from django.db import transaction
from django.utils.translation import gettext as _

from leadapp.errors import NotFound
from leadapp.models import ConsentRequest, Form, Lead
from leadapp.services.privacy.opt_in.records import GivenConsent, record_of

SALT = "leadapp.confirm-consent"


@dataclass(frozen=True)
class Confirmed:
    """A consent that counts. `is_repeat`: it did already."""

    form: Form
    text: str
    is_repeat: bool = False


def sign_request(request: ConsentRequest) -> str:
    """Return the text that the link of this e-mail carries."""
    return signing.Signer(salt=SALT).sign_object([request.pk, request.email])


def find_request(*, token: str, now: datetime) -> ConsentRequest:
    """Return what a link is about, or raise NotFound when it is not one of ours or has run out."""
    try:
        number, email = signing.Signer(salt=SALT).unsign_object(token)
    except (signing.BadSignature, ValueError):
        raise _run_out() from None
    requests = ConsentRequest.objects.select_related("form", "text", "lead")
    request = requests.filter(pk=number, email=email).first()
    if request is None or (request.confirmed_at is None and request.expires_at <= now):
        raise _run_out()
    return request


def _run_out() -> NotFound:
    return NotFound(_("This link does not work any more. Fill in the form again to get a new one."))


def confirm_consent(*, token: str, now: datetime) -> Confirmed:
    """Let the consent count from now on; a second time changes nothing."""
    found = find_request(token=token, now=now)
    with transaction.atomic():
        Lead.objects.select_for_update(no_key=True).filter(pk=found.lead_id).first()
        still_open = ConsentRequest.objects.filter(pk=found.pk, confirmed_at__isnull=True, expires_at__gt=now)
        is_first = bool(still_open.update(confirmed_at=now))
        if is_first:
            given = GivenConsent(
                found.text.purpose, found.text.text, found.text.version, found.form.slug, now
            )
            record_of(found.lead_id, given, at=now).save(force_insert=True)
    return Confirmed(found.form, found.text.text, is_repeat=not is_first)
