"""Make and change forms."""

from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.db import transaction
from django.utils.text import slugify
from django.utils.translation import gettext as _

from leadapp.access import Actor, require
from leadapp.errors import Invalid
from leadapp.models import ActivityType, Form
from leadapp.services.forms.reading import OWN_FIELDS
from leadapp.services.privacy.asking import save_asking


def save_form(*, form: Form, actor: Actor, now: datetime) -> Form:
    """Keep a form that was made or changed; other words of consent become a new version."""
    require(actor, "leadapp.change_form" if form.pk else "leadapp.add_form", _("You may not edit forms."))
    if faults := faults_of(form):
        raise Invalid(_("The form cannot be saved like this."), errors=faults)
    with transaction.atomic():
        save_asking(asking=form, actor=actor, now=now)
    return form


def faults_of(form: Form) -> dict[str, list[str]]:
    """Say what is wrong with a form, by field."""
    faults: dict[str, list[str]] = {}
    if form.redirect_url and not is_own_host(form.redirect_url):
        faults["redirect_url"] = [_("Its host is not one of FORM_HOSTS (docs/settings.md).")]
    if form.double_opt_in and not form.consent_text:
        faults["double_opt_in"] = [_("Write what the visitor agrees to first.")]
    if taken := [field["name"] for field in form.fields if field["name"] in OWN_FIELDS]:
        told = _("“%(name)s” is a name that Leadapp itself uses.")
        faults["fields_list"] = [told % {"name": name} for name in taken]
    return faults


def create_contact_form(*, actor: Actor, now: datetime) -> Form:
    """Make a form that most websites can use as it is: a few fields, and consent to news by email."""
    name = _("Contact form")
    form = Form(
        name=name,
        slug=_free_slug(slugify(name)),
        activity_type=ActivityType.objects.get(slug="demo_requested"),
        fields=_contact_fields(),
        consent_text=_("Yes, send me news and invitations by email. I can unsubscribe at any time."),
        thanks=_("We have your message and will be in touch soon."),
    )
    return save_form(form=form, actor=actor, now=now)


def is_own_host(url: str) -> bool:
    """Tell whether an address is on one of the team's websites (FORM_HOSTS)."""
    parts = urlsplit(url)
    host = parts.netloc.lower()
    if parts.scheme not in {"http", "https"} or "@" in host:
        return False
    return any(_matches(host, allowed.lower()) for allowed in settings.FORM_HOSTS)


def _matches(host: str, allowed: str) -> bool:
    return host.endswith(allowed[1:]) if allowed.startswith("*.") else host == allowed


def _free_slug(wanted: str) -> str:
    known = set(Form.objects.filter(slug__startswith=wanted).values_list("slug", flat=True))
    numbered = (f"{wanted}-{number}" for number in range(2, len(known) + 3))
    return wanted if wanted not in known else next(slug for slug in numbered if slug not in known)


def _contact_fields() -> list[dict[str, Any]]:
    rows = [
        ("first_name", _("First name"), "first_name", "text"),
        ("last_name", _("Last name"), "last_name", "text"),
        ("email", _("Email"), "email", "email"),
        ("phone", _("Phone"), "phone", "tel"),
        ("company", _("Company"), "company.name", "text"),
        ("job_title", _("Job title"), "job_title", "text"),
        ("message", _("What would you like to achieve?"), "", "textarea"),
    ]
    return [
        {"name": name, "label": label, "fact": fact, "type": kind, "required": name == "email"}
        for name, label, fact, kind in rows
    ]
