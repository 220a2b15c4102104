"""Taking an import back: what it made goes, what it changed goes back, as far as nobody touched it since."""

from datetime import timedelta

import pytest

from leadapp.errors import Conflict
from leadapp.models import Activity, Company, ConsentRecord, ImportJob, Lead, LeadIdentifier, LeadTag, User
from leadapp.services import imports
from leadapp.services.duplicates.merging import merge_leads
from leadapp.services.leads.leads import update_lead
from leadapp.services.privacy.opt_out import opt_out
from qualification.models import Note, StageChange
from tests.imports.build import LATER, SOON, brought, everything, happened, imported, undone
from tests.qualification.build import NOW, make_lead, make_user

EARLY = NOW - timedelta(days=1)

pytestmark = pytest.mark.django_db


def test_leads_that_nobody_touched_are_erased_and_facts_go_back(manager: User, rep: User) -> None:
    other = make_user("priya", "rep")
    old = Company.objects.create(name="Old")
    ann = make_lead(email="ann@b.example", first_name="Ann", company=old, owner=other, attributes={})
    bob = make_lead(email=None, phone="+4930901820")
    before = everything()
    text = (
        "Email,First name,City,Phone,Company,Employees,Owner,Tags,External id\n"
        "ann@b.example,Anna,Bonn,,New,50,jonas,Fair,x-1\n"
        "bob@b.example,Bob,,+49 30 901820,,,,,\n"
        "new@b.example,Nell,,,New,,jonas,Fair,x-2\n"
        "New@b.example,,Celle,,,,,,\n"
    )
    job = imported(brought(text, actor=manager), on_known="overwrite")
    assert happened(job) == [1, 3, 0, 0, 0]
    job = undone(job)
    assert (job.state, job.undone, job.not_undone) == ("undone", 4, 0)
    ann.refresh_from_db()
    bob.refresh_from_db()
    assert (ann.first_name, ann.city, ann.company, ann.owner) == ("Ann", "", old, other)
    assert (bob.email, bob.first_name) == (None, "")
    assert set(Lead.objects.values_list("pk", flat=True)) == {ann.pk, bob.pk}
    assert not LeadTag.objects.exists()
    assert not LeadIdentifier.objects.exclude(kind="phone").exists()
    # The history stays, with the undoing in it.
    assert [one.properties["by"] for one in Activity.objects.filter(lead=ann).order_by("pk")] == [
        "import",
        "undo",
    ]
    assert before["Lead"][0]["id"] == ann.pk


def test_facts_that_filled_gaps_of_a_company_go_back_unless_they_changed_since(manager: User) -> None:
    company = Company.objects.create(name="Acme", country="DE", created_at=EARLY)
    other = Company.objects.create(name="Bolt", created_at=EARLY)
    text = "Email,Company,Industry,Employees,Country of the company\n"
    job = imported(
        brought(text + "a@b.example,Acme,Retail,50,AT\nb@b.example,Bolt,Steel,7,\n", actor=manager)
    )
    company.refresh_from_db()
    assert (company.industry, company.employees, company.country) == ("Retail", 50, "DE")
    Company.objects.filter(pk=other.pk).update(employees=8)
    undone(job)
    assert list(Company.objects.order_by("pk").values_list("name", "industry", "employees", "country")) == [
        ("Acme", "", None, "DE"),
        ("Bolt", "", 8, ""),
    ]
    # The history of the company stays, with the undoing in it.
    assert company.changes.count() == 2


def test_what_somebody_touched_stays_and_says_so(manager: User) -> None:
    ann = make_lead(email="ann@b.example")
    text = "Email,City,Job title,Newsletter\nann@b.example,Bonn,CEO,\n"
    text += "".join(f"new{number}@b.example,Celle,,\n" for number in range(4)) + "yes@b.example,,,yes\n"
    job = imported(brought(text, actor=manager), consent_words="Write to me.")
    new = list(Lead.objects.exclude(pk=ann.pk).order_by("email"))
    update_lead(lead=ann, facts={"city": "Köln"}, source="leadapp", actor=manager, now=SOON)
    update_lead(lead=new[0], facts={"first_name": "Nina"}, source="leadapp", actor=manager, now=SOON)
    Note.objects.create(lead=new[1], author=manager, text="Called", created_at=SOON)
    StageChange.objects.create(
        lead=new[2], move="forward", from_stage="lead", to_stage="mql", from_status="open", to_status="open",
        is_automatic=True, at=SOON,
    )  # fmt: skip
    job = undone(job)
    assert (job.undone, job.not_undone) == (3, 3)
    assert set(Lead.objects.values_list("pk", flat=True)) == {ann.pk, new[0].pk, new[1].pk}
    ann.refresh_from_db()
    assert (ann.city, ann.job_title) == ("Köln", "")
    reasons = dict(job.rows.exclude(reason="").values_list("lead_id", "reason"))
    assert reasons[ann.pk] == "Changed since, so it stays: City."
    assert "worked on it since" in reasons[new[0].pk]
    assert not ConsentRecord.objects.exists()


def test_an_opt_out_that_came_since_stays(manager: User) -> None:
    ann, bob = make_lead(email="ann@b.example"), make_lead(email="bob@b.example")
    text = "Email,Do not email,Do not call\nann@b.example,yes,yes\nbob@b.example,yes,yes\n"
    job = imported(brought(text, actor=manager))
    opt_out(lead=ann, purposes=["email"], now=SOON + timedelta(minutes=1))
    job = undone(job)
    wishes = Lead.objects.filter(pk__in=[ann.pk, bob.pk]).order_by("pk")
    assert list(wishes.values_list("do_not_email", "do_not_call")) == [(True, False), (False, False)]
    assert job.rows.get(lead_id=ann.pk).reason == "Changed since, so it stays: Do not email."


def test_who_was_merged_since_stays_and_says_so(manager: User) -> None:
    old, ann = make_lead(email="old@b.example"), make_lead(email="ann@b.example")
    job = imported(brought("Email,City\nnew@b.example,Bonn\nann@b.example,Celle\n", actor=manager))
    new = Lead.objects.get(email="new@b.example")
    for loser in (new, ann):
        merge_leads(winner=old, loser=loser, actor=manager, now=SOON + timedelta(minutes=1))
    job = undone(job)
    assert (job.undone, job.not_undone) == (0, 2)
    assert set(job.rows.values_list("reason", flat=True)) == {
        "Was merged with another lead since, so it stays."
    }
    old.refresh_from_db()
    assert old.city == "Bonn"


def test_an_undo_is_offered_once_and_as_long_as_the_rows_are_kept(manager: User, settings: object) -> None:
    job = imported(brought("Email\na@b.example\n", actor=manager))
    assert imports.may_undo(job)
    settings.IMPORT_DAYS = 0  # type: ignore[attr-defined]
    assert imports.forget_old(now=LATER) == 1
    job.refresh_from_db()
    assert not imports.may_undo(job)
    assert not job.rows.exists()
    assert not job.pieces.exists()
    with pytest.raises(Conflict):
        imports.undo(job=job, actor=manager, now=LATER)
    other = undone(imported(brought("Email\nb@b.example\n", actor=manager)))
    for again in (imports.undo, imports.start):
        with pytest.raises(Conflict):
            again(job=other, actor=manager, now=LATER)
    assert (ImportJob.objects.count(), Lead.objects.count()) == (2, 1)


def test_an_import_that_was_stopped_goes_on_where_it_stood(
    manager: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("leadapp.services.imports.running.CHUNK", 2)
    job = brought("Email\n" + "".join(f"p{number}@b.example\n" for number in range(5)), actor=manager)
    job = imports.finish(
        imports.check(job=job, rules=imports.Rules(mapping=job.mapping), actor=manager), clock=lambda: SOON
    )
    job = imports.start(job=job, actor=manager, now=SOON)
    imports.finish(
        job,
        clock=lambda: SOON,
        advance=lambda current: imports.stop(job=current, actor=manager, now=SOON) and None,
    )
    job.refresh_from_db()
    assert (job.state, job.created, Lead.objects.count()) == ("stopped", 2, 2)
    job = imports.finish(imports.start(job=job, actor=manager, now=SOON), clock=lambda: SOON)
    assert (job.state, job.created, Lead.objects.count()) == ("done", 5, 5)
