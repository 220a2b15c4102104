"""The normal form of facts: two spellings of one thing become one."""

from typing import Any

import pytest
from django.utils.translation import override

from leadapp.countries import country_codes
from leadapp.errors import Invalid
from leadapp.services.identity.contacts import (
    business_domain,
    clean_domain,
    clean_email,
    normal_email,
    read_phone,
)
from leadapp.services.leads.facts import clean_facts


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("jane@example.com", "jane@example.com"),
        ("  Jane.Doe+News@EXAMPLE.com\n", "jane.doe+news@example.com"),
        ("jane@müller.de", "jane@müller.de"),
        ("jane@xn--mller-kva.de", "jane@müller.de"),
        ("JÖRG@example.com", "jörg@example.com"),
        ("jane@company.test", "jane@company.test"),
        ("", None),
        (None, None),
    ],
)
def test_an_address_has_one_normal_form(given: str | None, kept: str | None) -> None:
    assert clean_email(given) == kept


@pytest.mark.parametrize(
    "given",
    [
        *("jane", "jane@", "@example.com", "jane@localhost", "a b@example.com", "jane@example..com"),
        *("jane@-x.com", "<jane@example.com>", "jane@example.com, joe@example.com", "jane@[127.0.0.1]"),
        *(5, ["a@example.com"], True),
    ],
)
def test_what_is_no_address_is_refused(given: Any) -> None:
    with pytest.raises(Invalid):
        clean_email(given)


def test_what_is_wrong_with_an_address_is_told_in_the_language_of_the_reader() -> None:
    for given, english, german in (
        (
            "jane@localhost",
            "The part after the @-sign is not valid. It should have a period.",
            "Was hinter dem @ steht, ist nicht gültig: Es fehlt ein Punkt.",
        ),
        (
            "jane@b,de",
            "The part after the @-sign contains invalid characters: ','.",
            "Hinter dem @ stehen Zeichen, die dort nicht sein dürfen: ','.",
        ),
    ):
        for language, told in (("de", german), ("en", english)):
            with override(language), pytest.raises(Invalid) as refused:
                clean_email(given)
            assert refused.value.message == told


@pytest.mark.parametrize(
    "given", ["Zoé@münchen.example", "zoe\u0301@xn--mnchen-3ya.example", " zoé@MÜNCHEN.example"]
)
def test_an_address_is_looked_for_by_its_normal_form(given: str) -> None:
    assert normal_email(given) == clean_email(given) == "zoé@münchen.example"


@pytest.mark.parametrize(
    ("given", "country", "kept"),
    [
        ("+49 30 901820", "", "+4930901820"),
        ("+49 (0) 30 / 901820", "", "+4930901820"),
        ("030 901820", "DE", "+4930901820"),
        ("(415) 555-2671", "US", "+14155552671"),
        ("0049 (170) 765-4321", "", "+491707654321"),
        ("00 31 20 624 1111", "", "+31206241111"),
        ("000000", "", None),
        ("030 901820", "", None),
        ("call me", "DE", None),
        ("+1", "", None),
        ("12", "DE", None),
        ("030 901820", "XX", None),
    ],
)
def test_a_phone_number_is_kept_in_its_international_form(given: str, country: str, kept: str | None) -> None:
    assert read_phone(given, country) == kept


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("Example.com", "example.com"),
        ("www.example.com", "example.com"),
        ("https://www.example.com/about?x=1", "example.com"),
        ("http://example.com:8080", "example.com"),
        ("", None),
    ],
)
def test_a_domain_is_taken_out_of_a_web_address(given: str, kept: str | None) -> None:
    assert clean_domain(given) == kept


@pytest.mark.parametrize("given", ["example", "not a domain", "http://[", "a..", "x" * 260 + ".com", 5])
def test_what_is_no_domain_is_refused(given: Any) -> None:
    with pytest.raises(Invalid):
        clean_domain(given)


def test_a_free_mail_address_tells_nothing_about_the_employer() -> None:
    assert business_domain("jane@gmail.com") == ""
    assert business_domain("jane@acme.example") == "acme.example"
    assert business_domain(None) == ""


def test_a_soft_fault_is_kept_as_it_was_given() -> None:
    facts = clean_facts(
        {"phone": "ask", "country": "Germany", "city": "Bonn"}, custom_fields={}, soft={"phone", "country"}
    )
    assert facts.lead == {"city": "Bonn"}
    assert {name: odd["given"] for name, odd in facts.not_understood.items()} == {
        "phone": "ask",
        "country": "Germany",
    }


def test_every_fault_is_named_at_once() -> None:
    with pytest.raises(Invalid) as refused:
        clean_facts({"email": "x", "birth_year": 5, "shoe_size": 44}, custom_fields={}, path="lead.")
    assert set(refused.value.errors) == {"lead.email", "lead.birth_year", "lead.shoe_size"}


@pytest.mark.parametrize("given", ["XX", "zz", "EU", "D", "DEU", "ıı", "Germany"])
def test_a_country_is_one_of_iso_3166(given: str) -> None:
    with pytest.raises(Invalid) as refused:
        clean_facts({"country": given, "company": {"country": given}}, custom_fields={})
    assert set(refused.value.errors) == {"country", "company.country"}


def test_countries_are_kept_by_their_codes() -> None:
    facts = clean_facts({"country": " de ", "company": {"country": "uk"}}, custom_fields={})
    assert facts.lead["country"] == "DE"
    assert facts.company == {"country": "GB"}
    assert clean_facts({"country": "xk"}, custom_fields={}).lead["country"] == "XK"
    assert len(country_codes()) == 250


@pytest.mark.parametrize("given", ["Jane\r\n\r\nBcc: all@example.com", "Jane\u2028\tBcc:\xa0all@example.com"])
def test_names_are_one_line_whoever_sent_them(given: str) -> None:
    facts = clean_facts({"first_name": given, "company": {"name": given}}, custom_fields={})
    assert facts.lead["first_name"] == "Jane Bcc: all@example.com"
    assert facts.company == {"name": "Jane Bcc: all@example.com"}


def test_names_keep_what_only_looks_odd() -> None:
    for name in ("Ana  María", "Ana\xa0María", "\u202egnp.exe", "Zoë 😀", "שלום"):
        assert clean_facts({"first_name": name}, custom_fields={}).lead["first_name"] == name
