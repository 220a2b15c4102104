"""What prospects do by themselves over the year: visits, mails, webinars, and a burst when they compare."""

import math
import random
from datetime import datetime, timedelta

from leadapp.demo.population import Event, Prospect, at_work, clamp
from leadapp.demo.vocabulary import CAREERS, DEMO_MESSAGES, DOWNLOADS, MAILS, PAGES, WEBINARS

# Where events come from: the shipped forms by their slugs, and the other systems of the team.
TRACKER, MAILER, WEBINAR_TOOL = "website", "mail", "webinar"
LOOKING = [weight for _, _, weight, _ in PAGES]
# The share of good leads that compare in these days.
HURRIED = 0.16
COMPARING = [weight for _, _, _, weight in PAGES]


def behave(rng: random.Random, prospect: Prospect, *, now: datetime) -> None:
    """Fill in what this prospect does from its creation until now."""
    _arrive(rng, prospect)
    _look_around(rng, prospect, now)
    _read_mail(rng, prospect, now)
    if rng.random() < logistic(1.1 * prospect.interest + 0.5 * prospect.fit - 1.1):
        start = prospect.lead.created_at + timedelta(days=rng.choice((0, 0, rng.expovariate(1 / 30))))
        _compare(rng, prospect, now, start=start, asks_at=None)
    elif prospect.fit > 0.5 and rng.random() < HURRIED:
        # Somebody always compares right now, so that there are clocks running.
        asks_at = now - timedelta(hours=rng.uniform(0.3, 50))
        _compare(rng, prospect, now, start=asks_at - timedelta(days=6), asks_at=asks_at)
    if prospect.lead.seniority == "student" or rng.random() < 0.03:
        _look_for_work(rng, prospect, now)
    # The burst decides when a score could cross a line; so does the creation itself.
    prospect.moments = sorted({prospect.lead.created_at + timedelta(minutes=2), *prospect.moments})


def logistic(x: float) -> float:
    """Return a probability for a weight."""
    return 1 / (1 + math.exp(-x))


def _arrive(rng: random.Random, prospect: Prospect) -> None:
    """Do what made the lead known: fill in a form, sign up, visit the booth."""
    at = prospect.lead.created_at
    match prospect.lead.source:
        case "Webinar":
            webinar = rng.choice(WEBINARS)
            _add(prospect, "webinar_registered", at, WEBINAR_TOOL, title=webinar)
            if rng.random() < 0.55:
                later = at_work(rng, at + timedelta(days=rng.randrange(1, 12)))
                _add(
                    prospect,
                    "webinar_attended",
                    later,
                    WEBINAR_TOOL,
                    title=webinar,
                    minutes=rng.randrange(18, 61),
                )
        case "Newsletter":
            _add(prospect, "newsletter_signup", at, "newsletter", list="Machine letter")
        case "Trade fair":
            _add(prospect, "event_attended", at, "fair", title="Hannover fair", minutes=rng.randrange(5, 40))
        case "Content syndication":
            _download(rng, prospect, at)
        case _:
            _visit(rng, prospect, at - timedelta(minutes=rng.randrange(3, 30)), comparing=False)
            _add(prospect, "form_submission", at, "contact", form="contact", message=_message(rng))


def _look_around(rng: random.Random, prospect: Prospect, now: datetime) -> None:
    """Come back now and then; less and less often."""
    visits = min(int(rng.expovariate(1 / (1.6 + 1.3 * max(prospect.interest + 0.6, 0)))), 14)
    for _ in range(visits):
        day = prospect.lead.created_at + timedelta(days=rng.expovariate(1 / 35))
        if day < now:
            _visit(rng, prospect, clamp(at_work(rng, day), now), comparing=False)
    if rng.random() < 0.12:
        day = prospect.lead.created_at + timedelta(days=rng.uniform(1, 120))
        if day < now:
            at = clamp(at_work(rng, day), now)
            _add(
                prospect,
                "social_interaction",
                at,
                "social",
                network="LinkedIn",
                action=rng.choice(("like", "comment", "share")),
            )


def _read_mail(rng: random.Random, prospect: Prospect, now: datetime) -> None:
    """Get a newsletter every four weeks and a short series at the start."""
    lead = prospect.lead
    opens = min(max(rng.betavariate(2, 4) + 0.08 * prospect.interest, 0.02), 0.9)
    days = [2, 7, 14, *range(28, 366, 28)]
    for number, day in enumerate(days):
        sent = at_work(rng, lead.created_at + timedelta(days=day))
        if sent >= now:
            return
        campaign, subject = MAILS[3 + number % 3] if number < 3 else MAILS[rng.randrange(len(MAILS))]
        mail = {"campaign": campaign, "subject": subject}
        if number == 0 and rng.random() < 0.02:
            _add(prospect, "email_bounced", sent, MAILER, **mail, reason="Mailbox does not exist")
            return
        if rng.random() > opens:
            continue
        opened = sent + timedelta(minutes=rng.expovariate(1 / 240))
        if opened >= now:
            return
        _add(prospect, "email_opened", opened, MAILER, **mail)
        if rng.random() < 0.25:
            page = rng.choices(PAGES, LOOKING)[0]
            _add(prospect, "email_clicked", opened + timedelta(seconds=40), MAILER, **mail, path=page[0])
            _visit(rng, prospect, opened + timedelta(seconds=45), comparing=False)
        elif rng.random() < 0.025:
            _add(prospect, "unsubscribed", opened + timedelta(seconds=30), MAILER, campaign=campaign)
            lead.do_not_email = True
            return


def _compare(
    rng: random.Random, prospect: Prospect, now: datetime, *, start: datetime, asks_at: datetime | None
) -> None:
    """Compare seriously for one to three weeks: pricing, downloads, webinar, then ask for something."""
    length = rng.randrange(4, 20)
    drive = max(prospect.interest + rng.gauss(0.3, 0.5), 0.2)
    for day in range(length):
        if rng.random() > 0.35 + 0.12 * drive:
            continue
        at = at_work(rng, start + timedelta(days=day))
        if at < prospect.lead.created_at:
            continue
        _visit(rng, prospect, at, comparing=True)
        if rng.random() < 0.22:
            _download(rng, prospect, at + timedelta(minutes=9))
        prospect.moments.append(at + timedelta(minutes=30))
    end = asks_at or at_work(rng, start + timedelta(days=length * rng.uniform(0.4, 1)))
    if asks_at:
        drive = max(drive, 2.5)
    if end > prospect.lead.created_at:
        _ask(rng, prospect, end, drive)
    prospect.events = [event for event in prospect.events if event.at < now]
    prospect.moments = [moment for moment in prospect.moments if moment < now]


def _ask(rng: random.Random, prospect: Prospect, at: datetime, drive: float) -> None:
    """End the comparison with a request, more likely with more drive."""
    if rng.random() < 0.2:
        title = rng.choice(WEBINARS)
        _add(prospect, "webinar_registered", at - timedelta(days=2), WEBINAR_TOOL, title=title)
        _add(
            prospect,
            "webinar_attended",
            at - timedelta(hours=3),
            WEBINAR_TOOL,
            title=title,
            minutes=rng.randrange(25, 61),
        )
    if rng.random() < logistic(1.2 * drive - 0.9):
        _add(prospect, "demo_requested", at, "demo-request", form="demo-request", message=_message(rng))
        prospect.moments.append(at + timedelta(minutes=1))
    if rng.random() < logistic(drive - 1.8):
        later = at + timedelta(hours=rng.uniform(2, 60))
        _add(
            prospect,
            "quote_requested",
            later,
            "quote-request",
            form="quote-request",
            seats=rng.randrange(3, 60),
            message="",
        )
        prospect.moments.append(later + timedelta(minutes=1))
    if rng.random() < 0.2:
        later = at + timedelta(hours=rng.uniform(1, 48))
        _add(prospect, "trial_started", later, "product", seats=rng.randrange(1, 9))
        for day in range(rng.randrange(1, 10)):
            _add(prospect, "login", at_work(rng, later + timedelta(days=day + 1)), "product")
        prospect.moments.append(later + timedelta(minutes=1))


def _look_for_work(rng: random.Random, prospect: Prospect, now: datetime) -> None:
    """Read the careers pages."""
    for _ in range(rng.randrange(1, 6)):
        day = prospect.lead.created_at + timedelta(days=rng.uniform(0, 40))
        path, title = rng.choice(CAREERS)
        if day < now:
            at = clamp(at_work(rng, day + timedelta(days=1)), now)
            _add(prospect, "page_view", at, TRACKER, path=path, title=title, seconds=rng.randrange(20, 300))


def _visit(rng: random.Random, prospect: Prospect, at: datetime, *, comparing: bool) -> None:
    """View a few pages in a row."""
    pages = rng.choices(PAGES, COMPARING if comparing else LOOKING, k=rng.choice((1, 1, 2, 2, 3, 4, 6)))
    for path, title, _, _ in pages:
        seconds = min(int(rng.lognormvariate(3.9 if comparing else 3.3, 0.9)) + 3, 1500)
        _add(prospect, "page_view", at, TRACKER, path=path, title=title, seconds=seconds)
        at += timedelta(seconds=seconds)


def _download(rng: random.Random, prospect: Prospect, at: datetime) -> None:
    title, kind = rng.choice(DOWNLOADS)
    _add(prospect, "content_download", at, "content", title=title, kind=kind)


def _message(rng: random.Random) -> str:
    return rng.choice(DEMO_MESSAGES)


def _add(prospect: Prospect, type_: str, at: datetime, source: str, **properties: object) -> None:
    prospect.events.append(Event(type_, at, source, properties))
