"""The lead page shows who a lead is, why it has its score, and what is missing."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from leadapp.models import ActivityType, Lead, Stage, Status, User
from leadapp.services.work.activities import log_activity
from qualification.models import BantAnswer, Gate, GateCriterion, GateHold, StageChange, Task
from qualification.services.assignment import hand_over
from qualification.services.clock.escalation import escalate_due
from qualification.services.evidence.answers import answer_bant
from qualification.services.gates.editing import record_edit
from scoring.engine import explain_leads
from scoring.services.queue import score_waiting
from tests.qualification.build import log
from tests.ui.lead_build import as_user, make_people, new_lead

pytestmark = pytest.mark.django_db

TABS = ("", "timeline/", "stages/", "notes/")
People = dict[str, User]


@pytest.fixture
def people(db: None) -> People:
    """Give a person of every role, and a second rep."""
    return make_people()


def page(user: User, lead: Lead, tab: str = "") -> str:
    """Return the text of a page that opens."""
    response = as_user(user).get(f"/leads/{lead.pk}/{tab}")
    assert response.status_code == 200
    return str(response.content.decode())


def words(html: str) -> str:
    """Return what can be read."""
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def test_it_says_who_the_lead_is(people: People) -> None:
    text = words(page(people["owner"], new_lead(people["owner"])))
    for fact in ("Annelie Großmann", "Head of Operations", "Vögele", "Machinery", "480", "voegele.example"):
        assert fact in text


def test_the_breakdown_adds_up_to_the_stored_score(people: People) -> None:
    lead = new_lead(people["owner"])
    log(lead, "demo_requested", timezone.now() - timedelta(days=9), properties={"form": "demo-request"})
    log(lead, "unsubscribed", timezone.now() - timedelta(days=3))
    log_activity(
        lead=lead, type_slug="page_view", properties={"path": "/pricing"}, actor=None, now=timezone.now()
    )
    score_waiting(now=timezone.now())
    lead.refresh_from_db()
    assert lead.score_version is not None
    assert lead.scored_at is not None
    html = page(people["owner"], lead)
    assert f"Where the {lead.score} points come from" in html
    explanation = explain_leads(version=lead.score_version, moments={lead.pk: lead.scored_at})[lead.pk]
    assert (explanation.fit, explanation.engagement, explanation.score) == (
        lead.fit,
        lead.engagement,
        lead.score,
    )
    assert sum(line.points for line in explanation.lines) == lead.score
    table = html[html.index("<table") : html.index("</table>")]
    for line in explanation.lines:
        assert line.name in words(table)
    assert f"Total {lead.score}" in words(table)
    assert table.count('class="bar"') == len(explanation.lines)


def test_an_unscored_change_is_announced(people: People) -> None:
    lead = new_lead(people["owner"])
    assert lead.scored_at is not None
    log(lead, "demo_requested", lead.scored_at)
    assert "Something came in since the last scoring" in page(people["owner"], lead)


def test_a_lead_that_opted_out_has_no_score_and_says_so(people: People) -> None:
    lead = new_lead(people["owner"], do_not_score=True)
    text = words(page(people["owner"], lead))
    assert "opted out of scoring" in text
    assert "points come from" not in text


def test_a_new_lead_waits_to_be_scored(people: People) -> None:
    lead = Lead.objects.create(first_name="Nina", owner=people["owner"])
    text = words(page(people["owner"], lead))
    assert "Waiting to be scored" in text
    assert "No company" in text
    assert "No title" in text


@pytest.mark.parametrize("tab", TABS)
def test_every_tab_opens_for_a_lead_of_which_nothing_is_known(people: People, tab: str) -> None:
    lead = Lead.objects.create(phone="+491701234567")
    for user in people.values():
        assert "+491701234567" in page(user, lead, tab)


@pytest.mark.parametrize("tab", TABS)
def test_a_lead_that_somebody_may_not_see_does_not_exist(people: People, tab: str, settings: Any) -> None:
    lead = new_lead(people["owner"])
    assert as_user(people["colleague"]).get(f"/leads/{lead.pk}/{tab}").status_code == 200
    settings.REPS_SEE = "own"
    assert as_user(people["colleague"]).get(f"/leads/{lead.pk}/{tab}").status_code == 404
    assert as_user(people["owner"]).get(f"/leads/{lead.pk}/{tab}").status_code == 200
    assert as_user(people["owner"]).get(f"/leads/999999999/{tab}").status_code == 404


@pytest.mark.parametrize("tab", TABS)
def test_who_is_not_signed_in_is_asked_to(client: Any, tab: str, people: People) -> None:
    lead = new_lead()
    response = client.get(f"/leads/{lead.pk}/{tab}")
    assert response.status_code == 302
    assert response["Location"].startswith("/accounts/login/")


@pytest.mark.parametrize("tab", TABS)
def test_pages_are_only_read(people: People, tab: str) -> None:
    lead = new_lead()
    assert as_user(people["owner"]).post(f"/leads/{lead.pk}/{tab}").status_code == 405


def test_the_owner_and_managers_get_the_buttons_others_the_reason(people: People) -> None:
    lead = new_lead(people["owner"])
    for name in ("owner", "manager", "admin"):
        html = page(people[name], lead)
        assert 'id="do-call"' in html
        assert "you can look, not change" not in html
    for name in ("colleague", "marketer"):
        html = page(people[name], lead)
        assert 'id="do-call"' not in html
        assert "Owner has this lead; you can look, not change" in html
        assert "/bant/" not in html
        assert "/edit/" not in html


def test_an_unassigned_lead_can_be_taken_by_reps(people: People) -> None:
    lead = new_lead()
    assert 'id="do-take"' in page(people["owner"], lead)
    html = page(people["marketer"], lead)
    assert 'id="do-take"' not in html
    assert "Nobody has this lead" in html
    assert 'id="do-call"' in page(people["manager"], lead)


def test_there_is_one_primary_button(people: People) -> None:
    lead = new_lead(people["owner"])
    for user in people.values():
        for tab in TABS:
            assert page(user, lead, tab).count("btn--primary") <= 1


def test_the_clock_of_a_handover_is_shown(people: People) -> None:
    lead = new_lead(people["owner"])
    Lead.objects.filter(pk=lead.pk).update(stage=Stage.MQL)
    hand_over(lead_ids=[lead.pk], now=timezone.now())
    text = words(page(people["owner"], lead))
    assert "23 h left" in text
    assert "Call within 23 h." in text


def test_a_clock_that_ran_out_says_so_and_until_when_it_ran(people: People) -> None:
    lead = new_lead(people["owner"])
    Lead.objects.filter(pk=lead.pk).update(stage=Stage.MQL)
    hand_over(lead_ids=[lead.pk], now=timezone.now() - timedelta(hours=26))
    text = words(page(people["owner"], lead))
    assert "2 h late" in text
    assert re.search(r"was due \w{3} \d+ \w{3}, \d\d:\d\d UTC", text)
    assert "Call now, 2 h late." in text


def test_others_may_take_a_lead_whose_answer_is_very_late(people: People) -> None:
    lead = new_lead(people["owner"])
    Lead.objects.filter(pk=lead.pk).update(stage=Stage.MQL)
    hand_over(lead_ids=[lead.pk], now=timezone.now() - timedelta(hours=29))
    assert 'id="do-take"' not in page(people["colleague"], lead)
    escalate_due(now=timezone.now())
    html = page(people["colleague"], lead)
    assert 'id="do-take"' in html
    assert "Owner has not answered in time, so you may take it." in html
    for name in ("owner", "marketer", "manager"):
        assert 'id="do-take"' not in page(people[name], lead)
    as_user(people["colleague"]).post(f"/leads/{lead.pk}/take/")
    lead.refresh_from_db()
    assert lead.owner == people["colleague"]


def test_the_checklist_says_what_is_missing(people: People) -> None:
    lead = new_lead(people["owner"])
    Lead.objects.filter(pk=lead.pk).update(stage=Stage.MQL)
    html = page(people["owner"], lead)
    assert "What is missing for SQL" in html
    assert "Missing: All but one confirmed" in words(html)
    assert "disabled>Move to SQL" in html
    assert "Move anyway" not in html
    assert "Move anyway" in page(people["manager"], lead)


def test_a_lead_that_came_by_itself_says_below_what_it_falls_back(people: People) -> None:
    lead, now = new_lead(people["owner"]), timezone.now()
    Gate.objects.filter(step="to_mql").update(takes_back=True, minimum_stay_hours=14 * 24)
    GateCriterion.objects.filter(field="lead.score").update(leave_value=40)
    record_edit(gate=Gate.objects.get(step="to_mql"), now=now)
    ahead = (
        "Leads that pass move by themselves. They fall back with Score below 40, or once another criterion"
    )
    assert ahead in words(page(people["owner"], lead))
    assert "after 14 days at the earliest." in words(page(people["owner"], lead))

    Lead.objects.filter(pk=lead.pk).update(stage=Stage.MQL, stage_changed_at=now)
    behind = "Falls back to Lead with Score below 40, or once another criterion holds no longer, not before"
    assert behind not in words(page(people["owner"], lead))  # nobody knows that it came by itself
    StageChange.objects.create(
        lead=lead, move="forward", from_stage="lead", to_stage="mql", from_status="open", to_status="open",
        is_automatic=True, at=now,
    )  # fmt: skip
    GateHold.objects.create(
        lead=lead, gate=Gate.objects.get(step="to_mql"), edited_at=now, stay_began_at=now, score_change_id=0
    )
    day = timezone.localtime(now + timedelta(days=14))
    text = words(page(people["owner"], lead))
    assert f"{behind} {day.day} {day:%B}." in text
    Task.objects.create(lead=lead, owner=people["owner"], text="Call", due_at=now)
    assert "and not while somebody is at work on it." in words(page(people["owner"], lead))


def test_answers_show_their_source_and_when_they_run_out(people: People) -> None:
    lead, now = new_lead(people["owner"]), timezone.now()
    answer_bant(
        lead=lead,
        dimension="budget",
        state="confirmed",
        value="€60,000",
        source="call",
        actor=people["owner"],
        now=now,
    )
    answer_bant(
        lead=lead, dimension="need", state="ruled_out", value="Has one", actor=people["owner"], now=now
    )
    BantAnswer.objects.create(
        lead=lead,
        dimension_id="timeline",
        state="confirmed",
        value="Q3",
        answered_at=now - timedelta(days=90),
        expires_at=now - timedelta(days=1),
    )
    text = words(page(people["owner"], lead))
    assert "1 of 4 confirmed" in text
    assert "Budget Confirmed €60,000 Call, Owner" in text
    assert "Need Ruled out Has one" in text
    assert "Timeline Stale Was: Q3" in text
    assert "Authority Unknown" in text


def test_contradicting_answers_are_shown_as_such(people: People) -> None:
    lead, now, owner = new_lead(people["owner"]), timezone.now(), people["owner"]
    asked: dict[str, Any] = {"lead": lead, "dimension": "budget", "actor": owner}
    said = now - timedelta(days=1)
    answer_bant(state="confirmed", value="€60,000", source="call", confidence="high", now=said, **asked)
    answer_bant(state="ruled_out", value="No budget", source="form", now=now, **asked)
    text = words(page(owner, lead))
    assert "Budget Ruled out No budget Contradicted. The form says ruled out: “No budget”." in text
    assert "The call said confirmed: “€60,000”. The newest counts, though it is less sure." in text
    assert "low confidence" in text


def test_what_is_asked_beside_the_framework_is_folded(people: People) -> None:
    lead, owner = new_lead(people["owner"]), people["owner"]
    assert "Also asked: 0 of 5 known" in words(page(owner, lead))
    answer_bant(
        lead=lead,
        dimension="competition",
        state="confirmed",
        value="Prefers us",
        actor=owner,
        now=timezone.now(),
    )
    html = page(owner, lead)
    assert '<details class="bant-more">' in html
    assert "Also asked: 1 of 5 known" in words(html)
    assert "Competition Confirmed Prefers us" in words(html)
    assert "0 of 4 confirmed" in words(html)


def test_the_history_of_a_dimension_is_read_by_everybody(people: People) -> None:
    lead, owner, now = new_lead(people["owner"]), people["owner"], timezone.now()
    for days, value in ((200, "€40,000"), (1, "€60,000")):
        answer_bant(
            lead=lead, dimension="budget", state="confirmed", value=value, actor=owner,
            now=now - timedelta(days=days),
        )  # fmt: skip
    for person, button in (("owner", True), ("colleague", False), ("marketer", False)):
        html = as_user(people[person]).get(f"/leads/{lead.pk}/bant/budget/").content.decode()
        text = words(html)
        assert "2 answers so far Confirmed: “€60,000”. Rep, Owner" in text
        assert "Was Confirmed: “€40,000”" in text
        assert ("Save budget" in text) is button
    assert "History of budget" in words(page(people["marketer"], lead))


def test_a_lead_in_nurture_says_why_and_can_be_reopened(people: People) -> None:
    lead = new_lead(people["owner"])
    Lead.objects.filter(pk=lead.pk).update(status=Status.NURTURE, status_reason="Budget in spring")
    text = words(page(people["owner"], lead))
    assert "Nurture: Budget in spring" in text
    assert "Reopen" in text
    assert "What is missing" not in text


def test_nothing_is_inline(people: People) -> None:
    lead = new_lead(people["owner"])
    for tab in TABS:
        html = page(people["owner"], lead, tab)
        assert not re.search(r"\sstyle=|<style|\son[a-z]+=", html)
        assert not re.search(r"<script(?![^>]*\bsrc=)", html)


def test_what_people_typed_is_escaped(people: People) -> None:
    lead = new_lead(people["owner"], job_title="<script>alert(1)</script>")
    log(lead, "demo_requested", properties={"message": "<img src=x onerror=alert(1)>", "form": "<b>"})
    for tab in TABS:
        html = page(people["owner"], lead, tab)
        assert "<script>alert" not in html
        assert "<img src=x" not in html


@pytest.mark.parametrize(("tab", "queries"), [("", 33), ("timeline/", 30), ("stages/", 24), ("notes/", 25)])
def test_the_number_of_queries_does_not_depend_on_how_much_happened(
    people: People, tab: str, queries: int
) -> None:
    user, busy, quiet = (
        people["owner"],
        new_lead(people["owner"]),
        new_lead(people["owner"], email="b@c.example"),
    )
    types = list(ActivityType.objects.filter(is_internal=False))
    for number in range(20):
        log(busy, types[number].slug, timezone.now() - timedelta(hours=number), actor=user)
    log(quiet, "page_view", timezone.now())
    client = as_user(user)
    for lead in (quiet, busy):
        client.get(f"/leads/{lead.pk}/{tab}")
        with CaptureQueriesContext(
            connection,
        ) as captured:
            assert client.get(f"/leads/{lead.pk}/{tab}").status_code == 200
        # The busy one is above all lines, so that no way up is tried out.
        wanted = queries - 3 if lead == busy and not tab else queries
        assert len(captured) == wanted, [query["sql"][:90] for query in captured]
