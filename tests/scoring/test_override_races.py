"""Two people set the same score aside at once."""

from threading import Barrier, Thread

import pytest
from django.db import connection

from leadapp.errors import Conflict
from leadapp.models import User
from scoring.models import Cause, OverriddenRule, ScoreOverride
from scoring.services.overrides import set_aside
from scoring.services.queue import request_scoring, score_waiting
from tests.scoring.build import DAY, NOW, log, make_lead
from tests.ui.build import make_user

pytestmark = pytest.mark.django_db(transaction=True)


def test_one_wins_and_the_others_are_told() -> None:
    manager = make_user("henrik", "manager")
    lead = make_lead(country="DE")
    log(lead, "demo_requested")
    request_scoring(lead_ids=[lead.pk], cause=Cause.REQUEST, now=NOW)
    score_waiting(now=NOW)
    people: list[User] = [make_user(f"manager{number}", "manager") for number in range(3)] + [manager]
    barrier, outcomes = Barrier(len(people)), []

    def put_aside(person: User) -> None:
        try:
            barrier.wait(timeout=60)
            set_aside(
                lead=lead,
                verdict="too_high",
                reason=f"Says {person}",
                expires_at=NOW + DAY,
                actor=person,
                now=NOW,
            )
            outcomes.append("set")
        except Conflict as refused:
            outcomes.append(refused.message)
        finally:
            connection.close()

    threads = [Thread(target=put_aside, args=(person,)) for person in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)

    override = ScoreOverride.objects.get()
    assert outcomes.count("set") == 1
    said = f"The score is set aside already by {override.author}: {override.reason}"
    assert sorted(outcomes) == sorted(["set", said, said, said])
    assert OverriddenRule.objects.filter(override=override).count() == 3
