"""Which model drives the list: its scores are the ones that leads carry."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from leadapp.access import Actor, require
from leadapp.errors import Conflict
from scoring.models import Cause, Rescore, ScoringModel, ScoringModelVersion
from scoring.services.publishing import PUBLISH
from scoring.services.rescore import start_rescore
from scoring.services.versions import replace_live_version


def make_primary(*, model: ScoringModel, actor: Actor, now: datetime) -> Rescore:
    """Let a model with a live version drive the list, and begin to score all leads by it.

    The model before it stays live: its scores are shown beside those of the primary one.
    """
    require(actor, PUBLISH, _("Only marketers decide which model drives the list."))
    with transaction.atomic():
        # All of them, so that two people choosing at once wait for each other, and for whoever publishes.
        models = {each.pk: each for each in ScoringModel.objects.select_for_update().order_by("id")}
        chosen = models[model.pk]
        if chosen.is_primary:
            raise Conflict(_("%(chosen)s drives the list already.") % {"chosen": chosen})
        version = ScoringModelVersion.objects.filter(
            model=chosen, state=ScoringModelVersion.State.LIVE
        ).first()
        if version is None:
            raise Conflict(_("%(chosen)s has no live version. Publish one first.") % {"chosen": chosen})
        replace_live_version()
        ScoringModel.objects.filter(is_primary=True).update(is_primary=False)
        chosen.is_primary = True
        chosen.save(update_fields=["is_primary"])
        model.refresh_from_db()
        version.model = chosen
        return start_rescore(version=version, cause=Cause.PUBLISH, now=now)
