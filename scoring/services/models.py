"""New scoring models."""

from datetime import datetime
from itertools import count

from django.db import IntegrityError, transaction
from django.utils.text import slugify
from django.utils.translation import gettext as _

from leadapp.access import Actor, require
from leadapp.errors import Invalid
from scoring.models import ScoringModel

LONGEST_NAME, LONGEST_SLUG = 100, 50
# Addresses of the studio that a slug must not hide.
RESERVED = frozenset({"new", "start", "starts", "import", "models", "versions", "rules"})


def make_model(*, name: str, actor: Actor, now: datetime) -> ScoringModel:
    """Make a model without any version; its scores stand beside those of the primary one."""
    require(actor, "scoring.add_scoringmodel", _("Only marketers make scoring models."))
    text = " ".join(name.split())
    if not text or len(text) > LONGEST_NAME or "\0" in text:
        raise Invalid.field(
            "name",
            _("Give the model a name of at most %(longest_name)s characters.")
            % {"longest_name": LONGEST_NAME},
        )
    taken = Invalid.field("name", _("Another model is called “%(text)s” already.") % {"text": text})
    if ScoringModel.objects.filter(name__iexact=text).exists():
        raise taken
    try:
        with transaction.atomic():
            return ScoringModel.objects.create(name=text, slug=_free_slug(text), created_at=now)
    except IntegrityError as error:  # somebody else made it at the same moment
        raise taken from error


def _free_slug(name: str) -> str:
    """Return an address that no other model has: b2b-saas, b2b-saas-2."""
    wanted = slugify(name)[:LONGEST_SLUG].strip("-") or "model"
    taken = RESERVED | set(ScoringModel.objects.values_list("slug", flat=True))
    for number in count(1):
        ending = "" if number == 1 else f"-{number}"
        if (slug := wanted[: LONGEST_SLUG - len(ending)] + ending) not in taken:
            return slug
    raise AssertionError("there is always a number that is free")
