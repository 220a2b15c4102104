"""Reps set a score aside for a while, with a reason. The computed score stays what it is."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from leadapp.access import Actor, require_may_work, user_of
from leadapp.errors import Conflict, Invalid, NotFound
from leadapp.models import Lead
from leadapp.numbers import write_number
from scoring.engine import Explanation, explain_stored
from scoring.models import OverriddenRule, ScoreOverride, Verdict

LONGEST = timedelta(days=90)
LONGEST_REASON = 500
# So many rules are blamed for a score.
STRONGEST = 3
# What the column holds; a rule without a cap may give more.
MOST_POINTS = Decimal("9999.999999")


def set_aside(
    *, lead: Lead, verdict: str, reason: str, expires_at: datetime, actor: Actor, now: datetime
) -> ScoreOverride:
    """Say until when the score of a lead is not to be believed, and why; a lead has one such word at a time.

    The rules that made the score what it is are remembered with it: the three that gave most if it is too
    high, the three that took most if it is too low. Nothing is scored again. Raises Conflict while another
    one holds, and Invalid for a lead without a score, or an expiry that is past or over 90 days ahead.
    """
    verdict, reason = _clean_verdict(verdict), _clean_reason(reason)
    _check_expiry(expires_at, now)
    with transaction.atomic():
        locked = _locked(lead)
        require_may_work(actor, locked)
        explanation = explain_stored(locked)
        if explanation is None or locked.score is None:
            raise Invalid(_("This lead has no score that could be set aside."))
        _make_room(locked, now)
        override = ScoreOverride.objects.create(
            lead=locked,
            author=user_of(actor),
            verdict=verdict,
            reason=reason,
            score=locked.score,
            version=explanation.version,
            created_at=now,
            expires_at=expires_at,
        )
        OverriddenRule.objects.bulk_create(
            OverriddenRule(override=override, rule_id=rule_id, points=points)
            for rule_id, points in _blamed(explanation, verdict)
        )
        return override


def end_override(*, lead: Lead, actor: Actor, now: datetime) -> ScoreOverride:
    """Take back that a score is set aside; raise NotFound when it is not."""
    with transaction.atomic():
        locked = _locked(lead)
        require_may_work(actor, locked)
        override = ScoreOverride.objects.filter(
            lead=locked, ended_at__isnull=True, expires_at__gt=now
        ).first()
        if override is None:
            raise NotFound(_("The score of this lead is not set aside."))
        override.ended_at, override.ended_by = now, user_of(actor)
        override.save(update_fields=["ended_at", "ended_by"])
        return override


def overrides_of(lead_ids: Iterable[int], *, now: datetime) -> dict[int, ScoreOverride]:
    """Return what holds for these leads now, with its author (one query); what expired is gone by itself."""
    found = ScoreOverride.objects.filter(
        lead__in=list(lead_ids), ended_at__isnull=True, expires_at__gt=now
    ).select_related("author")
    return {override.lead_id: override for override in found}


def _clean_verdict(verdict: str) -> str:
    if verdict not in Verdict.values:
        raise Invalid.field("verdict", _("Choose one of: %(known)s.") % {"known": ", ".join(Verdict.values)})
    return verdict


def _clean_reason(reason: str) -> str:
    reason = reason.strip()
    if not reason:
        raise Invalid.field("reason", _("Give a reason: marketing learns from it."))
    if len(reason) > LONGEST_REASON:
        raise Invalid.field(
            "reason",
            _("Keep it to %(longest_reason)s characters; this has %(count)s.")
            % {"longest_reason": write_number(LONGEST_REASON), "count": write_number(len(reason))},
        )
    try:
        reason.encode()
    except UnicodeEncodeError:  # half of a surrogate pair
        raise Invalid.field("reason", _("This holds a character that cannot be stored.")) from None
    if "\0" in reason:
        raise Invalid.field("reason", _("This holds a character that cannot be stored."))
    return reason


def _check_expiry(expires_at: datetime, now: datetime) -> None:
    if expires_at <= now:
        raise Invalid.field("expires_at", _("Choose a day that is still to come."))
    if expires_at > now + LONGEST:
        raise Invalid.field(
            "expires_at", _("Choose a day within the next %(days)s days.") % {"days": LONGEST.days}
        )


def _locked(lead: Lead) -> Lead:
    """Lock the lead: two people who set it aside at once wait for each other."""
    found: Lead | None = Lead.objects.select_for_update(no_key=True).filter(pk=lead.pk).first()
    if found is None:
        raise NotFound(_("This lead does not exist any more."))
    return found


def _make_room(lead: Lead, now: datetime) -> None:
    """Close the one that expired; refuse while it holds."""
    standing = ScoreOverride.objects.filter(lead=lead, ended_at__isnull=True).first()
    if standing is None:
        return
    if standing.expires_at > now:
        facts = {"author": standing.author, "reason": standing.reason}
        if standing.author:
            raise Conflict(_("The score is set aside already by %(author)s: %(reason)s") % facts)
        raise Conflict(_("The score is set aside already: %(reason)s") % facts)
    standing.ended_at = standing.expires_at
    standing.save(update_fields=["ended_at"])


def _blamed(explanation: Explanation, verdict: str) -> list[tuple[int, Decimal]]:
    """Return the rules that a too high score comes from, or that made it too low, strongest first."""
    sign = 1 if verdict == Verdict.TOO_HIGH else -1
    rules = [
        (line.rule_id, max(-MOST_POINTS, min(MOST_POINTS, line.points)))
        for line in explanation.lines
        if line.rule_id is not None and line.points * sign > 0
    ]
    return sorted(rules, key=lambda rule: -abs(rule[1]))[:STRONGEST]
