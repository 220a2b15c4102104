"""/t.js and /t: the tracker's script, and where it sends what visitors of the team's websites do."""

import hashlib
import re
from functools import cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import condition, require_safe
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import ParseError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from leadapp.api.bodies import JsonBody, object_of
from leadapp.api.spending import Budget
from leadapp.api.throttling import RateLimit, address_of
from leadapp.errors import NotAllowed
from leadapp.models import TrackedSite
from leadapp.services.texts import json_fault
from leadapp.services.tracking.reading import read_batch
from leadapp.services.tracking.sites import find_site
from leadapp.services.tracking.taking import take_batch

SCRIPT = Path(settings.BASE_DIR) / "static" / "js" / "tracker.js"
# A day from the shelf; after that browsers ask whether it is still the same.
CACHED = "public, max-age=86400, stale-while-revalidate=604800"
BOTS = re.compile(
    r"(?<!cu)bot\b|crawl|spider|slurp|headless|lighthouse|pagespeed|preview|monitor|scan|archiver|wget|curl|python|"
    r"facebookexternalhit|mediapartners|google-read-aloud|phantomjs|node-fetch|go-http|java/|okhttp",
    re.IGNORECASE,
)


@cache
def _script(changed: float) -> tuple[bytes, str]:
    text = SCRIPT.read_bytes()
    return text, f'"{hashlib.sha256(text).hexdigest()[:32]}"'


def _etag(request: HttpRequest) -> str:
    return _script(SCRIPT.stat().st_mtime)[1]


@login_not_required
@require_safe
@condition(etag_func=_etag)
def script(request: HttpRequest) -> HttpResponse:
    """Serve the script under one address for ever; other websites may load it."""
    text, _tag = _script(SCRIPT.stat().st_mtime)
    response = HttpResponse(text, content_type="text/javascript; charset=utf-8")
    response["Cache-Control"] = CACHED
    response["Access-Control-Allow-Origin"] = "*"
    response["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response


class PlainTextBody(JsonBody):
    """JSON that a browser calls text: then it asks nobody before it sends it to another website."""

    media_type = "text/plain"


class VisitThrottle(RateLimit):
    """Lets each address send so many batches a minute."""

    def budgets(self, request: Request, events: int) -> list[Budget]:
        """Return how many batches a browser may send."""
        return [Budget(f"address:{address_of(request)}", "visits", settings.TRACKER_REQUESTS_PER_MINUTE, 1)]


class Visits(APIView):
    """What visitors of a website do. Public: its key stands in every page, and lets one only write."""

    authentication_classes = []
    permission_classes = []
    throttle_classes = [VisitThrottle]
    parser_classes = [PlainTextBody, JsonBody]
    site: TrackedSite | None = None

    @extend_schema(exclude=True)
    def post(self, request: Request) -> Response:
        """Keep a batch of events; say 204, or which custom events nothing is known of."""
        now = timezone.now()
        body = object_of(request.data)
        if fault := json_fault(body):
            raise ParseError(fault)
        site = find_site(key=body.get("site"))
        if request.headers.get("Origin") not in site.origins:
            raise NotAllowed("This page is on none of the addresses of the website.")
        self.site = site
        batch = read_batch(body, site=site, now=now)
        if batch.is_withdrawn or not _is_to_be_ignored(request):
            take_batch(site=site, batch=batch, now=now)
        return Response({"left_out": batch.left_out}) if batch.left_out else Response(status=204)

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        """Let pages of the website read the answer, so that they know what to send again."""
        answer = super().finalize_response(request, response, *args, **kwargs)
        answer["Cache-Control"] = "no-store"
        answer["Vary"] = "Origin"
        if self.site is not None:
            answer["Access-Control-Allow-Origin"] = request.headers["Origin"]
        return answer


def _is_to_be_ignored(request: Request) -> bool:
    """Tell whether nobody sees the page, or the visitor does not want to be followed anywhere."""
    headers = request.headers
    agent = headers.get("User-Agent", "")
    is_fetched_early = "prefetch" in headers.get("Sec-Purpose", "") + headers.get("Purpose", "")
    says_no = headers.get("Sec-GPC") == "1" or headers.get("DNT") == "1"
    return not agent or bool(BOTS.search(agent)) or is_fetched_early or says_no
