"""Every step and move, by everybody, in every state: what is expected is written down, never computed.

Each letter of a row is one state of the lead, in the order of STATES:

    + it is carried out     ! it is, as a move past a failing gate
    r not allowed (403)     c a conflict (409)
    i makes no sense (422)  g the gate is closed, item by item (422)
"""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from leadapp.errors import Conflict, Invalid, NotAllowed, Refused
from leadapp.models import ApiKey, Company, Lead, User
from leadapp.services.keys import create_api_key
from qualification.models import BantAnswer, StageChange
from qualification.services import moves
from qualification.services.customers.deals import DealFacts
from tests.qualification.build import NOW, everything, log, make_good_lead, make_lead, make_user

pytestmark = pytest.mark.django_db

DEAL = DealFacts(value=Decimal(58000), currency="EUR", won_on=date(2026, 11, 18))

# Status of the lead, and whether the gates pass.
STATES = [
    ("open", True), ("open", False),
    ("nurture", True), ("nurture", False),
    ("disqualified", True), ("disqualified", False),
]  # fmt: skip

# Who asks: somebody, and whose lead it is. All leads but two belong to the rep "owner".
WHO = ["owner", "other rep", "rep, nobody's lead", "marketer", "manager", "admin", "key: write", "key: read",
       "key: ingest", "key: scoring", "nobody's right"]  # fmt: skip

# A step forward: from, to. Without a reason, and with one, which asks to go past a failing gate.
FORWARD = {
    #                        plain     with a reason
    "owner":               ("+giiii", "+riiii"),
    "other rep":           ("rrrrrr", "rrrrrr"),
    "rep, nobody's lead":  ("rrrrrr", "rrrrrr"),
    "marketer":            ("rrrrrr", "rrrrrr"),
    "manager":             ("+giiii", "+!iiii"),
    "admin":               ("+giiii", "+!iiii"),
    "key: write":          ("+giiii", "+riiii"),
    "key: read":           ("rrrrrr", "rrrrrr"),
    "key: ingest":         ("rrrrrr", "rrrrrr"),
    "key: scoring":        ("rrrrrr", "rrrrrr"),
    "nobody's right":      ("rrrrrr", "rrrrrr"),
}  # fmt: skip
STEPS = [("lead", "mql"), ("mql", "sql"), ("sql", "customer")]

# What is no step forward to the next stage: who works the lead is told that, others that they may not.
SKIPPED = {
    "owner":               "iiiiii",
    "other rep":           "rrrrrr",
    "rep, nobody's lead":  "rrrrrr",
    "marketer":            "rrrrrr",
    "manager":             "iiiiii",
    "admin":               "iiiiii",
    "key: write":          "iiiiii",
    "key: read":           "rrrrrr",
    "key: ingest":         "rrrrrr",
    "key: scoring":        "rrrrrr",
    "nobody's right":      "rrrrrr",
}  # fmt: skip
SKIPS = {
    "lead": ["lead", "sql", "customer"], "mql": ["mql", "customer"], "sql": ["sql"], "customer": ["customer"],
}  # fmt: skip

# A step back asks for a reason and for no gate.
BACK = {
    #                        plain     with a reason
    "owner":               ("iiiiii", "++iiii"),
    "other rep":           ("rrrrrr", "rrrrrr"),
    "rep, nobody's lead":  ("rrrrrr", "rrrrrr"),
    "marketer":            ("rrrrrr", "rrrrrr"),
    "manager":             ("iiiiii", "++iiii"),
    "admin":               ("iiiiii", "++iiii"),
    "key: write":          ("iiiiii", "++iiii"),
    "key: read":           ("rrrrrr", "rrrrrr"),
    "key: ingest":         ("rrrrrr", "rrrrrr"),
    "key: scoring":        ("rrrrrr", "rrrrrr"),
    "nobody's right":      ("rrrrrr", "rrrrrr"),
}  # fmt: skip
STEPS_BACK = {"mql": ["lead"], "sql": ["mql", "lead"], "customer": ["sql", "mql", "lead"]}

# Nurture, disqualify, reopen, with a reason, in the stages before customer; then of a customer.
NURTURE = {
    "owner":               ("++ccii", "iiccii"),
    "other rep":           ("rrrrrr", "rrrrrr"),
    "rep, nobody's lead":  ("rrrrrr", "rrrrrr"),
    "marketer":            ("rrrrrr", "rrrrrr"),
    "manager":             ("++ccii", "iiccii"),
    "admin":               ("++ccii", "iiccii"),
    "key: write":          ("++ccii", "iiccii"),
    "key: read":           ("rrrrrr", "rrrrrr"),
    "key: ingest":         ("rrrrrr", "rrrrrr"),
    "key: scoring":        ("rrrrrr", "rrrrrr"),
    "nobody's right":      ("rrrrrr", "rrrrrr"),
}  # fmt: skip
DISQUALIFY = {
    "owner":               ("++++cc", "iiiicc"),
    "other rep":           ("rrrrrr", "rrrrrr"),
    "rep, nobody's lead":  ("rrrrrr", "rrrrrr"),
    "marketer":            ("rrrrrr", "rrrrrr"),
    "manager":             ("++++cc", "iiiicc"),
    "admin":               ("++++cc", "iiiicc"),
    "key: write":          ("++++cc", "iiiicc"),
    "key: read":           ("rrrrrr", "rrrrrr"),
    "key: ingest":         ("rrrrrr", "rrrrrr"),
    "key: scoring":        ("rrrrrr", "rrrrrr"),
    "nobody's right":      ("rrrrrr", "rrrrrr"),
}  # fmt: skip
REOPEN = {
    "owner":               ("cc++++", "cc++++"),
    "other rep":           ("rrrrrr", "rrrrrr"),
    "rep, nobody's lead":  ("rrrrrr", "rrrrrr"),
    "marketer":            ("rrrrrr", "rrrrrr"),
    "manager":             ("cc++++", "cc++++"),
    "admin":               ("cc++++", "cc++++"),
    "key: write":          ("cc++++", "cc++++"),
    "key: read":           ("rrrrrr", "rrrrrr"),
    "key: ingest":         ("rrrrrr", "rrrrrr"),
    "key: scoring":        ("rrrrrr", "rrrrrr"),
    "nobody's right":      ("rrrrrr", "rrrrrr"),
}  # fmt: skip
BEFORE_CUSTOMER = ["lead", "mql", "sql"]

# The undo of a move that the owner made; state of the lead after it: open, nurture, disqualified.
UNDO = {
    #                        plain  with a reason
    "owner":               ("+++", "+++"),
    "other rep":           ("rrr", "rrr"),
    "rep, nobody's lead":  ("rrr", "rrr"),
    "marketer":            ("rrr", "rrr"),
    "manager":             ("iii", "+++"),
    "admin":               ("iii", "+++"),
    "key: write":          ("rrr", "rrr"),
    "key: read":           ("rrr", "rrr"),
    "key: ingest":         ("rrr", "rrr"),
    "key: scoring":        ("rrr", "rrr"),
    "nobody's right":      ("rrr", "rrr"),
}  # fmt: skip

KINDS: dict[str, type[Refused]] = {"r": NotAllowed, "c": Conflict, "g": moves.GateClosed, "i": Invalid}


class People:
    """Everybody who may ask, and the leads that they ask about."""

    def __init__(self) -> None:
        self.owner = make_user("owner", "rep")
        roles = {"other rep": "rep", "rep, nobody's lead": "rep"}
        roles |= {role: role for role in ("marketer", "manager", "admin")}
        self.actors: dict[str, User | ApiKey] = {
            who: make_user(who.replace(" ", "_"), role) for who, role in roles.items()
        }
        self.actors |= {"owner": self.owner, "nobody's right": make_user("guest")}
        for scope in ("write", "read", "ingest", "scoring"):
            key, _ = create_api_key(name=scope, scopes=[scope], actor=self.actors["admin"], now=NOW)
            self.actors[f"key: {scope}"] = key

    def lead(self, who: str, stage: str, status: str, passes: bool) -> Lead:
        """Make a lead whose next gate passes, or does not."""
        owner = None if who == "rep, nobody's lead" else self.owner
        facts: dict[str, Any] = {"stage": stage, "status": status, "owner": owner}
        if not passes:
            return make_lead(**facts)
        lead = make_good_lead(**facts)
        if stage != "lead":
            BantAnswer.objects.bulk_create(
                BantAnswer(lead=lead, dimension_id=key, state="confirmed", value="Yes", answered_at=NOW)
                for key in ("budget", "authority", "need", "timeline")
            )
            log(lead, "meeting_held")
        return lead


@pytest.fixture
def people() -> People:
    """Give everybody."""
    Company.objects.create(name="Vögele", industry="Machinery")
    return People()


Act = Callable[[Lead], StageChange]


def check(people: People, who: str, stage: str, *rows: tuple[str, Act]) -> None:
    """Go through the states of these rows: what is refused, which changes nothing at all, then the rest."""
    leads = [people.lead(who, stage, status, passes) for status, passes in STATES]
    before = everything()
    for row, act in rows:
        for expected, lead in zip(row, leads, strict=True):
            if expected in KINDS:
                refuse(expected, act, lead)
    assert everything() == before
    for row, act in rows:
        for expected, (status, passes) in zip(row, STATES, strict=True):
            if expected not in KINDS:
                change = act(people.lead(who, stage, status, passes))
                assert (change.move == "override") == (expected == "!"), (status, passes)


def refuse(expected: str, act: Act, lead: Lead) -> None:
    """Show that it is refused as the letter says, with words."""
    with pytest.raises(KINDS[expected]) as caught:
        act(lead)
    assert caught.value.message
    # A closed gate and what makes no sense are different things to say.
    assert isinstance(caught.value, moves.GateClosed) == (expected == "g"), caught.value.message


def step(actor: User | ApiKey, stage: str, to_stage: str, reason: str) -> Act:
    """Return the move of a lead from a stage to another."""
    deal = DEAL if to_stage == "customer" and stage != "customer" else None
    return lambda lead: moves.move_lead(
        lead=lead, to_stage=to_stage, seen_stage=stage, actor=actor, now=NOW, reason=reason, deal=deal
    )


def both(actor: User | ApiKey, stage: str, to_stage: str, rows: tuple[str, str]) -> list[tuple[str, Act]]:
    """Return the rows without and with a reason, each with its move."""
    return [
        (row, step(actor, stage, to_stage, reason))
        for row, reason in zip(rows, ("", "So it is"), strict=True)
    ]


@pytest.mark.parametrize("who", WHO)
def test_steps_forward(who: str, people: People) -> None:
    for stage, to_stage in STEPS:
        check(people, who, stage, *both(people.actors[who], stage, to_stage, FORWARD[who]))


@pytest.mark.parametrize("who", WHO)
def test_no_stage_is_skipped_and_none_is_moved_to_itself(who: str, people: People) -> None:
    rows = (SKIPPED[who], SKIPPED[who])
    for stage, to_stages in SKIPS.items():
        acts = [row for to_stage in to_stages for row in both(people.actors[who], stage, to_stage, rows)]
        check(people, who, stage, *acts)


@pytest.mark.parametrize("who", WHO)
def test_steps_back(who: str, people: People) -> None:
    for stage, to_stages in STEPS_BACK.items():
        acts = [row for to_stage in to_stages for row in both(people.actors[who], stage, to_stage, BACK[who])]
        check(people, who, stage, *acts)


@pytest.mark.parametrize("who", WHO)
@pytest.mark.parametrize(
    ("service", "table"),
    [(moves.nurture_lead, NURTURE), (moves.disqualify_lead, DISQUALIFY), (moves.reopen_lead, REOPEN)],
    ids=["nurture", "disqualify", "reopen"],
)
def test_nurture_disqualify_and_reopen(service: Any, table: Any, who: str, people: People) -> None:
    before_customer, of_customer = table[who]
    for stage in [*BEFORE_CUSTOMER, "customer"]:
        asked = {"seen_stage": stage, "actor": people.actors[who], "now": NOW}
        row = of_customer if stage == "customer" else before_customer
        check(
            people, who, stage,
            ("iiiiii", lambda lead, asked=asked: service(lead=lead, reason=" ", **asked)),  # type: ignore[misc]
            (row, lambda lead, asked=asked: service(lead=lead, reason="Spring", **asked)),  # type: ignore[misc]
        )  # fmt: skip


@pytest.mark.parametrize("who", WHO)
def test_undo(who: str, people: People) -> None:
    aside: dict[str, Any] = {"seen_stage": "mql", "actor": people.owner, "reason": "Spring", "now": NOW}
    made: list[Act] = [
        step(people.owner, "mql", "sql", ""),
        lambda lead: moves.nurture_lead(lead=lead, **aside),
        lambda lead: moves.disqualify_lead(lead=lead, **aside),
    ]
    for reason, row in zip(("", "Wrong person"), UNDO[who], strict=True):
        for expected, make in zip(row, made, strict=True):
            change = make(people.lead("owner", "mql", "open", True))
            if who == "rep, nobody's lead":
                Lead.objects.filter(pk=change.lead_id).update(owner=None)

            def undo(_: Lead, change: StageChange = change, reason: str = reason) -> StageChange:
                return moves.undo_move(change=change, actor=people.actors[who], now=NOW, reason=reason)

            if expected == "+":
                assert undo(change.lead).move == "undo"
                continue
            before = everything()
            refuse(expected, undo, change.lead)
            assert everything() == before
