"""What a column of a file can be: facts of the lead and its company, names, owner, tags, consents."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from leadapp.models import CustomField, Purpose

ID, EXTERNAL, FULL_NAME, OWNER, TAGS, AGREED_AT = (
    "id",
    "external_id",
    "full_name",
    "owner",
    "tags",
    "agreed_at",
)
CONSENT, COMPANY, OWN = "consent.", "company.", "attributes."


@dataclass(frozen=True)
class Target:
    """Something that a column can be; `code` is what a mapping says."""

    code: str
    label: str | Promise
    group: str | Promise


_PERSON, _WHERE, _ORIGIN = _("Person"), _("Company"), _("Where from")
_NAMES, _WISHES, _WORK = _("Ids"), _("Consents and wishes"), _("Owner and tags")

TARGETS = (
    Target("email", _("Email"), _PERSON),
    Target("first_name", _("First name"), _PERSON),
    Target("last_name", _("Last name"), _PERSON),
    Target(FULL_NAME, _("First and last name"), _PERSON),
    Target("phone", _("Phone"), _PERSON),
    Target("linkedin_url", _("LinkedIn"), _PERSON),
    Target("job_title", _("Job title"), _PERSON),
    Target("seniority", _("Seniority"), _PERSON),
    Target("city", _("City"), _PERSON),
    Target("country", _("Country"), _PERSON),
    Target("language", _("Language"), _PERSON),
    Target("birth_year", _("Birth year"), _PERSON),
    Target("gender", _("Gender"), _PERSON),
    Target("company.name", _("Company"), _WHERE),
    Target("company.domain", _("Domain of the company"), _WHERE),
    Target("company.industry", _("Industry"), _WHERE),
    Target("company.employees", _("Employees"), _WHERE),
    Target("company.annual_revenue", _("Annual revenue"), _WHERE),
    Target("company.country", _("Country of the company"), _WHERE),
    Target(ID, _("Leadapp ID"), _NAMES),
    Target(EXTERNAL, _("External id"), _NAMES),
    Target("source", _("Source"), _ORIGIN),
    Target("campaign", _("Campaign"), _ORIGIN),
    Target("utm_source", _("UTM source"), _ORIGIN),
    Target("utm_medium", _("UTM medium"), _ORIGIN),
    Target("utm_campaign", _("UTM campaign"), _ORIGIN),
    Target("utm_term", _("UTM term"), _ORIGIN),
    Target("utm_content", _("UTM content"), _ORIGIN),
    Target(OWNER, _("Owner"), _WORK),
    Target(TAGS, _("Tags"), _WORK),
    Target("do_not_email", _("Do not email"), _WISHES),
    Target("do_not_call", _("Do not call"), _WISHES),
    Target("do_not_score", _("Do not score"), _WISHES),
    Target(f"{CONSENT}{Purpose.EMAIL.value}", _("Agreed to marketing email"), _WISHES),
    Target(f"{CONSENT}{Purpose.PHONE.value}", _("Agreed to phone calls"), _WISHES),
    Target(f"{CONSENT}{Purpose.SCORING.value}", _("Agreed to scoring"), _WISHES),
    Target(f"{CONSENT}{Purpose.RECOGNITION.value}", _("Agreed to being recognised"), _WISHES),
    Target(AGREED_AT, _("Agreed on"), _WISHES),
)
_OWN_FIELDS = _("Own fields")


def all_targets() -> list[Target]:
    """Return everything that a column can be, the own fields among it."""
    own = CustomField.objects.order_by("label", "pk")
    return [*TARGETS, *(Target(f"{OWN}{one.key}", one.label, _OWN_FIELDS) for one in own)]


def known_codes(targets: Sequence[Target]) -> set[str]:
    """Return what a mapping may say; nothing is a column that is left out."""
    return {"", *(target.code for target in targets)}
