"""The database itself refuses what must not be, whatever code writes to it."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.db import IntegrityError, connection, transaction

from leadapp.models import (
    Activity,
    ActivityType,
    ApiKey,
    Company,
    ConsentRecord,
    ImportJob,
    ImportRow,
    KeptAnswer,
    Lead,
    LeadIdentifier,
    User,
)
from leadapp.services.identity.contacts import read_phone
from qualification.models import Assignment, BantAnswer, Deal, Note, StageChange, Task
from scoring.models import Rescore, ScoreChange, ScoringModel, ScoringModelVersion, ScoringRule

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 19, 10, 0, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)
EARLIER = NOW - timedelta(hours=1)


@pytest.fixture
def lead() -> Lead:
    return Lead.objects.create(email="a@example.com")


@pytest.fixture
def user() -> User:
    return User.objects.create_user("somebody")


@pytest.fixture
def draft() -> ScoringModelVersion:
    model = ScoringModel.objects.create(name="Other", slug="other")
    return ScoringModelVersion.objects.create(model=model, number=1)


def at_once(write: Callable[[], Any]) -> None:
    """Write, and ask the foreign keys too, which else wait for the commit."""
    with transaction.atomic():
        write()
        connection.check_constraints()


def refused(write: Callable[[], Any]) -> None:
    """Check that a write is refused by the database as a matter of integrity."""
    with pytest.raises(IntegrityError):
        at_once(write)


@pytest.mark.parametrize(
    "facts",
    [
        {"email": "Upper@example.com"},
        {"email": ""},
        {"country": "de"},
        {"country": "D1"},
        {"birth_year": 1850},
        {"phone": "+49 30 901820"},
        {"phone": "030901820"},
        {"phone": "+0493090182"},
        {"phone": "+493090"},
        {"phone": "+4930901820\n"},
        {"phone": "+49309018205551234567"},
        {"seniority": "boss"},
        {"gender": "x"},
        {"stage": "prospect"},
        {"status": "gone", "status_reason": "so"},
        {"status": "nurture"},
        {"status": "open", "status_reason": "why"},
        {"score": 10},
        {"score": 10, "fit": 5, "engagement": 5, "grade": "A1", "temperature": "hot"},
        {"grade": "A1"},
        {"temperature": "hot"},
    ],
    ids=str,
)
def test_a_lead_must_make_sense(facts: dict[str, Any]) -> None:
    refused(lambda: Lead.objects.create(**facts))


@pytest.mark.parametrize("phone", ["+4930901820", "+4911012", "+811111111111111111", "+8199999999999999999"])
def test_a_lead_has_any_number_that_can_be_read(phone: str) -> None:
    assert read_phone(phone) == Lead.objects.create(phone=phone).phone


def test_two_leads_never_share_an_address_but_many_have_none() -> None:
    Lead.objects.create(email="a@example.com")
    refused(lambda: Lead.objects.create(email="a@example.com"))
    Lead.objects.create()
    Lead.objects.create()


def test_a_lead_that_opted_out_has_no_score(lead: Lead, draft: ScoringModelVersion) -> None:
    scored = {"score": 7, "fit": 5, "engagement": 2, "grade": "D4", "temperature": "cold"}
    Lead.objects.filter(pk=lead.pk).update(**scored, scored_at=NOW, score_version=draft)
    refused(lambda: Lead.objects.filter(pk=lead.pk).update(do_not_score=True))


def test_a_score_is_never_negative(lead: Lead, draft: ScoringModelVersion) -> None:
    scored = {"score": -1, "fit": -1, "engagement": 0, "grade": "D4", "temperature": "cold"}
    refused(lambda: Lead.objects.filter(pk=lead.pk).update(**scored, scored_at=NOW, score_version=draft))


@pytest.mark.parametrize(
    "facts",
    [{"name": ""}, {"name": "X", "domain": "X.example"}, {"name": "X", "country": "d"}],
    ids=str,
)
def test_a_company_must_make_sense(facts: dict[str, Any]) -> None:
    refused(lambda: Company.objects.create(**facts))


def test_two_companies_never_share_a_domain() -> None:
    Company.objects.create(name="A", domain="a.example")
    refused(lambda: Company.objects.create(name="B", domain="a.example"))


def test_an_activity_is_never_changed_but_can_be_voided(lead: Lead) -> None:
    activity = Activity.objects.create(
        lead=lead, type=ActivityType.objects.get(slug="page_view"), occurred_at=NOW, source="test"
    )
    mine = Activity.objects.filter(pk=activity.pk)
    for change in (
        {"properties": {"path": "/other"}},
        {"occurred_at": EARLIER},
        {"source": "other"},
        {"type": ActivityType.objects.get(slug="login")},
    ):
        refused(partial(mine.update, **change))
    refused(lambda: mine.update(voided_at=NOW))
    assert mine.update(voided_at=NOW, void_reason="A colleague's test") == 1


def test_an_activity_never_lies_in_the_future(lead: Lead) -> None:
    page_view = ActivityType.objects.get(slug="page_view")
    refused(
        lambda: Activity.objects.create(
            lead=lead, type=page_view, occurred_at=LATER, received_at=NOW, source="test"
        )
    )


def test_one_event_of_one_source_is_kept_once(lead: Lead) -> None:
    event = {"lead": lead, "type": ActivityType.objects.get(slug="login"), "occurred_at": EARLIER}
    Activity.objects.create(**event, source="crm", external_id="1")
    refused(lambda: Activity.objects.create(**event, source="crm", external_id="1"))
    refused(lambda: Activity.objects.create(**event, source="crm", external_id=""))
    Activity.objects.create(**event, source="web", external_id="1")
    Activity.objects.create(**event, source="crm")
    Activity.objects.create(**event, source="crm")


def test_one_visitor_id_belongs_to_one_lead(lead: Lead) -> None:
    LeadIdentifier.objects.create(lead=lead, kind="visitor", value="v1")
    other = Lead.objects.create()
    refused(lambda: LeadIdentifier.objects.create(lead=other, kind="visitor", value="v1"))
    LeadIdentifier.objects.create(lead=other, kind="external", value="v1")


def test_a_consent_is_never_changed(lead: Lead) -> None:
    consent = ConsentRecord.objects.create(lead=lead, purpose="email", granted=True, source="form")
    refused(lambda: ConsentRecord.objects.filter(pk=consent.pk).update(granted=False))


@pytest.mark.parametrize("scopes", [[], ["everything"], ["read", "root"]], ids=str)
def test_an_api_key_has_known_scopes(scopes: list[str]) -> None:
    refused(lambda: ApiKey.objects.create(name="k", prefix="p", digest=b"x", scopes=scopes))


OLD_TEXT = {"old_prefix": "o", "old_digest": b"x", "rotated_at": NOW}


@pytest.mark.parametrize(
    "more",
    [
        {"revoked_reason": "Leaked"},
        {"old_prefix": "o"},
        {"rotated_at": NOW},
        {"old_used_at": NOW},
        {**OLD_TEXT, "old_valid_until": NOW, "old_digest": None},
        {**OLD_TEXT, "old_valid_until": EARLIER},
        {**OLD_TEXT, "old_valid_until": NOW + timedelta(days=30, seconds=1)},
        {"requests_per_minute": 0},
        {"events_per_minute": 0},
    ],
    ids=str,
)
def test_an_api_key_is_consistent(more: dict[str, Any]) -> None:
    key = ApiKey.objects.create(name="k", prefix="p", digest=b"x", scopes=["read"], created_at=EARLIER)
    refused(lambda: ApiKey.objects.filter(pk=key.pk).update(**more))
    at_once(
        lambda: ApiKey.objects.filter(pk=key.pk).update(
            **OLD_TEXT, old_valid_until=NOW, revoked_at=NOW, requests_per_minute=1, events_per_minute=1
        )
    )


def test_an_answer_is_kept_once_for_one_caller_and_only_of_success(user: User) -> None:
    key = ApiKey.objects.create(name="k", prefix="p", digest=b"x", scopes=["read"])

    def keep(**more: Any) -> Any:
        facts = {"path": "/", "name": "n", "fingerprint": b"x", "status": 200, "kept_at": NOW}
        return lambda: KeptAnswer.objects.create(**{**facts, **more})

    for caller in ({"api_key": key}, {"user": user}):
        at_once(keep(**caller))
        refused(keep(**caller))
        refused(keep(**caller, name="other", status=422))
    refused(keep())
    refused(keep(api_key=key, user=user))


@pytest.mark.parametrize(
    "facts",
    [
        {"rows_total": 1, "created": 2},
        {"rows_total": 1, "rows_read": 2, "to_create": 2},
        {"rows_read": 1},
        {"started_at": NOW, "finished_at": EARLIER},
        {"undone": 1},
        {"state": "failed"},
        {"failure": "Why"},
        {"clears_empty": True},
        {"match_by": ["shoe size"]},
        {"state": "lost"},
        {"on_known": "eat"},
    ],
    ids=str,
)
def test_an_import_adds_up(facts: dict[str, Any]) -> None:
    whole = {"file_name": "a.csv", "file_size": 1, "file_format": "csv", "source": "web", "username": "ann"}
    refused(lambda: ImportJob.objects.create(**(whole | {"created_at": EARLIER} | facts)))


def test_a_row_of_an_import_says_what_became_of_it() -> None:
    job = ImportJob.objects.create(
        file_name="a.csv", file_size=1, file_format="csv", source="web", username="ann"
    )
    for facts in (
        {"foreseen": "eat"},
        {"outcome": "create", "done_at": NOW},
        {"outcome": "keep"},
        {"undo": "done"},
        {"reason": "Why"},
    ):
        refused(
            lambda facts=facts: ImportRow.objects.create(  # type: ignore[misc]
                **({"job": job, "number": 1, "cells": [], "foreseen": "keep"} | facts)
            )
        )


def test_a_draft_can_be_edited_and_a_published_version_cannot(draft: ScoringModelVersion) -> None:
    group = draft.groups.create(name="Website", dimension="engagement", cap=50)
    rule = draft.rules.create(name="Login", dimension="engagement", points=5, group=group)
    login = ActivityType.objects.get(slug="login")
    rule.activity_types.add(login)
    condition = rule.conditions.create(field="property.path", operator="equals", value="/")
    ScoringModelVersion.objects.filter(pk=draft.pk).update(state="live", published_at=NOW)

    refused(lambda: ScoringRule.objects.filter(pk=rule.pk).update(points=50))
    refused(rule.delete)
    refused(lambda: rule.activity_types.add(ActivityType.objects.get(slug="page_view")))
    refused(lambda: rule.activity_types.remove(login))
    refused(condition.delete)
    refused(lambda: rule.conditions.create(field="property.path", operator="is_set"))
    refused(lambda: draft.rules.create(name="New", dimension="engagement", points=5))
    refused(lambda: draft.groups.create(name="New", dimension="fit"))
    refused(lambda: ScoringModelVersion.objects.filter(pk=draft.pk).update(threshold=1))
    refused(draft.delete)
    rule.refresh_from_db()
    assert (rule.points, rule.conditions.count(), rule.activity_types.count()) == (5, 1, 1)


@pytest.mark.parametrize(
    "facts",
    [
        {"points": 0},
        {"points": 1001},
        {"points": 5, "decay": "half_life"},
        {"points": 5, "decay": "linear", "decay_days": 0},
        {"points": 5, "decay_days": 7},
        {"points": 5, "window_days": 0},
        {"points": 5, "min_occurrences": 0},
        {"points": 5, "max_points": 0},
        {"points": 5, "counting": "twice"},
        {"points": 5, "match": "some"},
        {"points": 5, "dimension": "fit", "decay": "linear", "decay_days": 7},
        {"points": 5, "dimension": "fit", "counting": "once"},
        {"points": 5, "dimension": "fit", "window_days": 7},
        {"points": 5, "dimension": "luck"},
    ],
    ids=str,
)
def test_a_rule_must_make_sense(draft: ScoringModelVersion, facts: dict[str, Any]) -> None:
    refused(lambda: draft.rules.create(**({"name": "Rule", "dimension": "engagement"} | facts)))


@pytest.mark.parametrize(
    "facts",
    [
        {"state": "live"},
        {"state": "retired", "published_at": NOW},
        {"published_at": NOW},
        {"state": "new"},
        {"fit_min": 100},
        {"fit_b": 70},
        {"engagement_1": 0},
        {"hot_from": 10},
        {"warm_from": 0},
    ],
    ids=str,
)
def test_a_version_must_make_sense(draft: ScoringModelVersion, facts: dict[str, Any]) -> None:
    refused(lambda: ScoringModelVersion.objects.filter(pk=draft.pk).update(**facts))


def test_a_model_has_one_draft_and_one_live_version(draft: ScoringModelVersion) -> None:
    refused(lambda: ScoringModelVersion.objects.create(model=draft.model, number=2))
    ScoringModelVersion.objects.filter(pk=draft.pk).update(state="live", published_at=NOW)
    refused(
        lambda: ScoringModelVersion.objects.create(
            model=draft.model, number=2, state="live", published_at=NOW
        )
    )


def test_there_is_one_primary_model() -> None:
    ScoringModel.objects.update(is_primary=False)
    ScoringModel.objects.create(name="One", slug="one", is_primary=True)
    refused(lambda: ScoringModel.objects.create(name="Two", slug="two", is_primary=True))


def test_the_score_history_is_never_changed(lead: Lead) -> None:
    change = ScoreChange.objects.create(lead=lead, at=NOW, score=5, cause="activity")
    refused(lambda: ScoreChange.objects.filter(pk=change.pk).update(score=6))


def test_two_runs_over_all_leads_for_one_cause_never_overlap(draft: ScoringModelVersion) -> None:
    Rescore.objects.create(version=draft, cause="decay")
    refused(lambda: Rescore.objects.create(version=draft, cause="decay"))
    refused(
        lambda: Rescore.objects.create(version=draft, cause="publish", started_at=NOW, finished_at=EARLIER)
    )


def stage_change(lead: Lead, **facts: str) -> dict[str, Any]:
    usual = {"from_stage": "lead", "to_stage": "mql", "from_status": "open", "to_status": "open"}
    return {"lead": lead, "move": "forward", **usual, **facts}


def test_a_move_is_never_changed_and_always_moves(lead: Lead) -> None:
    change = StageChange.objects.create(**stage_change(lead))
    refused(lambda: StageChange.objects.filter(pk=change.pk).update(to_stage="sql"))
    refused(lambda: StageChange.objects.create(**stage_change(lead, to_stage="lead")))
    refused(lambda: StageChange.objects.create(**stage_change(lead, to_stage="fan")))
    refused(lambda: StageChange.objects.create(**stage_change(lead, move="backward")))


def test_evidence_is_never_changed(lead: Lead) -> None:
    answer = BantAnswer.objects.create(lead=lead, dimension_id="budget", state="confirmed")
    refused(lambda: BantAnswer.objects.filter(pk=answer.pk).update(state="ruled_out"))
    refused(lambda: BantAnswer.objects.create(lead=lead, dimension_id="luck", state="confirmed"))
    refused(lambda: BantAnswer.objects.create(lead=lead, dimension_id="need", state="maybe"))
    refused(
        lambda: BantAnswer.objects.create(
            lead=lead, dimension_id="need", state="confirmed", answered_at=NOW, expires_at=NOW
        )
    )


def test_a_lead_has_one_running_assignment(lead: Lead, user: User) -> None:
    first = Assignment.objects.create(lead=lead, owner=user, assigned_at=EARLIER, reason="Took it")
    refused(lambda: Assignment.objects.create(lead=lead, owner=user, reason="Again"))
    Assignment.objects.filter(pk=first.pk).update(ended_at=NOW)
    Assignment.objects.create(lead=lead, owner=user, reason="Again")


@pytest.mark.parametrize(
    "facts", [{"reason": ""}, {"due_at": EARLIER}, {"answered_at": EARLIER}, {"ended_at": EARLIER}], ids=str
)
def test_an_assignment_must_make_sense(lead: Lead, user: User, facts: dict[str, Any]) -> None:
    usual = {"lead": lead, "owner": user, "assigned_at": NOW, "reason": "Round robin"}
    refused(lambda: Assignment.objects.create(**(usual | facts)))


def test_deals_tasks_and_notes_must_make_sense(lead: Lead, user: User) -> None:
    refused(lambda: Deal.objects.create(lead=lead, value=-1, won_on=NOW.date()))
    refused(lambda: Deal.objects.create(lead=lead, value=1, currency="eur", won_on=NOW.date()))
    refused(lambda: Task.objects.create(lead=lead, owner=user, text="", due_at=NOW))
    refused(lambda: Note.objects.create(lead=lead, author=user, text=""))


def test_the_four_roles_exist() -> None:
    assert set(Group.objects.values_list("name", flat=True)) >= {"rep", "marketer", "manager", "admin"}


def test_the_list_has_the_indexes_of_its_order() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT indexname FROM pg_indexes WHERE tablename = 'leadapp_lead'")
        names = {name for (name,) in cursor.fetchall()}
    assert {"lead_list", "lead_list_owner", "lead_list_stage"} <= names
