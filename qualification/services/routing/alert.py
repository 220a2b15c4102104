"""While leads wait in the team queue and nobody can take them, managers are told.

At once when the first one waits, then at most once an hour, when another lead has come to be the one that
waits longest, and once a day while it lasts. What they have not read yet says how many wait now.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.conf import settings
from django.db.models import Count, Min
from django.utils.translation import ngettext

from leadapp.languages import in_all_languages
from leadapp.models import User
from leadapp.numbers import write_number
from qualification.models import Assignment, Notice, NoticeKind
from qualification.services.notices import Telling, tell

DAY = timedelta(days=1)
AT_MOST_EVERY = timedelta(hours=1)


def tell_that_leads_wait(*, now: datetime) -> None:
    """Tell the managers how many leads wait for whom, in the caller's transaction."""
    queues = (
        Assignment.objects.queued()
        .values("rule_id", "rule__name", "rule__team__name")
        .annotate(number=Count("pk"), oldest=Min("assigned_at"), first=Min("pk"))
        .order_by("rule_id")
    )
    told = list(
        Notice.objects.filter(kind=NoticeKind.NOBODY_AVAILABLE, created_at__gt=now - DAY)
        .select_related("user")
        .order_by("pk")
    )
    new, changed = [], []
    for queue in queues:
        key, write = f"queue:{queue['rule_id'] or 0}:", partial(_words, queue)
        texts = in_all_languages(write)
        known = [notice for notice in told if notice.event.startswith(key)]
        for notice in known:
            text = texts[notice.user.language or settings.LANGUAGE_CODE]
            if notice.read_at is None and notice.text != text:
                notice.text = text
                changed.append(notice)
        if not any(notice.created_at > now - AT_MOST_EVERY for notice in known):
            new.append((f"{key}{queue['first']}:{(now - queue['oldest']).days}", write))
    Notice.objects.bulk_update(changed, ["text"])
    if new:
        managers = User.objects.filter(groups__name="manager", is_active=True).values_list("pk", flat=True)
        tell(
            [
                Telling(user_id, NoticeKind.NOBODY_AVAILABLE, write, event)
                for user_id in managers
                for event, write in new
            ],
            now=now,
        )


def _words(queue: Mapping[str, Any]) -> str:
    number, team, rule = queue["number"], queue["rule__team__name"], queue["rule__name"]
    facts = {"count": write_number(number), "team": team, "rule": rule}
    if not rule:
        return (
            ngettext(
                "%(count)s lead waits for an answer and nobody can take it.",
                "%(count)s leads wait for an answer and nobody can take them.",
                number,
            )
            % facts
        )
    if not team:
        return (
            ngettext(
                "%(count)s lead waits for an answer and nobody can take it (rule “%(rule)s”).",
                "%(count)s leads wait for an answer and nobody can take them (rule “%(rule)s”).",
                number,
            )
            % facts
        )
    return (
        ngettext(
            "%(count)s lead waits for an answer and nobody in %(team)s can take it (rule “%(rule)s”).",
            "%(count)s leads wait for an answer and nobody in %(team)s can take them (rule “%(rule)s”).",
            number,
        )
        % facts
    )
