"""Advocates: customers who speak for us. The process does not end with the deal."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from leadapp.access import Actor, require_may_work, user_of
from leadapp.errors import Conflict, Invalid
from leadapp.models import Advocacy, Lead
from qualification.models import AdvocacyChange
from qualification.services.customers.deals import has_bought
from qualification.services.locks import lock_lead
from qualification.services.texts import cleaned_text


def set_advocacy(*, lead: Lead, advocacy: str, note: str = "", actor: Actor, now: datetime) -> AdvocacyChange:
    """Note that a customer is a fan or a reference, or is one no longer. Only who has bought can be."""
    if advocacy not in Advocacy.values:
        raise Invalid.field(
            "advocacy", _("Choose one of: %(known)s.") % {"known": ", ".join(Advocacy.values)}
        )
    note = cleaned_text("note", note, longest=500)
    with transaction.atomic():
        locked = lock_lead(lead)
        require_may_work(actor, locked)
        if locked.advocacy == advocacy:
            raise Conflict(_("This is so already: %(advocacy)s.") % {"advocacy": Advocacy(advocacy).label})
        if advocacy != Advocacy.NONE and not has_bought(locked):
            raise Invalid.field("advocacy", _("Only customers can be fans or references."))
        change = AdvocacyChange.objects.create(
            lead=locked, at=now, before=locked.advocacy, after=advocacy, note=note, actor=user_of(actor)
        )
        locked.advocacy = advocacy
        locked.save(update_fields=["advocacy"])
        return change
