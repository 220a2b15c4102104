"""What the board shows: lanes of cards, each with what its next gate still needs; never a query a card."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.html import escape
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from leadapp.access import may_work
from leadapp.models import Lead, Stage, Status, User
from leadapp.models.querysets import LeadQuerySet
from leadapp.numbers import write_number
from leadapp.paging import Place, turn_to
from leadapp.services.lists.orders import BY_PRIORITY
from leadapp.services.lists.rows import news_of_clocks
from leadapp.services.lists.views import is_rep
from leadapp.words import lower_first
from qualification.models import TeamMember
from qualification.services.clock.clocks import Clock
from qualification.services.customers.deals import Total, totals_of
from qualification.services.gates.checklists import STEP_FROM, GateCheck, check_ahead

STAGES = list(Stage)
CARDS = 20
MOST_COUNTED = 1_000
NAMED = 2


@dataclass(frozen=True)
class Whose:
    """Whose leads the board shows: one's own, those of the team, or all that one may see."""

    user: User
    name: str
    team: tuple[int, ...]

    @classmethod
    def read(cls, user: User, name: str) -> "Whose":
        """Read it from the address; reps begin with their own leads, others with all."""
        mates = TeamMember.objects.filter(team__members__user=user).order_by("user")
        team = tuple(mates.values_list("user", flat=True))
        known = ("mine", "all", *(["team"] if team else []))
        return cls(user, name if name in known else "mine" if is_rep(user) else "all", team)

    @property
    def choices(self) -> list[tuple[str, str]]:
        """Return what can be chosen, with its word."""
        return [("mine", _("Mine")), *([("team", _("Team"))] if self.team else []), ("all", _("All"))]

    @property
    def url(self) -> str:
        """Return the address of this board."""
        return f"{reverse('board')}?whose={self.name}"

    @cached_property
    def back(self) -> str:
        """Return what the addresses of questions carry, so that people come back to this board."""
        return urlencode({"back": self.url})

    def leads(self) -> LeadQuerySet:
        """Return the open leads that are shown."""
        leads: LeadQuerySet = Lead.objects.visible_to(self.user).filter(status=Status.OPEN)
        if self.name == "mine":
            return leads.filter(owner=self.user)
        return leads.filter(owner__in=self.team) if self.name == "team" else leads

    def in_list(self, stage: Stage) -> str:
        """Return the address of the same leads in the list."""
        owners = {"mine": "me", "team": ",".join(str(pk) for pk in self.team)}
        asked = {"stage": stage.value, "status": Status.OPEN.value}
        if self.name in owners:
            asked["owner"] = owners[self.name]
        return f"{reverse('lead-list')}?{urlencode(asked)}"


@dataclass(frozen=True)
class Offer:
    """What the menu of each card in a lane offers: the address around the number of the lead, and words.

    Written and escaped once for all cards.
    """

    before: SafeString
    after: SafeString
    words: SafeString

    @classmethod
    def of(cls, words: str, name: str, *args: str, back: str) -> "Offer":
        """Take the address apart, at the number of no lead."""
        before, _number, after = reverse(name, args=[0, *args]).partition("/0/")
        return cls(escape(f"{before}/"), escape(f"/{after}?{back}"), escape(words))


@dataclass(frozen=True)
class Menu:
    """What all cards of a lane have in common."""

    target: Stage | None
    called: str
    offers: Sequence[Offer]

    @classmethod
    def of(cls, stage: Stage, *, back: str) -> "Menu":
        """Offer the moves that a lead of this stage can make."""
        here = STAGES.index(stage)
        target = STAGES[here + 1] if here + 1 < len(STAGES) else None
        stage_before = STAGES[here - 1] if here else None
        offers = []
        if target:
            words = _("Move to %(target)s…") % {"target": target.label}
            offers.append(Offer.of(words, "lead-move", target.value, back=back))
        if stage_before:
            words = _("Move back to %(stage_before)s…") % {"stage_before": stage_before.label}
            offers.append(Offer.of(words, "lead-move", stage_before.value, back=back))
        if stage != Stage.CUSTOMER:
            offers.append(Offer.of(_("Move to nurture…"), "lead-nurture", back=back))
            offers.append(Offer.of(_("Disqualify…"), "lead-disqualify", back=back))
        return cls(target, _("Move %(lead)s"), offers)


@dataclass(frozen=True, kw_only=True)
class Card:
    """A lead on the board."""

    lead: Lead
    clock: Clock | None
    check: GateCheck | None
    won: Sequence[Total]
    may_work: bool
    menu: Menu

    @property
    def number(self) -> str:
        """Return the number of the lead as ids and addresses have it."""
        return str(self.lead.pk)

    @property
    def name(self) -> str:
        """Return what people call the lead."""
        return self.lead.name

    @property
    def menu_name(self) -> str:
        """Return what the menu is called."""
        return self.menu.called % {"lead": self.name}

    @property
    def target(self) -> Stage | None:
        """Return the stage that comes next."""
        return self.menu.target

    @cached_property
    def need(self) -> str:
        """Return what the next gate still needs: "For SQL: budget, authority and 2 more"."""
        if self.check is None or self.target is None:
            return ""
        if self.check.passes or self.check.passes_with_move:
            return _("Ready for %(target)s") % {"target": self.target.label}
        lacking = [item for item in self.check.missing if not item.comes_with_move]
        if len(lacking) == 1 and (hint := lacking[0].hint):
            return _("For %(target)s: %(named)s") % {
                "target": self.target.label,
                "named": lower_first(hint).rstrip("."),
            }
        named = ", ".join(lower_first(item.label) for item in lacking[:NAMED])
        facts = {"target": self.target.label, "named": named, "count": len(lacking) - NAMED}
        if len(lacking) > NAMED:
            return _("For %(target)s: %(named)s and %(count)s more") % facts
        return _("For %(target)s: %(named)s") % facts


@dataclass(frozen=True, kw_only=True)
class Lane:
    """A stage with its first cards."""

    stage: Stage
    cards: Sequence[Card]
    after: str
    list_url: str
    count: str = ""


def read_lanes(whose: Whose, *, now: datetime) -> list[Lane]:
    """Read all lanes; the number of queries does not depend on how many cards they have."""
    pages = {stage: turn_to(_leads(whose, stage), BY_PRIORITY, None, size=CARDS) for stage in STAGES}
    cards = cards_of([lead for page in pages.values() for lead in page.rows], whose=whose, now=now)
    return [
        Lane(
            stage=stage,
            cards=[cards[lead.pk] for lead in page.rows],
            after=page.after,
            list_url=whose.in_list(stage),
            # How many more there are is asked once the page is there: counting takes longer than showing it.
            count=f"{len(page.rows)}+" if page.after else str(len(page.rows)),
        )
        for stage, page in pages.items()
    ]


def read_more(whose: Whose, stage: Stage, place: Place | None, *, now: datetime) -> Lane:
    """Read the next cards of a lane."""
    page = turn_to(_leads(whose, stage), BY_PRIORITY, place, size=CARDS)
    cards = cards_of(page.rows, whose=whose, now=now)
    return Lane(stage=stage, cards=list(cards.values()), after=page.after, list_url=whose.in_list(stage))


def counts_of(whose: Whose) -> list[tuple[Stage, str]]:
    """Count the leads of each lane, no further than anybody reads."""
    return [(stage, _count(whose.leads().filter(stage=stage))) for stage in STAGES]


def _count(leads: LeadQuerySet) -> str:
    number = leads.order_by()[: MOST_COUNTED + 1].count()
    return f"{write_number(MOST_COUNTED)}+" if number > MOST_COUNTED else write_number(number)


def cards_of(leads: Sequence[Lead], *, whose: Whose, now: datetime) -> Mapping[int, Card]:
    """Read what the cards of these leads say, by id and in their order."""
    ids = [lead.pk for lead in leads]
    clocks = news_of_clocks(ids, now=now)
    ahead = {step: [lead.pk for lead in leads if lead.stage == stage] for stage, step in STEP_FROM.items()}
    checks = check_ahead(ahead, now=now)
    won = totals_of([lead.pk for lead in leads if lead.stage == Stage.CUSTOMER])
    menus = {stage: Menu.of(stage, back=whose.back) for stage in STAGES}
    return {
        lead.pk: Card(
            lead=lead,
            clock=clocks.get(lead.pk),
            check=checks.get(lead.pk),
            won=won.get(lead.pk, []),
            may_work=may_work(whose.user, lead),
            menu=menus[Stage(lead.stage)],
        )
        for lead in leads
    }


def _leads(whose: Whose, stage: Stage) -> LeadQuerySet:
    return whose.leads().filter(stage=stage).select_related("company", "owner")
