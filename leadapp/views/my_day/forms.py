"""The forms of one key: what was done, and what comes next."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import uuid4

from django import forms
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from leadapp.models import User
from leadapp.services.work.day_log import Done, Next, work_morning
from leadapp.views.lead.forms import CallForm, EmailForm, MeetingForm
from leadapp.words import Text
from qualification.services.clock.business_time import WorkCalendar


@dataclass(frozen=True)
class Usual:
    """What usually comes next after an outcome, and after how many days."""

    says: Text
    days: int

    @property
    def text(self) -> str:
        """Return it in the words of whoever reads it."""
        return str(self.says)


# By the type of the activity, and the outcome where it has one.
USUAL: Mapping[str, Usual] = {
    "no_answer": Usual(gettext_lazy("Call again"), 1),
    "voicemail": Usual(gettext_lazy("Call again"), 2),
    "sent": Usual(gettext_lazy("Ask whether they have read the email"), 3),
    "held": Usual(gettext_lazy("Send what was agreed"), 1),
}


class NextForm(forms.Form):
    """What comes next; empty, it is what usually comes next after this outcome."""

    next_text = forms.CharField(label=gettext_lazy("Next task"), max_length=500, required=False)
    next_due = forms.DateTimeField(
        label=gettext_lazy("Due"),
        required=False,
        widget=forms.DateTimeInput({"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )
    no_next = forms.BooleanField(label=gettext_lazy("No next task"), required=False)
    token = forms.CharField(widget=forms.HiddenInput, max_length=64)
    then = forms.CharField(widget=forms.HiddenInput, required=False, max_length=64)

    outcome_field = ""

    def __init__(
        self, *args: Any, calendar: WorkCalendar, now: datetime, then: str = "", **kwargs: Any
    ) -> None:
        self.calendar, self.now = calendar, now
        kwargs["initial"] = {"token": uuid4().hex, "then": then, **kwargs.get("initial", {})}
        super().__init__(*args, **kwargs)
        self.auto_id = "log_%s"
        if "subject" in self.fields:
            self.fields["subject"].required = False

    @property
    def choice(self) -> forms.BoundField:
        """Return the field of the outcome."""
        return self[self.outcome_field]

    @property
    def what(self) -> list[forms.BoundField]:
        """Return the fields about what was done, but for the outcome."""
        others = {self.outcome_field, "next_text", "next_due", "no_next"}
        return [bound for bound in self.visible_fields() if bound.name not in others]

    @property
    def outcomes(self) -> list[dict[str, Any]]:
        """Return the outcomes, each with its key and what usually comes next."""
        if not self.outcome_field:
            return []
        chosen = str(self[self.outcome_field].value())
        return [
            {
                "key": number,
                "radio": radio,
                "usual": self._in_words(radio.data["value"]),
                "is_chosen": radio.data["value"] == chosen,
            }
            for number, radio in enumerate(self[self.outcome_field], start=1)
        ]

    def _in_words(self, outcome: str) -> str:
        usual = USUAL.get(outcome)
        if usual is None:
            return ""
        due = work_morning(self.calendar, self.now, days=usual.days).astimezone(self.calendar.zone)
        return f"{usual.text}, {date_format(due, 'WEEKDAY_TIME_FORMAT')}"

    def next_step(self, owner: User) -> Next | None:
        """Return what comes next."""
        data = self.cleaned_data
        if data["no_next"]:
            return None
        usual = USUAL.get(data.get(self.outcome_field, ""))
        text = data["next_text"] or (usual.text if usual else "")
        if not text:
            return None
        days = usual.days if usual else 1
        due_at = data["next_due"] or work_morning(self.calendar, self.now, days=days)
        return Next(text=text, due_at=due_at, owner=owner)

    def done(self) -> Done | None:
        """Return what was done; nothing where only the next task is set."""
        return None


class DayCallForm(NextForm, CallForm):
    """How a call went."""

    outcome_field = "outcome"
    field_order = ("outcome", "notes", "minutes", "next_text", "next_due", "no_next")

    def done(self) -> Done:
        """Return the call."""
        return Done(*self.activity(self.cleaned_data))


class DayEmailForm(NextForm, EmailForm):
    """An email that went out, or an answer that came."""

    outcome_field = "direction"
    field_order = ("direction", "subject", "note", "next_text", "next_due", "no_next")

    def done(self) -> Done:
        """Return the email."""
        return Done(*self.activity(self.cleaned_data))


class DayMeetingForm(NextForm, MeetingForm):
    """A meeting that was held, or one that was arranged."""

    outcome_field = "state"
    field_order = ("state", "subject", "meeting_at", "notes", "minutes", "next_text", "next_due", "no_next")

    def clean(self) -> dict[str, Any]:
        """Ask when a meeting will be: it is to show up on that day."""
        data = super().clean() or self.cleaned_data
        if data.get("state") == "booked" and not data.get("meeting_at") and "meeting_at" not in self.errors:
            self.add_error("meeting_at", _("Say when it will be."))
        return data

    def done(self) -> Done:
        """Return the meeting."""
        return Done(*self.activity(self.cleaned_data))


class DayTaskForm(NextForm):
    """Only what comes next."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["next_text"].required = True
        self.fields["next_text"].label = _("What is to be done")
        morning = work_morning(self.calendar, self.now, days=1)
        self.initial["next_due"] = timezone.localtime(morning, self.calendar.zone)
        del self.fields["no_next"]

    def next_step(self, owner: User) -> Next | None:
        """Return the task."""
        self.cleaned_data["no_next"] = False
        return super().next_step(owner)


FORMS: Mapping[str, type[NextForm]] = {
    "call": DayCallForm,
    "email": DayEmailForm,
    "meeting": DayMeetingForm,
    "task": DayTaskForm,
}
TITLES = {
    "call": gettext_lazy("How did the call go?"),
    "email": gettext_lazy("Which email?"),
    "meeting": gettext_lazy("Which meeting?"),
    "task": gettext_lazy("What next?"),
}
SUBMITS = {
    "call": gettext_lazy("Log the call"),
    "email": gettext_lazy("Log the email"),
    "meeting": gettext_lazy("Log the meeting"),
    "task": gettext_lazy("Set the task"),
}
SAID = {
    "call": gettext_lazy("The call is logged."),
    "email": gettext_lazy("The email is logged."),
    "meeting": gettext_lazy("The meeting is logged."),
    "task": gettext_lazy("The task is set."),
}
