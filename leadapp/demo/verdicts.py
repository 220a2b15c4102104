"""Ask the real engine when each lead was good enough for sales."""

from collections.abc import Sequence

from leadapp.demo.population import Prospect
from leadapp.demo.selling import Verdict
from leadapp.demo.vocabulary import FREE_MAIL, GATE_COUNTRIES, GATE_INDUSTRIES
from scoring.engine import Score, score_leads
from scoring.models import ScoringModelVersion

# The default gates (qualification's first migration of gates): from these lines on marketing hands over.
MQL_FROM, HANDOVER_FROM = 50, 150


def judge(prospects: Sequence[Prospect], *, version: ScoringModelVersion) -> dict[int, Verdict]:
    """Score every lead at its own moments, the first moments of all in one go, then the second ones."""
    verdicts: dict[int, Verdict] = {}
    waiting = [prospect for prospect in prospects if _could_pass(prospect)]
    for turn in range(max((len(prospect.moments) for prospect in waiting), default=0)):
        waiting = [prospect for prospect in waiting if len(prospect.moments) > turn]
        scores = score_leads(version=version, moments={p.lead.pk: p.moments[turn] for p in waiting})
        for prospect in waiting:
            _note(verdicts, prospect, scores[prospect.lead.pk], turn)
        waiting = [p for p in waiting if p.lead.pk not in verdicts or verdicts[p.lead.pk].handover_at is None]
    return verdicts


def _note(verdicts: dict[int, Verdict], prospect: Prospect, score: Score, turn: int) -> None:
    lead, at = prospect.lead, prospect.moments[turn]
    before = verdicts.get(lead.pk)
    if score.grade[0] not in "AB" or score.score < MQL_FROM:
        return
    verdict = before or Verdict(mql_at=at, mql_score=score.score)
    if score.score >= HANDOVER_FROM:
        verdict = Verdict(verdict.mql_at, verdict.mql_score, at, score.score)
    verdicts[lead.pk] = verdict


def _could_pass(prospect: Prospect) -> bool:
    """Tell whether the facts alone let the lead through the gate to MQL."""
    lead = prospect.lead
    business = bool(lead.email) and (lead.email or "").rpartition("@")[2] not in FREE_MAIL
    company = lead.company
    target = lead.country in GATE_COUNTRIES or (
        company is not None and (company.country in GATE_COUNTRIES or company.industry in GATE_INDUSTRIES)
    )
    return business and bool(lead.first_name and lead.last_name) and target and not lead.do_not_score
