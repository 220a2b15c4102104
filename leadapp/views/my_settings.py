"""How somebody wants to see Leadapp: colours, language, time zone, rows."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from leadapp.languages import speaking_to, time_zones
from leadapp.models import Density, ListSize, Theme, User
from leadapp.services.people import choose_settings
from leadapp.views.answering import posted, signed_in


class SettingsForm(forms.Form):
    """What somebody chooses for themselves."""

    theme = forms.ChoiceField(label=gettext_lazy("Colours"), choices=Theme, widget=forms.RadioSelect)
    language = forms.ChoiceField(
        label=gettext_lazy("Language"),
        required=False,
        choices=[("", gettext_lazy("As my browser says")), *settings.LANGUAGES],
        help_text=gettext_lazy(
            "Of the pages, and of e-mails to you. E-mails are in English until you choose."
        ),
    )
    time_zone = forms.ChoiceField(label=gettext_lazy("Time zone"), required=False)
    density = forms.ChoiceField(label=gettext_lazy("Rows"), choices=Density, widget=forms.RadioSelect)
    list_size = forms.TypedChoiceField(
        label=gettext_lazy("Rows of a page"), coerce=int, choices=ListSize, widget=forms.RadioSelect
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial = {name: getattr(user, name) for name in self.fields}
        zones = [(name, name.replace("_", " ")) for name in time_zones()]
        self.fields["time_zone"].choices = [("", _("Not chosen: UTC")), *zones]  # type: ignore[attr-defined]


@require_http_methods(["GET", "POST"])
def my_settings(request: HttpRequest) -> HttpResponse:
    """Ask how the person wants to see Leadapp; it holds from the next page on."""
    user = signed_in(request)
    form = SettingsForm(posted(request), user=user)
    if form.is_valid():
        choose_settings(user=user, **form.cleaned_data)
        with speaking_to(user):
            messages.success(request, _("Saved. It holds from now on."))
        return redirect("settings")
    return render(request, "settings/page.html", {"form": form}, status=422 if form.errors else 200)
