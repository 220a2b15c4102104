"""Large exports: a page with how far they are, and a file for whoever asked."""

from typing import Any

import pytest
from django.utils import timezone

from leadapp.models import Export, ExportRun, User
from leadapp.services.exports.running import continue_exports
from leadapp.views.exports import asking
from tests.ui.build import make_lead
from tests.ui.conftest import As

pytestmark = pytest.mark.django_db

ASKED = {"all": "1", "of": "view=all", "file_format": "csv"}


@pytest.fixture(autouse=True)
def one_is_many(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a file of one lead be a large one."""
    monkeypatch.setattr(asking, "MOST_AT_ONCE", 0)


def asked_for(client: Any) -> str:
    """Ask for a file; return the address of its page."""
    answer = client.post("/leads/export/", ASKED)
    assert answer.status_code == 302
    return str(answer.headers["Location"])


def test_a_large_export_is_written_while_somebody_goes_on(as_: As, rep: User) -> None:
    lead = make_lead(50, owner=rep)
    client = as_(rep)
    assert "the file is written while you go on" in client.get("/leads/export/", ASKED).content.decode()
    address = asked_for(client)
    page = client.get(address).content.decode()
    assert "Exporting 1 lead" in page
    assert 'hx-trigger="every 1s"' in page
    assert client.get(f"{address}file/").status_code == 404
    assert continue_exports(clock=timezone.now)
    part = client.get(address, headers={"HX-Request": "true"}).content.decode()
    assert "1 lead exported" in part
    assert "hx-trigger" not in part
    assert 'id="export-says" hx-swap-oob' in part
    file = client.get(f"{address}file/")
    data = b"".join(file.streaming_content)  # type: ignore[attr-defined]
    assert file.headers["Content-Length"] == str(len(data))
    assert file.headers["Content-Disposition"].endswith('.csv"')
    assert file.headers["Cache-Control"] == "no-store"
    assert str(lead.pk) in data.decode()
    listed = client.get("/exports/").content.decode()
    assert f'href="{address}file/"' in listed
    assert "The file with 1 lead is ready." in client.get("/notices/").content.decode()


def test_a_double_click_is_one_export(as_: As, rep: User) -> None:
    make_lead(50)
    client = as_(rep)
    assert asked_for(client) == asked_for(client)
    assert Export.objects.count() == 1


def test_a_running_export_can_be_stopped(as_: As, rep: User) -> None:
    make_lead(50)
    client = as_(rep)
    address = asked_for(client)
    assert client.post(f"{address}stop/").status_code == 302
    assert "The export was stopped" in client.get(address).content.decode()
    again = client.post(f"{address}stop/", follow=True)
    assert "The export is over already." in again.content.decode()
    assert "Stopped" in client.get("/exports/").content.decode()


def test_what_others_export_does_not_exist(as_: As, rep: User, manager: User) -> None:
    make_lead(50)
    address = asked_for(as_(rep))
    continue_exports(clock=timezone.now)
    client = as_(manager)
    for answer in (client.get(address), client.get(f"{address}file/"), client.post(f"{address}stop/")):
        assert answer.status_code == 404
    assert address not in client.get("/exports/").content.decode()


def test_without_the_right_there_is_nothing(as_: As, rep: User) -> None:
    make_lead(50)
    address = asked_for(as_(rep))
    rep.groups.clear()
    client = as_(rep)
    for answer in (client.get("/exports/"), client.get(address), client.get(f"{address}file/")):
        assert answer.status_code == 403
    assert client.post("/leads/export/", ASKED).status_code == 403
    assert ExportRun.objects.count() == 1


def test_exports_that_were_sent_at_once_are_listed_too(as_: As, rep: User) -> None:
    client = as_(rep)
    assert "You exported nothing yet" in client.get("/exports/").content.decode()
    Export.objects.create(user=rep, username="jonas", file_format="csv", columns=[], rows=7)
    now = timezone.now()
    Export.objects.create(
        user=rep, username="jonas", at=now, file_format="xlsx", columns=[], rows=12, finished_at=now
    )
    page = client.get("/exports/").content.decode()
    assert "Broke off" in page
    assert "Sent" in page
