"""A call that is sent twice at once is saved once; an end is seen once by two workers."""

from typing import Any
from uuid import uuid4

import pytest

from leadapp.models import Activity
from leadapp.services.work.calls import Call, FollowUp, save_call
from qualification.models import BantAnswer, CallDraft, Note, Task
from qualification.services.evidence.answers import NewAnswer, see_ends
from qualification.services.evidence.call_drafts import DraftChanged, keep_draft
from scoring.models import ScoredLead
from tests.qualification.build import DAY, NOW, confirm, make_lead, make_user
from tests.qualification.test_races import at_once

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_call_sent_eight_times_at_once_is_saved_once() -> None:
    rep = make_user("rep1", "rep")
    lead = make_lead(owner=rep)
    call = Call(
        call_id=uuid4(),
        outcome="reached",
        answers=(NewAnswer(dimension="need", state="confirmed", value="Yes"),),
        note="SAP",
        follow_up=FollowUp(text="Call again", due_at=NOW + DAY),
    )
    saved = at_once(lambda _: save_call(lead=lead, call=call, actor=rep, now=NOW))
    assert sorted(saved) == [False] * 7 + [True]
    counts = [model.objects.filter(lead=lead).count() for model in (BantAnswer, Note, Task)]
    assert counts == [1, 1, 1]
    assert Activity.objects.filter(lead=lead, type__slug="call_connected").count() == 1


def test_of_eight_windows_one_begins_the_draft() -> None:
    rep = make_user("rep1", "rep")
    lead = make_lead(owner=rep)

    def begin(number: int) -> int:
        facts: dict[str, Any] = {"content": {"notes": str(number), "tab": str(number)}, "version": 0}
        try:
            keep_draft(lead=lead, author=rep, call_id=uuid4(), now=NOW, **facts)
        except DraftChanged:
            return 0
        return 1

    assert sum(at_once(begin)) == 1
    assert CallDraft.objects.get().version == 1


def test_every_end_is_seen_once_whoever_looks() -> None:
    leads = [make_lead() for _ in range(40)]
    for lead in leads:
        confirm(lead, "budget")
    ScoredLead.objects.all().delete()
    seen = at_once(lambda _: see_ends(now=NOW + 90 * DAY, limit=10))
    while left := see_ends(now=NOW + 90 * DAY, limit=10):
        seen.append(left)
    assert sum(seen) == 40
    assert sorted(ScoredLead.objects.values_list("lead", flat=True)) == [lead.pk for lead in leads]
