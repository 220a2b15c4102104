"""What else a lived-in Leadapp holds: custom fields, visitor ids, consents, voided activities, bursts."""

import random
from collections.abc import Sequence
from datetime import datetime, timedelta

from leadapp.demo.behaviour import MAILER, TRACKER
from leadapp.demo.history import DAYS_BACK
from leadapp.demo.population import Prospect
from leadapp.demo.vocabulary import PAGES
from leadapp.models import (
    Activity,
    ActivityType,
    ConsentRecord,
    CustomField,
    LeadIdentifier,
    User,
)
from scoring.services.quarantine import find_bursts

CONSENT = "Yes, send me the Machine letter and invitations by email. I can unsubscribe at any time."
# Type, how many, how far apart.
BURSTS = (
    ("email_clicked", 9, timedelta(milliseconds=150)),
    ("page_view", 240, timedelta(milliseconds=400)),
)
SCORING_OPT_OUT = "Please do not evaluate my behaviour."


def add_custom_fields() -> None:
    """Define the two facts of the team's own that leads carry in `attributes`."""
    for key, label, kind in (("machines", "Machines", "number"), ("erp", "ERP system", "text")):
        CustomField.objects.get_or_create(key=key, defaults={"label": label, "kind": kind})


def add_identifiers_and_consents(rng: random.Random, prospects: Sequence[Prospect], *, now: datetime) -> None:
    """Give visitor ids to those whom the website knows, and write down who agreed to what."""
    identifiers, consents = [], []
    for prospect in prospects:
        lead = prospect.lead
        if rng.random() < 0.6:
            value = f"v-{rng.getrandbits(48):012x}"
            identifiers.append(LeadIdentifier(lead=lead, kind=LeadIdentifier.Kind.VISITOR, value=value))
        if lead.email and rng.random() < 0.8:
            consents.append(_consent(prospect, ConsentRecord.Purpose.EMAIL, True, CONSENT, lead.created_at))
        consents += [
            _consent(prospect, ConsentRecord.Purpose.EMAIL, False, "", event.at)
            for event in prospect.events
            if event.type == "unsubscribed" and event.at < now
        ]
        if lead.do_not_score:
            at = lead.created_at + (now - lead.created_at) * rng.random()
            consents.append(_consent(prospect, ConsentRecord.Purpose.SCORING, False, SCORING_OPT_OUT, at))
    LeadIdentifier.objects.bulk_create(identifiers, batch_size=2_000)
    ConsentRecord.objects.bulk_create(consents, batch_size=2_000)


def _consent(prospect: Prospect, purpose: str, granted: bool, text: str, at: datetime) -> ConsentRecord:
    return ConsentRecord(
        lead=prospect.lead, purpose=purpose, granted=granted, text=text, source="form", recorded_at=at
    )


def _next_scoring(activity: Activity, now: datetime) -> datetime:
    """Return the first moment of the year's scoring at which the activity has come in."""
    moments = (now - timedelta(days=days) for days in DAYS_BACK)
    return next((moment for moment in moments if moment >= activity.received_at), now)


def void_some(rng: random.Random, *, by: User, now: datetime) -> None:
    """Void a few clicks that mail scanners made, as marketers do: before the next scoring counts them."""
    clicks = list(Activity.objects.filter(type__slug="email_clicked").order_by("id"))
    for activity in rng.sample(clicks, len(clicks) // 40):
        activity.voided_at = min(_next_scoring(activity, now), activity.occurred_at + timedelta(days=1))
        activity.voided_by = by
        activity.void_reason = "A mail scanner clicked, not a person."
        activity.save(update_fields=["voided_at", "voided_by", "void_reason"])


def add_bursts(prospects: Sequence[Prospect], *, now: datetime) -> int:
    """Let a mail gateway open all links of a mail, and a crawler all pages of the website, lately.

    Both are found and quarantined at once, as workers do; return how many activities that are.
    """
    opened = [
        (prospect, event)
        for prospect in prospects
        for event in prospect.events
        if event.type == "email_opened" and timedelta(days=2) < now - event.at < timedelta(days=30)
    ]
    opened.sort(key=lambda pair: (pair[1].at, pair[0].lead.pk), reverse=True)
    opened = list({prospect.lead.pk: (prospect, event) for prospect, event in opened}.values())
    count = 0
    for (prospect, event), (slug, number, apart) in zip(opened, BURSTS, strict=False):
        kind, is_mail = ActivityType.objects.get(slug=slug), slug == "email_clicked"
        found_at = event.at + number * apart + timedelta(seconds=3)
        pages = [{"path": path, "title": title} for path, title, _, _ in PAGES]
        burst = [
            Activity(
                lead=prospect.lead,
                type=kind,
                occurred_at=event.at + place * apart,
                received_at=found_at,
                source=MAILER if is_mail else TRACKER,
                properties={**(event.properties if is_mail else {}), **pages[place % len(pages)]},
            )
            for place in range(number)
        ]
        Activity.objects.bulk_create(burst)
        find_bursts(leads={prospect.lead.pk: event.at}, now=found_at)
        count += len(burst)
    return count
