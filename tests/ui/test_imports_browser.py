"""The whole path of a file in a real browser: brought, mapped, checked, imported, mended, undone."""

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from leadapp.models import Lead
from leadapp.services.imports import running
from tests.qualification.build import make_user
from tests.ui.axe import faults_of

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_a_file_is_brought_looked_at_imported_and_undone(
    page: Page, live_server: Any, sign_in: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # What takes longer than a second is left to workers, of which there are none here.
    monkeypatch.setattr(running, "monotonic", lambda: 0.0)
    file = tmp_path / "messe.csv"
    file.write_bytes("Vorname;E-Mail;Wer\nJürgen;juergen@b.example;x\nZoë;nowhere;y\n".encode("cp1252"))
    sign_in(page, live_server.url, make_user("mareike", "marketer"))
    page.goto(f"{live_server.url}/")
    page.get_by_role("navigation", name="Main", exact=True).get_by_role("link", name="Imports").click()
    page.get_by_label("File").set_input_files(file)
    expect(page.locator("#drop-says")).to_have_text("Chosen: messe.csv")
    assert faults_of(page) == []
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_label("E-Mail")).to_have_value("email")
    expect(page.get_by_label("Wer", exact=True)).to_have_value("")
    page.get_by_text("How the file is read").click()
    expect(page.get_by_label("Encoding")).to_have_value("cp1252")
    assert faults_of(page) == []
    page.get_by_label("Wer", exact=True).select_option("tags")
    page.get_by_role("button", name="Check all rows").click()
    expect(page.get_by_role("heading", name="2 rows checked: this would happen")).to_be_visible()
    expect(page.get_by_role("table", name="What is wrong")).to_contain_text("must have an @-sign")
    assert not Lead.objects.exists()
    assert faults_of(page) == []
    with page.expect_download() as download:
        page.get_by_role("link", name="Refused rows as a file").click()
    assert "Zoë,nowhere,y" in download.value.path().read_text("utf-8-sig")
    page.get_by_role("button", name="Import", exact=True).click()
    expect(page.get_by_role("heading", name="2 rows imported")).to_be_visible()
    assert [lead.first_name for lead in Lead.objects.all()] == ["Jürgen"]
    page.get_by_role("button", name="Undo the import").click()
    expect(page.get_by_role("heading", name="1 of 1 rows undone")).to_be_visible()
    expect(page.get_by_role("row", name="New lead · Undone").get_by_role("link")).to_have_count(0)
    assert not Lead.objects.exists()
    assert faults_of(page) == []
