"""A model as a JSON file: handed out, and taken in as a draft."""

from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from leadapp.errors import Invalid
from leadapp.views.answering import Question, posted, signed_in
from scoring.services.transfer import MOST_BYTES, export_version, import_version, read_json, write_json
from scoring.views.asking import EDIT, ask
from scoring.views.shell import find_version, open_studio

TEXT = gettext_lazy(
    "Every rule, group, bound and band of the file becomes a draft of this model. Nothing counts for leads "
    "until you publish it. A file with any fault is not taken in at all."
)


class FileForm(forms.Form):
    """A JSON file, or its text; `data` is what it says."""

    file = forms.FileField(
        label=gettext_lazy("File"),
        required=False,
        allow_empty_file=True,
        widget=forms.FileInput({"accept": ".json,application/json"}),
    )
    text = forms.CharField(
        label=gettext_lazy("Or its text"),
        required=False,
        widget=forms.Textarea({"rows": 6, "spellcheck": "false"}),
    )

    def needs_file(self) -> bool:
        """Tell whether something has to be given."""
        return True

    def clean(self) -> dict[str, Any]:
        """Read the JSON, and say where it breaks off."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if not self.needs_file():
            return cleaned
        upload: UploadedFile[Any] | None = cleaned.get("file")
        if not upload and not cleaned.get("text", "").strip():
            self.add_error("file", _("Choose a file, or paste its text."))
            return cleaned
        try:
            cleaned["data"] = read_json(upload.read(MOST_BYTES + 1) if upload else cleaned["text"])
        except Invalid as refused:
            for sentences in refused.errors.values():
                self.add_error("file" if upload else "text", list(sentences))
        return cleaned


@require_safe
def export(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """Hand a version out as a file."""
    studio = open_studio(request, slug)
    version = find_version(studio, number)
    text = write_json(export_version(version))
    response = HttpResponse(text, content_type="application/json; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{slug}-v{number}.json"'
    return response


@require_http_methods(["GET", "POST"])
def take_in(request: HttpRequest, slug: str) -> HttpResponse:
    """Take a file in as the draft."""
    studio = open_studio(request, slug, tab="versions")
    form = FileForm(posted(request), request.FILES or None)
    question = Question(
        title=_("Import rules into %(model)s") % {"model": studio.model},
        text=TEXT,
        submit=_("Import as a draft"),
        form=form,
        is_wide=True,
        template="scoring/import_body.html",
        context={"lists_faults": True},
    )

    def carry_out(data: dict[str, Any]) -> str:
        draft = import_version(
            model=studio.model, data=data["data"], actor=signed_in(request), now=timezone.now()
        )
        return _("Imported as the draft v%(number)s. Nothing is live yet.") % {"number": draft.number}

    return ask(
        request,
        studio,
        question,
        carry_out,
        permission=EDIT,
        back=reverse("scoring-versions", args=[slug]),
    )
