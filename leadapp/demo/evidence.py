"""What leads answered in forms, and what reps heard beside the framework."""

import random
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from leadapp.demo.population import Prospect
from leadapp.demo.vocabulary import ALSO_HEARD, FORM_ANSWERS
from qualification.models import BantAnswer, BantState, Confidence

ASKED_FOR = ("demo_requested", "quote_requested")
GOOD_FOR = timedelta(days=90)
NO = ("No budget", "Just looking")


def answer_in_forms(prospects: Sequence[Prospect], *, seed: int, now: datetime) -> list[BantAnswer]:
    """Return what those who asked for a demo or a quote said about budget and timeline."""
    rng = random.Random(seed)  # noqa: S311 - nothing here is secret
    return [
        BantAnswer(
            lead=prospect.lead,
            dimension_id=dimension,
            state=BantState.RULED_OUT if value in NO else BantState.CONFIRMED,
            value=value,
            confidence=Confidence.LOW,
            source=BantAnswer.Source.FORM,
            answered_at=event.at,
            expires_at=None if value in NO else event.at + GOOD_FOR,
        )
        for prospect in prospects
        for event in prospect.events
        if event.type in ASKED_FOR and event.at < now
        for dimension, values in FORM_ANSWERS.items()
        if rng.random() < 0.6
        for value in [rng.choice(values)]
    ]


def hear_more(answers: Iterable[BantAnswer], *, seed: int) -> list[BantAnswer]:
    """Return what came up beside the four questions, in some of the calls that answered them."""
    rng = random.Random(seed)  # noqa: S311 - nothing here is secret
    calls = {(one.lead.pk, one.answered_at): one for one in answers if one.source == BantAnswer.Source.CALL}
    return [
        BantAnswer(
            lead=call.lead,
            dimension_id=dimension,
            state=BantState.CONFIRMED,
            value=rng.choice(ALSO_HEARD[dimension]),
            source=BantAnswer.Source.CALL,
            author=call.author,
            answered_at=call.answered_at,
            expires_at=call.answered_at + 2 * GOOD_FOR,
        )
        for call in calls.values()
        if rng.random() < 0.5
        for dimension in [rng.choice(list(ALSO_HEARD))]
    ]
