"""Forms and a website in use: since when each was, the words of consent, and what looks like spam."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from leadapp.demo.extras import CONSENT
from leadapp.demo.population import Prospect
from leadapp.models import Form, HeldSubmission, TrackedSite
from leadapp.services.forms.editing import save_form
from leadapp.services.tracking.sites import save_site

Reason = HeldSubmission.Reason
WEBSITE = "www.example.com"
TRACKING = (
    "I agree that you recognise this browser, and see which of your pages it opens and for how long. "
    "I can take this back at any time."
)
# Form, hours ago, address, what was typed, what gave it away.
SPAM = (
    ("contact", 3, "offers@cheap-leads.example", "We rank your site first: https://a.example "
     "https://b.example https://c.example", [Reason.LINKS]),
    ("contact", 20, "j.smith@mail.example", "Dear sir, open the attachment", [Reason.HONEYPOT, Reason.FAST]),
    # Not spam at all: somebody to release.
    ("demo-request", 1, "tomke.janssen@nordwind-pumpen.example", "We compare three systems, see "
     "https://nordwind-pumpen.example/rfp, https://nordwind-pumpen.example/plant and "
     "https://nordwind-pumpen.example/team. Could you show us yours next week?", [Reason.LINKS]),
)  # fmt: skip


def use_forms(prospects: Sequence[Prospect], *, now: datetime) -> None:
    """Note the first submission of each form, ask for consent with the letter, and hold what looks odd."""
    first: dict[str, datetime] = {}
    for prospect in prospects:
        for event in prospect.events:
            slug = event.properties.get("form")
            if slug and event.at < now:
                first[slug] = min(event.at, first.get(slug, now))
    forms = {form.slug: form for form in Form.objects.all()}
    for slug, form in forms.items():
        form.first_submitted_at = first.get(slug)
    Form.objects.bulk_update(forms.values(), ["first_submitted_at"])
    newsletter = forms["newsletter"]
    newsletter.consent_text, newsletter.double_opt_in = CONSENT, True
    save_form(form=newsletter, actor=None, now=now - timedelta(days=366))
    HeldSubmission.objects.bulk_create(
        HeldSubmission(
            form=forms[slug],
            number=f"demo-{number}",
            answers={"email": email, "message": message},
            reasons=reasons,
            received_at=now - timedelta(hours=hours),
        )
        for number, (slug, hours, email, message, reasons) in enumerate(SPAM, start=1)
    )


def follow_website(*, now: datetime) -> None:
    """Follow the website on which the year's visitors were."""
    site = TrackedSite(name=WEBSITE, origins=[f"https://{WEBSITE}"], consent_text=TRACKING)
    save_site(site=site, actor=None, now=now - timedelta(days=366))
    TrackedSite.objects.filter(pk=site.pk).update(first_seen_at=now - timedelta(days=365))
