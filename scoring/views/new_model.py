"""A new model: from a start that comes with Leadapp, from a file, or empty."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from leadapp.access import require
from leadapp.errors import Refused
from leadapp.models import User
from leadapp.shipped import shown
from leadapp.views.answering import posted, tell
from scoring.models import ScoringModel
from scoring.services.models import make_model
from scoring.services.transfer import import_version, list_starts, read_start
from scoring.views.shell import require_view
from scoring.views.transfer import FileForm

EMPTY, FILE = "empty", "file"
ADD = "scoring.add_scoringmodel"


class NewModelForm(FileForm):
    """A name, and what to begin with."""

    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=100,
        help_text=gettext_lazy("What it scores for: a product line, a market."),
        error_messages={"required": gettext_lazy("Give the model a name.")},
    )
    start = forms.ChoiceField(label=gettext_lazy("Begin with"), widget=forms.RadioSelect)

    field_order = ("name", "start", "file", "text")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        starts = [(start.slug, shown(start.name)) for start in list_starts()]
        self.fields["start"].choices = [  # type: ignore[attr-defined]
            *starts,
            (EMPTY, _("No rules at all")),
            (FILE, _("A file that a model was exported to")),
        ]

    def needs_file(self) -> bool:
        """Ask for a file only where one is wanted."""
        return self.cleaned_data.get("start") == FILE


@require_http_methods(["GET", "POST"])
def new_model(request: HttpRequest) -> HttpResponse:
    """Ask, make the model, and open it."""
    user = require_view(request)
    form = NewModelForm(posted(request), request.FILES or None, initial={"start": EMPTY})
    if request.method != "POST" or not form.is_valid():
        require(user, ADD, _("Only marketing may add scoring models."))
        return _page(request, form, status=422 if form.errors else 200)
    try:
        model = _make(form.cleaned_data, user)
    except Refused as refused:
        # The places in a file are no fields of this form, though one is called "name" as well.
        if form.cleaned_data["start"] != FILE or set(refused.errors) == {"name"}:
            tell(form, refused)
        return _page(request, form, status=refused.status, refused=refused)
    messages.success(
        request,
        _("%(model)s is there. Nothing counts for leads until you publish it.") % {"model": model.name},
    )
    return redirect("scoring-model", model.slug)


def _make(data: dict[str, Any], user: User) -> ScoringModel:
    now = timezone.now()
    if data["start"] == EMPTY:
        return make_model(name=data["name"], actor=user, now=now)
    said = data["data"] if data["start"] == FILE else read_start(data["start"])
    return import_version(data=said, actor=user, now=now, name=data["name"]).model


def _page(
    request: HttpRequest, form: NewModelForm, *, status: int, refused: Refused | None = None
) -> HttpResponse:
    starts = {start.slug: start for start in list_starts()}
    choices = [(radio, starts.get(str(radio.data["value"]))) for radio in form["start"]]
    context = {"form": form, "choices": choices, "refused": refused}
    return render(request, "scoring/new_model.html", context, status=status)
