"""Whatever is sent to any call of the API: no 5xx, and no answer that the OpenAPI schema does not tell."""

from base64 import b64encode
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from django.utils import timezone
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import load_all_checks
from schemathesis.core.parameters import ParameterLocation
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import negative_data_rejection, positive_data_acceptance

from leadapp.wsgi import application
from scoring.services.queue import score_waiting
from tests.api.conftest import Caller
from tests.api.scoring_build import new_draft

pytestmark = pytest.mark.django_db

# Facts are taken as people and programs write them: a number as text, a company by its name, "" for nothing;
# and what Segment's libraries send, whatever it looks like.
LENIENT = {"create_lead", "change_lead", "upsert_leads", "push_event", "push_batch", "submit_form"}
PLAIN = {"Accept-Encoding": "identity"}
SETTINGS = settings(
    max_examples=5,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.generate],
)


@pytest.fixture
def operations(there: dict[str, Any]) -> Iterator[list[Any]]:
    """Return all calls of the schema; keep the connection, with its transaction, over all requests.

    After what is there was made: the client of Django's tests connects these signals again.
    """
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    load_all_checks()
    schema: Any = schemathesis.openapi.from_wsgi("/api/v1/schema/?format=json", application)
    yield [found.ok() for found in schema.get_all_operations()]
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.fixture
def there(api: Caller) -> dict[str, Any]:
    """Return what paths can name: by the word before it."""
    lead = api.post("leads", {"email": "jane@example.com", "last_name": "Doe"}).json()["id"]
    api.post("activities", {"lead": {"id": lead}, "type": "demo_requested"})
    score_waiting(now=timezone.now())
    draft = new_draft()
    rule, group = draft.rules.first(), draft.groups.first()
    assert rule is not None
    assert group is not None
    return {
        "leads": lead,
        "versions": draft.pk,
        "rules": rule.pk,
        "groups": group.pk,
        "models": "default",
        "forms": "demo-request",
    }


@pytest.mark.parametrize("mode", list(GenerationMode))
def test_every_answer_is_told(
    make_caller: Any, operations: list[Any], there: dict[str, Any], mode: GenerationMode, settings: Any
) -> None:
    settings.FORM_SUBMISSIONS_PER_MINUTE = 10**9
    settings.API_REQUESTS_PER_MINUTE = settings.API_EVENTS_PER_MINUTE = 0
    headers = make_caller("ingest", "read", "write", "scoring", name="schemathesis").headers
    key = make_caller("ingest", name="segment").headers["Authorization"].removeprefix("Api-Key ")
    write_key = {"Authorization": f"Basic {b64encode(f'{key}:'.encode()).decode()}"}
    wrong: list[str] = []
    for operation in operations:
        own = {**(headers if operation.path.startswith("/api/") else write_key), **PLAIN}
        try:
            sender(operation, mode, own, there)()
        except Exception as error:
            wrong.append(f"{operation.label}: {error!r} {getattr(error, 'exceptions', '')}")
    assert not wrong, "\n\n".join(wrong)


def sender(
    operation: Any, mode: GenerationMode, headers: dict[str, str], there: dict[str, Any]
) -> Callable[[], None]:
    """Return what sends some requests to a call and checks the answers."""
    # What the schema cannot say, such as that a phone number can be read, is refused with 422.
    left_out = [positive_data_acceptance]
    if operation.definition.raw["operationId"] in LENIENT or operation.path.startswith("/v1/"):
        left_out.append(negative_data_rejection)

    @SETTINGS
    @given(case=operation.as_strategy(generation_mode=mode))
    def send(case: Any) -> None:
        _name(case, there)
        case.call_and_validate(headers=headers, excluded_checks=left_out)

    return send


def _name(case: Any, there: dict[str, Any]) -> None:
    """Let most calls find what they name, but not those that name it wrongly on purpose."""
    if case.meta is not None and case.meta.is_negative_at(ParameterLocation.PATH):
        return
    words = case.path.split("/")
    for before, word in pairwise(words):
        name = word.strip("{}")
        if word.startswith("{") and before in there and len(str(case.path_parameters[name])) % 3:
            case.path_parameters[name] = there[before]
