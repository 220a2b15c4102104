"""Criteria over activities: these kinds happened so often, within so many days; or they did not."""

from qualification.models import GateCriterion
from qualification.services.gates.fields import texts_of
from scoring.engine.fragments import Fragment

ACTIVITY = "activity"


def happened_sql(criterion: GateCriterion) -> Fragment:
    """Return the condition that tells whether the activities happened often enough and lately enough."""
    if criterion.min_occurrences == 1:
        return "EXISTS (" + _activities("1", criterion) + ")"
    # No more are read than it takes.
    enough = int(criterion.min_occurrences)
    several = _activities("1", criterion) + f" LIMIT {enough}"
    return "((SELECT count(*) FROM (" + several + f") AS several) >= {enough})"  # noqa: S608 - a whole number


def newest_sql(criterion: GateCriterion) -> Fragment:
    """Return the expression for the newest of the activities and how many there are, as JSON."""
    columns = "jsonb_build_object('label', type.label, 'at', activity.occurred_at, 'count', count(*) OVER ())"
    newest = " ORDER BY activity.occurred_at DESC, activity.id DESC LIMIT 1)"
    return "(" + _activities(columns, criterion) + newest


def _activities(columns: str, criterion: GateCriterion) -> Fragment:
    found = Fragment(
        f"SELECT {columns} FROM leadapp_activity AS activity "  # noqa: S608 - columns are ours
        "JOIN leadapp_activitytype AS type ON type.id = activity.type_id "
        "WHERE activity.lead_id = l.id AND activity.voided_at IS NULL AND type.slug = ANY(%s)",
        (texts_of(criterion.value),),
    )
    if criterion.window_days is None:
        return found
    hours = int(criterion.window_days) * 24
    return found + Fragment(" AND activity.occurred_at >= m.as_of - make_interval(hours => %s)", (hours,))
