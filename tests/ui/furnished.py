"""What there is to see on all pages: the demo, and what comes up while people work."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import Q

from leadapp.demo.loading import load
from leadapp.demo.people import create_people
from leadapp.models import BoughtList, Company, Erasure, ExportRun, KeptFor, Lead, RefusedMessage, User
from leadapp.services import imports
from leadapp.services.bulk import Chosen, finish_small, start_run
from leadapp.services.duplicates.finding import compare_waiting
from leadapp.services.duplicates.merging import merge_leads
from leadapp.services.exports import begin_export, counted, keeping
from leadapp.services.exports.running import continue_exports, give_up
from leadapp.services.exports.starting import start_export, stop_export
from leadapp.services.forms import submit_form
from leadapp.services.forms.editing import create_contact_form, save_form
from leadapp.services.forms.reading import HONEYPOT
from leadapp.services.keys import create_api_key
from leadapp.services.leads.edits import edit_lead
from leadapp.services.leads.leads import create_lead
from leadapp.services.leads.tags import change_tags
from leadapp.services.lists.columns import columns_of
from leadapp.services.privacy.consents import record_consent
from leadapp.services.webhooks.endpoints import create_endpoint, create_test
from qualification.models import Assignment, Cost, Deal, Escalation
from qualification.services.clock.escalation import escalate_due
from qualification.services.customers.advocacy import set_advocacy
from qualification.services.moves import disqualify_lead, move_lead, nurture_lead
from qualification.services.work import add_note, add_task, complete_task, delete_note, edit_note
from scoring.models import ScoringModel, ScoringModelVersion
from scoring.rules import facts_of
from scoring.services.editing import save_rule
from scoring.services.publishing import make_draft, publish
from scoring.services.queue import score_waiting
from scoring.services.rescore import continue_rescores

PASSWORD = "secret"
DAY = timedelta(days=1)
# Nothing on a page may be as wide as what people type.
LONG_WORD = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamter"


def furnish(*, now: datetime, leads: int = 200) -> Mapping[str, User]:
    """Load the demo into an empty Leadapp, add what it lacks, and return the people by name."""
    people = load(leads=leads, seed=1, password=PASSWORD, now=now).people
    _publish_and_begin_again(people["marketer"], now=now)
    _work(people, now=now)
    _connect(people["admin"], now=now)
    _capture(people["marketer"], now=now)
    _work_on_many(people["manager"], now=now)
    _come_twice(people["manager"], now=now)
    _bring(people["marketer"], now=now)
    _take_out(people["manager"], now=now)
    while score_waiting(now=now):
        pass
    return people


def people_alone() -> Mapping[str, User]:
    """Make the people of the demo, where there is nothing yet."""
    return create_people(password=PASSWORD)[0]


def _come_twice(manager: User, *, now: datetime) -> None:
    """Let one person come in three times: once to be merged, once to be reviewed."""
    known = {"first_name": "Grace", "last_name": "Hopper", "phone": "+49 30 901820"}
    one, other, _third = (create_lead(facts=known, source="web", actor=manager, now=now) for _ in range(3))
    merge_leads(winner=one, loser=other, actor=manager, now=now)
    while compare_waiting(now=now):
        pass


def _publish_and_begin_again(marketer: User, *, now: datetime) -> None:
    """Make a second version live, and a draft of the third."""
    ScoringModel.objects.filter(is_primary=True).update(weekly_capacity=40)
    draft = _draft_with(points=12, by=marketer, now=now)
    publish(version=draft, actor=marketer, note="Prices say more than we thought", now=now)
    while continue_rescores(now=now):
        pass
    _draft_with(points=15, by=marketer, now=now)


def _draft_with(*, points: int, by: User, now: datetime) -> ScoringModelVersion:
    draft = make_draft(model=ScoringModel.objects.get(is_primary=True), actor=by, now=now)
    rule = draft.rules.get(name="Viewed the pricing page")
    facts = replace(facts_of(rule), points=points)
    save_rule(rule=rule, facts=facts, revision=rule.revision, actor=by, now=now)
    return draft


def _work(people: Mapping[str, User], *, now: datetime) -> None:
    """Let the rep go back with a lead, set a task and hear of it; let a customer speak for us."""
    rep, manager = people["rep"], people["manager"]
    mine = Lead.objects.filter(owner=rep, status="open").prioritised()
    lead = mine.filter(stage="mql")[1]
    move_lead(lead=lead, to_stage="lead", seen_stage="mql", actor=rep, reason="Nobody answers", now=now)
    add_task(lead=lead, owner=rep, text="Ask again", due_at=now + DAY, actor=rep, now=now)
    add_note(lead=mine[0], text="@rep: they asked for you.", actor=manager, now=now)
    add_note(lead=mine[0], text=f"Their plan: https://files.example/{'a1b2' * 50}", actor=rep, now=now)
    change_tags(lead_ids=[mine[0].pk], add=["Fair 2026"], actor=rep, now=now)
    edit_lead(lead=mine[0], facts={"job_title": LONG_WORD}, seen={}, actor=rep, now=now)
    note = add_note(lead=mine[0], text="Prefers mornings.", actor=rep, now=now)
    delete_note(note=add_note(lead=mine[0], text="Wrong lead.", actor=rep, now=now), actor=rep, now=now)
    done = add_task(lead=mine[0], owner=rep, text="Send the offer", due_at=now, actor=rep, now=now)
    complete_task(task=done, actor=rep, now=now)
    edit_note(note=note, text="Prefers mornings, before ten.", actor=rep, now=now + timedelta(minutes=1))
    record_consent(
        lead=mine[0], purpose="phone", granted=True, how="call", text="May we call you?", actor=rep, now=now
    )
    # However the dice fell: one rests, one is out, one is nearly won, one is won, and a company has nobody.
    nobodys = Lead.objects.filter(owner=None, status="open", stage="lead").prioritised()
    customer, resting, out = nobodys[:3]
    Lead.objects.filter(pk__in=[customer.pk, resting.pk, out.pk]).update(owner=rep)
    nurture_lead(lead=resting, seen_stage="lead", actor=rep, reason="Budget in spring", now=now)
    disqualify_lead(lead=out, seen_stage="lead", actor=rep, reason="A student", now=now)
    Lead.objects.filter(pk=mine.filter(stage="mql")[2].pk).update(stage="sql")
    Lead.objects.filter(pk=customer.pk).update(stage="customer")
    Deal.objects.create(lead=customer, value=48_000, won_on=(now - DAY).date())
    customer.refresh_from_db()
    set_advocacy(lead=customer, advocacy="fan", note="Told it at a fair", actor=rep, now=now)
    Company.objects.create(name="Nobody Here Ltd", domain="nobody-here.example")
    escalate_due(now=now)
    clock = Assignment.objects.filter(owner=rep).latest("pk")
    Escalation.objects.get_or_create(assignment=clock, level=Escalation.Level.DUE_SOON)
    Cost.objects.create(
        source="Webinar", first_day=(now - 80 * DAY).date(), last_day=now.date(), amount=12_000
    )


def _capture(marketer: User, *, now: datetime) -> None:
    """Let visitors fill in a form: one has to confirm a consent, another is a program."""
    form = create_contact_form(actor=marketer, now=now)
    form.double_opt_in = True
    save_form(form=form, actor=marketer, now=now)
    person = {"email": "lena@harbour-pumps.example", "first_name": "Lena", "last_name": "Brandt"}
    submit_form(form=form, answers={**person, "consent": "on"}, actor=None, now=now)
    program = {**person, "email": "offers@cheap.example", HONEYPOT: "+1 555", "message": "Rank first now"}
    submit_form(form=form, answers=program, actor=None, now=now)
    BoughtList.objects.create(
        name="Fair 2026", provider="Fairs Ltd", obtained_on=now.date(), basis="Agreed at the booth"
    )
    Erasure.objects.create(erased_at=now, kept_for=KeptFor.ENQUIRY, days=1095, lead_count=3)


def _work_on_many(manager: User, *, now: datetime) -> None:
    """Let the manager set some leads aside, not all of which may be, export some, and set a task for all."""
    chosen = [
        Chosen(lead.pk, lead.stage, lead.status, lead.owner_id)
        for lead in Lead.objects.filter(Q(owner=None) | Q(status="disqualified")).order_by("status", "pk")[
            :12
        ]
    ]
    asked: dict[str, Any] = {"reason": "Budget in spring", "wake_on": None, "wake_score": None}
    run = start_run(action="nurture", asked=asked, actor=manager, now=now, ticked=chosen)
    finish_small(run, now=now)
    record = begin_export(file_format="csv", query="view=all", columns=["Leadapp ID"], actor=manager, now=now)
    list(counted(record, range(12)))
    task = {"text": "Say thanks", "due_at": now.isoformat(), "owner": None}
    start_run(action="task", asked=task, actor=manager, now=now, leads=Lead.objects.all())


def _bring(marketer: User, *, now: datetime) -> None:
    """Let the marketer bring files: imported, taken back, checked, going on, not begun."""
    text = "E-Mail,Vorname,Firma,Land\na1@b.example,Nina,Fair,DE\nZweig,,,\na2@b.example,Tom,,XX1\n"
    jobs = []
    for name in ("done", "undone", "checked", "going on", "new"):
        data = text.replace("@", f"@{name.replace(' ', '-')}.").encode()
        job = imports.upload(name=f"{name}.csv", chunks=[data], actor=marketer, now=now)
        jobs.append(job)
    for job in jobs[:4]:
        rules = imports.Rules(mapping=job.mapping)
        imports.finish(imports.check(job=job, rules=rules, actor=marketer), clock=lambda: now)
    for job in jobs[:2]:
        imports.finish(imports.start(job=job, actor=marketer, now=now), clock=lambda: now)
    imports.finish(imports.undo(job=jobs[1], actor=marketer, now=now), clock=lambda: now)
    imports.start(job=jobs[3], actor=marketer, now=now)


def _take_out(manager: User, *, now: datetime) -> None:
    """Let the manager export leads in the background: deleted, ready, stopped, given up, going on."""

    def begin(columns: str) -> ExportRun:
        return start_export(
            leads=Lead.objects.prioritised(),
            columns=columns_of(["name", columns]),
            file_format="xlsx",
            query="view=all",
            actor=manager,
            now=now,
        )

    for columns in ("score", "stage"):
        keeping.forget_old(now=now + timedelta(days=settings.EXPORT_DAYS))
        begin(columns)
        continue_exports(clock=lambda: now)
    stop_export(run=begin("owner"), actor=manager, now=now)
    given_up = begin("tags")
    give_up(given_up, "You may not export leads any more.", now=now)
    given_up.save()
    begin("source")


def _connect(admin: User, *, now: datetime) -> None:
    """Let another system read and listen."""
    create_api_key(name="website", scopes=["ingest"], actor=admin, now=now)
    RefusedMessage.objects.create(received_at=now, source="website", reason="No user", message="{}")
    endpoint = create_endpoint(url="https://crm.example/hook", events=["lead.created"], actor=admin, now=now)
    create_test(endpoint=endpoint, claimed_until=now + DAY, actor=admin, now=now)
