"""Edits of a draft wait for each other and for its publishing; nothing else may be edited."""

from leadapp.access import Actor, require
from leadapp.errors import Conflict
from scoring.models import ScoringModelVersion


def open_draft(*, version_id: int, actor: Actor) -> ScoringModelVersion:
    """Lock a draft for an edit in the caller's transaction; refuse a version that is published already."""
    require(actor, "scoring.change_scoringrule", "Only marketing may edit scoring rules.")
    version = (
        ScoringModelVersion.objects.select_for_update(of=("self",)).select_related("model").get(pk=version_id)
    )
    if not version.is_draft:
        raise Conflict(f"{version} was published meanwhile and cannot be changed any more. Make a new draft.")
    return version
