"""Tell owners that a lead of theirs turned hot, because of what the lead did or what was learnt of it."""

from collections.abc import Collection
from datetime import datetime
from functools import partial

from django.db.models import OuterRef, Subquery, Value
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from leadapp.models import Status, Temperature
from qualification.models import NoticeKind
from qualification.services.notices.telling import Telling, tell
from scoring.models import Cause, ScoreChange

# After a publish, or because time passed, it was not the lead that changed.
CAUSES = [Cause.ACTIVITY, Cause.FACTS, Cause.REQUEST]


def tell_hot(*, scored: Collection[tuple[int, datetime]], now: datetime) -> None:
    """Tell the owners of those leads that turned hot when they were scored at these moments."""
    earlier = ScoreChange.objects.filter(lead=OuterRef("lead"), pk__lt=OuterRef("pk")).order_by("-at", "-pk")
    turned = (
        ScoreChange.objects.filter(
            lead__in={lead_id for lead_id, _ in scored},
            at__in={at for _, at in scored},
            temperature=Temperature.HOT,
            cause__in=CAUSES,
            lead__owner__isnull=False,
            lead__status=Status.OPEN,
        )
        .annotate(before=Coalesce(Subquery(earlier.values("temperature")[:1]), Value("")))
        .exclude(before=Temperature.HOT)
        .select_related("lead__company")
    )
    tell(
        [
            Telling(
                user_id=change.lead.owner_id,
                kind=NoticeKind.HOT_LEAD,
                text=partial(_words, change),
                event=f"score_change:{change.pk}",
                lead_id=change.lead_id,
            )
            for change in turned
            if (change.lead_id, change.at) in scored and change.lead.owner_id is not None
        ],
        now=now,
    )


def _words(change: ScoreChange) -> str:
    return _("%(lead)s is hot now: %(score)s points.") % {"lead": _name(change), "score": change.score}


def _name(change: ScoreChange) -> str:
    company = change.lead.company
    return f"{change.lead.name} ({company.name})" if company else change.lead.name
