"""How far a run over all leads is, and the way back."""

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from scoring.models import Cause, Publication, Rescore, ScoringModelVersion
from scoring.views.shell import Studio, open_studio, studio_page


@dataclass(frozen=True, kw_only=True)
class Progress:
    """The newest publication of a model, its run over all leads, and what was live before it."""

    publication: Publication
    rescore: Rescore | None
    before: ScoringModelVersion | None

    @property
    def version(self) -> ScoringModelVersion:
        """Return what went live."""
        return self.publication.version

    @property
    def is_running(self) -> bool:
        """Tell whether leads are still being scored."""
        return self.rescore is not None and self.rescore.finished_at is None

    @property
    def percent(self) -> int:
        """Return how much is done."""
        if self.rescore is None or not self.rescore.leads_total:
            return 100
        return min(100, self.rescore.leads_done * 100 // self.rescore.leads_total)


@require_safe
def progress(request: HttpRequest, slug: str) -> HttpResponse:
    """Show what went live last and how far its run is; htmx asks for the moving part alone."""
    studio = open_studio(request, slug)
    found = read_progress(studio)
    context = {"progress": found}
    if found is not None and getattr(request, "htmx", False):
        return render(request, "scoring/progress_part.html", {"studio": studio, **context})
    return studio_page(request, studio, "scoring/progress.html", context)


def read_progress(studio: Studio) -> Progress | None:
    """Read the newest publication of a model (two queries); None if nothing was ever published."""
    published = Publication.objects.filter(version__model=studio.model)
    newest = list(published.select_related("version", "actor", "api_key").order_by("-at", "-pk")[:2])
    if not newest:
        return None
    publication = newest[0]
    runs = Rescore.objects.filter(version=publication.version, cause=Cause.PUBLISH)
    rescore = runs.filter(started_at__gte=publication.at).order_by("pk").first()
    before = newest[1].version if len(newest) > 1 else None
    return Progress(
        publication=publication,
        rescore=rescore,
        before=before if before is not None and before.pk != publication.version_id else None,
    )
