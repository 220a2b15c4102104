"""Stands in for a page of the studio that is still being built."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from scoring.views.shell import open_studio, studio_page


@require_safe
def later(request: HttpRequest, slug: str) -> HttpResponse:
    """Show the frame with nothing in it."""
    place = request.resolver_match
    tab = (place.url_name or "").removeprefix("scoring-") if place else ""
    return studio_page(request, open_studio(request, slug, tab=tab), "scoring/later.html", {})
