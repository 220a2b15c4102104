"""People who are told things."""

from datetime import UTC, datetime, timedelta
from typing import Any

from leadapp.models import Lead, User
from qualification.models import Notice, NoticeChoice, NoticeKind, Team, TeamMember
from qualification.services.notices import Telling, tell
from tests.qualification.build import make_user

NOW = datetime(2026, 11, 19, 10, 0, tzinfo=UTC)  # a Thursday, 11:00 in Berlin
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def make_rep(name: str = "jonas", *roles: str, **facts: Any) -> User:
    return make_user(name, *(roles or ("rep",)), **({"email": f"{name}@vendor.example"} | facts))


def choose_for(user: User, kind: NoticeKind, by_email: str) -> None:
    NoticeChoice.objects.create(user=user, kind=kind, by_email=by_email)


def join_team(user: User, time_zone: str) -> None:
    team, _ = Team.objects.get_or_create(name=time_zone, defaults={"time_zone": time_zone})
    TeamMember.objects.create(team=team, user=user)


def told(
    user: User,
    text: str = "Something happened.",
    *,
    kind: NoticeKind = NoticeKind.HANDOVER,
    event: str = "",
    lead: Lead | None = None,
    now: datetime = NOW,
) -> Notice:
    """Tell somebody something and return the notice."""
    event = event or f"test:{Notice.objects.count()}"
    tell([Telling(user.pk, kind, text, event, lead.pk if lead else None)], now=now)
    return Notice.objects.get(user=user, kind=kind, event=event)
