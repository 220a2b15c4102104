"""Consents and withdrawals that people write down: how they were given, and in which words."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from leadapp.access import Actor, require_may_work, user_of
from leadapp.errors import Invalid
from leadapp.models import ConsentRecord, Lead
from leadapp.services.leads.leads import change_lead
from leadapp.services.texts import clean_text
from qualification.services.locks import lock_lead

OWN_PAGES = "leadapp"
LONGEST = 2_000
# What a lead may not be asked, called for or judged by once it has said no.
OPT_OUT = {
    ConsentRecord.Purpose.EMAIL: "do_not_email",
    ConsentRecord.Purpose.PHONE: "do_not_call",
    ConsentRecord.Purpose.SCORING: "do_not_score",
}


def record_consent(
    *, lead: Lead, purpose: str, granted: bool, how: str, text: str, actor: Actor, now: datetime
) -> ConsentRecord:
    """Write down that a lead agreed to something or took that back; it holds at once.

    A consent needs the words that were agreed to; a withdrawal may come without any. Nothing that was
    written down before is changed: the newest record of a purpose counts.
    """
    errors: dict[str, list[str]] = {}
    if purpose not in OPT_OUT:
        errors["purpose"] = [_("Choose what it is about.")]
    if how not in ConsentRecord.How.values:
        errors["how"] = [_("Choose how it was given.")]
    words = clean_text(text, "text", longest=LONGEST)
    if granted and not words:
        errors["text"] = [_("Write down what was asked, so that everybody knows what was agreed to.")]
    if errors:
        raise Invalid(_("This consent cannot be recorded."), errors=errors)
    with transaction.atomic():
        locked = lock_lead(lead)
        require_may_work(actor, locked)
        record = ConsentRecord.objects.create(
            lead=locked,
            purpose=purpose,
            granted=granted,
            how=how,
            text=words,
            source=OWN_PAGES,
            recorded_by=user_of(actor),
            recorded_at=now,
        )
        flag = OPT_OUT[ConsentRecord.Purpose(purpose)]
        change_lead(lead=locked, facts={flag: not granted}, source=OWN_PAGES, actor=actor, now=now)
    return record
