"""Plain events go a short way: it stores and answers what the long one does."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from unittest.mock import patch

import pytest
from django.db import transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from leadapp.models import Activity, Lead, LeadIdentifier, WaitingActivity
from leadapp.services.intake.events import read_events
from leadapp.services.intake.recording import record_activities
from scoring.models import ScoringRequest

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
KNOWN = ("ann@example.com", "bob@example.com")
# By this address Ann is known as well; nobody has the other two.
SECOND, NEW = "ann@old.example", ("new@example.com", "other@example.com")

LEADS = st.one_of(
    st.sampled_from([*KNOWN, SECOND, *NEW, "ANN@Example.com"]).map(lambda email: {"email": email}),
    st.sampled_from(
        [
            {"email": KNOWN[0], "city": "Bonn"},
            {"email": NEW[0], "external_id": "crm-1"},
            {"external_id": "crm-1"},
            {"email": KNOWN[1], "visitor_id": "v"},
            {"visitor_id": "v"},
            {"email": KNOWN[1], "phone": "no number"},
        ]
    ),
)
EVENTS = st.lists(
    st.fixed_dictionaries(
        {
            "lead": LEADS,
            "type": st.sampled_from(["page_view", "login", "unsubscribed", "meeting_booked"]),
            "external_id": st.sampled_from([None, "1", "2", "3", "4"]),
            "source": st.sampled_from([None, "site"]),
            "properties": st.sampled_from(
                [None, {"path": "/ä", "n": [1.5, None]}, {"starts_at": "2026-03-04"}]
            ),
            "occurred_at": st.sampled_from([None, "2026-03-01T09:30:00.25+02:00", "2026-02-01"]),
        }
    ),
    min_size=1,
    max_size=6,
)


def everything(answers: Sequence[tuple[int, int | None, bool]]) -> dict[str, Any]:
    """Return what is stored and what was answered, without the numbers of rows."""
    who = dict(Lead.objects.values_list("pk", "email"))
    what = ("type__slug", "occurred_at", "received_at", "source", "external_id")
    activities = {
        pk: (who[lead], repr(properties), *more)
        for pk, lead, properties, *more in Activity.objects.values_list("pk", "lead", "properties", *what)
    }
    waiting = {pk: rest for pk, *rest in WaitingActivity.objects.values_list("pk", *what)}
    return {
        "activities": sorted(activities.values(), key=repr),
        "waiting": sorted(waiting.values(), key=repr),
        "answers": [
            (activities.get(pk) or waiting[pk], lead and who[lead], repeat) for pk, lead, repeat in answers
        ],
        "names": sorted(LeadIdentifier.objects.values_list("kind", "value", "lead__email"), key=repr),
        "facts": sorted(Lead.objects.values_list("email", "city", "do_not_email"), key=repr),
        "scored": {who[lead] for lead in ScoringRequest.objects.values_list("lead", flat=True)},
    }


def recorded(requests: Sequence[Sequence[dict[str, Any]]]) -> list[dict[str, Any]]:
    """Record each request's events, and return what there is after each; then take it all back."""
    found = []
    with transaction.atomic():
        for raws in requests:
            events = read_events(raws, now=NOW)
            stored = record_activities(events=events, source="tracker", actor=None, now=NOW)
            found.append(everything([(one.id, one.lead_id, one.is_repeat) for one in stored]))
        transaction.set_rollback(True)
    return found


@pytest.mark.django_db
def test_the_short_way_does_what_the_long_way_does() -> None:
    ann, _ = (Lead.objects.create(email=email) for email in KNOWN)
    LeadIdentifier.objects.create(lead=ann, kind="email", value=SECOND)

    @settings(max_examples=30)
    @given(st.lists(EVENTS, min_size=1, max_size=2))
    def compare(requests: list[list[dict[str, Any]]]) -> None:
        with patch("leadapp.services.intake.recording.record_plain", lambda events, **more: {}):
            by_the_long_way = recorded(requests)
        assert recorded(requests) == by_the_long_way

    compare()
