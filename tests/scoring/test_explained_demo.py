"""Over all leads of the demo: the explanations hold, the past comes back, and time does what was foreseen."""

from collections import defaultdict
from datetime import datetime

import pytest

from leadapp.models import Activity, Lead, Temperature
from scoring.analysis.forecast import forecast
from scoring.analysis.history import moves_of
from scoring.analysis.ways import ways_up
from scoring.engine import explain_moments, score_leads, stored_moments
from scoring.models import Cause, Rescore, ScoreChange
from scoring.services.rescore import continue_rescores, start_rescore
from tests.scoring.build import DAY, explain_at, log, the_live_version
from tests.scoring.conftest import DEMO_LEADS

pytestmark = pytest.mark.django_db


def test_leads_of_the_demo_were_yesterday_what_was_stored_yesterday(demo: datetime) -> None:
    yesterday = demo - DAY
    compared = 0
    leads = Lead.objects.select_related("company").filter(created_at__lte=yesterday)
    for lead in leads.order_by("id")[::4]:
        stored = ScoreChange.objects.filter(lead=lead, at__lte=yesterday).order_by("-at", "-id").first()
        if stored is None or stored.score is None:
            assert explain_at(lead=lead, at=yesterday) is None
            continue
        explanation = explain_at(lead=lead, at=stored.at)
        assert explanation is not None
        assert explanation.version == stored.version
        assert (explanation.score, explanation.fit, explanation.engagement, explanation.grade) == (
            stored.score,
            stored.fit,
            stored.engagement,
            stored.grade,
        ), lead.pk
        assert sum(line.points for line in explanation.all_lines) == stored.score
        compared += 1
    assert compared > DEMO_LEADS / 5


def test_the_lines_of_every_lead_of_the_demo_sum_to_its_stored_score(demo: datetime) -> None:
    leads = {lead.pk: lead for lead in Lead.objects.filter(score__isnull=False)}
    by_version = defaultdict(list)
    for lead_id, (version, at) in stored_moments(leads.values()).items():
        by_version[version].append((lead_id, at))
    explained = [
        explanation
        for version, moments in by_version.items()
        for explanation in explain_moments(version=version, moments=moments)
    ]
    assert len(explained) == len(leads) > DEMO_LEADS * 0.95
    for explanation in explained:
        lead = leads[explanation.lead_id]
        stored = (lead.score, lead.fit, lead.engagement)
        assert (explanation.score, explanation.fit, explanation.engagement) == stored
        assert sum(line.points for line in explanation.lines) == lead.score
        for dimension, total in (("fit", lead.fit), ("engagement", lead.engagement)):
            assert sum(line.points for line in explanation.lines_of(dimension)) == total


def test_hot_leads_of_the_demo_cool_by_themselves_as_was_foreseen(demo: datetime) -> None:
    """Move the clock by forty days in which nothing happens: bands change, and history says why."""
    version = the_live_version()
    hot = list(Lead.objects.filter(temperature=Temperature.HOT).order_by("-score", "id"))
    assert len(hot) > 20
    later = demo + 40 * DAY
    foreseen = {}
    for lead in hot[:25]:
        found = forecast(lead=lead, version=version, now=demo)
        assert found is not None
        foreseen[lead.pk] = next((each.at for each in found.crossings if each.kind == "temperature"), None)
    newest = ScoreChange.objects.latest("id").pk
    rescore = start_rescore(version=version, cause=Cause.DECAY, now=later)
    while continue_rescores(now=later):
        pass
    assert Rescore.objects.get(pk=rescore.pk).finished_at is not None
    cooled = 0
    for before in hot:
        lead = Lead.objects.get(pk=before.pk)
        assert lead.score is not None
        assert before.score is not None
        assert lead.score <= before.score
        if before.pk in foreseen:
            at = foreseen[before.pk]
            assert (lead.temperature != Temperature.HOT) == (at is not None and at <= later), lead.pk
        if lead.temperature != Temperature.HOT:
            cooled += 1
            change = ScoreChange.objects.filter(lead=lead, pk__gt=newest).get()
            assert (change.cause, change.at) == (Cause.DECAY, later)
            assert (change.score_before, change.score) == (before.score, lead.score)
            (move,) = moves_of(lead, [change])
            assert move.because == "Time passed"
    assert cooled > 10


def test_each_way_holds_for_leads_of_the_demo(demo: datetime) -> None:
    """What a way promises is what the lead really scores once it has happened."""
    version = the_live_version()
    leads = (
        Lead.objects.filter(score__isnull=False).select_related("company").order_by("id")[:: DEMO_LEADS // 8]
    )
    shown = 0
    for lead in leads:
        found = ways_up(lead=lead, version=version, now=demo)
        assert found is not None
        for way in [way for way in found.ways if all(s.kind == "activity" for s in way.steps)][:3]:
            for step in way.steps:
                for each in step.lead.activities:
                    log(
                        lead,
                        each.type,
                        each.occurred_at,
                        received_at=demo,
                        properties=dict(each.properties),
                        source="way",
                    )
            assert score_leads(version=version, moments={lead.pk: demo})[lead.pk].score == way.score
            Activity.objects.filter(source="way").delete()
            shown += 1
    assert shown > 10
