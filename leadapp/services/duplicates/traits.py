"""What tells people apart: the facts of a lead that are compared, in a form in which they can be."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db import models

from leadapp.models import CustomField, Lead, LeadIdentifier
from leadapp.services.identity.companies import fold, fold_company
from leadapp.services.identity.contacts import business_domain, linkedin_profile

# At these providers dots in front of the @ say nothing.
DOTLESS = frozenset({"gmail.com", "googlemail.com"})


@dataclass(frozen=True)
class Traits:
    """What is known of a person; everything folded, "" where nothing is known."""

    first_name: str = ""
    last_name: str = ""
    email: str = ""
    phones: frozenset[str] = frozenset()
    linkedin: str = ""
    company: str = ""
    domain: str = ""
    city: str = ""
    birth_year: str = ""
    custom: Mapping[str, str] = field(default_factory=dict)

    @property
    def mailbox(self) -> str:
        """Return the address without a tag, and without dots where those say nothing."""
        name, _, domain = self.email.partition("@")
        name = name.partition("+")[0]
        if domain in DOTLESS:
            return f"{name.replace('.', '')}@gmail.com"
        return f"{name}@{domain}" if domain else ""

    @property
    def mail_name(self) -> str:
        """Return the letters in front of the @."""
        return fold(self.mailbox.partition("@")[0]).replace(" ", "")


def traits_of(lead: Lead, *, phones: Iterable[str] = (), compared: Collection[str] = ()) -> Traits:
    """Return the traits of a lead, whose company is loaded.

    `phones` are numbers by which it is known beside its own, `compared` custom fields that tell people apart.
    """
    company = lead.company
    return Traits(
        first_name=fold(lead.first_name),
        last_name=fold(lead.last_name),
        email=lead.email or "",
        phones=frozenset(filter(None, (lead.phone, *phones))),
        linkedin=linkedin_profile(lead.linkedin_url),
        company=fold_company(company.name) if company else "",
        domain=(company.domain if company and company.domain else business_domain(lead.email)),
        city=fold(lead.city),
        birth_year=str(lead.birth_year or ""),
        custom=_custom(lead.attributes, compared),
    )


def _custom(attributes: Mapping[str, Any], compared: Collection[str]) -> dict[str, str]:
    texts = {key: fold(str(attributes[key])) for key in compared if attributes.get(key) not in (None, "")}
    return {key: text for key, text in texts.items() if text}


def read_traits(lead_ids: Collection[int]) -> dict[int, Traits]:
    """Return the traits of these leads, in three queries."""
    compared = list(CustomField.objects.filter(tells_apart=True).values_list("key", flat=True))
    phones: dict[int, list[str]] = {}
    numbers = LeadIdentifier.objects.filter(lead__in=lead_ids, kind=LeadIdentifier.Kind.PHONE)
    for lead_id, number in numbers.values_list("lead_id", "value"):
        phones.setdefault(lead_id or 0, []).append(number)
    leads: models.QuerySet[Lead] = Lead.objects.filter(pk__in=lead_ids).select_related("company")
    return {lead.pk: traits_of(lead, phones=phones.get(lead.pk, ()), compared=compared) for lead in leads}
