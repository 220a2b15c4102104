"""A move is undone from the toast, from the lead page, by who may, without JavaScript too."""

from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from leadapp.models import Lead, User
from qualification.models import StageChange
from tests.qualification.build import confirm, everything, make_lead
from tests.ui.conftest import As

pytestmark = pytest.mark.django_db


def moved(client: Any, owner: User) -> tuple[StageChange, Any]:
    """Move a lead to SQL on its page; return the move and the page that follows."""
    lead = make_lead(stage="mql", owner=owner)
    confirm(lead, now=timezone.now())
    data = {"seen_stage": "mql", "seen_status": "open"}
    page = client.post(reverse("lead-move", args=[lead.pk, "sql"]), data, follow=True)
    return StageChange.objects.get(lead=lead), page


def url_of(change: StageChange) -> str:
    """Return the address that undoes a move."""
    return reverse("lead-undo", args=[change.lead_id, change.pk])


def test_the_toast_offers_the_undo_and_one_click_does_it(as_: As, rep: User) -> None:
    client = as_(rep)
    change, page = moved(client, rep)
    assert page.content.decode().count(f'action="{url_of(change)}"') == 1
    back = reverse("lead-timeline", args=[change.lead_id])
    answer = client.post(url_of(change), {"back": back})
    assert answer.headers["Location"] == back
    assert Lead.objects.get(pk=change.lead_id).stage == "mql"
    page = client.get(back).content.decode()
    assert "is MQL again." in page
    assert url_of(change) not in page


@pytest.mark.parametrize("call", ["nurture", "disqualify"])
def test_what_is_set_aside_by_mistake_is_back_with_one_click(call: str, as_: As, rep: User) -> None:
    lead, client = make_lead(stage="mql", owner=rep), as_(rep)
    data = {"seen_stage": "mql", "seen_status": "open", "reason": "Wrong lead", "reason_code": "other"}
    client.post(reverse(f"lead-{call}", args=[lead.pk]), data)
    change = StageChange.objects.get(lead=lead)
    assert url_of(change) in client.get(reverse("lead-stages", args=[lead.pk])).content.decode()
    client.post(url_of(change))
    assert Lead.objects.get(pk=lead.pk).status == "open"


def test_a_manager_is_asked_for_a_reason_and_a_colleague_is_not_offered_it(
    as_: As, rep: User, other_rep: User, manager: User
) -> None:
    change, _ = moved(as_(rep), rep)
    stages = reverse("lead-stages", args=[change.lead_id])
    assert url_of(change) not in as_(other_rep).get(stages).content.decode()
    assert url_of(change) in as_(manager).get(stages).content.decode()
    before = everything()
    assert as_(other_rep).post(url_of(change), {"reason": "Mine"}).status_code == 403
    assert as_(manager).post(url_of(change)).status_code == 422
    assert everything() == before
    assert "Undo this move?" in as_(manager).get(url_of(change)).content.decode()
    assert as_(manager).post(url_of(change), {"reason": "Wrong person"}).status_code == 302
    assert StageChange.objects.get(undoes=change).reason == "Wrong person"


def test_an_undo_that_comes_too_late_says_so_and_changes_nothing(as_: As, rep: User) -> None:
    client = as_(rep)
    change, _ = moved(client, rep)
    client.post(url_of(change))
    before = everything()
    answer = client.post(url_of(change))
    assert answer.status_code == 409
    assert "undone already" in answer.content.decode()
    assert everything() == before


def test_a_move_of_another_lead_or_none_is_not_found(as_: As, rep: User, other_rep: User) -> None:
    client = as_(rep)
    change, _ = moved(client, rep)
    other = make_lead(owner=rep)
    assert client.post(reverse("lead-undo", args=[other.pk, change.pk])).status_code == 404
    assert client.post(reverse("lead-undo", args=[change.lead_id, 0])).status_code == 404
