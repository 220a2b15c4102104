"""/api/v1/scoring/rules and groups: what a draft says, edited without overwriting anybody."""

from typing import Any

from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from leadapp.api.access import actor_of
from leadapp.api.queries import Parameters
from leadapp.api.scoring import operations
from leadapp.api.scoring.bodies import LARGEST_REVISION, Body, read_group, read_rule
from leadapp.api.scoring.finding import SCOPES, find_group, find_rule, find_version
from leadapp.api.scoring.representations import group_as_json, rule_as_json, whole_list
from leadapp.api.views import ApiView
from leadapp.errors import NotFound
from scoring.models import ScoringModelVersion, ScoringRule
from scoring.rules import GroupFacts, RuleFacts, facts_of, group_facts_of, names_of
from scoring.sentences import read_rules
from scoring.services import editing

RULE = tuple(names_of(RuleFacts))
GROUP = tuple(names_of(GroupFacts))
FURTHEST = 10_000


class Rules(ApiView):
    """The rules of a version."""

    scopes = SCOPES

    @operations.list_rules
    def get(self, request: Request, pk: int) -> Response:
        """List all rules of a version, as they are read: by group, in their order."""
        version = find_version(request, pk)
        Parameters(request, ()).check()
        return Response(whole_list(rule_as_json(rule) for rule in read_rules(version)))

    @operations.add_rule
    def post(self, request: Request, pk: int) -> Response:
        """Add a rule to a draft, after all others."""
        version = find_version(request, pk)
        facts = read_rule(Body(request, RULE), None)
        rule = editing.add_rule(version=version, facts=facts, actor=actor_of(request), now=timezone.now())
        return _made(request, rule)


class OneRule(ApiView):
    """One rule."""

    scopes = SCOPES

    @operations.show_rule
    def get(self, request: Request, pk: int) -> Response:
        """Show a rule."""
        Parameters(request, ()).check()
        return Response(rule_as_json(find_rule(request, pk)))

    @operations.replace_rule
    def put(self, request: Request, pk: int) -> Response:
        """Replace all that a rule of a draft says; what is left out is as in a new rule."""
        return _save(request, find_rule(request, pk), is_whole=True)

    @operations.change_rule
    def patch(self, request: Request, pk: int) -> Response:
        """Change what is sent of a rule of a draft; the rest stays."""
        return _save(request, find_rule(request, pk), is_whole=False)

    @operations.delete_rule
    def delete(self, request: Request, pk: int) -> Response:
        """Delete a rule of a draft."""
        rule = find_rule(request, pk)
        revision = _seen(request)
        editing.delete_rule(rule=rule, revision=revision, actor=actor_of(request), now=timezone.now())
        return Response(status=204)


class DuplicateRule(ApiView):
    """A copy of a rule."""

    scopes = SCOPES

    @operations.duplicate_rule
    def post(self, request: Request, pk: int) -> Response:
        """Copy a rule of a draft, to the place after it."""
        rule = find_rule(request, pk)
        Body(request, ()).check()
        copy = editing.duplicate_rule(rule=rule, actor=actor_of(request), now=timezone.now())
        return _made(request, copy)


class MoveRule(ApiView):
    """The place of a rule."""

    scopes = SCOPES

    @operations.move_rule
    def post(self, request: Request, pk: int) -> Response:
        """Put a rule at a place among those of its group, counted from 0."""
        rule = find_rule(request, pk)
        body = Body(request, ("place",))
        place = body.whole("place", largest=FURTHEST, needed="Say which place; 0 is the first.")
        body.check()
        editing.move_rule(rule=rule, place=place or 0, actor=actor_of(request), now=timezone.now())
        return Response(rule_as_json(find_rule(request, pk)))


class Groups(ApiView):
    """The groups of a version."""

    scopes = SCOPES

    @operations.list_groups
    def get(self, request: Request, pk: int) -> Response:
        """List the groups of a version, in their order."""
        version = find_version(request, pk)
        Parameters(request, ()).check()
        groups = version.groups.order_by("position", "name", "id")
        return Response(whole_list(group_as_json(group, revision=version.revision) for group in groups))

    @operations.add_group
    def post(self, request: Request, pk: int) -> Response:
        """Add a group to a draft."""
        version = find_version(request, pk)
        facts = read_group(Body(request, GROUP), None)
        group = editing.add_group(version=version, facts=facts, actor=actor_of(request), now=timezone.now())
        address = f"/api/v1/scoring/groups/{group.pk}"
        return Response(_group(request, group.pk), status=201, headers={"Location": address})


class OneGroup(ApiView):
    """One group."""

    scopes = SCOPES

    @operations.show_group
    def get(self, request: Request, pk: int) -> Response:
        """Show a group."""
        Parameters(request, ()).check()
        return Response(_group(request, pk))

    @operations.change_group
    def patch(self, request: Request, pk: int) -> Response:
        """Change what is sent of a group of a draft; the revision is that of the version."""
        group = find_group(request, pk)
        body = Body(request, (*GROUP, "revision"))
        revision = body.revision()
        facts = read_group(body, group_facts_of(group))
        editing.save_group(
            group=group, facts=facts, revision=revision, actor=actor_of(request), now=timezone.now()
        )
        return Response(_group(request, pk))

    @operations.delete_group
    def delete(self, request: Request, pk: int) -> Response:
        """Delete a group of a draft; its rules stay."""
        group = find_group(request, pk)
        revision = _seen(request)
        editing.delete_group(group=group, revision=revision, actor=actor_of(request), now=timezone.now())
        return Response(status=204)


def _save(request: Request, rule: ScoringRule, *, is_whole: bool) -> Response:
    body = Body(request, (*RULE, "revision"))
    revision = body.revision()
    seen = facts_of(rule)
    facts = read_rule(body, None if is_whole else seen)
    editing.save_rule(rule=rule, facts=facts, revision=revision, actor=actor_of(request), now=timezone.now())
    return Response(rule_as_json(find_rule(request, rule.pk)))


def _seen(request: Request) -> int:
    """Return the revision behind the question mark, which a deletion needs."""
    parameters = Parameters(request, ("revision",))
    revision = parameters.number("revision", largest=LARGEST_REVISION)
    if revision is None:
        message = "Send the revision that you saw: ?revision=3"
        parameters.errors.setdefault("revision", [message])
    parameters.check()
    return revision or 0


def _made(request: Request, rule: ScoringRule) -> Response:
    address = f"/api/v1/scoring/rules/{rule.pk}"
    shown = rule_as_json(find_rule(request, rule.pk))
    return Response(shown, status=201, headers={"Location": address})


def _group(request: Request, pk: int) -> dict[str, Any]:
    group = find_group(request, pk)
    revision = ScoringModelVersion.objects.values_list("revision", flat=True).filter(pk=group.version_id)
    found = revision.first()
    if found is None:
        raise NotFound("There is no such group.")
    return group_as_json(group, revision=found)
