"""The OpenAPI schema, the page that shows it, and the answer to addresses that do not exist."""

from typing import Any, NoReturn

from django.http import Http404
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.request import Request
from rest_framework.views import APIView


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
