"""Reasons to disqualify: codes that reports count by, with a word more where somebody has one."""

from django.utils.translation import gettext as _

from leadapp.errors import Invalid
from qualification.models import DisqualifyReason
from qualification.services.texts import cleaned_text, needed_text

# What is meant when no code is given; it needs a word more.
OTHER = "other"
LONGEST = 500


def offered_reasons() -> list[DisqualifyReason]:
    """Return the reasons that can be chosen now, in the order of the team."""
    return list(DisqualifyReason.objects.filter(is_active=True).order_by("position", "label"))


def read_reason(*, code: str, detail: str) -> tuple[DisqualifyReason, str]:
    """Return the reason of this code and the words that the history keeps, or raise Invalid."""
    reason = DisqualifyReason.objects.filter(code=code).first()
    if reason is None or not reason.is_active:
        codes = ", ".join(offered.code for offered in offered_reasons())
        raise Invalid.field("reason_code", _("Choose why: %(codes)s.") % {"codes": codes})
    if reason.needs_detail:
        why = _("Give a reason: whoever meets this lead next wants to know.")
        return reason, needed_text("reason", detail, longest=LONGEST, message=why)
    detail = cleaned_text("reason", detail, longest=LONGEST - len(reason.label) - 2)
    return reason, f"{reason.label}: {detail}" if detail else reason.label
