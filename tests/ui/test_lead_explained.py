"""The lead page explains a score: activities behind each rule, a look back, a forecast, ways up."""

import re
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from leadapp.models import Lead, User
from leadapp.services.leads.leads import update_lead
from scoring.engine import explain_stored, score_leads
from scoring.models import Cause, Publication, ScoringModel, ScoringModelVersion
from scoring.services.queue import request_scoring, score_waiting
from tests.qualification.build import log
from tests.scoring.build import make_rule, the_live_version
from tests.ui.lead_build import as_user, everything, make_people, new_lead

pytestmark = pytest.mark.django_db

People = dict[str, User]
DAY = timedelta(days=1)


@pytest.fixture
def people(db: None) -> People:
    """Give a person of every role, and a second rep."""
    return make_people()


@pytest.fixture
def now() -> datetime:
    """Give the moment of the test."""
    return timezone.now()


def score(lead: Lead, at: datetime) -> Lead:
    request_scoring(lead_ids=[lead.pk], cause=Cause.ACTIVITY, now=at)
    score_waiting(now=at)
    return Lead.objects.select_related("company").get(pk=lead.pk)


def busy_lead(people: People, now: datetime) -> Lead:
    """Make a lead that looked at prices for days, and whose title changed since."""
    lead = new_lead(people["owner"], now=now - 20 * DAY, job_title="Student", company={"name": "Small Ltd"})
    for days in (12, 10, 8, 7):
        log(lead, "page_view", now - days * DAY, properties={"path": "/pricing", "title": "Pricing"})
    lead = score(lead, now - 7 * DAY)
    at = now - 3 * DAY
    update_lead(lead=lead, facts={"job_title": "CEO"}, source="test", actor=None, now=at)
    log(lead, "demo_requested", at)
    return score(lead, at)


def page(user: User, lead: Lead, asked: str = "", status: int = 200) -> str:
    response = as_user(user).get(f"/leads/{lead.pk}/{asked}")
    assert response.status_code == status
    return str(response.content.decode())


def words(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def part(html: str, heading: str) -> str:
    """Return the words of the section under a heading."""
    start = html.index(f'id="{heading}"')
    return words(html[start : html.index("</section>", start)])


def test_each_rule_opens_to_the_activities_behind_it(people: People, now: datetime) -> None:
    lead = busy_lead(people, now)
    html = page(people["owner"], lead)
    start = html.index("<summary>Viewed the pricing page")
    opened = words(html[start : html.index("</details>", start)])
    assert opened.count("Read Pricing") == 4
    assert re.search(r"8 × \d\d% = \+\d\.\d", opened)
    explanation = explain_stored(lead)
    assert explanation is not None
    (line,) = (line for line in explanation.lines if line.name == "Viewed the pricing page")
    assert line.capped == 0
    assert "script" not in html[start : html.index("</details>", start)]


def test_what_the_cap_of_a_rule_took_is_told(people: People, now: datetime) -> None:
    lead = busy_lead(people, now)
    for minutes in range(9):
        at = now - timedelta(hours=1, minutes=minutes)
        log(lead, "page_view", at, properties={"path": "/pricing", "title": "Pricing"})
    lead = score(lead, now)
    html = page(people["owner"], lead)
    start = html.index("<summary>Viewed the pricing page")
    opened = words(html[start : html.index("</details>", start)])
    assert "1 older one" in opened
    assert re.search(r"The cap of this rule takes −\d+\.\d", opened)


def test_a_look_back_shows_the_score_and_the_facts_of_then(people: People, now: datetime) -> None:
    lead = busy_lead(people, now)
    day = timezone.localtime(now - 5 * DAY)
    asked = f"?as_of={day:%Y-%m-%d}"
    # The version that ships went live when the database of the tests was made, perhaps by an earlier run.
    Publication.objects.all().delete()
    Publication.objects.create(version=the_live_version(), at=now)
    assert "the first one that there was" in page(people["owner"], lead, asked)
    Publication.objects.create(version=the_live_version(), at=now - 30 * DAY)
    html = page(people["owner"], lead, asked)
    text = words(html)
    assert f"A look back: {lead.name} at the end of {day:%A} {day.day} {day:%B %Y}" in text
    assert "which was live then" in text
    assert "Job title: Student , now CEO" in text
    assert f'<a href="/leads/{lead.pk}/">Back to now</a>' in html
    assert "Student or intern" in text
    assert "Asked for a demo" not in text
    assert "What would change this" not in text
    assert "If nothing happens" not in text
    before = everything()
    page(people["owner"], lead, asked)
    assert everything() == before


def test_today_is_no_look_back(people: People, now: datetime) -> None:
    lead = busy_lead(people, now)
    html = page(people["owner"], lead, f"?as_of={timezone.localtime(now):%Y-%m-%d}")
    assert "A look back" not in html
    assert "What would change this" in html


@pytest.mark.parametrize(
    ("asked", "refusal"),
    [
        ("?as_of=2099-01-01", "The forecast says what it may bring."),
        ("?as_of=1999-01-01", "came in later than that."),
        ("?as_of=yesterday", "Choose a date, such as 2026-01-31."),
        ("?as_of=2026-02-30", "Choose a date, such as 2026-01-31."),
        ("?as_of=0000-00-00", "Choose a date, such as 2026-01-31."),
        ("?model=nonsense", "There is no such scoring model, or it is not live."),
    ],
)
def test_what_makes_no_sense_is_refused_and_the_score_of_now_is_shown(
    people: People, now: datetime, asked: str, refusal: str
) -> None:
    lead = busy_lead(people, now)
    html = page(people["owner"], lead, asked, status=422)
    assert f"{refusal} Shown is the score of now." in words(html)
    assert f"Where the {lead.score} points come from" in html


def test_a_look_back_at_a_lead_that_had_opted_out_says_so(people: People, now: datetime) -> None:
    lead = new_lead(people["owner"], now=now - 9 * DAY, do_not_score=True)
    at = now - 2 * DAY
    update_lead(lead=lead, facts={"do_not_score": False}, source="test", actor=None, now=at)
    lead = score(lead, at)
    day = timezone.localtime(now - 5 * DAY)
    html = page(people["owner"], lead, f"?as_of={day:%Y-%m-%d}")
    assert "There was no score: scoring was opted out of." in words(html)
    assert "points come" not in html


def test_the_forecast_is_one_sentence(people: People, now: datetime) -> None:
    lead = busy_lead(people, now)
    text = part(page(people["owner"], lead), "h-ahead")
    assert re.search(
        r"(Falls below|Goes cold|Stays) .*(unless something happens|even if nothing happens)\.", text
    )


def test_what_would_change_it_names_steps_and_what_the_gate_wants(people: People, now: datetime) -> None:
    lead = busy_lead(people, now)
    Lead.objects.filter(pk=lead.pk).update(stage="mql")
    text = part(page(people["owner"], lead), "h-change")
    assert re.search(r"\d+ points? to (warm|hot|ready for sales) \(from \d+\)\.", text)
    assert "Sent a form" in text
    assert "enough" in text
    assert "Or, for SQL:" in text
    assert "budget, authority, need and timeline" in text or "would do" in text


def test_what_moved_the_score_is_told_with_key_events(people: People, now: datetime) -> None:
    lead = busy_lead(people, now)
    html = page(people["owner"], lead)
    text = part(html, "h-hist")
    assert "Demo requested, Job title changed Key event" in text
    assert "Page view" in text
    assert html.count('class="chart__key"') == 1
    assert "Demo requested, now" in html


def make_second_model() -> ScoringModelVersion:
    model = ScoringModel.objects.create(name="Service contracts", slug="service")
    version = ScoringModelVersion.objects.create(model=model, number=1)
    make_rule(version, name="Every lead", points=33)
    version.state, version.published_at = "live", timezone.now()
    version.save()
    return version


def test_every_live_model_is_shown_and_can_be_looked_at(people: People, now: datetime) -> None:
    lead = busy_lead(people, now)
    assert "Scores by other models" not in page(people["owner"], lead)
    version = make_second_model()
    html = page(people["owner"], lead)
    assert "Service contracts 33" in words(html)
    html = page(people["owner"], lead, "?model=service")
    assert "By Service contracts v1. It does not drive the list." in words(html)
    assert "Where the 33 points come from" in html
    assert "Every lead" in html
    own = page(people["owner"], lead, f"?model={the_live_version().model.slug}")
    assert f"Where the {lead.score} points come from" in own
    assert score_leads(version=version, moments={lead.pk: now})[lead.pk].score == 33


@pytest.mark.parametrize("asked", ["", "?as_of=2026-01-01", "?model=x"])
def test_who_may_not_see_the_lead_may_not_look_back_either(
    people: People, now: datetime, settings: Any, asked: str
) -> None:
    lead = busy_lead(people, now)
    settings.REPS_SEE = "own"
    page(people["colleague"], lead, asked, status=404)


def test_a_lead_without_a_score_has_a_page(people: People) -> None:
    for lead in (
        Lead.objects.create(phone="+491701234567"),
        new_lead(do_not_score=True, email="x@y.example"),
    ):
        html = page(people["manager"], lead)
        assert "h-change" not in html
        assert "h-ahead" not in html
