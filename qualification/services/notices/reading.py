"""What people have read."""

from datetime import datetime

from leadapp.models import User
from qualification.models import Notice


def unread_count(*, user: User, most: int) -> int:
    """Return how many notices this person has not read, counted no further than `most`."""
    return Notice.objects.shown_to(user).unread()[:most].count()


def mark_read(*, user: User, notice_id: int | None = None, now: datetime) -> int:
    """Mark one of this person's notices as read, or all of them; return how many were not before."""
    mine = Notice.objects.filter(user=user, read_at__isnull=True)
    return (mine if notice_id is None else mine.filter(pk=notice_id)).update(read_at=now)
