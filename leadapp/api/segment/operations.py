"""The calls as the OpenAPI schema tells them."""

from typing import Any

from drf_spectacular.utils import OpenApiExample
from rest_framework import serializers

from leadapp.api.operations import Decorator, answers_of
from leadapp.api.operations import operation as any_operation

REFUSALS = (400, 401, 403, 411, 429, 503)


class Message(serializers.Serializer[Any]):
    """What the messages share. One of userId, anonymousId and an address among the traits is needed."""

    userId = serializers.CharField(  # noqa: N815 - Segment's names
        max_length=200, required=False, allow_null=True, help_text="Your id of the person: an external id."
    )
    anonymousId = serializers.CharField(  # noqa: N815
        max_length=200, required=False, allow_null=True, help_text="The visitor id."
    )
    messageId = serializers.CharField(  # noqa: N815
        max_length=200, required=False, allow_null=True, help_text="Sent again, it is stored once."
    )
    timestamp = serializers.CharField(
        required=False, allow_null=True, help_text="When it happened, by the sender's clock (ISO 8601)."
    )
    sentAt = serializers.CharField(  # noqa: N815
        required=False, allow_null=True, help_text="When it was sent, by the same clock: mends the clock."
    )
    context = serializers.DictField(  # type: ignore[assignment]
        required=False, allow_null=True, help_text="traits, page, campaign, userAgent and locale are used."
    )
    writeKey = serializers.CharField(  # noqa: N815
        required=False, allow_null=True, help_text="The key, where no header carries it."
    )


class IdentifyMessage(Message):
    """Who somebody is."""

    traits = serializers.DictField(required=False, allow_null=True)


class TrackMessage(Message):
    """What somebody did."""

    event = serializers.CharField(help_text="The name of the event.")
    properties = serializers.DictField(required=False, allow_null=True)


class PageMessage(Message):
    """A page or a screen."""

    name = serializers.CharField(required=False, allow_null=True)
    category = serializers.CharField(required=False, allow_null=True)
    properties = serializers.DictField(required=False, allow_null=True)


class GroupMessage(Message):
    """Whom somebody works for."""

    groupId = serializers.CharField(required=False, allow_null=True)  # noqa: N815
    traits = serializers.DictField(required=False, allow_null=True, help_text="Of the company.")


class AliasMessage(Message):
    """Two ids of one person."""

    previousId = serializers.CharField(max_length=200)  # noqa: N815


class MessageBatch(serializers.Serializer[Any]):
    """Messages, each with its `type`."""

    batch = serializers.ListField(child=serializers.DictField())
    sentAt = serializers.CharField(required=False, allow_null=True)  # noqa: N815
    context = serializers.DictField(  # type: ignore[assignment]
        required=False, allow_null=True, help_text="For messages that bring none."
    )
    writeKey = serializers.CharField(required=False, allow_null=True)  # noqa: N815


class Taken(serializers.Serializer[Any]):
    """It is stored."""

    success = serializers.BooleanField()


class RefusedInBatch(serializers.Serializer[Any]):
    """A message of a batch that was not stored."""

    index = serializers.IntegerField(help_text="Its place in the batch, from 0.")
    message_id = serializers.CharField(allow_null=True)
    detail = serializers.CharField()


class TakenBatch(Taken):
    """All that can be taken is stored."""

    refused = RefusedInBatch(many=True, required=False)


WHO = {"userId": "u-97", "messageId": "m-1", "timestamp": "2026-01-31T09:30:00Z"}


def _operation(name: str, request: Any, example: dict[str, Any], answer: Any = Taken) -> Decorator:
    return any_operation(
        f"segment_{name}",
        answers=answers_of(200, answer, REFUSALS),
        request=request,
        examples=[OpenApiExample(name.capitalize(), example, request_only=True)],
        tag="segment",
    )


identify = _operation(
    "identify", IdentifyMessage, {**WHO, "traits": {"email": "jane@example.com", "firstName": "Jane"}}
)
track = _operation(
    "track", TrackMessage, {**WHO, "event": "Content Downloaded", "properties": {"title": "Buyer's guide"}}
)
page = _operation("page", PageMessage, {**WHO, "name": "Pricing", "properties": {"path": "/pricing"}})
screen = _operation("screen", PageMessage, {**WHO, "name": "Orders"})
group = _operation(
    "group", GroupMessage, {**WHO, "groupId": "g-4", "traits": {"name": "Example Ltd", "employees": 480}}
)
alias = _operation("alias", AliasMessage, {"userId": "u-97", "previousId": "a-5f2"})
batch = _operation(
    "batch",
    MessageBatch,
    {"batch": [{**WHO, "type": "track", "event": "Trial Started"}], "sentAt": "2026-01-31T09:30:01Z"},
    TakenBatch,
)
