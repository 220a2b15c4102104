"""The pages: the list, a file's columns, what would happen and what did, and what is asked of workers."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from leadapp.access import require
from leadapp.errors import NotAllowed, Refused
from leadapp.models import ImportJob
from leadapp.numbers import whole_number
from leadapp.services import imports
from leadapp.services.exports import MEDIA_TYPES, write_file
from leadapp.services.imports.reporting import to_mend
from leadapp.services.imports.starting import OPEN
from leadapp.views.answering import posted, signed_in, tell_all
from leadapp.views.imports.forms import ReadingForm, RulesForm, UploadForm
from leadapp.views.imports.report import report_of

ON_A_PAGE = 50
State = ImportJob.State


@require_http_methods(["GET", "POST"])
def import_list(request: HttpRequest) -> HttpResponse:
    """Show all imports, newest first, and take a file."""
    user = signed_in(request)
    require(user, imports.IMPORT, _("You may not import leads."))
    form = UploadForm(posted(request), request.FILES if request.method == "POST" else None)
    if form.is_valid():
        file = form.cleaned_data["file"]
        try:
            job = imports.upload(name=file.name, chunks=file.chunks(), actor=user, now=timezone.now())
        except NotAllowed:
            raise
        except Refused as refused:
            form.add_error("file", [refused.message])
        else:
            return redirect("import-columns", job.pk)
    jobs = ImportJob.objects.select_related("created_by").order_by("-created_at", "-pk")
    before = whole_number(request.GET.get("before", ""))
    if before is not None:
        jobs = jobs.filter(pk__lt=before)
    found = list(jobs[: ON_A_PAGE + 1])
    context = {
        "form": form,
        "jobs": found[:ON_A_PAGE],
        "older": found[ON_A_PAGE - 1].pk if len(found) > ON_A_PAGE else None,
        "megabytes": imports.largest_file() // 1024**2,
    }
    return render(request, "imports/list.html", context, status=422 if form.is_bound else 200)


@require_http_methods(["GET", "POST"])
def columns(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask what the columns are and what happens to whom, and let the file be checked."""
    job = _job(request, pk)
    if job.state not in OPEN or job.forgotten_at is not None:
        return redirect("import-show", job.pk)
    form = RulesForm(posted(request), job=job)
    if form.is_valid():
        try:
            job = imports.check(job=job, rules=form.rules, actor=signed_in(request))
        except Refused as refused:
            tell_all(form, refused)
        else:
            imports.finish_small(job, clock=timezone.now)
            return redirect("import-show", job.pk)
    return _columns(request, job, form, status=422 if form.is_bound else 200)


@require_POST
def read(request: HttpRequest, pk: int) -> HttpResponse:
    """Read the file in another way."""
    job = _job(request, pk)
    reading = ReadingForm(request.POST, job=job)
    if reading.is_valid():
        try:
            imports.read_again(job=job, reading=reading.reading, actor=signed_in(request))
        except Refused as refused:
            messages.error(request, refused.message)
        return redirect("import-columns", job.pk)
    return _columns(request, job, RulesForm(job=job), reading=reading, status=422)


@require_safe
def show(request: HttpRequest, pk: int) -> HttpResponse:
    """Show how far an import is and how it went; htmx asks for the moving part alone."""
    job = _job(request, pk)
    if job.state in (State.MAPPING, State.FAILED) and job.forgotten_at is None:
        return redirect("import-columns", job.pk)
    is_part = bool(getattr(request, "htmx", False))
    context = {
        "job": job,
        "report": report_of(job, show=request.GET.get("show", ""), after=request.GET.get("after", "")),
        "may_undo": imports.may_undo(job),
        "is_part": is_part,
    }
    return render(request, f"imports/show{'_part' if is_part else ''}.html", context)


@require_POST
def act(request: HttpRequest, pk: int, slug: str) -> HttpResponse:
    """Start, stop, undo or discard an import."""
    job, user, now = _job(request, pk), signed_in(request), timezone.now()
    try:
        if slug == "discard":
            imports.discard(job=job, actor=user)
            messages.success(request, _("%(file)s was deleted.") % {"file": job.file_name})
            return redirect("import-list")
        acts: dict[str, Any] = {"start": imports.start, "stop": imports.stop, "undo": imports.undo}
        if slug not in acts:
            raise Http404(_("There is no such thing to do with an import."))
        imports.finish_small(acts[slug](job=job, actor=user, now=now), clock=timezone.now)
    except NotAllowed:
        raise
    except Refused as refused:
        messages.error(request, refused.message)
    return redirect("import-show", job.pk)


@require_safe
def refused_rows(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Send the refused rows as they came, with the reason beside each."""
    job = _job(request, pk)
    head = [*job.columns, _("What is wrong")]
    answer = StreamingHttpResponse(
        write_file(job.file_format, head=head, rows=to_mend(job)), content_type=MEDIA_TYPES[job.file_format]
    )
    name = f"refused-{job.pk}.{job.file_format}"
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    answer["Cache-Control"] = "no-store"
    return answer


def _columns(
    request: HttpRequest, job: ImportJob, form: RulesForm, *, status: int, reading: ReadingForm | None = None
) -> HttpResponse:
    if reading is None:
        reading = ReadingForm(job=job, auto_id="id_reading_%s")
    lines = zip(form.columns, imports.examples(job), strict=True)
    return render(
        request,
        "imports/columns.html",
        {"job": job, "form": form, "reading": reading, "lines": list(lines)},
        status=status,
    )


def _job(request: HttpRequest, pk: int) -> ImportJob:
    require(signed_in(request), imports.IMPORT, _("You may not import leads."))
    job: ImportJob = get_object_or_404(ImportJob.objects.select_related("created_by", "bought_list"), pk=pk)
    return job
