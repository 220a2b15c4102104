"""Real leads of an online education company, pushed through the API and scored by a real worker.

The data are not part of the project. They are looked for at X_EDUCATION_CSV, and beside the checkout.
"""

import csv
import http.client
import itertools
import json
import os
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.utils import timezone

from leadapp.models import Activity, Lead
from leadapp.services.keys import create_api_key
from scoring.models import ScoringRequest
from tests.support.processes import Process, WebServer
from tests.support.waiting import wait_for

BESIDE = Path(settings.BASE_DIR).parent / "shared/data/x_education/Leads.csv"
DATA = Path(os.environ.get("X_EDUCATION_CSV") or BESIDE)
ROWS = 500

COUNTRIES = {"India": "IN", "United States": "US", "United Arab Emirates": "AE", "Singapore": "SG"}
NOTABLE = {
    "Email Opened": "email_opened",
    "Email Link Clicked": "email_clicked",
    "View in browser link Clicked": "email_clicked",
    "Email Bounced": "email_bounced",
    "Unsubscribed": "unsubscribed",
    "Email Marked Spam": "unsubscribed",
    "Page Visited on Website": "page_view",
    "Form Submitted on Website": "form_submission",
    "Had a Phone Conversation": "call_connected",
    "Olark Chat Conversation": "social_interaction",
}

pytestmark = [
    pytest.mark.worker,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(not DATA.exists(), reason=f"the X Education data are not at {DATA}"),
]


def events_of(row: dict[str, str]) -> list[dict[str, Any]]:
    """Return what a row of the file tells: the facts, the visits, the last thing that was noted."""
    number = row["Prospect ID"]
    lead: dict[str, Any] = {"external_id": number, "source": row["Lead Source"]}
    if row["Country"] in COUNTRIES:
        lead["country"] = COUNTRIES[row["Country"]]
    if row["City"] not in {"", "Select"}:
        lead["city"] = row["City"]
    lead["do_not_email"] = row["Do Not Email"] == "Yes"
    lead["do_not_call"] = row["Do Not Call"] == "Yes"
    visits = int(float(row["TotalVisits"] or 0))
    seconds = float(row["Total Time Spent on Website"] or 0)
    kinds = ["page_view"] * min(visits, 40)
    if "Form" in row["Lead Origin"] or "Submission" in row["Lead Origin"]:
        kinds.append("form_submission")
    kinds.append(NOTABLE.get(row["Last Notable Activity"], "login"))
    return [
        {
            "lead": lead,
            "type": kind,
            "properties": {"seconds": round(seconds / visits)} if kind == "page_view" and visits else {},
            "external_id": f"{number}/{index}",
        }
        for index, kind in enumerate(kinds)
    ]


def test_five_hundred_real_leads_come_in_and_are_scored(web_server: WebServer, worker: Process) -> None:
    with DATA.open(encoding="utf-8", newline="") as file:
        rows = list(itertools.islice(csv.DictReader(file), ROWS))
    events = list(itertools.chain.from_iterable(events_of(row) for row in rows))
    _, key = create_api_key(name="import", scopes=["ingest", "read"], actor=None, now=timezone.now())
    connection = http.client.HTTPConnection(web_server.url.removeprefix("http://"), timeout=60)

    def call(method: str, path: str, body: Any = None) -> Any:
        headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
        connection.request(method, path, None if body is None else json.dumps(body), headers)
        response = connection.getresponse()
        answer = json.loads(response.read())
        assert response.status in {200, 202}, answer
        return answer

    for start in range(0, len(events), 1000):
        call("POST", "/api/v1/activities/batch", events[start : start + 1000])
    assert Lead.objects.count() == ROWS
    assert Activity.objects.filter(external_id__isnull=False).count() == len(events)

    wait_for(lambda: not ScoringRequest.objects.exists(), 60, "all are scored")
    connection.close()  # gunicorn closes it after two seconds without a request

    scores = []
    link = "/api/v1/leads?limit=200"
    while link:
        page = call("GET", link.removeprefix(web_server.url))
        scores += [lead["score"] for lead in page["results"]]
        assert all(lead["reasons"] for lead in page["results"] if lead["score"])
        link = page["next"]
    connection.close()
    assert len(scores) == ROWS
    assert None not in scores
    assert scores == sorted(scores, reverse=True)
    assert len(set(scores)) > 10
