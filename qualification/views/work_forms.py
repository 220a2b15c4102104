"""Forms of notes and tasks."""

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from leadapp.models import Lead, User


class NoteForm(forms.Form):
    """What somebody wants to remember about a lead."""

    text = forms.CharField(
        label=gettext_lazy("Note"),
        max_length=10_000,
        widget=forms.Textarea({"rows": 3}),
        help_text=gettext_lazy("@username tells a colleague."),
    )

    def __init__(self, *args: Any, lead: Lead, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # mentions.js offers people while somebody types.
        self.fields["text"].widget.attrs |= {
            "data-mentions": reverse("lead-people", args=[lead.pk]),
            "data-mentions-label": _("People"),
        }


def tomorrow_morning() -> datetime:
    """Return when most follow-ups are due."""
    return (timezone.localtime() + timedelta(days=1)).replace(hour=9, minute=0, second=0, microsecond=0)


class TaskForm(forms.Form):
    """A follow-up."""

    text = forms.CharField(label=gettext_lazy("What is to be done"), max_length=500)
    due_at = forms.DateTimeField(
        label=gettext_lazy("Due"),
        widget=forms.DateTimeInput({"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )
    owner = forms.ModelChoiceField(
        label=gettext_lazy("Who does it"),
        queryset=User.objects.none(),
        required=False,
        empty_label=gettext_lazy("Me"),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        owner = self.fields["owner"]
        assert isinstance(owner, forms.ModelChoiceField)
        working = User.objects.filter(is_active=True, groups__name__in=("rep", "manager", "admin"))
        owner.queryset = working.distinct().order_by("first_name", "last_name", "pk")
