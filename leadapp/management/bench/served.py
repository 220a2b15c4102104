"""What the bench serves: Leadapp, and at /bare a view beside it that makes the same INSERT."""

import json
import os
from collections.abc import Callable, Iterable
from typing import Any

from django.core.handlers.wsgi import WSGIHandler, WSGIRequest
from django.core.wsgi import get_wsgi_application
from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.test import override_settings
from django.urls import path
from django.utils import timezone
from django.utils.dateparse import parse_datetime

BARE, PROCESS = "/bare", "/process"
INSERT = """
INSERT INTO leadapp_activity
    (lead_id, type_id, occurred_at, received_at, source, external_id, properties, void_reason)
VALUES (%s, %s, %s, %s, 'bare', %s, %s, '') RETURNING id
"""


def bare_view(request: HttpRequest) -> JsonResponse:
    """Insert one event, and check nothing."""
    event = json.loads(request.body)
    with connection.cursor() as cursor:
        cursor.execute(
            INSERT,
            [
                event["lead_id"],
                event["type_id"],
                parse_datetime(event["occurred_at"]),
                timezone.now(),
                event["external_id"],
                json.dumps(event["properties"]),
            ],
        )
        (pk,) = cursor.fetchone()
    return JsonResponse({"id": pk}, status=202)


def process_view(request: HttpRequest) -> HttpResponse:
    """Tell which process answers."""
    return HttpResponse(str(os.getpid()), status=202)


urlpatterns = [path("bare", bare_view), path("process", process_view)]


class BareRequest(WSGIRequest):
    """A request to a project that has nothing but these views."""

    urlconf = __name__


class BareHandler(WSGIHandler):
    """Django without any middleware."""

    request_class = BareRequest

    def load_middleware(self, is_async: bool = False) -> None:
        """Load none."""
        with override_settings(MIDDLEWARE=[]):
            super().load_middleware(is_async)


class Application:
    """Both, as a web server calls them."""

    def __init__(self) -> None:
        self.leadapp = get_wsgi_application()
        self.bare = BareHandler()

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Answer a request."""
        chosen = self.bare if environ["PATH_INFO"] in (BARE, PROCESS) else self.leadapp
        return chosen(environ, start_response)
