"""The shapes of moves that the OpenAPI schema shows."""

from typing import Any

from rest_framework import serializers

from leadapp.api.schema import Problem
from leadapp.models import Stage, Status
from qualification.models import Move as Kind


class Deal(serializers.Serializer[Any]):
    """What was won."""

    value = serializers.DecimalField(max_digits=14, decimal_places=2)
    won_on = serializers.DateField()
    currency = serializers.CharField(required=False, help_text="ISO 4217, three letters. Default: EUR.")
    product = serializers.CharField(max_length=200, required=False, allow_blank=True)


class Seen(serializers.Serializer[Any]):
    """Where you saw the lead; 409 if it stands elsewhere by now."""

    seen_stage = serializers.ChoiceField(choices=Stage.choices)
    seen_status = serializers.ChoiceField(choices=Status.choices, required=False)


class NewMove(Seen):
    """Where a lead is to go."""

    to_stage = serializers.ChoiceField(choices=Stage.choices)
    reason = serializers.CharField(
        max_length=500, required=False, help_text="Needed to go back, and to go past a gate."
    )
    past_gate = serializers.BooleanField(
        required=False, help_text="Also past a gate that does not pass; keys may not."
    )
    deal = Deal(required=False, help_text="With the move to customer.")


class NewReopening(Seen):
    """Why a lead is worked on again."""

    reason = serializers.CharField(max_length=500)


class NewNurture(NewReopening):
    """Why a lead is set aside, and what wakes it."""

    wake_on = serializers.DateField(required=False, help_text="A day to come.")
    wake_score = serializers.IntegerField(required=False, help_text="A score above the one it has.")


class NewDisqualification(Seen):
    """Why a lead is disqualified."""

    reason_code = serializers.CharField(required=False, help_text="Default: other, which needs a reason.")
    reason = serializers.CharField(max_length=500, required=False)


class NewUndo(serializers.Serializer[Any]):
    """Which move is to be taken back."""

    move = serializers.IntegerField(help_text="The id of the lead's last move.")
    reason = serializers.CharField(
        max_length=500, required=False, help_text="Needed where somebody else made the move."
    )


class SeenLead(Seen):
    """A lead and where you saw it."""

    id = serializers.IntegerField()


class NewMoves(serializers.Serializer[Any]):
    """What is to be done with many leads."""

    action = serializers.ChoiceField(choices=["move", "nurture", "disqualify", "reopen"])
    leads = SeenLead(many=True, help_text="1 to 200 leads.")
    to_stage = serializers.ChoiceField(choices=Stage.choices, required=False, help_text="Of a move.")
    reason = serializers.CharField(max_length=500, required=False)
    past_gates = serializers.BooleanField(required=False)
    reason_code = serializers.CharField(required=False, help_text="Of a disqualification.")
    wake_on = serializers.DateField(required=False, help_text="Of nurture.")
    wake_score = serializers.IntegerField(required=False, help_text="Of nurture.")


class Move(serializers.Serializer[Any]):
    """A lead moved: its stage, its status, or both."""

    id = serializers.IntegerField()
    lead = serializers.IntegerField()
    at = serializers.DateTimeField()
    move = serializers.ChoiceField(choices=Kind.choices)
    from_stage = serializers.ChoiceField(choices=Stage.choices)
    to_stage = serializers.ChoiceField(choices=Stage.choices)
    from_status = serializers.ChoiceField(choices=Status.choices)
    to_status = serializers.ChoiceField(choices=Status.choices)
    is_automatic = serializers.BooleanField(help_text="Its gate moved it.")
    actor = serializers.CharField(allow_null=True, help_text="A user name.")
    api_key = serializers.CharField(allow_null=True, help_text="The name of an API key.")
    reason = serializers.CharField(allow_blank=True)
    reason_code = serializers.CharField(allow_null=True, help_text="Of a disqualification.")
    score = serializers.IntegerField(allow_null=True, help_text="The score at that moment.")
    undoes = serializers.IntegerField(allow_null=True, help_text="The move that this one took back.")


class MovePage(serializers.Serializer[Any]):
    """Some moves of a lead, the newest first."""

    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)
    results = Move(many=True)


class MoveResult(serializers.Serializer[Any]):
    """How it went with one lead: one of the two is null."""

    lead = serializers.IntegerField()
    move = Move(allow_null=True)
    problem = Problem(allow_null=True)


class MoveResults(serializers.Serializer[Any]):
    """How it went with each lead, in the order in which they were named."""

    moved = serializers.IntegerField()
    refused = serializers.IntegerField()
    results = MoveResult(many=True)
