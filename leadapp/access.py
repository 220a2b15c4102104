"""Who may do what. Services ask here, so that web, admin and API agree (docs/roles.md)."""

from django.utils.translation import gettext as _

from leadapp.errors import NotAllowed
from leadapp.models import ApiKey, Lead, User
from leadapp.words import Text

# A person, a REST client's key, or None for Leadapp itself (a worker, a command).
Actor = User | ApiKey | None


def user_of(actor: Actor) -> User | None:
    """Return the person behind an actor, for the columns that name one."""
    return actor if isinstance(actor, User) else None


def key_of(actor: Actor) -> ApiKey | None:
    """Return the key behind an actor, for the columns that name one."""
    return actor if isinstance(actor, ApiKey) else None


def may(actor: Actor, permission: str) -> bool:
    """Tell whether the actor has a permission of the form app.codename.

    Keys have scopes, not permissions; the scope scoring stands for all permissions of scoring.
    """
    if isinstance(actor, ApiKey):
        return permission.startswith("scoring.") and ApiKey.Scope.SCORING in actor.scopes
    return actor is None or actor.has_perm(permission)


def require(actor: Actor, permission: str, message: Text) -> None:
    """Raise NotAllowed with the message unless the actor has the permission."""
    if not may(actor, permission):
        raise NotAllowed(str(message))


def may_work(actor: Actor, lead: Lead) -> bool:
    """Tell whether the actor may edit, log for, answer BANT for and move this lead."""
    if isinstance(actor, ApiKey):
        return ApiKey.Scope.WRITE in actor.scopes
    if may(actor, "leadapp.work_any_lead"):
        return True
    return may(actor, "leadapp.work_own_lead") and actor is not None and lead.owner_id == actor.pk


def may_take(actor: Actor, lead: Lead, *, is_free: bool = False) -> bool:
    """Tell whether the actor may make a lead their own that nobody has, or that is free for others."""
    if not isinstance(actor, User) or not actor.has_perm("leadapp.work_own_lead"):
        return False
    return lead.owner_id is None or (is_free and lead.owner_id != actor.pk)


def require_may_work(actor: Actor, lead: Lead) -> None:
    """Raise NotAllowed unless the actor may work on this lead."""
    if may_work(actor, lead):
        return
    if may_take(actor, lead):
        raise NotAllowed(_("Nobody has this lead. Take it first, then it is yours to work on."))
    raise NotAllowed(_("This lead belongs to somebody else."))
