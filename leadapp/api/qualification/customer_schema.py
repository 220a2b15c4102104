"""The shapes of deals and advocates that the OpenAPI schema shows."""

from typing import Any

from rest_framework import serializers

from leadapp.models import Advocacy, Stage
from qualification.services.moves import NEW_ROUND_AT


class WonDeal(serializers.Serializer[Any]):
    """A deal."""

    id = serializers.IntegerField()
    lead = serializers.IntegerField()
    round = serializers.IntegerField(
        help_text="1 for the first time that the lead set out to become a customer."
    )
    value = serializers.DecimalField(max_digits=14, decimal_places=2)
    currency = serializers.CharField()
    won_on = serializers.DateField()
    product = serializers.CharField(allow_blank=True)
    created_at = serializers.DateTimeField()
    created_by = serializers.CharField(allow_null=True, help_text="A user name.")
    voided_at = serializers.DateTimeField(allow_null=True, help_text="It was wrong and does not count.")
    void_reason = serializers.CharField(allow_blank=True)


class DealTotal(serializers.Serializer[Any]):
    """What the deals in one currency come to."""

    currency = serializers.CharField()
    value = serializers.DecimalField(max_digits=20, decimal_places=2)
    deals = serializers.IntegerField()


class Deals(serializers.Serializer[Any]):
    """The deals of a lead, newest first."""

    totals = DealTotal(many=True)
    results = WonDeal(many=True)


class NewVoid(serializers.Serializer[Any]):
    """Why a deal is wrong."""

    reason = serializers.CharField(max_length=500)


class NewOpportunity(serializers.Serializer[Any]):
    """Where a customer sets out anew, and for what."""

    to_stage = serializers.ChoiceField(choices=[(stage.value, stage.label) for stage in NEW_ROUND_AT])
    seen_stage = serializers.ChoiceField(choices=Stage.choices)
    reason = serializers.CharField(max_length=500)


class NewAdvocacy(serializers.Serializer[Any]):
    """Whether a customer speaks for us."""

    advocacy = serializers.ChoiceField(choices=Advocacy.choices)
    note = serializers.CharField(max_length=500, required=False)


class AdvocacyChange(serializers.Serializer[Any]):
    """A customer became a fan or a reference, or ceased to be one."""

    lead = serializers.IntegerField()
    at = serializers.DateTimeField()
    before = serializers.ChoiceField(choices=Advocacy.choices)
    after = serializers.ChoiceField(choices=Advocacy.choices)
    note = serializers.CharField(allow_blank=True)


class Reason(serializers.Serializer[Any]):
    """A reason to disqualify."""

    code = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    needs_detail = serializers.BooleanField(help_text="Whoever gives it has to say more in `reason`.")
    is_active = serializers.BooleanField(help_text="It can be given now.")


class Reasons(serializers.Serializer[Any]):
    """The reasons to disqualify, in the order of the team."""

    results = Reason(many=True)
