"""Who is mentioned in a note: @username, of people who may see the lead."""

import re
from collections.abc import Sequence
from datetime import datetime

from django.db.models.functions import Lower

from leadapp.models import Lead, User
from qualification.models import Note, NoticeKind
from qualification.services.notices.telling import Telling, tell

# Not in the middle of a word: an email address mentions nobody.
MENTION = re.compile(r"(?<![\w.+@-])@([\w.+-]+)")
MOST = 20


def mentioned_in(*, text: str, lead: Lead) -> dict[str, User]:
    """Return the people whom a text about a lead mentions, by the @name as it stands there."""
    names = {found.rstrip(".-+") for found in MENTION.findall(text)}
    wanted = sorted(name for name in names if name)[:MOST]
    if not wanted:
        return {}
    people = User.objects.annotate(small=Lower("username")).filter(
        small__in={name.lower() for name in wanted}, is_active=True
    )
    visible = {
        person.username.lower(): person
        for person in people
        if Lead.objects.visible_to(person).filter(pk=lead.pk).exists()
    }
    return {name: visible[name.lower()] for name in wanted if name.lower() in visible}


def tell_mentioned(*, note: Note, people: Sequence[User], author: User | None, now: datetime) -> None:
    """Tell people, but for the author, that a note mentions them."""
    who = str(author) if author else "Somebody"
    text = f"{who} mentioned you in a note on {note.lead.name}: {' '.join(note.text.split())}"
    tell(
        [
            Telling(person.pk, NoticeKind.MENTION, _shortened(text), f"note:{note.pk}", note.lead_id)
            for person in people
            if person != author
        ],
        now=now,
    )


def _shortened(text: str, longest: int = 200) -> str:
    return text if len(text) <= longest else text[: longest - 1].rstrip() + "…"
