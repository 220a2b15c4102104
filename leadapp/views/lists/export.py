"""The list as a file: the leads, the order and the columns that somebody sees; it is written down."""

from collections.abc import Iterator
from itertools import islice

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from leadapp.access import require
from leadapp.models import Export
from leadapp.services.exports import MEDIA_TYPES, Cell, begin_export, counted, write_file
from leadapp.services.exports.columns import ExportColumn, export_columns, with_names
from leadapp.services.lists.filters import in_order
from leadapp.services.lists.rows import rows_of
from leadapp.views.answering import came_from, posted, signed_in
from leadapp.views.lists.choice import Choice, read_choice

# What the list says beside a lead is read for so many at once.
ROWS_AT_ONCE = 1_000


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
    require(user, "leadapp.export_lead", _("You may not export leads."))
    choice = read_choice(data, user, now=timezone.now())
    back = came_from(request) or reverse("lead-list")
    if not choice.number:
        messages.error(request, _("Choose leads first."))
        return redirect(back)
    form = ExportForm(posted(request))
    if form.is_valid():
        return _send(choice, form.cleaned_data["file_format"])
    context = {
        "title": _("Export %(leads)s") % {"leads": choice.in_words},
        "choice": choice,
        "columns": export_columns(choice.columns),
        "form": form,
        "back": back,
    }
    return render(request, "leads/export.html", context, status=422 if form.is_bound else 200)


def _send(choice: Choice, file_format: str) -> HttpResponseBase:
    columns = export_columns(choice.columns)
    head = [str(column.label) for column in columns]
    record = begin_export(
        file_format=file_format,
        query=choice.asked.query() if choice.is_all else "",
        columns=head,
        actor=choice.user,
        now=choice.now,
    )
    rows = counted(record, _in_language(export_rows(choice, columns)))
    response = StreamingHttpResponse(
        write_file(file_format, head=head, rows=rows), content_type=MEDIA_TYPES[file_format]
    )
    name = f"leads-{timezone.localdate(choice.now)}.{file_format}"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Cache-Control"] = "no-store"
    return response


def export_rows(choice: Choice, columns: list[ExportColumn]) -> Iterator[list[Cell]]:
    """Read the leads through a cursor of the server, and a thousand at a time what the list says beside."""
    keys = [column.key for column in choice.columns]
    leads = with_names(in_order(choice.leads, choice.asked)).order_by(*choice.asked.order.names())
    waiting = leads.iterator(chunk_size=ROWS_AT_ONCE)
    while some := list(islice(waiting, ROWS_AT_ONCE)):
        for row in rows_of(some, columns=keys, now=choice.now):
            yield [column.value(row) for column in columns]


def _in_language(rows: Iterator[list[Cell]]) -> Iterator[list[Cell]]:
    """Read the rows in the language of the request, which is over when they are read."""
    with translation.override(translation.get_language()):
        yield from rows
