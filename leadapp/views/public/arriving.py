"""What comes with a visitor: what was posted, where they came from, and whether we know the device."""

from collections.abc import Mapping
from urllib.parse import parse_qsl, urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from leadapp.services.forms.reading import CAMPAIGN_FIELDS, RENDERING, clean_place
from leadapp.services.tracking.consenting import has_consented
from leadapp.services.tracking.reading import NUMBER

VISITOR_COOKIE, COOKIE_SALT, COOKIE_PATH = "leadapp_visitor", "leadapp.visitor", "/f/"
ONE_YEAR = 365 * 24 * 3600
LONGEST_PARAMETER = 200


def posted_answers(request: HttpRequest) -> dict[str, object]:
    """Return what was posted; a field that comes several times is a list.

    A form in plain HTML does not say on which page it stands: the browser does.
    """
    answers: dict[str, object] = {
        name: values if len(values) > 1 else values[0] for name, values in request.POST.lists() if values
    }
    if RENDERING not in answers and "page" not in answers and (page := foreign_referrer(request)):
        answers["page"] = page
    return answers


def texts_of(answers: Mapping[str, object]) -> dict[str, str]:
    """Return the answers that a page can show again."""
    return {name: value for name, value in answers.items() if isinstance(value, str)}


def origin_of(request: HttpRequest, *, is_embedded: bool, is_tracked: bool) -> dict[str, str]:
    """Return where a visitor came from: the campaign, and the page before or around this one.

    A frame learns the address of the page around it, whose parameters name the campaign. The tracker of a
    website knows how the visitor came there first.
    """
    referrer = foreign_referrer(request)
    parameters: dict[str, str] = {name: str(text) for name, text in request.GET.items()}
    if is_embedded:
        parameters = dict(parse_qsl(urlsplit(referrer).query)) | parameters
    campaign = {
        name: parameters[name][:LONGEST_PARAMETER] for name in CAMPAIGN_FIELDS if parameters.get(name)
    }
    place = "page" if is_embedded else "referrer"
    places = {place: referrer.partition("?")[0]} if referrer else {}
    if is_tracked and (first := clean_place(request.GET.get("referrer"))):
        places["referrer"] = first
    return campaign | places


def foreign_referrer(request: HttpRequest) -> str:
    """Return the address of the page that led here, unless it is one of ours."""
    referrer = request.headers.get("Referer", "")[:2_000]
    try:
        parts = urlsplit(referrer)
    except ValueError:
        return ""
    is_ours = parts.netloc == request.get_host()
    return referrer if parts.scheme in {"http", "https"} and not is_ours else ""


def visitor_of(request: HttpRequest) -> str:
    """Return the visitor id of this device, if its owner agreed to be recognised."""
    return str(request.get_signed_cookie(VISITOR_COOKIE, default="", salt=COOKIE_SALT) or "")


def visitor_handed_over(request: HttpRequest) -> str:
    """Return the visitor id that the tracker of a website put into the address, if it was that website.

    An address that was passed on or kept comes from elsewhere, and says nothing.
    """
    visitor_id = request.GET.get("visitor", "")
    origin = "{0.scheme}://{0.netloc}".format(urlsplit(foreign_referrer(request)))
    is_one = NUMBER.fullmatch(visitor_id) and has_consented(visitor_id=visitor_id, origin=origin)
    return visitor_id if is_one else ""


def remember_visitor(response: HttpResponse, visitor_id: str) -> None:
    """Let this device be recognised: its owner has agreed to that."""
    response.set_signed_cookie(
        VISITOR_COOKIE,
        visitor_id,
        salt=COOKIE_SALT,
        max_age=ONE_YEAR,
        path=COOKIE_PATH,
        secure=settings.HTTPS,
        httponly=True,
        samesite="Lax",
    )


def forget_visitor(response: HttpResponse) -> None:
    """Recognise this device no more."""
    response.delete_cookie(VISITOR_COOKIE, path=COOKIE_PATH)
