"""How the timeline says what happened, out of an activity's type and properties."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext_lazy

from leadapp.services.work.meetings import STARTS_AT, read_start
from leadapp.shipped import shown
from leadapp.times import write_date
from leadapp.words import quote

Properties = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Words:
    """A sentence in parts: what comes before the strong words, these, what follows, and a quotation."""

    strong: str
    before: str = ""
    after: str = ""
    note: str = ""
    mentions: Sequence[str] = ()
    icon: str = "info"


def say(pattern: str, *details: str, icon: str, note: str = "", **values: object) -> Words:
    """Put a sentence together. Its strong words stand between <b> and </b>; details follow with commas.

    The pattern is split before values go into it, so that nothing in them is taken for a mark.
    """
    before, _mark, rest = pattern.partition("<b>")
    strong, _end, after = rest.partition("</b>")
    said = [part % values if values else part for part in (before, strong, after)]
    tail = "".join(f", {detail}" for detail in details if detail)
    return Words(before=said[0], strong=said[1], after=said[2] + tail, note=note, icon=icon)


def words_of(slug: str, label: str, channel: str, properties: Properties) -> Words:
    """Say what an activity was. A type that marketers added is told by its label and its properties."""
    tell = TELLERS.get(slug)
    if tell is not None:
        return tell(properties)
    told = [
        f"{key.replace('_', ' ')}: {_text(value)}"
        for key, value in properties.items()
        if _text(value) and value != label and key not in UNTOLD
    ]
    return Words(strong=shown(label), after=", " + ", ".join(told[:4]) if told else "", icon=ICONS[channel])


# Properties that tell programs something, and people nothing.
UNTOLD = {"user_agent"}
ICONS = {
    "web": "eye",
    "email": "mail",
    "content": "doc",
    "event": "video",
    "sales": "phone",
    "social": "user",
    "product": "external",
    "record": "edit",
}


ON_SOCIAL_MEDIA = {
    "like": pgettext_lazy("on social media", "Like"),
    "comment": pgettext_lazy("on social media", "Comment"),
    "share": pgettext_lazy("on social media", "Share"),
}


def duration(seconds: int) -> str:
    """Say a length of time as people do: 40 s, 6 min, 1 h 5 min."""
    if seconds < 60:
        return _("%(seconds)d s") % {"seconds": seconds}
    minutes = round(seconds / 60)
    if minutes < 60:
        return _("%(minutes)d min") % {"minutes": minutes}
    return _("%(hours)d h %(minutes)d min") % {"hours": minutes // 60, "minutes": minutes % 60}


def _text(value: object) -> str:
    return str(value).strip() if isinstance(value, str | int | float) and not isinstance(value, bool) else ""


def _get(properties: Properties, *names: str) -> str:
    return next((text for text in (_text(properties.get(name)) for name in names) if text), "")


def _quoted(text: str) -> str:
    return quote(text) if text else ""


def _minutes(properties: Properties) -> str:
    minutes = _get(properties, "minutes")
    return _("%(minutes)s min") % {"minutes": minutes} if minutes else ""


def _seats(properties: Properties) -> str:
    seats = _get(properties, "seats")
    return _("%(seats)s seats") % {"seats": seats} if seats else ""


def _reading(pattern: Promise) -> Callable[[Properties], Words]:
    def tell(properties: Properties) -> Words:
        seconds = properties.get("seconds")
        length = duration(int(seconds)) if isinstance(seconds, int | float) and seconds > 0 else ""
        title = _get(properties, "title", "path", "url") or _("a page")
        return say(str(pattern), length, icon="eye", title=title)

    return tell


def _came_back(properties: Properties) -> Words:
    given = properties.get("days")
    days = given if isinstance(given, int) else 0
    length = ngettext("after %(days)d day", "after %(days)d days", days) % {"days": days} if days > 0 else ""
    return say(_("<b>Came back</b> to the website"), length, icon="eye")


def _form(what: Promise, icon: str = "doc") -> Callable[[Properties], Words]:
    def tell(properties: Properties) -> Words:
        form = _get(properties, "form")
        pattern = _("<b>%(what)s</b> on the form %(form)s") if form else "<b>%(what)s</b>"
        note = _quoted(_get(properties, "message"))
        return say(pattern, _seats(properties), icon=icon, note=note, what=what, form=form)

    return tell


def _email(what: Promise, icon: str = "mail") -> Callable[[Properties], Words]:
    def tell(properties: Properties) -> Words:
        about = _quoted(_get(properties, "subject", "campaign", "list"))
        pattern = _("<b>%(what)s</b>: %(about)s") if about else "<b>%(what)s</b>"
        more, note = _get(properties, "path", "reason"), _get(properties, "note", "notes")
        return say(pattern, more, icon=icon, note=note, what=what, about=about)

    return tell


def _titled(pattern: Promise, icon: str) -> Callable[[Properties], Words]:
    def tell(properties: Properties) -> Words:
        title, kind = _get(properties, "title") or _("something"), _get(properties, "kind")
        is_told = kind.lower() in title.lower()
        details = ("" if is_told else kind.lower(), _minutes(properties))
        return say(str(pattern), *details, icon=icon, title=title)

    return tell


def _talk(what: Promise, icon: str) -> Callable[[Properties], Words]:
    def tell(properties: Properties) -> Words:
        starts_at = read_start(properties.get(STARTS_AT))
        when = write_date(starts_at) if starts_at else _get(properties, "meeting_at")
        details = [
            _minutes(properties),
            _get(properties, "outcome").replace("_", " "),
            _("on %(when)s") % {"when": when} if when else "",
        ]
        subject = _get(properties, "subject")
        pattern = _("<b>%(what)s</b>: %(subject)s") if subject else "<b>%(what)s</b>"
        note = _get(properties, "notes", "note")
        return say(pattern, *details, icon=icon, note=note, what=what, subject=subject)

    return tell


def _social(properties: Properties) -> Words:
    done, network = _get(properties, "action"), _get(properties, "network")
    action = str(ON_SOCIAL_MEDIA.get(done.lower(), done.capitalize())) or _("Interaction")
    pattern = _("<b>%(action)s</b> on %(network)s") if network else "<b>%(action)s</b>"
    return say(pattern, icon="user", action=action, network=network)


def _purchase(properties: Properties) -> Words:
    price = " ".join(filter(None, [_get(properties, "value"), _get(properties, "currency")]))
    product = _get(properties, "product") or _("something")
    pattern = _("Bought <b>%(product)s</b> for %(price)s") if price else _("Bought <b>%(product)s</b>")
    return say(pattern, icon="check", product=product, price=price)


def _trial(properties: Properties) -> Words:
    return say(_("<b>Started a trial</b>"), _seats(properties), icon="external")


def _merged(properties: Properties) -> Words:
    automatic = _("automatic") if properties.get("is_automatic") else ""
    return say(_("<b>Merged</b> with %(name)s"), automatic, name=_get(properties, "name"), icon="user")


TELLERS: dict[str, Callable[[Properties], Words]] = {
    "page_view": _reading(gettext_lazy("Read <b>%(title)s</b>")),
    "time_on_page": _reading(gettext_lazy("Read on in <b>%(title)s</b>")),
    "returning_visit": _came_back,
    "form_submission": _form(gettext_lazy("Filled in")),
    "demo_requested": _form(gettext_lazy("Asked for a demo")),
    "quote_requested": _form(gettext_lazy("Asked for a quote")),
    "newsletter_signup": _email(gettext_lazy("Signed up for the newsletter")),
    "email_sent": _email(gettext_lazy("Email sent")),
    "email_opened": _email(gettext_lazy("Opened an email")),
    "email_clicked": _email(gettext_lazy("Clicked a link"), "click"),
    "email_replied": _email(gettext_lazy("Answered our email")),
    "email_bounced": _email(gettext_lazy("Email came back"), "alert"),
    "unsubscribed": _email(gettext_lazy("Unsubscribed"), "x"),
    "content_download": _titled(gettext_lazy("Downloaded <b>%(title)s</b>"), "doc"),
    "webinar_registered": _titled(gettext_lazy("Registered for <b>%(title)s</b>"), "calendar"),
    "webinar_attended": _titled(gettext_lazy("Attended <b>%(title)s</b>"), "video"),
    "event_attended": _titled(gettext_lazy("Attended <b>%(title)s</b>"), "calendar"),
    "meeting_booked": _talk(gettext_lazy("Meeting booked"), "calendar"),
    "meeting_held": _talk(gettext_lazy("Meeting"), "calendar"),
    "call_connected": _talk(gettext_lazy("Call"), "phone"),
    "call_attempted": _talk(gettext_lazy("Call not answered"), "phone"),
    "social_interaction": _social,
    "trial_started": _trial,
    "login": lambda properties: say(_("<b>Logged in</b>"), icon="user"),
    "purchase": _purchase,
    "lead.created": lambda properties: say(_("<b>Lead created</b>"), icon="plus"),
    "lead.merged": _merged,
    "lead.unmerged": lambda properties: say(
        _("<b>Merge undone</b>: %(name)s is another lead"), name=_get(properties, "name"), icon="undo"
    ),
}
