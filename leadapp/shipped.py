"""What Leadapp itself has written into the database: English there, in the reader's language on the page.

Migrations ship labels (kinds of activities, rules, gates, questions), and services keep reasons ("Ann was
next in turn"). `shown` reads such a text in the reader's language for as long as it says what Leadapp wrote;
what somebody has renamed is shown as they wrote it.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import lru_cache

from django.conf import settings
from django.utils import translation
from django.utils.formats import date_format
from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _


@contextmanager
def in_english() -> Iterator[None]:
    """Write in English what is to be kept in the database."""
    with translation.override(settings.LANGUAGE_CODE):
        yield


def shown(text: str) -> str:
    """Return a text of the database in the reader's language."""
    language = translation.get_language() or settings.LANGUAGE_CODE
    return text if language == settings.LANGUAGE_CODE else _shown(text, language)


@lru_cache(maxsize=4096)
def _shown(text: str, language: str) -> str:
    if text in TEXTS:
        return gettext(text)
    if "; " in text:
        return "; ".join(_shown(part, language) for part in text.split("; "))
    for pattern, says in PATTERNS:
        if found := pattern.fullmatch(text):
            return gettext(says) % {name: _shown(part, language) for name, part in found.groupdict().items()}
    head, mark, rest = text.partition(": ")
    if mark and head in TEXTS:
        return f"{gettext(head)}: {_shown(rest, language)}"
    return _day(text) or text


def _day(text: str) -> str:
    """Return a day such as 3 December, with or without its year, as the language writes it."""
    # A year that has a 29 February stands in for one that is not said.
    for said, shape in ((text, "LONG_DATE_FORMAT"), (f"{text} 2024", "LONG_MONTH_DAY_FORMAT")):
        try:
            return date_format(datetime.strptime(said, "%d %B %Y"), shape)  # noqa: DTZ007 - a day, no moment
        except ValueError:
            continue
    return ""


def _compiled(says: str) -> tuple[re.Pattern[str], str]:
    shape = re.sub(r"%\\\((\w+)\\\)s", r"(?P<\1>.+?)", re.escape(says))
    return re.compile(shape, re.DOTALL), says


TEXTS = {
    # Roles.
    _("rep"),
    _("marketer"),
    _("manager"),
    _("admin"),
    # Why an activity is void.
    _("Released from the spam queue by mistake."),
    # Kinds of activities.
    _("Page view"),
    _("Form submitted"),
    _("Demo requested"),
    _("Quote requested"),
    _("Newsletter signup"),
    _("Email sent by a rep"),
    _("Email opened"),
    _("Email link clicked"),
    _("Sales email answered"),
    _("Email bounced"),
    _("Unsubscribed"),
    _("Content downloaded"),
    _("Webinar registered"),
    _("Webinar attended"),
    _("Event attended"),
    _("Meeting booked"),
    _("Meeting held"),
    _("Call connected"),
    _("Call not answered"),
    _("Social media interaction"),
    _("Trial started"),
    _("Login"),
    _("Purchase"),
    _("Read on"),
    _("Came back to the website"),
    _("Lead created"),
    _("Signed up"),
    _("Signed out"),
    _("Account created"),
    _("Account deleted"),
    _("Colleague invited"),
    _("Colleague removed"),
    _("Trial ended"),
    _("App opened"),
    _("Screen viewed"),
    _("Product viewed"),
    _("Product put into the cart"),
    _("Checkout started"),
    _("Order cancelled or refunded"),
    _("Product reviewed"),
    _("Other step in the shop"),
    _("Video watched"),
    _("Chat"),
    _("Email delivered"),
    _("Other event"),
    _("Facts changed"),
    # Forms and what they ask.
    _("Demo request"),
    _("Quote request"),
    _("Contact"),
    _("Newsletter"),
    _("First name"),
    _("Last name"),
    _("Email"),
    _("Company"),
    _("Website"),
    _("Job title"),
    _("Phone"),
    _("Country"),
    _("LinkedIn profile"),
    _("Industry"),
    _("Number of employees"),
    _("What would you like to achieve?"),
    _("Budget"),
    _("When would you like to start?"),
    _("Message"),
    # The scoring model.
    _("Default model"),
    _("The rules that Leadapp ships with."),
    _("Role"),
    _("Contact details"),
    _("Buying signals"),
    _("Contact with sales"),
    _("Events and email"),
    _("Target industry"),
    _("50 to 199 employees"),
    _("200 to 999 employees"),
    _("1,000 to 4,999 employees"),
    _("5,000 employees or more"),
    _("Fewer than 10 employees"),
    _("Revenue of €10 m or more"),
    _("C-level or owner"),
    _("Head, VP or director"),
    _("Manager or senior"),
    _("Student or intern"),
    _("Target country"),
    _("Business email address"),
    _("Phone known"),
    _("First and last name known"),
    _("Free-mail address"),
    _("Asked for a demo"),
    _("Asked for a quote"),
    _("Started a trial"),
    _("Sent a form"),
    _("Booked a meeting"),
    _("Met with sales"),
    _("Spoke on the phone"),
    _("Answered a sales email"),
    _("Viewed the pricing page"),
    _("Often on the website in seven days"),
    _("Spent over a minute on a page"),
    _("Viewed a page"),
    _("Attended a webinar"),
    _("Attended an event"),
    _("Downloaded content"),
    _("Registered for a webinar"),
    _("Signed up for the newsletter"),
    _("Clicked a link in an email"),
    _("Reacted on social media"),
    _("Opened an email"),
    _("Looked at the careers page"),
    # Gates.
    _("A way to reach the lead"),
    _("Target industry or country"),
    _("Target country of the company"),
    _("Fit at least B"),
    _("Score at least 50"),
    _("Ready for sales"),
    _("Three of four confirmed"),
    _("Nothing ruled out"),
    _("All four confirmed"),
    _("A quote, demo, meeting or call"),
    _("Won value and date"),
    _("market"),
    _("All but one confirmed"),
    _("All confirmed"),
    # Questions of a call.
    _("Amount"),
    _("€60,000 to €80,000"),
    _("What would it be worth to you, and is money set aside for it?"),
    _("How did you pay for the last project of this size?"),
    _("Who has to agree to the amount, and in which year is it planned?"),
    _("Authority"),
    _("Role and name"),
    _("Decides with the CFO"),
    _("Who besides you should see this before you decide?"),
    _("How did the decision come about the last time you bought something like this?"),
    _("Who would be sorry if nothing changed?"),
    _("Need"),
    _("The pain, in their words"),
    _("14 hours of standstill in October"),
    _("What happens today when it goes wrong, and what does it cost you?"),
    _("What made you look for something now?"),
    _("If this worked as you wish, what would be different in a year?"),
    _("Timeline"),
    _("Date or event"),
    _("Live before the spring fair"),
    _("When should it run, and what happens if it does not?"),
    _("What has to happen before you can begin?"),
    _("Is there a date that everything hangs on, such as a fair or the end of a contract?"),
    _("Pain points"),
    _("What hurts"),
    _("Night shift cannot see alarms"),
    _("What annoys your people most about the way it is today?"),
    _("What have you tried against it?"),
    _("Urgency"),
    _("What makes it urgent"),
    _("Insurer's deadline in March"),
    _("What else is on your list, and where does this stand?"),
    _("What if you left it for another year?"),
    _("Competition"),
    _("Who else"),
    _("Compares three vendors, prefers us"),
    _("What else are you looking at?"),
    _("What do you like about it, and what is missing?"),
    _("Marketing goals"),
    _("What they want to reach"),
    _("200 qualified leads a quarter"),
    _("What do you want to reach this year, and how will you know that you have?"),
    _("Ideal customer profile"),
    _("How well it matches"),
    _("Machinery, 480 people, own service team"),
    _("What do you make, for whom, and with how many people?"),
    _("Which systems would it have to work with?"),
    _("Metrics"),
    _("Number to improve"),
    _("Downtime from 4 % to 2 %"),
    _("Which number has to get better, and where is it today?"),
    _("Decision criteria"),
    _("What they decide by"),
    _("SAP connection, hosted in the EU"),
    _("What must it be able to do, and what would be nice to have?"),
    _("Decision process"),
    _("Steps and dates"),
    _("Trial in May, board in June"),
    _("What are the steps from here to a signature, and who takes each?"),
    _("Champion"),
    _("Who sells it inside"),
    _("Head of Operations, has the CFO's ear"),
    _("Who in your house wants this most, and what do they gain?"),
    _("Challenges"),
    _("Money"),
    _("Prioritization"),
    _("Economic buyer"),
    _("Identified pain"),
    # Reasons to disqualify.
    _("No need"),
    _("No budget"),
    _("Does not decide, and nobody else is known"),
    _("No project for years"),
    _("Went with a competitor"),
    _("Is a competitor"),
    _("Does not fit what we sell"),
    _("Out of territory"),
    _("Cannot be reached"),
    _("Does not want contact"),
    _("Made-up or wrong data"),
    _("Duplicate"),
    _("Student or thesis"),
    _("Looks for a job"),
    _("Other"),
    # Roles.
    _("rep"),
    _("marketer"),
    _("manager"),
    _("admin"),
    # Why somebody has a lead.
    _("Handed over"),
    _("Reopened"),
    _("Taken back"),
    _("Took it"),
    _("Waited in the team queue"),
    _("What the lead asked for was voided"),
    _("everybody has as many leads as they can work on"),
    _("nobody was available"),
    _("nobody had taken it"),
    # Why a lead moved, or something does not count.
    _("The one criterion held"),
    _("The move was undone"),
    _("Woke up"),
    _("Must be a date and time (ISO 8601), such as 2026-01-31T09:30:00Z."),
    _("No longer"),
    _("Makes no sense"),
    # How a call ended.
    _("reached"),
    _("not reached"),
    _("voicemail"),
    _("wrong number"),
    _("call back later"),
    _("Many links within two seconds: a mail scanner, not a person."),
    _("More page views than anybody can read: a program, not a person."),
}
PATTERNS = [
    _compiled(says)
    for says in (
        _("rule “%(rule)s”: %(why)s"),
        _("%(user)s had waited longest"),
        _("%(user)s was next in turn"),
        _("%(user)s had the fewest open leads for their share (%(number)s)"),
        _("%(user)s had the fewest open leads (%(number)s)"),
        _("%(user)s had the fewest open leads."),
        _("Score %(score)s reached the handover line"),
        _("%(user)s has %(company)s’s other leads but takes no more now"),
        _("%(user)s has %(company)s’s other leads and is away until %(day)s"),
        _("%(user)s has %(company)s’s other leads"),
        _("%(user)s has this lead"),
        _("%(user)s is away until %(day)s"),
        _("%(user)s is back"),
        _("%(user)s stands in"),
        _("%(user)s had not worked on it"),
        _("everybody in %(team)s has as many leads as they can work on"),
        _("nobody in %(team)s was available"),
        _("Took it, since %(user)s had not answered"),
        _("it was to rest until %(score)s"),
        _("Woke up on its day, %(day)s"),
        _("%(why)s at %(score)s points"),
        _("One of %(number)s criteria held"),
        _("All %(number)s criteria held"),
        _("%(what)s fell to %(value)s, below %(line)s"),
        _("%(what)s fell to %(value)s, not more than %(line)s"),
        _("%(what)s rose to %(value)s, above %(line)s"),
        _("%(what)s rose to %(value)s, not less than %(line)s"),
        _("API key %(name)s"),
    )
]
