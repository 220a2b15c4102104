"""Whose turn it is, at random: fair shares by weight, room for no more than fits, and nobody is forgotten."""

from collections.abc import Sequence
from fractions import Fraction
from math import ceil

from hypothesis import given
from hypothesis import strategies as st

from leadapp.models import User
from qualification.services.routing.presence import Presence
from qualification.services.routing.turns import PATIENCE, Rep, Turns

WEIGHTS = st.lists(st.integers(1, 1000), min_size=1, max_size=8)
NOBODY_AWAY = Presence({})


def reps_of(weights: Sequence[int], capacities: Sequence[int | None] = ()) -> list[Rep]:
    """Make people who have no leads yet."""
    limits = [*capacities, *[None] * len(weights)]
    return [
        Rep(User(pk=number, username=f"rep{number}"), weight=weight, capacity=limit)
        for number, (weight, limit) in enumerate(zip(weights, limits, strict=False), start=1)
    ]


@given(weights=WEIGHTS, number=st.integers(1, 120))
def test_in_a_burst_nobody_is_ever_a_whole_lead_off_their_share(weights: list[int], number: int) -> None:
    reps = reps_of(weights)
    turns = Turns(reps, NOBODY_AWAY)
    for given_so_far in range(1, number + 1):
        assert turns.next() is not None
        for rep in reps:
            assert abs(rep.load - Fraction(given_so_far * rep.weight, sum(weights))) < 1


@given(
    before=st.lists(st.integers(0, 30), min_size=1, max_size=8),
    load=st.integers(0, 9),
    number=st.integers(1, 60),
)
def test_with_equal_weights_shares_of_a_burst_differ_by_one_at_most(
    before: list[int], load: int, number: int
) -> None:
    """Whoever got more or less before: the same load now means the same share."""
    reps = reps_of([100] * len(before))
    for rep, got in zip(reps, before, strict=True):
        rep.load, rep.got = load, got
    turns = Turns(reps, NOBODY_AWAY)
    for _ in range(number):
        turns.next()
        loads = [rep.load for rep in reps]
        assert max(loads) - min(loads) <= 1


@given(
    reps=st.lists(
        st.tuples(st.integers(1, 300), st.none() | st.integers(0, 6), st.integers(0, 6)),
        min_size=1,
        max_size=6,
    ),
    done=st.lists(st.lists(st.integers(0, 5), max_size=3), max_size=150),
)
def test_who_has_room_gets_a_lead_within_a_bounded_number_of_turns(
    reps: list[tuple[int, int | None, int]], done: list[list[int]]
) -> None:
    """Whatever is handed over and completed in whatever order; and nobody gets more than fits."""
    people = reps_of([weight for weight, _, _ in reps], [capacity for _, capacity, _ in reps])
    for rep, (_, _, load) in zip(people, reps, strict=True):
        rep.load = load
    turns = Turns(people, NOBODY_AWAY)
    waited = dict.fromkeys((rep.user.pk for rep in people), 0)
    weights = sum(rep.weight for rep in people)
    for completed in done:
        had_room = {rep.user.pk for rep in people if rep.has_room}
        turn = turns.next()
        assert (turn is None) == (not had_room)
        for rep in people:
            is_next = turn is not None and turn.rep == rep.user
            assert not is_next or rep.user.pk in had_room
            # Who has no room does not wait for a turn.
            waited[rep.user.pk] = 0 if is_next or rep.user.pk not in had_room else waited[rep.user.pk] + 1
            assert waited[rep.user.pk] <= ceil(PATIENCE * weights / rep.weight) + len(people)
        for number in completed:
            rep = people[number % len(people)]
            rep.load = max(0, rep.load - 1)


def test_shares_follow_the_weights_even_if_every_lead_is_done_at_once() -> None:
    reps = reps_of([300, 200, 100])
    turns = Turns(reps, NOBODY_AWAY)
    order = []
    for _ in range(12):
        turn = turns.next()
        assert turn is not None
        order.append(turn.rep.pk)
        for rep in reps:
            rep.load = 0
    assert [order.count(rep.user.pk) for rep in reps] == [6, 4, 2]


def test_a_slow_rep_gets_less_but_is_not_forgotten() -> None:
    slow, quick = reps = reps_of([100, 100])
    slow.load = 9  # and never does one
    turns = Turns(reps, NOBODY_AWAY)
    reasons = []
    for _ in range(9):
        turn = turns.next()
        assert turn is not None
        reasons.append(turn.reason)
        quick.load = 0
    assert reasons == [*["rep2 had the fewest open leads (0)"] * 8, "rep1 had waited longest"]
