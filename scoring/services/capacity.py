"""How many leads sales can call per week, and the lines that follow from it."""

from dataclasses import replace
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from leadapp.access import Actor, require
from leadapp.errors import Conflict, Invalid, NotFound
from leadapp.numbers import write_number
from scoring.models import ScoringModel, ScoringModelVersion
from scoring.rules import version_facts_of
from scoring.services.editing import change_version
from scoring.services.publishing import make_draft

MOST = 1_000_000


def set_weekly_capacity(
    *, model: ScoringModel, leads_per_week: int | None, actor: Actor, now: datetime
) -> ScoringModel:
    """Write how many leads sales can call per week; None for not known. It changes no score.

    Raise Invalid for a number that is not between 1 and a million.
    """
    require(actor, "scoring.change_scoringmodelversion", _("Only marketing may change what sales can call."))
    if leads_per_week is not None and not 1 <= leads_per_week <= MOST:
        raise Invalid.field(
            "weekly_capacity",
            _("Give a number of leads between 1 and %(most)s.") % {"most": write_number(MOST)},
        )
    with transaction.atomic():
        locked = ScoringModel.objects.select_for_update().filter(pk=model.pk).first()
        if locked is None:
            raise NotFound(_("This scoring model does not exist any more."))
        locked.weekly_capacity = leads_per_week
        locked.save(update_fields=["weekly_capacity"])
    return locked


def use_lines(
    *, version: ScoringModelVersion, hot_from: int, threshold: int, actor: Actor, now: datetime
) -> ScoringModelVersion:
    """Write proposed lines into the draft of the model, which is made of the live version if there is none.

    `version` is the one that the proposal was made for; raise Conflict if it is not what a draft would come
    from any more.
    """
    with transaction.atomic():
        ScoringModel.objects.select_for_update().get(pk=version.model_id)
        versions = ScoringModelVersion.objects.filter(model=version.model_id)
        draft = versions.filter(state=ScoringModelVersion.State.DRAFT).first()
        current = draft or versions.filter(state=ScoringModelVersion.State.LIVE).first()
        if current is None or current.pk != version.pk:
            raise Conflict(_("Somebody else changed which version is edited. Look at the proposal again."))
        if draft is None:
            draft = make_draft(model=version.model, actor=actor, now=now)
        facts = replace(version_facts_of(draft), hot_from=hot_from, threshold=threshold)
        return change_version(version=draft, facts=facts, revision=draft.revision, actor=actor, now=now)
