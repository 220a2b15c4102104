"""The first steps with a new Leadapp: a form, a submission, a scored lead; and the test lead taken away."""

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef
from django.utils.translation import gettext as _

from leadapp.access import Actor, may, require
from leadapp.errors import Conflict
from leadapp.models import Activity, Form, Lead, TrackedSite
from leadapp.models.querysets import LeadQuerySet
from leadapp.services.forms import Submission, submit_form
from leadapp.services.privacy.erasing import erase_leads

EDIT_FORMS = "leadapp.change_form"
# Nobody has an address like this: the domain is kept for examples (RFC 2606).
TEST_ADDRESS = re.compile(r"^test-[0-9a-f]{8}@example\.com$")
TEST_LIFE = timedelta(days=1)
# A form that is tried out brings one of the newest leads; the rest need not be looked through.
NEWEST = 1_000
SAMPLE = {
    "first_name": "Ada",
    "last_name": "Example",
    "job_title": "Head of Operations",
    "phone": "+49 30 901820",
    "country": "DE",
    "company.name": "Example Test Ltd",
    "company.industry": "machinery",
    "company.employees": "480",
}


@dataclass(frozen=True)
class Steps:
    """How far somebody has come; `lead` is the newest that came through the form."""

    form: Form | None
    site: TrackedSite | None
    is_on_website: bool
    lead: Lead | None

    @property
    def is_followed(self) -> bool:
        """Tell whether the website's tracker has sent something."""
        return self.site is not None and self.site.first_seen_at is not None

    @property
    def is_submitted(self) -> bool:
        """Tell whether the form has had a submission."""
        return self.form is not None and self.form.first_submitted_at is not None

    @property
    def is_scored(self) -> bool:
        """Tell whether the lead has its score."""
        return self.lead is not None and self.lead.scored_at is not None


def is_first_time() -> bool:
    """Tell whether nothing has come in yet: no form has had a submission, and there is no lead."""
    return not Lead.objects.exists() and not Form.objects.filter(first_submitted_at__isnull=False).exists()


def read_steps(*, slug: str, visible: LeadQuerySet) -> Steps:
    """Return how far the first steps are with the form of this name, else the newest that somebody made."""
    forms = Form.objects.filter(is_active=True)
    form = forms.filter(slug=slug).first() or forms.filter(created_by__isnull=False).order_by("-pk").first()
    site = TrackedSite.objects.filter(is_active=True).order_by("-pk").first()
    newest_lead = Lead.objects.order_by("-pk").values_list("pk", flat=True).first()
    if form is None or newest_lead is None or form.first_submitted_at is None:
        return Steps(form, site, is_on_website=False, lead=None)
    through = Activity.objects.filter(
        lead=OuterRef("pk"), properties__has_key="form", properties__form=form.slug
    )
    newest = visible.filter(pk__gt=newest_lead - NEWEST).filter(Exists(through))
    on_website = Activity.objects.filter(
        lead_id__gt=newest_lead - NEWEST,
        properties__has_key="form",
        properties__form=form.slug,
        properties__page__isnull=False,
    )
    return Steps(form, site, is_on_website=on_website.exists(), lead=newest.order_by("-pk").first())


def sample_answers(form: Form) -> dict[str, str]:
    """Return what somebody who does not exist would type; the address is another one each time."""
    answers = {}
    for field in form.fields:
        fact = str(field.get("fact") or "")
        if fact == "email":
            answers[field["name"]] = f"test-{secrets.token_hex(4)}@example.com"
        elif fact in SAMPLE:
            answers[field["name"]] = SAMPLE[fact]
        elif field.get("options"):
            answers[field["name"]] = str(field["options"][0])
        elif field.get("required") or field["name"] == "message":
            answers[field["name"]] = _("This is a test.")
    return answers


def send_test(*, form: Form, actor: Actor, now: datetime) -> Submission:
    """Send a form as somebody who does not exist."""
    require(actor, EDIT_FORMS, _("You may not try forms out."))
    answers: Mapping[str, object] = sample_answers(form)
    return submit_form(form=form, answers=answers, actor=actor, now=now)


def may_remove(actor: Actor, lead: Lead, *, now: datetime) -> bool:
    """Tell whether this is a lead of a test that the actor may take away again."""
    is_test = bool(lead.email and TEST_ADDRESS.match(lead.email)) and now - lead.created_at < TEST_LIFE
    return is_test and may(actor, EDIT_FORMS)


def remove_test(*, lead: Lead, actor: Actor, now: datetime) -> None:
    """Erase the lead of a test with all that came of it, as if it had never been."""
    require(actor, EDIT_FORMS, _("You may not remove test leads."))
    if not may_remove(actor, lead, now=now):
        raise Conflict(_("This is no lead of a test, or one of more than a day ago."))
    erase_leads([lead.pk])
