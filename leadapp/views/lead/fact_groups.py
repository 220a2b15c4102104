"""The facts of a lead as its page shows and edits them, one line each."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.contrib.humanize.templatetags.humanize import intcomma
from django.utils.functional import Promise
from django.utils.translation import get_language_info, gettext_lazy
from django.utils.translation import gettext as _

from leadapp.models import CustomField, Gender, Lead, Seniority
from leadapp.numbers import write_exact
from leadapp.services.leads.edits import fact_of

LABELS = {
    "first_name": gettext_lazy("First name"),
    "last_name": gettext_lazy("Last name"),
    "job_title": gettext_lazy("Job title"),
    "seniority": gettext_lazy("Seniority"),
    "email": gettext_lazy("Email"),
    "phone": gettext_lazy("Phone"),
    "linkedin_url": gettext_lazy("LinkedIn"),
    "city": gettext_lazy("City"),
    "country": gettext_lazy("Country"),
    "language": gettext_lazy("Language"),
    "birth_year": gettext_lazy("Birth year"),
    "gender": gettext_lazy("Gender"),
    "source": gettext_lazy("Source"),
    "campaign": gettext_lazy("Campaign"),
    "utm_source": gettext_lazy("UTM source"),
    "utm_medium": gettext_lazy("UTM medium"),
    "utm_campaign": gettext_lazy("UTM campaign"),
    "utm_term": gettext_lazy("UTM term"),
    "utm_content": gettext_lazy("UTM content"),
    "do_not_email": gettext_lazy("Does not want emails"),
    "do_not_call": gettext_lazy("Does not want calls"),
    "do_not_score": gettext_lazy("Does not want to be scored"),
    "company": gettext_lazy("Company"),
    "company.name": gettext_lazy("Name of the company"),
    "company.domain": gettext_lazy("Domain of the company"),
    "company.industry": gettext_lazy("Industry"),
    "company.employees": gettext_lazy("Employees"),
    "company.annual_revenue": gettext_lazy("Annual revenue"),
    "company.country": gettext_lazy("Country of the company"),
}


@dataclass(frozen=True, kw_only=True)
class FactGroup:
    """Facts that stand in one line and are edited together. `key` names the line in addresses."""

    key: str
    label: str | Promise
    names: tuple[str, ...]

    @property
    def is_of_company(self) -> bool:
        """Tell whether it is about the company, and so about all its leads."""
        return self.key.startswith("company.")

    @property
    def recorded_as(self) -> tuple[str, ...]:
        """Return the names by which the history of changes knows these facts."""
        return ("company", *self.names) if "company.name" in self.names else self.names

    @property
    def place(self) -> str:
        """Return the id of the line on the page."""
        return "fact-" + self.key.replace(".", "-")

    @property
    def is_in_head(self) -> bool:
        """Tell whether it stands in the head of the page and not among the facts."""
        return self.key in HEAD


@dataclass(frozen=True, kw_only=True)
class ShownFact:
    """A line of facts with its value in words; `href` where it leads somewhere."""

    group: FactGroup
    text: str
    soft: str = ""
    href: str = ""

    @property
    def is_empty(self) -> bool:
        """Tell whether nothing is known."""
        return not (self.text or self.soft)


HEAD = ("name", "job_title")
GROUPS = (
    FactGroup(key="name", label=gettext_lazy("Name"), names=("first_name", "last_name")),
    FactGroup(key="job_title", label=LABELS["job_title"], names=("job_title",)),
    FactGroup(key="email", label=LABELS["email"], names=("email",)),
    FactGroup(key="phone", label=LABELS["phone"], names=("phone",)),
    FactGroup(key="linkedin_url", label=LABELS["linkedin_url"], names=("linkedin_url",)),
    FactGroup(key="seniority", label=LABELS["seniority"], names=("seniority",)),
    FactGroup(key="place", label=gettext_lazy("Place"), names=("city", "country")),
    FactGroup(key="language", label=LABELS["language"], names=("language",)),
    FactGroup(key="origin", label=LABELS["source"], names=("source", "campaign")),
    FactGroup(key="company.name", label=gettext_lazy("Name"), names=("company.name",)),
    FactGroup(key="company.industry", label=LABELS["company.industry"], names=("company.industry",)),
    FactGroup(key="company.employees", label=LABELS["company.employees"], names=("company.employees",)),
    FactGroup(key="company.annual_revenue", label=gettext_lazy("Revenue"), names=("company.annual_revenue",)),
    FactGroup(key="company.country", label=LABELS["country"], names=("company.country",)),
)
BY_KEY = {group.key: group for group in GROUPS}


def group_with(key: str) -> FactGroup | None:
    """Return the line with this key; a custom field of the team is one as well."""
    if key in BY_KEY:
        return BY_KEY[key]
    own = CustomField.objects.filter(key=key.removeprefix("attributes.")).first()
    return own_group(own) if own and key.startswith("attributes.") else None


def own_group(custom: CustomField) -> FactGroup:
    """Return the line of a custom field."""
    name = f"attributes.{custom.key}"
    return FactGroup(key=name, label=custom.label, names=(name,))


def show_facts(lead: Lead, groups: Iterable[FactGroup]) -> list[ShownFact]:
    """Return these lines with what is known."""
    return [show_fact(lead, group) for group in groups]


def show_fact(lead: Lead, group: FactGroup) -> ShownFact:
    """Return one line with what is known."""
    values = [fact_of(lead, name) for name in group.names]
    if group.key == "email":
        return ShownFact(group=group, text=lead.email or "", href=f"mailto:{lead.email}")
    if group.key == "phone":
        return ShownFact(group=group, text=lead.phone, href=f"tel:{lead.phone}")
    if group.key == "linkedin_url":
        text = _("Profile") if lead.linkedin_url else ""
        return ShownFact(group=group, text=text, href=lead.linkedin_url)
    if group.key == "origin":
        return ShownFact(group=group, text=lead.source, soft=lead.campaign)
    if group.key == "name":
        return ShownFact(group=group, text=lead.name)
    shown = [say_value(name, value) for name, value in zip(group.names, values, strict=True)]
    return ShownFact(group=group, text=", ".join(text for text in shown if text))


def say_value(name: str, value: Any) -> str:
    """Write the value of a fact in words; "" when nothing is known."""
    if value is None or value == "":
        return ""
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if name == "company.annual_revenue":
        return _("€%(euros)s") % {"euros": short_amount(value)}
    if name == "company.employees":
        return str(intcomma(value))
    if name == "language":
        return _language(str(value))
    if name in ("seniority", "gender"):
        known = {**dict(Seniority.choices), **dict(Gender.choices)}
        return str(known.get(value, value))
    return str(value)


def own_labels(names: Iterable[str]) -> dict[str, str]:
    """Return the labels of the custom fields by their keys; asks the database only if names hold one."""
    if not any(name.startswith("attributes.") for name in names):
        return {}
    return dict(CustomField.objects.values_list("key", "label"))


def label_of(name: str, own: dict[str, str] | None = None) -> str:
    """Name a fact as it is named on the page; `own` holds the labels of custom fields."""
    if name in LABELS:
        return str(LABELS[name])
    key = name.removeprefix("attributes.")
    return (own or {}).get(key) or key.replace("_", " ").capitalize()


def short_amount(amount: int) -> str:
    """Write a large amount short: 92 m."""
    units = ((1_000_000_000, _("%(amount)s bn")), (1_000_000, _("%(amount)s m")), (1_000, _("%(amount)s k")))
    for size, words in units:
        if amount >= size:
            return words % {"amount": write_exact(Decimal(f"{amount / size:.3g}"))}
    return write_exact(amount)


def _language(code: str) -> str:
    try:
        return str(get_language_info(code.lower())["name_translated"])
    except KeyError:
        return code
