"""The rule check beside the rules: a part of a page, loaded once the page is there."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from leadapp.numbers import whole_number
from scoring.analysis.check import blocking, check_version
from scoring.views.shell import find_version, open_studio


@require_safe
def findings(request: HttpRequest, slug: str) -> HttpResponse:
    """Say what the check finds about one version."""
    studio = open_studio(request, slug)
    number = request.GET.get("version", "")
    version = find_version(studio, whole_number(number)) if number else studio.newest
    if version is None:
        raise Http404(_("There is no version to check."))
    found = check_version(version, studio.now)
    context = {
        "studio": studio,
        "version": version,
        "findings": found,
        "stopping": blocking(found) if version.is_draft else [],
    }
    return render(request, "scoring/findings_part.html", context)
