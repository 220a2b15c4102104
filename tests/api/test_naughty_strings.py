"""The big list of naughty strings through the text fields of the API: kept unchanged, or refused with 4xx."""

from typing import Any

import pytest

from leadapp.models import CustomField, Lead
from leadapp.services.leads.facts import PLAIN_TEXTS
from tests.api.conftest import Caller, faults
from tests.forms.test_naughty_strings import naughty
from tests.support.lines import one_line

pytestmark = pytest.mark.django_db

LENGTHS: dict[str, int] = {name: getattr(Lead._meta.get_field(name), "max_length", 0) for name in PLAIN_TEXTS}
# One call each: every ninth of them, and all that is markup or cannot be stored.
FEW = [text for number, text in enumerate(naughty()) if number % 9 == 0 or "<script" in text or "\0" in text]


def is_storable(text: str, longest: int) -> bool:
    return "\0" not in text and len(text.strip()) <= longest


def test_every_fact_of_a_lead(api: Caller) -> None:
    CustomField.objects.create(key="plan", label="Plan")
    batch: list[dict[str, Any]] = []
    for number, text in enumerate(naughty()):
        facts = {name: text for name, longest in LENGTHS.items() if is_storable(text, longest)}
        rest: dict[str, Any] = {
            "company": {"name": f"{number} {text}"[:200], "industry": text[:100]},
            "attributes": {"plan": text[:1000]},
        }
        if "\0" in text:
            facts, rest = {"city": text}, {"company": text, "attributes": {"plan": text}}
        batch.append({"external_id": f"{number} {text}"[:200], **facts, **rest})

    results = api.post("leads/batch", batch).json()["results"]

    kept: dict[int, Any] = {}
    link: str | None = "leads?limit=200"
    while link:
        page = api.get(link).json()
        kept |= {lead["id"]: lead for lead in page["results"]}
        link = page["next"]
    for text, sent, result in zip(naughty(), batch, results, strict=True):
        if "\0" in text:
            named = {error["field"] for error in result["problem"]["errors"]}
            assert result["problem"]["status"] == 422
            assert named <= {"external_id", "city", "company.name", "attributes.plan"}
            continue
        lead = kept[result["lead"]]
        assert {lead[name] for name in LENGTHS if name in sent} <= {one_line(text)}, text
        assert lead["external_ids"] == [str(sent["external_id"]).strip()]
        assert lead["company"]["industry"] == one_line(text[:100])
        assert lead["attributes"]["plan"] == text[:1000].strip()


def test_everything_about_an_event(api: Caller) -> None:
    good = [text for text in naughty() if is_storable(text, 10_000)]
    events = [
        {
            "lead": {"external_id": "1"},
            "type": "login",
            "properties": {text: [text]},
            "external_id": f"{number} {text}"[:200],
            "source": text[:100],
        }
        for number, text in enumerate(good)
    ]
    answer = api.post("activities/batch", events)
    assert answer.status_code == 202
    lead = answer.json()["results"][0]["lead"]

    kept: dict[int, Any] = {}
    link: str | None = f"activities?lead={lead}&limit=200"
    while link:
        page = api.get(link).json()
        kept |= {activity["id"]: activity for activity in page["results"]}
        link = page["next"]
    for text, sent, result in zip(good, events, answer.json()["results"], strict=True):
        activity = kept[result["id"]]
        assert activity["properties"] == {text: [text]}
        assert (activity["external_id"], activity["source"]) == (
            *(str(sent["external_id"]).strip(), text[:100].strip()),
        )
    for text in set(naughty()) - set(good):
        assert api.post("activities", {**events[0], "properties": {"a": text}}).status_code == 422


def test_words_that_people_write_about_a_lead(api: Caller) -> None:
    lead = api.post("leads", {"email": "jane@example.com"}).json()["id"]
    for text in FEW:
        answer = api.post(
            f"leads/{lead}/answers", {"dimension": "budget", "state": "confirmed", "value": text}
        )
        if is_storable(text, 500):
            assert (answer.status_code, answer.json()["value"]) == (201, text.strip()), text
        else:
            assert "#/value" in faults(answer) or answer.status_code == 422
        tagged = api.post(f"leads/{lead}/tags", {"add": [text]})
        word = " ".join(text.split())
        if tagged.status_code == 200:
            assert word.lower() in {tag.lower() for tag in tagged.json()["tags"]}
            api.post(f"leads/{lead}/tags", {"remove": [text]})
        else:
            assert tagged.status_code == 422
            assert len(word) > 50 or "," in word or not word.isprintable() or "\0" in text, text


def test_what_visitors_submit(visitor: Caller, settings: Any) -> None:
    settings.FORM_SUBMISSIONS_PER_MINUTE = 10**9
    for number, text in enumerate(FEW):
        names = ("first_name", "last_name", "company", "job_title", "phone", "message", "utm_source")
        sent = {"email": f"naughty-{number}@acme-pumps.com", **dict.fromkeys(names, text)}
        answer = visitor.post("forms/demo-request/submissions", sent)
        assert answer.status_code == (202 if is_storable(text, 5_000) else 422), (text, answer.content)


def test_every_text_that_is_asked_for(api: Caller) -> None:
    for text in FEW:
        for names in (("email", "external_id", "owner", "tag", "source", "industry"), ("cursor", "fields")):
            answer = api.client.get("/api/v1/leads", dict.fromkeys(names, text), headers=api.headers)
            assert answer.status_code in (200, 422), (names, text)
