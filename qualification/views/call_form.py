"""The form of a discovery call: per dimension what was heard, then notes, outcome and next step."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from leadapp.models import Lead
from leadapp.services.work.calls import OUTCOMES, REACHED, Call, FollowUp
from leadapp.shipped import shown
from leadapp.times import write_day
from qualification.models import BantAnswer, BantState, Confidence
from qualification.services.evidence.answers import BantView, NewAnswer
from qualification.views.forms import good_for_choices
from qualification.views.work_forms import tomorrow_morning

KEEP = "keep"
NEXT_STEPS = (
    gettext_lazy("Send a summary"),
    gettext_lazy("Book a demo"),
    gettext_lazy("Call again"),
    gettext_lazy("Send a quote"),
)
SAY = gettext_lazy("Say what was told: an amount, a role, a pain or a date.")


@dataclass(frozen=True)
class Heard:
    """The fields of one dimension."""

    state: forms.BoundField
    value: forms.BoundField
    sure: forms.BoundField
    until: forms.BoundField
    seen: forms.BoundField


class CallForm(forms.Form):
    """What is typed during a call. Dimensions that are settled show their answer; only changes are saved."""

    call_id = forms.UUIDField(widget=forms.HiddenInput)
    version = forms.IntegerField(widget=forms.HiddenInput, min_value=0, max_value=10**9)
    tab = forms.CharField(widget=forms.HiddenInput, required=False, max_length=64)
    seen_stage = forms.CharField(widget=forms.HiddenInput, required=False, max_length=16)
    notes = forms.CharField(
        label=gettext_lazy("Notes"),
        max_length=10_000,
        required=False,
        widget=forms.Textarea({"rows": 4, "class": "input"}),
    )
    outcome = forms.ChoiceField(label=gettext_lazy("How did it end?"), choices=list(OUTCOMES.items()))
    next = forms.CharField(
        label=gettext_lazy("Next step"),
        max_length=500,
        required=False,
        widget=forms.TextInput({"list": "next-steps", "autocomplete": "off"}),
    )
    due = forms.DateTimeField(
        label=gettext_lazy("Due"),
        required=False,
        widget=forms.DateTimeInput({"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )

    def __init__(
        self,
        data: Any = None,
        *,
        lead: Lead,
        views: Sequence[BantView],
        draft: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(data, auto_id="call-%s")
        self.lead, self.views = lead, list(views)
        self.said: list[str] = []
        first = {
            "call_id": uuid4(),
            "version": 0,
            "seen_stage": lead.stage,
            "outcome": REACHED,
            "due": tomorrow_morning(),
        }
        for view in self.views:
            self._ask(view, first)
        self.initial = {**first, **(draft or {})}

    def _ask(self, view: BantView, first: dict[str, Any]) -> None:
        asked, key = view.dimension, view.dimension.key
        settled = view.answer if view.answer is not None and not view.is_open else None
        spans = good_for_choices(asked.good_for_days)
        if settled is not None:
            end = settled.expires_at
            spans = [
                (KEEP, _("Until %(end)s") % {"end": write_day(end)} if end else _("No end, as before")),
                *spans,
            ]
        evidence = (
            {"placeholder": _("e.g. %(example)s") % {"example": shown(asked.example)}}
            if asked.example
            else {}
        )
        if view.is_stale and view.answer is not None and view.answer.value:
            evidence = {"placeholder": _("as before: %(answer)s") % {"answer": view.answer.value}}
        self.fields |= {
            f"{key}-state": forms.ChoiceField(
                label=_("%(asked)s is") % {"asked": shown(asked.label)},
                choices=BantState.choices,
                widget=forms.RadioSelect,
            ),
            f"{key}-value": forms.CharField(
                label=shown(asked.value_label),
                max_length=500,
                required=False,
                widget=forms.TextInput(evidence),
            ),
            f"{key}-sure": forms.ChoiceField(label=_("How sure"), choices=Confidence.choices),
            f"{key}-until": forms.ChoiceField(label=_("Good until"), choices=spans, required=False),
            f"{key}-seen": forms.IntegerField(
                widget=forms.HiddenInput, required=False, min_value=1, max_value=2**62
            ),
        }
        first |= {
            f"{key}-state": settled.state if settled else BantState.UNKNOWN,
            f"{key}-value": settled.value if settled else "",
            f"{key}-sure": settled.confidence if settled else Confidence.MEDIUM,
            f"{key}-until": KEEP if settled else str(asked.good_for_days or ""),
            f"{key}-seen": settled.pk if settled else "",
        }

    def heard(self, key: str) -> Heard:
        """Return the fields of a dimension."""
        return Heard(*(self[f"{key}-{name}"] for name in ("state", "value", "sure", "until", "seen")))

    def clean(self) -> dict[str, Any]:
        """Confirmed or ruled out needs evidence: the next person has to know why."""
        data = super().clean() or self.cleaned_data
        self._take_over(data)
        self.said = self._said(data)
        for key in self.said:
            name = f"{key}-value"
            if data.get(f"{key}-state") in (BantState.CONFIRMED, BantState.RULED_OUT) and not data.get(name):
                self.add_error(name, SAY)
        if data.get("next") and not data.get("due") and "due" not in self.errors:
            self.add_error("due", _("Say until when."))
        return data

    def _take_over(self, data: dict[str, Any]) -> None:
        """Let what ran out be confirmed again without writing it again."""
        for view in self.views:
            name, state = f"{view.dimension.key}-value", data.get(f"{view.dimension.key}-state")
            if view.is_stale and view.answer is not None and state == view.state and data.get(name) == "":
                data[name] = view.answer.value

    def call(self, *, now: datetime) -> Call:
        """Return the call as it was typed; what is incomplete or wrong is left out of it."""
        data = self.cleaned_data
        follow_up = None
        if data.get("next") and data.get("due"):
            follow_up = FollowUp(text=data["next"], due_at=data["due"])
        return Call(
            call_id=data["call_id"],
            outcome=data["outcome"],
            answers=tuple(self._answer(key, now) for key in self.said if self._is_whole(key)),
            note=data.get("notes", ""),
            follow_up=follow_up,
        )

    def typed(self) -> dict[str, str]:
        """Return everything that was posted into this form, for a draft."""
        return {name: str(self.data[name]) for name in self.fields if name in self.data and name != "version"}

    def _is_whole(self, key: str) -> bool:
        return not any(name.startswith(f"{key}-") for name in self.errors)

    def _said(self, data: Mapping[str, Any]) -> list[str]:
        """Return the dimensions about which something was heard: all that is not as it was shown."""
        keys = [view.dimension.key for view in self.views]
        ids = [data[f"{key}-seen"] for key in keys if data.get(f"{key}-seen")]
        shown = {one.pk: one for one in BantAnswer.objects.filter(lead=self.lead, pk__in=ids)} if ids else {}
        return [key for key in keys if _is_said(key, data, shown.get(data.get(f"{key}-seen") or 0))]

    def _answer(self, key: str, now: datetime) -> NewAnswer:
        data, until = self.cleaned_data, self.cleaned_data[f"{key}-until"]
        return NewAnswer(
            dimension=key,
            state=data[f"{key}-state"],
            value=data[f"{key}-value"],
            source=BantAnswer.Source.CALL,
            confidence=data[f"{key}-sure"],
            expires_at=now + timedelta(days=int(until)) if until not in ("", KEEP) else None,
            no_end=not until,
        )


def _is_said(key: str, data: Mapping[str, Any], shown: BantAnswer | None) -> bool:
    state, value = data.get(f"{key}-state"), data.get(f"{key}-value")
    if shown is None or shown.dimension_id != key:
        return bool(value) or state not in (None, BantState.UNKNOWN)
    was = (shown.state, shown.value, shown.confidence)
    return (state, value, data.get(f"{key}-sure")) != was or data.get(f"{key}-until") != KEEP
