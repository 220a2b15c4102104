"""What rows do to leads: foreseen as it then happens, by the rules that somebody chose."""

from typing import Any, cast

import pytest

from leadapp.errors import Invalid, NotAllowed
from leadapp.models import (
    Activity,
    BoughtList,
    Company,
    ConsentRecord,
    CustomField,
    ImportJob,
    Lead,
    LeadIdentifier,
    User,
)
from leadapp.services import imports
from leadapp.services.leads.fact_history import changes_of
from leadapp.services.leads.tags import tags_of
from qualification.models import Assignment, Notice
from scoring.models import ScoringRequest
from tests.imports.build import brought, checked, everything, foreseen, happened, imported, problems
from tests.qualification.build import NOW, make_lead, make_user

pytestmark = pytest.mark.django_db


def test_columns_are_guessed_by_their_names_in_three_languages() -> None:
    CustomField.objects.create(key="erp", label="ERP-System")
    named = {
        "Vorname": "first_name", "Nachname": "last_name", "E-Mail-Adresse": "email", "Firma": "company.name",
        "Telefoon": "phone", "Functie": "job_title", "Company Size": "company.employees", "ERP System": "attributes.erp",  # noqa: E501
        "Land": "country", "ID": "", "Leadapp ID": "id", "Was auch immer": "", "Eigenaar": "owner",
    }  # fmt: skip
    job = brought(";".join(named) + "\n" + ";".join("x" for _ in named))
    assert dict(zip(job.columns, job.mapping, strict=True)) == named


def test_columns_without_a_name_that_is_known_are_guessed_by_what_they_hold() -> None:
    job = brought(
        "Wer,Wo,Wie\na@b.example,https://www.voegele.example,+49 30 901820\nc@d.example,acme.example,\n"
    )
    assert job.mapping == ["email", "company.domain", "phone"]


def test_a_mapping_is_remembered_for_the_same_columns() -> None:
    checked(brought("Wer,Was\nx,y\n"), mapping=["", "email"])
    assert brought("wer,was\nq,z\n").mapping == ["", "email"]
    assert brought("Wer,Was,Wann\nq,z,1\n").mapping == ["", "", ""]


def test_new_people_become_leads_with_all_that_the_file_says(marketer: User, rep: User) -> None:
    CustomField.objects.create(key="visits", label="Visits", kind="number")
    job = brought(
        "Name;E-Mail;Telefon;Land;Firma;Mitarbeiter;Umsatz;Besitzer;Tags;Keine E-Mail;CRM ID;Visits\n"
        "Grace Hopper;GRACE@harbour.example;030 901820;Deutschland;Harbour;1.200;1.234.567,50 €;Jonas Wiegand;Fair, Warm;ja;c-7;1.234,5\n",  # noqa: E501
        actor=marketer,
    )
    job = imported(job, country="DE", source="Fair 2026", tags=["List"])
    assert (foreseen(job), happened(job)) == ([1, 0, 0, 0, 0], [1, 0, 0, 0, 0])
    lead = Lead.objects.select_related("company", "owner").get()
    assert (lead.first_name, lead.last_name, lead.email) == ("Grace", "Hopper", "grace@harbour.example")
    assert (lead.phone, lead.country, lead.do_not_email, lead.source) == (
        "+4930901820",
        "DE",
        True,
        "Fair 2026",
    )
    assert lead.company
    assert (lead.company.name, lead.company.employees) == ("Harbour", 1200)
    assert lead.company.annual_revenue == 1_234_567
    assert (lead.owner, lead.attributes) == (rep, {"visits": 1234.5})
    assert tags_of([lead.pk]) == {lead.pk: ["Fair", "List", "Warm"]}
    assert LeadIdentifier.objects.filter(lead=lead, kind="external", value="c-7").exists()
    record = Activity.objects.get(lead=lead)
    assert (record.type.slug, record.properties["by"], record.source) == (
        "lead.created",
        "import",
        "Fair 2026",
    )
    assert record.actor == marketer
    assert ScoringRequest.objects.filter(lead=lead).exists()
    assigned = Assignment.objects.get(lead=lead)
    assert (assigned.owner, assigned.assigned_by, assigned.reason) == (rep, marketer, "Imported")
    notice = Notice.objects.get(user=rep)
    assert notice.text == "1 lead is yours now, imported from people.csv."


FILE = "Email,First name,City,Do not email\nann@voegele.example,Anna,Bonn,false\nbob@new.example,Bob,Köln,\n"


@pytest.mark.parametrize(
    ("rules", "counts", "name", "city", "leads"),
    [
        ({}, [1, 1, 0, 0, 0], "Ann", "Bonn", 2),
        ({"on_known": "overwrite"}, [1, 1, 0, 0, 0], "Anna", "Bonn", 2),
        ({"on_known": "skip"}, [1, 0, 0, 1, 0], "Ann", "", 2),
        ({"adds_new": False}, [0, 1, 0, 1, 0], "Ann", "Bonn", 1),
    ],
    ids=["fill", "overwrite", "skip", "no new ones"],
)
def test_people_who_are_known_are_filled_replaced_or_left(
    rules: dict[str, Any], counts: list[int], name: str, city: str, leads: int
) -> None:
    ann = make_lead(email="ann@voegele.example", first_name="Ann", do_not_email=True, source="web")
    job = imported(brought(FILE), **rules)
    assert (foreseen(job), happened(job)) == (counts, counts)
    ann.refresh_from_db()
    assert (ann.first_name, ann.city, ann.source, Lead.objects.count()) == (name, city, "web", leads)
    assert ann.do_not_email is True
    again = imported(brought(FILE), **rules)
    assert again.created == again.changed == again.refused == 0
    if counts[1]:
        assert {change.record and change.record.properties["by"] for change in changes_of(lead=ann)} == {
            "import"
        }


def test_an_empty_cell_says_nothing_unless_it_is_to_empty_the_fact() -> None:
    ann = make_lead(
        email="ann@voegele.example", first_name="Ann", city="Bonn", phone="+4930901820", do_not_call=True
    )
    text = "Email,First name,City,Phone,Do not call\nann@voegele.example,,,,\n"
    assert happened(imported(brought(text), on_known="overwrite")) == [0, 0, 1, 0, 0]
    assert happened(imported(brought(text), on_known="overwrite", clears_empty=True)) == [0, 1, 0, 0, 0]
    ann.refresh_from_db()
    assert (ann.email, ann.first_name, ann.city, ann.phone) == ("ann@voegele.example", "", "", "")
    assert ann.do_not_call is True
    with pytest.raises(Invalid, match="like this"):
        checked(brought(text), clears_empty=True)


def test_people_are_found_by_external_id_then_email_then_profile_then_number() -> None:
    by_id, by_number = (
        make_lead(email=None, first_name="Ida"),
        make_lead(email=None, phone="+4930901820", last_name="Ott"),
    )
    LeadIdentifier.objects.create(lead=by_id, kind="external", value="x-1")
    by_profile = make_lead(email=None, linkedin_url="https://linkedin.com/in/li")
    text = (
        "External id,Email,LinkedIn,Phone,Last name,City\n"
        "x-1,new@voegele.example,,,,Aachen\n"
        ",,https://www.linkedin.com/in/LI/,,,Bonn\n"
        ",,,+49 30 901820,Ott,Celle\n"
        ",,,+49 30 901820,Other,Dresden\n"
    )
    job = imported(brought(text))
    assert happened(job) == [1, 3, 0, 0, 0]
    cities = dict(Lead.objects.values_list("pk", "city"))
    assert (cities[by_id.pk], cities[by_profile.pk], cities[by_number.pk]) == ("Aachen", "Bonn", "Celle")
    by_id.refresh_from_db()
    assert by_id.email == "new@voegele.example"


def test_rows_about_one_person_make_one_lead(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "Email,First name,City\na@b.example,Ann,\nc@d.example,Cy,\nA@B.example,Anna,Bonn\n"
    for chunk, rules, name in ((1000, {}, "Ann"), (1, {}, "Ann"), (1000, {"on_known": "overwrite"}, "Anna"),
                               (1, {"on_known": "overwrite"}, "Anna"), (1000, {"on_known": "skip"}, "Ann")):  # fmt: skip  # noqa: E501
        Lead.objects.all().delete()
        monkeypatch.setattr("leadapp.services.imports.running.CHUNK", chunk)
        job = imported(brought(text), **cast(dict[str, Any], rules))
        counts = [2, 0, 0, 1, 0] if rules.get("on_known") == "skip" else [2, 1, 0, 0, 0]
        assert (foreseen(job), happened(job)) == (counts, counts)
        ann = Lead.objects.get(email="a@b.example")
        assert (ann.first_name, ann.city) == (name, "" if "skip" in rules.values() else "Bonn")


def test_faults_refuse_the_row_and_no_other_one() -> None:
    before = everything()
    job = checked(
        brought(
            "Email,Phone,Country,Employees,Owner,Leadapp ID,Birth year\n"
            "no address,1,Atlantis,many,Nobody,,1492\n"
            ",,,,,,\n,,DE,,,,\n"
            "x@y.example,,,,,999999,\n"
            "good@y.example,,,,,,\n"
            "bad@y.example,,,,,,,surplus\n"
        )
    )
    assert (foreseen(job), everything()) == ([1, 0, 0, 0, 4], before)
    found = problems(job)
    assert [column for number, column, _text in found if number == 2] == [
        "Email", "Country", "Birth year", "Employees", "Phone", "Owner",
    ]  # fmt: skip
    assert [(number, text.partition(":")[0]) for number, _column, text in found if number > 2] == [
        (4, "Names nobody"),
        (5, "No lead has this id."),
        (7, "Holds more cells than there are columns"),
    ]


def test_cells_that_cannot_be_read_are_left_out_if_somebody_says_so() -> None:
    job = imported(brought("Email,Country,Phone\na@b.example,Atlantis,++\n"), leaves_out=True)
    assert happened(job) == [1, 0, 0, 0, 0]
    assert [column for _number, column, _text in problems(job)] == ["Country", "Phone"]


def test_a_list_that_was_bought_is_kept_with_each_new_lead_and_nobody_opts_in_by_it(marketer: User) -> None:
    bought = BoughtList.objects.create(
        name="Fair", provider="Messe", obtained_on=NOW.date(), basis="Asked there"
    )
    said_no = make_lead(email="no@voegele.example", do_not_email=True)
    job = brought(
        "Email,Newsletter,Opt-in date\nno@voegele.example,yes,2026-01-02\nnew@b.example,ja,2026-01-02\n",
        actor=marketer,
    )
    with pytest.raises(Invalid) as refused:
        checked(job, bought_list=bought)
    assert list(refused.value.errors) == ["consent_words"]
    job = imported(job, bought_list=bought, consent_words="Yes, write to me.", consent_how="letter")
    new = Lead.objects.get(email="new@b.example")
    said_no.refresh_from_db()
    assert (new.bought_list, said_no.bought_list, said_no.do_not_email) == (bought, None, True)
    consent = ConsentRecord.objects.get()
    assert (consent.lead, consent.purpose, consent.granted, consent.text) == (
        new,
        "email",
        True,
        "Yes, write to me.",
    )
    assert (consent.how, consent.recorded_by, consent.recorded_at.date().isoformat()) == (
        "letter",
        marketer,
        "2026-01-02",
    )
    assert any("said no" in text for _number, _column, text in problems(job))


def test_only_those_who_may_import_do(rep: User, marketer: User) -> None:
    with pytest.raises(NotAllowed):
        brought("Email\na@b.example\n", actor=rep)
    assert not ImportJob.objects.exists()
    job = brought("Email,Owner\nann@voegele.example,priya\n", actor=marketer)
    priya, ann = make_user("priya", "rep"), make_lead(email="ann@voegele.example", owner=rep)
    job = imported(job, on_known="overwrite")
    ann.refresh_from_db()
    assert (ann.owner, happened(job), priya.leads.count()) == (rep, [0, 0, 1, 0, 0], 0)
    for act in (imports.check, imports.start, imports.stop, imports.undo):
        with pytest.raises(NotAllowed):
            act(
                job=job,
                actor=rep,
                **({"rules": imports.Rules(mapping=[])} if act is imports.check else {"now": NOW}),
            )


def test_the_company_that_is_named_stays_whatever_the_address_says() -> None:
    Company.objects.create(name="Other", domain="voegele.example")
    own = Company.objects.create(name="Vögele")
    ann = make_lead(email="ann@voegele.example", company=own)
    job = imported(brought("Email,Company\nann@voegele.example,Vögele\n"), on_known="overwrite")
    ann.refresh_from_db()
    assert (happened(job), ann.company) == ([0, 0, 1, 0, 0], own)


def test_the_company_that_is_named_counts_more_than_the_domain_of_the_address() -> None:
    known = Company.objects.create(name="Vögele AG", domain="voegele.example")
    text = "Email,Company\n"
    text += "a@voegele.example,Voegele Immobilien\nb@voegele.example,VÖGELE GmbH\nc@voegele.example,\n"
    text += "d@new.example,North\ne@new.example,South\n"
    job = imported(brought(text))
    assert foreseen(job) == happened(job) == [5, 0, 0, 0, 0]
    companies = dict(Lead.objects.order_by("email").values_list("email", "company__name"))
    assert list(companies.values()) == ["Voegele Immobilien", "Vögele AG", "Vögele AG", "North", "South"]
    assert list(Company.objects.exclude(pk=known.pk).order_by("name").values_list("name", "domain")) == [
        ("North", "new.example"),
        ("South", None),
        ("Voegele Immobilien", None),
    ]
