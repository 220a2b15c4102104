"""Routing rules as SQL: which rule decides about which lead, one query for any number of leads."""

from collections.abc import Collection
from datetime import datetime

from django.db import connection

from leadapp.models import Match
from qualification.models import GateCriterion, RoutingCriterion, RoutingRule
from qualification.services.gates.criteria import leads_sql, test_sql
from scoring.engine.fragments import Fragment, join


def read_rules() -> list[RoutingRule]:
    """Return the active rules in the order in which they are asked (three queries)."""
    active = RoutingRule.objects.filter(is_active=True).select_related("team")
    return list(active.prefetch_related("criteria", "people").order_by("position", "pk"))


def matching_rules(
    rules: Collection[RoutingRule], *, lead_ids: Collection[int], now: datetime
) -> dict[int, RoutingRule]:
    """Return the first of these rules that holds, for each lead that one holds for."""
    if not rules or not lead_ids:
        return {}
    cases = ["WHEN " + _test(rule) + Fragment(" THEN %s::int", (place,)) for place, rule in enumerate(rules)]
    # Every value is a parameter; the text comes from the code of conditions and fields.
    query = (
        "SELECT l.id, CASE " + join(" ", cases) + " END FROM " + leads_sql(now) + " WHERE l.id = ANY(%s)"  # noqa: S608
    )
    with connection.cursor() as cursor:
        cursor.execute(query.sql, [*query.bind(), list(lead_ids)])
        places: list[tuple[int, int | None]] = cursor.fetchall()
    ordered = list(rules)
    return {lead_id: ordered[place] for lead_id, place in places if place is not None}


def _test(rule: RoutingRule) -> Fragment:
    criteria = sorted(rule.criteria.all(), key=lambda criterion: criterion.pk)
    if not criteria:
        return Fragment("TRUE")
    word = " OR " if rule.match == Match.ANY else " AND "
    return "(" + join(word, [test_sql(_as_of_gate(rule, criterion)) for criterion in criteria]) + ")"


def _as_of_gate(rule: RoutingRule, criterion: RoutingCriterion) -> GateCriterion:
    """Return the criterion as a gate asks it: one meaning of conditions everywhere."""
    return GateCriterion(
        label=rule.name,
        field=criterion.field,
        operator=criterion.operator,
        value=criterion.value,
    )
