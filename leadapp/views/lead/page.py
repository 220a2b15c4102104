"""What every tab of the lead page shows: who the lead is, where it stands, and what to do next."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Exists, F, OuterRef, QuerySet, Subquery, Window
from django.db.models.functions import Coalesce
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from leadapp.access import may, may_take, may_work
from leadapp.models import Activity, ConsentRequest, CustomField, Lead, Stage, Status, User
from leadapp.services.duplicates.reviewing import Candidate, duplicates_of
from leadapp.services.leads.tags import tags_of
from leadapp.services.privacy.opt_out import opt_out_address
from leadapp.services.privacy.retention import Retention, retention_from, with_reason
from leadapp.services.quarantines import may_release
from leadapp.times import write_moment
from leadapp.views.lead.consents import ConsentState, read_consents
from leadapp.views.lead.fact_groups import GROUPS, ShownFact, own_group, show_facts
from leadapp.views.lead.next_step import NextStep, Situation, choose_next_step
from qualification.models import Assignment, Deal, Note, StageChange, Task
from qualification.services.clock.clocks import Clock, clocks_for
from qualification.services.evidence.answers import BantView, bant_of_many
from qualification.services.evidence.frameworks import Questions, read_questions
from qualification.services.gates.checklists import STEP_FROM, GateCheck, check_gates
from qualification.services.gates.steps import STEP_INTO
from qualification.services.gates.way_back import WayBack, say_ahead, way_back
from qualification.services.moves import may_undo
from qualification.services.recycling.wake_ups import say_waking
from scoring.models import ScoreChange, ScoreOverride, ScoringRequest
from scoring.services.overrides import overrides_of

STAGES = list(Stage)
MOST_COLLEAGUES = 5


@dataclass(frozen=True, kw_only=True)
class Rights:
    """What the person who looks may do with this lead."""

    may_work: bool
    may_take: bool
    may_override: bool
    may_change_owner: bool
    may_release: bool
    why_not: str

    @classmethod
    def of(cls, user: User, lead: Lead, *, is_free: bool = False) -> "Rights":
        """Ask the same questions that the services ask."""
        works = may_work(user, lead)
        owns_own = user.has_perm("leadapp.work_own_lead")
        why_not = ""
        if not works and lead.owner is not None:
            why_not = _("%(owner)s has this lead; you can look, not change.") % {"owner": lead.owner}
        elif not works and not owns_own:
            why_not = _("Nobody has this lead. You can look, not change.")
        return cls(
            may_work=works,
            may_take=not works and may_take(user, lead, is_free=is_free),
            may_override=works and may(user, "qualification.override_gate"),
            may_change_owner=may(user, "leadapp.reassign_lead") or (works and owns_own),
            may_release=may_release(user, lead),
            why_not=why_not,
        )


@dataclass(frozen=True, kw_only=True)
class StepView:
    """One circle of the stepper."""

    stage: Stage
    state: str
    text: str


@dataclass(frozen=True, kw_only=True)
class Counts:
    """How much there is behind each tab, and the score of a day ago."""

    activities: int
    stages: int
    notes: int
    open_tasks: int
    deals: int
    is_waiting: bool
    consent_asked: str | None
    kept_for: str
    kept_since: datetime
    score_yesterday: int | None


@dataclass(frozen=True, kw_only=True)
class Colleagues:
    """Other leads of the company: those with the highest scores, and how many there are."""

    leads: list[Lead]
    number: int

    @property
    def has_more(self) -> bool:
        """Tell whether not all of them are here."""
        return self.number > len(self.leads)


@dataclass(frozen=True, kw_only=True)
class LeadPage:
    """The frame of the lead page."""

    lead: Lead
    now: datetime
    tab: str
    rights: Rights
    counts: Counts
    stage_changes: list[StageChange]
    undo: StageChange | None
    steps: list[StepView]
    assignment: Assignment | None
    clock: Clock | None
    target: Stage | None
    gate: GateCheck | None
    falls_back: str
    way_back: WayBack | None
    questions: Questions
    bant: list[BantView]
    also_asked: list[BantView]
    consents: list[ConsentState]
    retention: Retention
    facts: list[ShownFact]
    own_facts: list[ShownFact]
    company_facts: list[ShownFact]
    colleagues: Colleagues
    duplicates: list[Candidate]
    tags: list[str]
    next_task: Task | None
    next_step: NextStep | None
    override: ScoreOverride | None
    resting: str

    @property
    def score_shift(self) -> int | None:
        """Return by how much the score changed since a day ago."""
        if self.lead.score is None or self.counts.score_yesterday is None:
            return None
        return (self.lead.score - self.counts.score_yesterday) or None

    @property
    def has_bought(self) -> bool:
        """Tell whether this is a customer, or was one whose deals count."""
        return self.counts.deals > 0 or self.lead.stage == Stage.CUSTOMER

    @property
    def opt_out_url(self) -> str:
        """Return where the lead itself opts out, for whoever writes to it."""
        return opt_out_address(self.lead)

    @property
    def head(self) -> list[ShownFact]:
        """Return the facts of the head: who it is, and as what."""
        return [fact for fact in self.facts if fact.group.is_in_head]

    @property
    def known_own_facts(self) -> list[ShownFact]:
        """Return the custom fields that are known."""
        return [fact for fact in self.own_facts if not fact.is_empty]

    @property
    def unknown_own_facts(self) -> list[ShownFact]:
        """Return the custom fields of which nothing is known."""
        return [fact for fact in self.own_facts if fact.is_empty]

    @property
    def opted_out(self) -> list[ConsentState]:
        """Return what the lead does not want."""
        return [state for state in self.consents if state.is_out]

    @property
    def earlier_stages(self) -> list[Stage]:
        """Return the stages that the lead can be moved back to."""
        return STAGES[: STAGES.index(Stage(self.lead.stage))]

    @property
    def also_known(self) -> int:
        """Return how much of what is asked beside the framework is known."""
        return sum(not view.is_open for view in self.also_asked)

    @property
    def confirmed(self) -> int:
        """Return how many dimensions of the framework are confirmed."""
        return sum(view.is_confirmed for view in self.bant)


def read_lead_page(*, lead: Lead, user: User, tab: str, now: datetime) -> LeadPage:
    """Read the frame of the lead page; the number of queries is always the same."""
    is_free = Assignment.objects.free_to_take().filter(lead=lead).exists()
    rights = Rights.of(user, lead, is_free=is_free)
    changes = list(
        StageChange.objects.filter(lead=lead).select_related("actor", "api_key").order_by("-at", "-pk")[:100]
    )
    running = Assignment.objects.filter(lead=lead, ended_at=None).select_related("owner")
    assignment = running.first()
    clock = clocks_for([assignment], now=now).get(assignment.pk) if assignment else None
    step = STEP_FROM.get(lead.stage)
    questions = read_questions()
    checks = check_gates(lead=lead, now=now, questions=questions)
    gate = checks.get(step) if step else None
    passed = checks.get(STEP_INTO[lead.stage]) if lead.stage in STEP_INTO else None
    target = STAGES[STAGES.index(Stage(lead.stage)) + 1] if step else None
    known = list(bant_of_many(lead_ids=[lead.pk], now=now, questions=questions)[lead.pk].values())
    views = [view for view in known if view.dimension.counts]
    open_tasks = Task.objects.filter(lead=lead, done_at=None).select_related("owner")
    next_task = open_tasks.order_by("due_at", "pk").first()
    resting = say_waking(lead) if lead.status == Status.NURTURE else ""
    shown, counts = show_facts(lead, GROUPS), _counts(lead, now)
    return LeadPage(
        lead=lead,
        now=now,
        tab=tab,
        rights=rights,
        counts=counts,
        stage_changes=changes,
        undo=_undo(rights, user, changes, now),
        steps=_steps(lead, changes, gate, now),
        assignment=assignment,
        clock=clock,
        target=target,
        gate=gate,
        falls_back=say_ahead(gate.gate) if gate else "",
        way_back=way_back(lead=lead, gate=passed.gate, now=now) if passed else None,
        questions=questions,
        bant=views,
        also_asked=[view for view in known if not view.dimension.counts],
        consents=read_consents(lead, asked=counts.consent_asked),
        retention=retention_from(counts.kept_for, counts.kept_since),
        facts=[fact for fact in shown if not fact.group.is_of_company],
        own_facts=show_facts(lead, map(own_group, CustomField.objects.order_by("label", "pk"))),
        company_facts=[fact for fact in shown if fact.group.is_of_company],
        colleagues=_colleagues(lead, user),
        duplicates=duplicates_of(lead, user=user),
        tags=tags_of([lead.pk]).get(lead.pk, []),
        next_task=next_task,
        next_step=choose_next_step(
            Situation(
                lead=lead,
                may_work=rights.may_work,
                clock=clock,
                gate=gate,
                target=target,
                bant=views,
                task=next_task,
                resting=resting,
                now=now,
            )
        ),
        override=overrides_of([lead.pk], now=now).get(lead.pk),
        resting=resting,
    )


def _undo(rights: Rights, user: User, changes: list[StageChange], now: datetime) -> StageChange | None:
    """Return the last move, if this person may take it back."""
    is_offered = rights.may_work and changes and may_undo(changes[0], actor=user, now=now)
    return changes[0] if is_offered else None


def _colleagues(lead: Lead, user: User) -> Colleagues:
    """Read the other leads of the company that this person may see; one query, none without a company."""
    if lead.company_id is None:
        return Colleagues(leads=[], number=0)
    others = Lead.objects.visible_to(user).filter(company=lead.company_id).exclude(pk=lead.pk)
    counted = others.annotate(number=Window(Count("pk"))).select_related("owner")
    best = list(counted.prioritised()[:MOST_COLLEAGUES])
    return Colleagues(leads=best, number=best[0].number if best else 0)  # type: ignore[attr-defined]


def _number_of(rows: QuerySet[Any]) -> Coalesce:
    counted = rows.filter(lead=OuterRef("pk")).order_by().values("lead").annotate(n=Count("pk"))
    return Coalesce(Subquery(counted.values("n")), 0)


def _counts(lead: Lead, now: datetime) -> Counts:
    asked = ConsentRequest.objects.filter(lead=OuterRef("pk"), confirmed_at=None, expires_at__gt=now)
    yesterday = ScoreChange.objects.filter(lead=OuterRef("pk"), at__lte=now - timedelta(days=1))
    row = (
        with_reason(Lead.objects.filter(pk=lead.pk))
        .values(
            its_kept_for=F("kept_for"),
            its_kept_since=F("kept_since"),
            its_activities=_number_of(Activity.objects.all()),
            its_stages=_number_of(StageChange.objects.all()),
            its_notes=_number_of(Note.objects.kept()),
            its_open_tasks=_number_of(Task.objects.filter(done_at=None)),
            its_deals=_number_of(Deal.objects.filter(voided_at=None)),
            its_consent_asked=Subquery(asked.order_by("-requested_at").values("text__purpose")[:1]),
            its_is_waiting=Exists(ScoringRequest.objects.filter(lead=OuterRef("pk"))),
            its_score_yesterday=Subquery(yesterday.order_by("-at", "-pk").values("score")[:1]),
        )
        .get()
    )
    counts: dict[str, Any] = {name.removeprefix("its_"): value for name, value in row.items()}
    return Counts(**counts)


def _steps(lead: Lead, changes: list[StageChange], gate: GateCheck | None, now: datetime) -> list[StepView]:
    reached = {
        change.to_stage: change for change in reversed(changes) if change.from_stage != change.to_stage
    }
    here = STAGES.index(Stage(lead.stage))
    steps = []
    for index, stage in enumerate(STAGES):
        if index <= here:
            change = reached.get(stage)
            at = change.at if change else lead.created_at if index == 0 else None
            if at is None and index == here:
                at = lead.stage_changed_at
            text = capfirst(write_moment(at, now=now)) if at else ""
            if change and index == here and change.is_automatic:
                text = _("%(when)s, automatic") % {"when": text}
            state = "done" if index < here or stage == Stage.CUSTOMER else "now"
        else:
            state = "later"
            text = _missing(gate) if index == here + 1 and gate and lead.is_open else ""
        steps.append(StepView(stage=stage, state=state, text=text))
    return steps


def _missing(gate: GateCheck) -> str:
    missing = len([item for item in gate.missing if not item.comes_with_move])
    if gate.passes or gate.passes_with_move or not missing:
        return _("Ready")
    return ngettext("%(number)d thing missing", "%(number)d things missing", missing) % {"number": missing}
