"""A client that is generated from the schema makes, reads, changes and lists leads, and pushes events."""

import subprocess
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from leadapp.models import Activity
from tests.api.conftest import Caller

GENERATOR = Path(sys.executable).with_name("openapi-python-client")


@pytest.fixture
def generated(live_server: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Any]:
    """Generate the client from the schema that is served; return what imports its parts."""
    settings = tmp_path / "settings.yaml"
    settings.write_text("post_hooks: []\n")
    package = tmp_path / "generated_leadapp"
    done = subprocess.run(
        [
            *(GENERATOR, "generate", "--fail-on-warning", "--meta", "none", "--config", settings),
            *("--url", f"{live_server.url}/api/v1/schema/?format=json", "--output-path", package),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    monkeypatch.syspath_prepend(str(tmp_path))
    return lambda name: import_module(f"generated_leadapp.{name}")


@pytest.mark.django_db(transaction=True)
def test_a_generated_client_works(
    api: Caller, live_server: Any, generated: Callable[[str], Any], request: pytest.FixtureRequest
) -> None:
    models = generated("models")
    key = api.headers["Authorization"].removeprefix("Api-Key ")
    client = generated("client").AuthenticatedClient(live_server.url, token=key)
    request.addfinalizer(client.get_httpx_client().close)

    def call(name: str, *args: Any, **more: Any) -> Any:
        return generated(f"api.{name}").sync_detailed(*args, client=client, **more)

    company = models.CompanyFacts(name="Harbour Ltd", employees=480)
    made = call("leads.create_lead", body=models.NewLead(email="ada@harbour.example", company=company))
    assert made.status_code == 201
    lead = made.parsed
    assert (lead.email, lead.company.name, lead.stage, lead.score) == (
        *("ada@harbour.example", "Harbour Ltd", "lead", None),
    )

    facts = models.PatchedLeadFacts(job_title="CTO", country="DE")
    changed = call("leads.change_lead", lead.id, body=facts, if_match=made.headers["ETag"])
    assert (changed.status_code, changed.parsed.job_title) == (200, "CTO")
    late = call("leads.change_lead", lead.id, body=facts, if_match=made.headers["ETag"])
    assert (late.status_code, late.parsed.code) == (412, "changed_meanwhile")
    shown = call("leads.show_lead", lead.id)
    assert (shown.parsed.country, shown.parsed.company.employees) == ("DE", 480)
    same = call("leads.show_lead", lead.id, if_none_match=shown.headers["ETag"])
    assert same.status_code == 304

    batch = [models.LeadReference(external_id=f"crm-{number}") for number in range(3)]
    assert call("leads.upsert_leads", body=batch).parsed.created == 3

    event = models.Event(lead=models.LeadReference(id=lead.id), type_="demo_requested")
    event.properties = models.EventPropertiesType0.from_dict({"page": "/demo"})
    assert call("events.push_event", body=event).parsed.lead == lead.id
    assert call("events.push_batch", body=[event, event]).parsed.accepted == 2
    assert Activity.objects.filter(lead=lead.id, type__slug="demo_requested").count() == 3
    timeline = call("events.list_activities", lead=lead.id, limit=2)
    assert [one.type_ for one in timeline.parsed.results] == ["demo_requested", "demo_requested"]

    found: list[int] = []
    cursor: dict[str, str] = {}
    while True:
        page = call(
            "leads.list_leads", limit=3, sort=models.ListLeadsSort.NAME, fields="id,email", **cursor
        ).parsed
        found += [one.id for one in page.results]
        if page.next_ is None:
            break
        cursor = {"cursor": page.next_.partition("cursor=")[2].partition("&")[0]}
    assert len(set(found)) == len(found) == 4
    nothing = call("leads.list_leads", stage="nowhere")
    assert nothing.status_code == 422
    assert nothing.parsed.errors[0].field == "stage"
