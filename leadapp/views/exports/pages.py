"""The pages: somebody's own exports, how far one is, its end, and its file."""

from datetime import datetime

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from leadapp.errors import NotFound, Refused
from leadapp.models import Export, ExportRun
from leadapp.numbers import write_number
from leadapp.services.exports import MEDIA_TYPES
from leadapp.services.exports.keeping import fetch, kept_until, may_fetch
from leadapp.services.exports.reading import head_of
from leadapp.services.exports.records import require_may_export
from leadapp.services.exports.starting import stop_export
from leadapp.services.lists.columns import columns_of
from leadapp.views.answering import signed_in
from leadapp.views.exports.asking import as_file

ON_A_PAGE = 50
State = ExportRun.State


@require_safe
def export_list(request: HttpRequest) -> HttpResponse:
    """Show somebody's own exports, newest first."""
    user, now = signed_in(request), timezone.now()
    require_may_export(user)
    exports = Export.objects.filter(user=user).select_related("run").order_by("-at", "-pk")[:ON_A_PAGE]
    context = {"rows": [(export, _state(export), _is_there(export, now)) for export in exports]}
    return render(request, "exports/list.html", context)


@require_safe
def show(request: HttpRequest, pk: int) -> HttpResponse:
    """Show how far an export is; htmx asks for the moving part alone."""
    run = _own(request, pk)
    is_part = bool(getattr(request, "htmx", False))
    context = {
        "run": run,
        "title": _title(run),
        "columns": head_of(columns_of(run.columns)),
        "until": kept_until(run) if may_fetch(run, now=timezone.now()) else None,
        "is_part": is_part,
    }
    return render(request, f"exports/show{'_part' if is_part else ''}.html", context)


@require_POST
def stop(request: HttpRequest, pk: int) -> HttpResponse:
    """End an export that is being written."""
    run = _own(request, pk)
    try:
        stop_export(run=run, actor=signed_in(request), now=timezone.now())
    except Refused as refused:
        messages.error(request, refused.message)
    return redirect("export-show", run.pk)


@require_safe
def file(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Send the file to whoever asked for it."""
    run = _own(request, pk)
    try:
        pieces = fetch(run=run, actor=signed_in(request), now=timezone.now())
    except NotFound as refused:
        raise Http404(refused.message) from refused
    kind = run.export.file_format
    answer = StreamingHttpResponse(pieces, content_type=MEDIA_TYPES[kind])
    answer["Content-Length"] = str(run.size)
    return as_file(answer, at=run.export.at, file_format=kind)


def _own(request: HttpRequest, pk: int) -> ExportRun:
    user = signed_in(request)
    require_may_export(user)
    runs = ExportRun.objects.filter(export__user=user).select_related("export")
    run: ExportRun = get_object_or_404(runs, pk=pk)
    return run


def _is_there(export: Export, now: datetime) -> bool:
    return hasattr(export, "run") and may_fetch(export.run, now=now)


def _state(export: Export) -> str:
    if hasattr(export, "run"):
        gone = export.run.state == State.DONE and export.run.forgotten_at is not None
        return _("Deleted") if gone else export.run.get_state_display()
    return _("Sent") if export.finished_at else _("Broke off")


def _title(run: ExportRun) -> str:
    """Say in a sentence where an export stands."""
    if run.state == State.STOPPED:
        return _("The export was stopped")
    if run.state == State.FAILED:
        return _("The export was given up")
    if run.state == State.DONE:
        said = ngettext("%(number)s lead exported", "%(number)s leads exported", run.rows)
        return said % {"number": write_number(run.rows)}
    said = ngettext("Exporting %(number)s lead", "Exporting %(number)s leads", run.total)
    return said % {"number": write_number(run.total)}
