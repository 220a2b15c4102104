"""What is asked before something is done with many leads. `asked` is what a run keeps of the answer."""

from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from leadapp.access import may
from leadapp.models import Stage, Tag, User
from leadapp.services.bulk import Asked
from leadapp.services.leads.tags import read_tags
from qualification.views.forms import (
    WakingForm,
    WhyOutForm,
    in_three_months,
    reason_field,
)
from qualification.views.work_forms import tomorrow_morning

MOST_TAGS_OFFERED = 200


def _reps() -> Any:
    reps = User.objects.filter(is_active=True, groups__name="rep")
    return reps.order_by("first_name", "last_name", "pk").distinct()


class BulkForm(forms.Form):
    """A question about many leads."""

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user

    @property
    def asked(self) -> Asked:
        """Return the answer as a run keeps it."""
        return self.cleaned_data


class BulkMoveForm(BulkForm):
    """Where to, and why."""

    to_stage = forms.ChoiceField(label=_("To"), choices=[("", _("Choose…")), *Stage.choices])
    reason = reason_field(_("Needed for leads that go back."), required=False)
    past_gates = forms.BooleanField(label=_("Also past gates that do not pass"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not may(self.user, "qualification.override_gate"):
            del self.fields["past_gates"]


class BulkNurtureForm(BulkForm, WakingForm):
    """Why they are set aside, and until when."""

    field_order = ("reason", "wake_on", "wake_score")
    reason = reason_field()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["wake_on"].initial = in_three_months()

    @property
    def asked(self) -> Asked:
        """Write the day as JSON keeps it."""
        wake_on = self.cleaned_data["wake_on"]
        return self.cleaned_data | {"wake_on": wake_on.isoformat() if wake_on else None}


class BulkDisqualifyForm(BulkForm, WhyOutForm):
    """Why they are out."""


class BulkOwnerForm(BulkForm):
    """Who has them from now on."""

    owner = forms.ModelChoiceField(
        label=_("New owner"),
        queryset=_reps(),
        required=False,
        empty_label=_("Whoever is next, for each of them"),
    )
    reason = reason_field(_("Why this person; both of you read it."))

    @property
    def asked(self) -> Asked:
        """Keep the owner by number."""
        owner = self.cleaned_data["owner"]
        return self.cleaned_data | {"owner": owner.pk if owner else None}


class BulkTagForm(BulkForm):
    """Which tags they get, and which they lose."""

    add = forms.CharField(
        label=_("Put on"),
        required=False,
        max_length=500,
        widget=forms.TextInput({"list": "known-tags", "autocomplete": "off"}),
        help_text=_("Several with commas between them. A new word is a new tag."),
    )
    remove = forms.CharField(
        label=_("Take off"),
        required=False,
        max_length=500,
        widget=forms.TextInput({"list": "known-tags", "autocomplete": "off"}),
    )

    @property
    def known_tags(self) -> list[str]:
        """Return what is offered while people type."""
        return list(Tag.objects.order_by("name").values_list("name", flat=True)[:MOST_TAGS_OFFERED])

    def clean(self) -> dict[str, Any]:
        """One of both is needed."""
        data = super().clean() or self.cleaned_data
        if not self.errors and not read_tags(data["add"]) and not read_tags(data["remove"]):
            self.add_error("add", _("Name a tag to put on, or one to take off."))
        return data

    @property
    def asked(self) -> Asked:
        """Read the tags."""
        return {name: read_tags(self.cleaned_data[name]) for name in ("add", "remove")}


class BulkTaskForm(BulkForm):
    """What is to be done, until when, and by whom."""

    text = forms.CharField(label=_("What is to be done"), max_length=500)
    due_at = forms.DateTimeField(
        label=_("Due"),
        initial=tomorrow_morning,
        widget=forms.DateTimeInput({"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )
    owner = forms.ModelChoiceField(
        label=_("Who does it"),
        queryset=_reps(),
        required=False,
        empty_label=_("Whoever has the lead, else me"),
    )

    @property
    def asked(self) -> Asked:
        """Write the moment as JSON keeps it, and keep the owner by number."""
        data = self.cleaned_data
        owner = data["owner"]
        due_at = timezone.localtime(data["due_at"]).isoformat()
        return {"text": data["text"], "due_at": due_at, "owner": owner.pk if owner else None}
