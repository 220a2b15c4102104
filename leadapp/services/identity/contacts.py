"""The normal forms of the ways to reach a person: what two spellings are compared by."""

import re
from functools import lru_cache
from urllib.parse import urlsplit

import phonenumbers
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from email_validator import EmailNotValidError, validate_email

from leadapp.errors import Invalid
from leadapp.services.identity.address_faults import tell_fault
from leadapp.services.texts import clean_text

EMAIL_LENGTH = 254
NOT_STORABLE = gettext_noop("Is not an address that could be stored.")
PROFILE = re.compile(r"linkedin\.com/+(in/[^/]+|pub/[^/]+(?:/[^/]+)*)")
SHORTEST_PHONE = 8  # with the + and the country code

# Addresses here say nothing about where somebody works.
# fmt: off
FREE_MAIL_DOMAINS = frozenset((
    "126.com", "163.com", "aol.com", "bluewin.ch", "comcast.net", "fastmail.com", "free.fr",
    "freenet.de", "gmail.com", "gmx.at", "gmx.ch", "gmx.com", "gmx.de", "gmx.net", "googlemail.com",
    "hotmail.co.uk", "hotmail.com", "hotmail.de", "hotmail.fr", "hotmail.it", "hushmail.com",
    "icloud.com", "inbox.com", "laposte.net", "libero.it", "live.com", "live.de", "live.nl", "mac.com",
    "mail.com", "mail.ru", "mailbox.org", "me.com", "msn.com", "orange.fr", "outlook.com", "outlook.de",
    "outlook.fr", "posteo.de", "proton.me", "protonmail.com", "qq.com", "rediffmail.com",
    "rocketmail.com", "seznam.cz", "sfr.fr", "t-online.de", "tutanota.com", "virgilio.it", "wanadoo.fr",
    "web.de", "wp.pl", "yahoo.co.in", "yahoo.co.uk", "yahoo.com", "yahoo.de", "yahoo.es", "yahoo.fr",
    "yahoo.it", "yandex.com", "yandex.ru", "ymail.com", "zoho.com",
))
# fmt: on


def clean_email(value: object, field: str = "email") -> str | None:
    """Return the normal form of an address, None when there is none, or raise Invalid.

    Normal form: stripped, Unicode in form C, lower case in front of the @ and behind it. Nothing is
    looked up. Tags (jane+news@) and dots are kept: to the owner of a domain they can be other people.
    """
    text = clean_text(value, field, longest=EMAIL_LENGTH)
    if not text:
        return None
    address, fault = _read_email(text)
    if fault:
        raise Invalid.field(field, tell_fault(fault))
    return address


def normal_email(text: str) -> str:
    """Return the normal form of an address that is looked for; what is none finds nobody as it is."""
    text = text.strip()
    return _read_email(text)[0] or text.lower()


@lru_cache(maxsize=4096)
def _read_email(text: str) -> tuple[str, str]:
    """Return the address, or what is wrong with it in English: what is kept here, others read in theirs."""
    try:
        # Testers may use the domain .test, which nobody owns.
        address = validate_email(text, check_deliverability=False, test_environment=True).normalized.lower()
    except EmailNotValidError as error:
        return "", str(error)
    if len(address) > EMAIL_LENGTH or (not address.isascii() and address != address.lower()):
        return "", NOT_STORABLE
    return address, ""


def domain_of(email: str | None) -> str:
    """Return what stands behind the @."""
    return email.rpartition("@")[2] if email else ""


def business_domain(email: str | None) -> str:
    """Return the domain of the employer, as far as an address tells: not a free-mail provider's."""
    domain = domain_of(email)
    return "" if domain in FREE_MAIL_DOMAINS else domain


def clean_domain(value: object, field: str = "company.domain") -> str | None:
    """Return a company's domain out of a domain or a web address: lower case, without www."""
    text = clean_text(value, field, longest=300).lower()
    if not text:
        return None
    try:
        host = urlsplit(text if "//" in text else f"//{text}").hostname or ""
    except ValueError:
        host = ""
    host = host.removeprefix("www.").rstrip(".")
    if "." not in host or len(host) > 253 or any(mark in host for mark in " @/:_,;'\"<>()[]{}\\"):
        raise Invalid.field(field, _("Is not a domain, such as example.com."))
    return host


def read_phone(text: str, country: str = "") -> str | None:
    """Return the number in E.164 form (+4930…), or None where it cannot be read.

    Without a leading + the lead's country decides which number is meant. Where none is known, 00 is a +, as
    most of the world dials it.
    """
    if not country and text.startswith("00"):
        text = f"+{text[2:]}"
    try:
        number = phonenumbers.parse(text, country or None)
    except phonenumbers.NumberParseException:
        return None
    text = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    # Possible is less than valid: numbers are given out faster than tables of them are published.
    return text if phonenumbers.is_possible_number(number) and len(text) >= SHORTEST_PHONE else None


def linkedin_profile(url: str) -> str:
    """Return what two spellings of a person's LinkedIn address share: in/jane-doe; "" for other pages.

    The same in SQL: leadapp_linkedin() of migration 0025.
    """
    if not url:  # as most
        return ""
    found = PROFILE.search(url.split("?", 1)[0].split("#", 1)[0].lower())
    return found[1] if found else ""
