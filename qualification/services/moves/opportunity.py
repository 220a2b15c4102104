"""A customer sets out anew: the process does not end with the deal."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from leadapp.access import Actor, require_may_work
from leadapp.errors import Invalid
from leadapp.models import Lead, Stage
from qualification.models import Move, StageChange
from qualification.services.locks import lock_lead
from qualification.services.moves.writing import STATUS_WORDS, Standing, compare, write_moves
from qualification.services.texts import needed_reason

NEW_ROUND_AT = (Stage.MQL, Stage.SQL)


def new_opportunity(
    *, lead: Lead, to_stage: str, seen_stage: str, actor: Actor, reason: str, now: datetime
) -> StageChange:
    """Set out with a customer anew, at MQL or SQL: the next win needs a deal of its own.

    What it bought and how it became a customer stays in its history.
    """
    if to_stage not in NEW_ROUND_AT:
        raise Invalid.field(
            "to_stage", _("A new opportunity starts at: %(known)s.") % {"known": ", ".join(NEW_ROUND_AT)}
        )
    reason = needed_reason(reason, why=_("say what it may buy."))
    with transaction.atomic():
        locked = lock_lead(lead)
        require_may_work(actor, locked)
        compare(locked, seen_stage=seen_stage)
        if locked.stage != Stage.CUSTOMER:
            raise Invalid(_("Only a customer can be a new opportunity."))
        if not locked.is_open:
            raise Invalid(
                _("This lead is %(status_words)s. Reopen it first.")
                % {"status_words": STATUS_WORDS[locked.status]}
            )
        (change,) = write_moves(
            [locked],
            to=Standing(stage=to_stage),
            move=Move.OPPORTUNITY,
            reason=reason,
            actor=actor,
            now=now,
        )
        return change
