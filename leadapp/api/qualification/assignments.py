"""/api/v1/leads/<id>/assignments: who had a lead, why, and until when. Read only: keys assign nobody."""

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from leadapp.api.access import find_lead
from leadapp.api.cursors import newest_first, read_page
from leadapp.api.operations import ALWAYS, PAGING, answers_of, operation
from leadapp.api.queries import Parameters
from leadapp.api.views import ApiView
from qualification.models import Assignment


class LeadAssignment(serializers.Serializer[Any]):
    """A lead was given to somebody, or into the team queue."""

    id = serializers.IntegerField()
    lead = serializers.IntegerField()
    owner = serializers.CharField(allow_null=True, help_text="A user name; null: the team queue.")
    reason = serializers.CharField()
    rule = serializers.CharField(allow_null=True, help_text="The routing rule that chose among whom.")
    assigned_at = serializers.DateTimeField()
    assigned_by = serializers.CharField(allow_null=True, help_text="A user name; null: Leadapp itself.")
    is_on_loan = serializers.BooleanField(help_text="While somebody is away.")
    due_at = serializers.DateTimeField(allow_null=True, help_text="By when an answer is due.")
    answered_at = serializers.DateTimeField(allow_null=True)
    ended_at = serializers.DateTimeField(allow_null=True, help_text="Null: it runs.")


class AssignmentPage(serializers.Serializer[Any]):
    """Some assignments of a lead, the newest first."""

    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)
    results = LeadAssignment(many=True)


list_assignments = operation(
    "list_assignments",
    answers=answers_of(200, AssignmentPage, (*ALWAYS, 404, 422)),
    parameters=PAGING,
    tag="leads",
)


class LeadAssignments(ApiView):
    """Whose a lead was."""

    scopes = {"GET": ("read",)}

    @list_assignments
    def get(self, request: Request, pk: int) -> Response:
        """List who was given a lead and why, the newest first."""
        parameters = Parameters(request, ("limit", "cursor"))
        limit = parameters.limit()
        parameters.check()
        assignments = Assignment.objects.filter(lead=find_lead(request, pk))
        page = read_page(
            assignments.select_related("owner", "assigned_by", "rule"),
            order=newest_first("id"),
            size=limit,
            cursor=parameters.text("cursor") or "",
            request=request,
        )
        return page.response([assignment_as_json(item) for item in page.rows])


def assignment_as_json(item: Assignment) -> dict[str, Any]:
    """Return an assignment, with the people and the rule read before."""
    return {
        "id": item.pk,
        "lead": item.lead_id,
        "owner": item.owner.username if item.owner else None,
        "reason": item.reason,
        "rule": item.rule.name if item.rule else None,
        "assigned_at": item.assigned_at,
        "assigned_by": item.assigned_by.username if item.assigned_by else None,
        "is_on_loan": item.absence_id is not None,
        "due_at": item.due_at,
        "answered_at": item.answered_at,
        "ended_at": item.ended_at,
    }
