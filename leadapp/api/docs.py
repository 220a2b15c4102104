"""The OpenAPI schema, the page that shows it, and the answer to addresses that do not exist."""

from typing import Any, NoReturn

from django.http import Http404
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.request import Request
from rest_framework.views import APIView

from leadapp.api.idempotency import HEADER, REPLAYED
from leadapp.api.problems import KINDS

LIMITS = ("RateLimit", "RateLimit-Policy", "RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset")
HEADERS = {
    "RateLimit": ("string", "What is left of each limit, and the seconds until it is whole again."),
    "RateLimit-Policy": ("string", "The limits: how much within how many seconds."),
    "RateLimit-Limit": ("integer", "The limit of which the least is left."),
    "RateLimit-Remaining": ("integer", "What is left of it."),
    "RateLimit-Reset": ("integer", "Seconds until it is whole again."),
    "Retry-After": ("integer", "Seconds after which to try again."),
    "WWW-Authenticate": ("string", "How to sign in."),
    REPLAYED: ("boolean", "The answer was given before; nothing was done now."),
}
IDEMPOTENCY_KEY = {
    "name": HEADER,
    "in": "header",
    "description": "A name that you give to this request. The same one that comes again under it within 24 "
    "hours is answered as the first time and carried out once; another one is refused (422), and while the "
    "first is being carried out the answer is 409. A visitor who submits a form without a key gets the same "
    "id for the same answers, and other answers are another submission.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 257},
    "example": "5b0cbd2f-5f0b-4f0e-9a4c-0d1e3a1f6f55",
}


class Schema(SpectacularAPIView):
    """The OpenAPI schema, as YAML or (Accept: application/json) JSON."""

    authentication_classes: list[Any] = []
    permission_classes: list[Any] = []
    content_negotiation_class = DefaultContentNegotiation


class Docs(SpectacularSwaggerSplitView):
    """The schema as a page to read and to try out; its script comes apart, so no script is inline."""

    authentication_classes: list[Any] = []
    permission_classes: list[Any] = []
    content_negotiation_class = DefaultContentNegotiation
    url_name = "api-schema"
    template_name = "leadapp/api_docs.html"


class NothingHere(APIView):
    """Whatever else is asked for under /api/."""

    authentication_classes = []
    permission_classes = []

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> NoReturn:
        """Answer 404 as everything else here does: with a problem document."""
        raise Http404

    @extend_schema(exclude=True)
    def get(self, request: Request) -> NoReturn:
        """Exist, so that the schema can leave this out."""
        raise Http404


def tell_what_holds_for_all(result: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Add to the schema what no call has to say of itself: limits, and requests that come again."""
    components = result["components"]
    components["headers"] = {
        name: {"description": text, "schema": {"type": kind}} for name, (kind, text) in HEADERS.items()
    }
    components["parameters"] = {HEADER: IDEMPOTENCY_KEY}
    for path, calls in result["paths"].items():
        for method, call in calls.items():
            # Those of Segment's libraries have ids in every message instead.
            is_repeatable = method == "post" and path.startswith("/api/v1/")
            if is_repeatable:
                _tell_of_repeats(call)
            for status, answer in call["responses"].items():
                for name in _headers_of(status, is_repeatable=is_repeatable):
                    answer.setdefault("headers", {})[name] = {"$ref": f"#/components/headers/{name}"}
    return result


def _tell_of_repeats(call: dict[str, Any]) -> None:
    call.setdefault("parameters", []).append({"$ref": f"#/components/parameters/{HEADER}"})
    for status in (409, 422):
        refusal = {**call["responses"]["400"], "description": KINDS[status][1]}
        call["responses"].setdefault(str(status), refusal)


def _headers_of(status: str, *, is_repeatable: bool) -> tuple[str, ...]:
    if status == "401":
        return ("WWW-Authenticate",)
    if status in ("409", "503"):
        return ("Retry-After",)
    if status == "429":
        return (*LIMITS, "Retry-After")
    if status.startswith("2"):
        return (*LIMITS, REPLAYED) if is_repeatable else LIMITS
    return ()


class KeyScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """Tell the schema how keys travel."""

    target_class = "leadapp.api.access.KeyAuthentication"
    name = "ApiKey"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        """Describe it."""
        return {
            "type": "http",
            "scheme": "bearer",
            "description": "An API key. `Authorization: Api-Key KEY` means the same as `Bearer KEY`.",
        }
