"""The shapes that the OpenAPI schema shows. Services check what comes in, not these."""

from typing import Any

from rest_framework import serializers

from leadapp.models import Advocacy, Gender, Seniority, Stage, Status, Temperature
from leadapp.services.intake.upserts import RESULTS
from scoring.models import Verdict


class ProblemError(serializers.Serializer[Any]):
    """One fault."""

    index = serializers.IntegerField(required=False, help_text="In a batch: which event, from 0.")
    field = serializers.CharField(required=False, help_text="The field, with dots: lead.email")
    pointer = serializers.CharField(help_text="The same as a JSON pointer: #/lead/email")
    detail = serializers.CharField()


class Problem(serializers.Serializer[Any]):
    """Why a request was refused (RFC 9457). Nothing was stored."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField()
    code = serializers.CharField()
    message = serializers.CharField(help_text="The same as detail.")
    errors = ProblemError(many=True, required=False)  # type: ignore[assignment]


class Sparse(serializers.Serializer[Any]):
    """An answer that may lack any of its fields, where `?fields=` names others."""

    def get_fields(self) -> dict[str, Any]:
        """Return the fields, none of which has to be there."""
        fields: dict[str, Any] = super().get_fields()
        for field in fields.values():
            field.required = False
        return fields


class CompanyFacts(serializers.Serializer[Any]):
    """A company: found by its domain, else by its name, else made."""

    name = serializers.CharField(max_length=200, required=False)
    domain = serializers.CharField(max_length=253, required=False, allow_null=True)
    industry = serializers.CharField(max_length=100, required=False)
    employees = serializers.IntegerField(min_value=0, required=False, allow_null=True)
    annual_revenue = serializers.IntegerField(min_value=0, required=False, allow_null=True)
    country = serializers.CharField(required=False, help_text="ISO 3166, two letters.")


class Company(CompanyFacts, Sparse):
    """A company as it is stored."""

    id = serializers.IntegerField()


class LeadFacts(serializers.Serializer[Any]):
    """What can be said about a lead."""

    email = serializers.CharField(
        max_length=254, required=False, allow_null=True, help_text="An address; null or empty: none."
    )
    first_name = serializers.CharField(max_length=100, required=False, allow_blank=True)
    last_name = serializers.CharField(max_length=100, required=False, allow_blank=True)
    phone = serializers.CharField(required=False, allow_blank=True, help_text="Stored as E.164.")
    linkedin_url = serializers.CharField(max_length=300, required=False, allow_blank=True)
    job_title = serializers.CharField(max_length=200, required=False, allow_blank=True)
    seniority = serializers.ChoiceField(choices=Seniority.choices, required=False, allow_blank=True)
    city = serializers.CharField(max_length=100, required=False, allow_blank=True)
    country = serializers.CharField(required=False, allow_blank=True, help_text="ISO 3166, two letters.")
    language = serializers.CharField(max_length=12, required=False, allow_blank=True)
    birth_year = serializers.IntegerField(min_value=1900, max_value=2100, required=False, allow_null=True)
    gender = serializers.ChoiceField(choices=Gender.choices, required=False, allow_blank=True)
    source = serializers.CharField(  # type: ignore[assignment]
        max_length=100, required=False, allow_blank=True
    )
    campaign = serializers.CharField(max_length=200, required=False, allow_blank=True)
    utm_source = serializers.CharField(max_length=200, required=False, allow_blank=True)
    utm_medium = serializers.CharField(max_length=200, required=False, allow_blank=True)
    utm_campaign = serializers.CharField(max_length=200, required=False, allow_blank=True)
    utm_term = serializers.CharField(max_length=200, required=False, allow_blank=True)
    utm_content = serializers.CharField(max_length=200, required=False, allow_blank=True)
    do_not_email = serializers.BooleanField(required=False)
    do_not_call = serializers.BooleanField(required=False)
    do_not_score = serializers.BooleanField(required=False, help_text="True: has no score from now on.")
    company = CompanyFacts(required=False, allow_null=True, help_text="Also just the name, as a text.")
    attributes = serializers.DictField(required=False, help_text="Custom fields by their key.")


class NewLead(LeadFacts):
    """A lead to be made, with the names by which other systems know it."""

    external_id = serializers.CharField(max_length=200, required=False)
    visitor_id = serializers.CharField(max_length=200, required=False)


class LeadReference(NewLead):
    """Who did it: one of id, external_id, email, phone, linkedin_url, visitor_id, and other facts."""

    id = serializers.IntegerField(required=False, min_value=1)


class UpsertedLead(serializers.Serializer[Any]):
    """What became of one item."""

    result = serializers.ChoiceField(choices=RESULTS)
    lead = serializers.IntegerField(allow_null=True, help_text="Null: it was refused.")
    problem = Problem(allow_null=True, help_text="Why it was refused.")


class UpsertedLeads(serializers.Serializer[Any]):
    """How many leads were made, changed, left as they are and refused; and each, in its order."""

    created = serializers.IntegerField()
    updated = serializers.IntegerField()
    unchanged = serializers.IntegerField()
    refused = serializers.IntegerField()
    results = UpsertedLead(many=True)


class Lead(LeadFacts, Sparse):
    """A lead."""

    id = serializers.IntegerField()
    score = serializers.IntegerField(allow_null=True, help_text="Null: not scored yet, or opted out.")
    fit = serializers.IntegerField(allow_null=True)
    engagement = serializers.IntegerField(allow_null=True)
    grade = serializers.CharField(allow_null=True, help_text="Fit A to D and engagement 1 to 4, such as A1.")
    temperature = serializers.ChoiceField(choices=Temperature.choices, allow_null=True)
    stage = serializers.ChoiceField(choices=Stage.choices)
    status = serializers.ChoiceField(choices=Status.choices)
    status_reason = serializers.CharField(allow_blank=True)
    reason_code = serializers.CharField(allow_null=True, help_text="Why it is disqualified.")
    wake_on = serializers.DateField(allow_null=True, help_text="In nurture: the day it wakes.")
    wake_score = serializers.IntegerField(allow_null=True, help_text="In nurture: the score it wakes at.")
    waits_since = serializers.DateTimeField(
        allow_null=True, help_text="Since when it waits, or waited, for an answer; null where none is due."
    )
    answer_due_at = serializers.DateTimeField(allow_null=True, help_text="Within the team's working time.")
    answered_at = serializers.DateTimeField(allow_null=True, help_text="The first call, email or meeting.")
    advocacy = serializers.ChoiceField(
        choices=Advocacy.choices, help_text="Whether a customer speaks for us."
    )
    scored_at = serializers.DateTimeField(allow_null=True)
    reasons = serializers.ListField(child=serializers.CharField(), help_text="The strongest reasons.")
    company = Company(allow_null=True)
    external_ids = serializers.ListField(child=serializers.CharField())
    tags = serializers.ListField(child=serializers.CharField(), help_text="By the alphabet.")
    owner = serializers.CharField(allow_null=True, help_text="The user name of the rep.")
    last_activity_at = serializers.DateTimeField()
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


class LeadPage(serializers.Serializer[Any]):
    """Some leads, in the order of the prioritised list."""

    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)
    results = Lead(many=True)


class TagChange(serializers.Serializer[Any]):
    """Tags to put on and to take off: up to 20 each, whether they are there yet or not."""

    add = serializers.ListField(child=serializers.CharField(max_length=50), required=False)
    remove = serializers.ListField(child=serializers.CharField(max_length=50), required=False)


class LeadTags(serializers.Serializer[Any]):
    """The tags of a lead, by the alphabet."""

    lead = serializers.IntegerField()
    tags = serializers.ListField(child=serializers.CharField())


class NewScoreOverride(serializers.Serializer[Any]):
    """What is wrong with a score, why, and until when that holds."""

    verdict = serializers.ChoiceField(choices=Verdict.choices)
    reason = serializers.CharField(max_length=500)
    expires_at = serializers.DateTimeField(help_text="Within the next 90 days.")


class ScoreOverride(NewScoreOverride):
    """A person's word against a score, while it holds."""

    author = serializers.CharField(allow_null=True, help_text="A user name; null for an API key.")
    score = serializers.IntegerField(help_text="The score that was set aside.")
    created_at = serializers.DateTimeField()


class Event(serializers.Serializer[Any]):
    """Something that a lead did."""

    lead = LeadReference()
    type = serializers.CharField(max_length=64, help_text="The type's name, such as page_view.")
    occurred_at = serializers.DateTimeField(
        required=False,
        allow_null=True,
        help_text="Default: now. Up to 5 minutes ahead counts as now; at most 10 years ago.",
    )
    properties = serializers.DictField(required=False, allow_null=True)
    external_id = serializers.CharField(
        max_length=200,
        required=False,
        allow_null=True,
        help_text="The event's id in your system: sent again, it is stored once.",
    )
    source = serializers.CharField(  # type: ignore[assignment]
        max_length=100, required=False, allow_null=True, help_text="Default: the name of the key."
    )


class RecordedEvent(serializers.Serializer[Any]):
    """The event is stored."""

    id = serializers.IntegerField()
    lead = serializers.IntegerField(
        allow_null=True, help_text="Null: nobody knows this visitor yet. It joins its lead later."
    )
    repeated = serializers.BooleanField(help_text="It was stored before; nothing was written.")


class RecordedBatch(serializers.Serializer[Any]):
    """The events are stored, in the order in which they came."""

    accepted = serializers.IntegerField()
    repeated = serializers.IntegerField()
    results = RecordedEvent(many=True)


class Voided(serializers.Serializer[Any]):
    """It was declared wrong."""

    at = serializers.DateTimeField()
    reason = serializers.CharField()


class Activity(serializers.Serializer[Any]):
    """A line of a lead's timeline."""

    id = serializers.IntegerField()
    lead = serializers.IntegerField()
    type = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    occurred_at = serializers.DateTimeField()
    received_at = serializers.DateTimeField()
    source = serializers.CharField()  # type: ignore[assignment]
    external_id = serializers.CharField(allow_null=True)
    properties = serializers.DictField()
    actor = serializers.CharField(allow_null=True)
    voided = Voided(allow_null=True)


class ActivityPage(serializers.Serializer[Any]):
    """Some activities of a lead, newest first."""

    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)
    results = Activity(many=True)


class Submission(serializers.Serializer[Any]):
    """The submission is stored."""

    id = serializers.CharField()
    lead = serializers.IntegerField(required=False, help_text="Only with an API key.")
