"""How the timeline says what happened, out of an activity's type and properties."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from leadapp.services.meetings import STARTS_AT, read_start
from leadapp.times import write_date

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


def words_of(slug: str, label: str, channel: str, properties: Properties) -> Words:
    """Say what an activity was. A type that marketers added is told by its label and its properties."""
    tell = TELLERS.get(slug)
    if tell is not None:
        return tell(properties)
    told = [f"{key.replace('_', ' ')}: {_text(value)}" for key, value in properties.items() if _text(value)]
    return Words(strong=label, after=", " + ", ".join(told[:4]) if told else "", icon=ICONS[channel])


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


def duration(seconds: int) -> str:
    """Say a length of time as people do: 40 s, 6 min, 1 h 5 min."""
    if seconds < 60:
        return f"{seconds} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


def _text(value: object) -> str:
    return str(value).strip() if isinstance(value, str | int | float) and not isinstance(value, bool) else ""


def _get(properties: Properties, *names: str) -> str:
    return next((text for text in (_text(properties.get(name)) for name in names) if text), "")


def _with(prefix: str, text: str, suffix: str = "") -> str:
    return f"{prefix}{text}{suffix}" if text else ""


def _quoted(text: str) -> str:
    return f"“{text}”" if text else ""


def _minutes(properties: Properties) -> str:
    return _with(", ", _get(properties, "minutes"), " min")


def _page_view(properties: Properties) -> Words:
    title = _get(properties, "title", "path", "url") or "a page"
    seconds = properties.get("seconds")
    length = duration(int(seconds)) if isinstance(seconds, int | float) and seconds > 0 else ""
    return Words(before="Read ", strong=title, after=_with(", ", length), icon="eye")


def _form(strong: str, icon: str = "doc") -> Callable[[Properties], Words]:
    def tell(properties: Properties) -> Words:
        seats = _with(", ", _get(properties, "seats"), " seats")
        on = _with(" on the form ", _get(properties, "form"))
        return Words(strong=strong, after=on + seats, note=_quoted(_get(properties, "message")), icon=icon)

    return tell


def _email(strong: str, icon: str = "mail") -> Callable[[Properties], Words]:
    def tell(properties: Properties) -> Words:
        about = _quoted(_get(properties, "subject", "campaign", "list"))
        more = _with(", ", _get(properties, "path", "reason"))
        note = _get(properties, "note", "notes")
        return Words(strong=strong, after=_with(": ", about) + more, note=note, icon=icon)

    return tell


def _titled(before: str, icon: str) -> Callable[[Properties], Words]:
    def tell(properties: Properties) -> Words:
        title, kind = _get(properties, "title") or "something", _get(properties, "kind")
        what = f", {kind.lower()}" if kind and kind.lower() not in title.lower() else ""
        return Words(before=before, strong=title, after=what + _minutes(properties), icon=icon)

    return tell


def _talk(strong: str, icon: str) -> Callable[[Properties], Words]:
    def tell(properties: Properties) -> Words:
        about = _with(": ", _get(properties, "subject"))
        starts_at = read_start(properties.get(STARTS_AT))
        when = _with(", on ", write_date(starts_at) if starts_at else _get(properties, "meeting_at"))
        outcome = _with(", ", _get(properties, "outcome").replace("_", " "))
        after = _minutes(properties) + outcome + about + when
        return Words(strong=strong, after=after, note=_get(properties, "notes", "note"), icon=icon)

    return tell


def _social(properties: Properties) -> Words:
    action = _get(properties, "action").capitalize() or "Interaction"
    return Words(strong=action, after=_with(" on ", _get(properties, "network")), icon="user")


def _purchase(properties: Properties) -> Words:
    price = " ".join(filter(None, [_get(properties, "value"), _get(properties, "currency")]))
    product = _get(properties, "product") or "something"
    return Words(before="Bought ", strong=product, after=_with(" for ", price), icon="check")


def _trial(properties: Properties) -> Words:
    return Words(
        strong="Started a trial", after=_with(", ", _get(properties, "seats"), " seats"), icon="external"
    )


TELLERS: dict[str, Callable[[Properties], Words]] = {
    "page_view": _page_view,
    "form_submission": _form("Filled in"),
    "demo_requested": _form("Asked for a demo"),
    "quote_requested": _form("Asked for a quote"),
    "newsletter_signup": _email("Signed up for the newsletter"),
    "email_sent": _email("Email sent"),
    "email_opened": _email("Opened an email"),
    "email_clicked": _email("Clicked a link", "click"),
    "email_replied": _email("Answered our email"),
    "email_bounced": _email("Email came back", "alert"),
    "unsubscribed": _email("Unsubscribed", "x"),
    "content_download": _titled("Downloaded ", "doc"),
    "webinar_registered": _titled("Registered for ", "calendar"),
    "webinar_attended": _titled("Attended ", "video"),
    "event_attended": _titled("Attended ", "calendar"),
    "meeting_booked": _talk("Meeting booked", "calendar"),
    "meeting_held": _talk("Meeting", "calendar"),
    "call_connected": _talk("Call", "phone"),
    "call_attempted": _talk("Call not answered", "phone"),
    "social_interaction": _social,
    "trial_started": _trial,
    "login": lambda properties: Words(strong="Logged in", icon="user"),
    "purchase": _purchase,
    "lead.created": lambda properties: Words(strong="Lead created", icon="plus"),
}
