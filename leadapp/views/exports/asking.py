"""The list as a file: the leads, the order and the columns that somebody sees; it is written down.

A few leads go out at once; of many, workers write a file that can be fetched later.
"""

from collections.abc import Iterator
from datetime import datetime

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from leadapp.models import Export, ExportRun
from leadapp.services.exports import MEDIA_TYPES, Cell, begin_export, counted, write_file
from leadapp.services.exports.reading import head_of, read_all
from leadapp.services.exports.records import require_may_export
from leadapp.services.exports.starting import MOST_AT_ONCE, start_export
from leadapp.views.answering import came_from, posted, signed_in
from leadapp.views.lists.choice import Choice, read_choice


class ExportForm(forms.Form):
    """What kind of file."""

    file_format = forms.ChoiceField(
        label=gettext_lazy("File"),
        choices=Export.FileFormat.choices,
        initial=Export.FileFormat.CSV,
        widget=forms.RadioSelect,
    )


@require_http_methods(["GET", "POST"])
def export(request: HttpRequest) -> HttpResponseBase:
    """Ask for the kind of file, and send it."""
    user, data = signed_in(request), request.POST if request.method == "POST" else request.GET
    require_may_export(user)
    choice = read_choice(data, user, now=timezone.now())
    back = came_from(request) or reverse("lead-list")
    if not choice.number:
        messages.error(request, _("Choose leads first."))
        return redirect(back)
    form = ExportForm(posted(request))
    is_large = choice.number > MOST_AT_ONCE
    if form.is_valid():
        if is_large:
            return redirect("export-show", _start(choice, form.cleaned_data["file_format"]).pk)
        return _send(choice, form.cleaned_data["file_format"])
    context = {
        "title": _("Export %(leads)s") % {"leads": choice.in_words},
        "choice": choice,
        "columns": head_of(choice.columns),
        "is_large": is_large,
        "form": form,
        "back": back,
    }
    return render(request, "leads/export.html", context, status=422 if form.is_bound else 200)


def _start(choice: Choice, file_format: str) -> ExportRun:
    return start_export(
        leads=choice.in_order,
        columns=choice.columns,
        file_format=file_format,
        query=choice.asked.query(),
        actor=choice.user,
        now=choice.now,
    )


def _send(choice: Choice, file_format: str) -> HttpResponseBase:
    head = head_of(choice.columns)
    record = begin_export(
        file_format=file_format,
        query=choice.asked.query() if choice.is_all else "",
        columns=head,
        actor=choice.user,
        now=choice.now,
    )
    rows = counted(record, _in_language(read_all(choice.in_order, choice.columns, now=choice.now)))
    response = StreamingHttpResponse(
        write_file(file_format, head=head, rows=rows), content_type=MEDIA_TYPES[file_format]
    )
    return as_file(response, at=choice.now, file_format=file_format)


def as_file(response: HttpResponseBase, *, at: datetime, file_format: str) -> HttpResponseBase:
    """Let a browser keep an answer as a file that is named by the day."""
    name = f"leads-{timezone.localdate(at)}.{file_format}"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Cache-Control"] = "no-store"
    return response


def _in_language(rows: Iterator[list[Cell]]) -> Iterator[list[Cell]]:
    """Read the rows in the language of the request, which is over when they are read."""
    with translation.override(translation.get_language()):
        yield from rows
