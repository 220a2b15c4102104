"""The shapes of gates that the OpenAPI schema shows."""

from typing import Any

from rest_framework import serializers

from leadapp.models import Match, Operator, Stage, Status
from qualification.models import Step as Steps
from qualification.services.gates.wording import ItemState


class Step(serializers.Serializer[Any]):
    """A step and how its gate works."""

    step = serializers.ChoiceField(choices=Steps.choices)
    label = serializers.CharField()  # type: ignore[assignment]
    from_stage = serializers.ChoiceField(choices=Stage.choices)
    to_stage = serializers.ChoiceField(choices=Stage.choices)
    is_automatic = serializers.BooleanField(help_text="Leads that pass move by themselves.")
    match = serializers.ChoiceField(choices=Match.choices, help_text="How many lines must hold.")


class GateCriterion(serializers.Serializer[Any]):
    """What a gate asks."""

    label = serializers.CharField()  # type: ignore[assignment]
    field = serializers.CharField()
    operator = serializers.ChoiceField(choices=Operator.choices)
    value = serializers.JSONField(help_text="Null where there is nothing to compare with.")
    leave_value = serializers.FloatField(allow_null=True, help_text="Where a lead that has passed goes back.")
    min_occurrences = serializers.IntegerField(help_text="Of activities: how many.")
    window_days = serializers.IntegerField(allow_null=True, help_text="Of activities: within how many days.")
    text = serializers.CharField(help_text="The same in words.")


class GateLine(serializers.Serializer[Any]):
    """A line of the checklist; one of its alternatives is enough."""

    label = serializers.CharField()  # type: ignore[assignment]
    alternatives = GateCriterion(many=True)


class Gate(Step):
    """What a step asks for."""

    takes_back = serializers.BooleanField(help_text="Who came by itself goes back once that holds no longer.")
    minimum_stay_hours = serializers.IntegerField()
    edited_at = serializers.DateTimeField()
    lines = GateLine(many=True)


class GatePage(serializers.Serializer[Any]):
    """All gates, in the order of the steps."""

    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)
    results = Gate(many=True)


class ChecklistItem(serializers.Serializer[Any]):
    """A line of the checklist of a lead."""

    label = serializers.CharField()  # type: ignore[assignment]
    state = serializers.ChoiceField(choices=ItemState.choices)
    detail = serializers.CharField(allow_blank=True, help_text="What there is now.")
    hint = serializers.CharField(allow_blank=True, help_text="What would make it hold.")
    comes_with_move = serializers.BooleanField(help_text="The move itself brings it: the deal.")


class LeadGate(Step):
    """How a lead stands to a gate."""

    passes = serializers.BooleanField()
    passes_with_move = serializers.BooleanField()
    items = ChecklistItem(many=True)


class WayBack(serializers.Serializer[Any]):
    """When a lead would go back by itself."""

    to_stage = serializers.ChoiceField(choices=Stage.choices)
    text = serializers.CharField()
    not_before = serializers.DateTimeField()
    is_worked_on = serializers.BooleanField(help_text="While somebody is at work on it, it stays.")


class LeadGates(serializers.Serializer[Any]):
    """How a lead stands to each step."""

    lead = serializers.IntegerField()
    stage = serializers.ChoiceField(choices=Stage.choices)
    status = serializers.ChoiceField(choices=Status.choices)
    way_back = WayBack(allow_null=True, help_text="Null: nothing takes it back by itself.")
    gates = LeadGate(many=True)
