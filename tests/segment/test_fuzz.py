"""Whatever JSON comes: nothing fails, and what is not taken is named."""

from typing import Any

import pytest
from django.db import transaction
from hypothesis import given
from hypothesis import strategies as st

from leadapp.api.segment.reading import CALLS
from leadapp.models import RefusedMessage
from tests.api.test_fuzz import SETTINGS, texts, values
from tests.segment.conftest import Library

pytestmark = pytest.mark.django_db

TRAITS = (
    "email",
    "phone",
    "name",
    "title",
    "company",
    "address",
    "age",
    "birthday",
    "gender",
    "unsubscribed",
    "do_not_score",
)
traits = values | st.fixed_dictionaries({}, optional=dict.fromkeys(TRAITS, values))
contexts = values | st.fixed_dictionaries(
    {}, optional={"traits": traits, "page": values, "campaign": values, "userAgent": values, "locale": values}
)
messages = st.fixed_dictionaries(
    {"type": st.sampled_from(CALLS), "userId": st.sampled_from(["1", "2"])},
    optional={
        "event": texts,
        "name": values,
        "anonymousId": values,
        "previousId": values,
        "messageId": values,
        "timestamp": values,
        "originalTimestamp": texts,
        "sentAt": values,
        "properties": values,
        "traits": traits,
        "context": contexts,
    },
)


@SETTINGS
@given(batch=st.lists(messages | values, max_size=4), sent_at=values, context=contexts)
def test_any_batch(library: Library, batch: list[Any], sent_at: Any, context: Any) -> None:
    with transaction.atomic():
        RefusedMessage.objects.all().delete()
        answer = library.batch(*batch, sentAt=sent_at, context=context)
        assert answer["success"] is True
        assert {one["index"] for one in answer.get("refused", [])} <= set(range(len(batch)))
        assert RefusedMessage.objects.exists() or "refused" not in answer


@SETTINGS
@given(call=st.sampled_from((*CALLS, "batch")), body=messages | values)
def test_any_message(library: Library, call: str, body: Any) -> None:
    response = library.send(call, body)
    assert response.status_code in {200, 400}, response.content
    response.json()
