"""Many leads of the list at once: ask once, judge each by itself, tell each refusal by the lead's name."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from leadapp.access import may
from leadapp.errors import NotFound, Refused
from leadapp.models import Lead, Stage, User
from leadapp.views.answering import came_from, posted, signed_in
from qualification.services import moves
from qualification.services.assignment import SeenOwner, assign_leads
from qualification.views.forms import WakingForm, WhyOutForm, in_three_months, reason_field
from qualification.views.moves import undo_url

PICKED = re.compile(r"([0-9]{1,18})\.([a-z]{1,16})\.([a-z]{1,16})\.([0-9]{0,18})")


class BulkMoveForm(forms.Form):
    """Where to, and why."""

    to_stage = forms.ChoiceField(label="To", choices=[("", "Choose…"), *Stage.choices])
    reason = reason_field("Needed for leads that go back.", required=False)
    past_gates = forms.BooleanField(label="Also past gates that do not pass", required=False)

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not may(user, "qualification.override_gate"):
            del self.fields["past_gates"]


class BulkNurtureForm(WakingForm):
    """Why they are set aside, and until when."""

    field_order = ("reason", "wake_on", "wake_score")
    reason = reason_field()

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["wake_on"].initial = in_three_months()


class BulkDisqualifyForm(WhyOutForm):
    """Why they are out."""

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)


class BulkOwnerForm(forms.Form):
    """Who has them from now on."""

    owner = forms.ModelChoiceField(
        label="New owner",
        queryset=User.objects.filter(is_active=True, groups__name="rep")
        .order_by("first_name", "last_name", "pk")
        .distinct(),
        required=False,
        empty_label="Whoever is next, for each of them",
    )
    reason = reason_field("Why this person; both of you read it.")

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)


@dataclass(frozen=True)
class Picked:
    """A lead that was chosen, as it was seen."""

    lead: Lead
    stage: str
    status: str
    owner_id: int | None

    @property
    def value(self) -> str:
        """Return it as it is sent."""
        return f"{self.lead.pk}.{self.stage}.{self.status}.{self.owner_id or ''}"


@dataclass(frozen=True)
class Result:
    """How it went with one lead."""

    lead: Lead
    refused: Refused | None = None
    undo_url: str = ""


@dataclass(frozen=True)
class Action:
    """Something that can be done with many leads."""

    question: str
    submit: str
    form: type[Any]
    carry_out: Callable[[Sequence[Picked], Any, User], list[Result]]
    ends_something: bool = False


def _move(picked: Sequence[Picked], form: Any, user: User) -> list[Result]:
    data = form.cleaned_data
    return _results(
        moves.move_leads(
            leads=_seen(picked),
            to_stage=data["to_stage"],
            reason=data["reason"],
            past_gates=data.get("past_gates", False),
            actor=user,
            now=timezone.now(),
        )
    )


def _nurture(picked: Sequence[Picked], form: Any, user: User) -> list[Result]:
    reason = form.cleaned_data["reason"]
    return _results(
        moves.nurture_leads(
            leads=_seen(picked), reason=reason, waking=form.waking, actor=user, now=timezone.now()
        )
    )


def _disqualify(picked: Sequence[Picked], form: Any, user: User) -> list[Result]:
    return _results(
        moves.disqualify_leads(leads=_seen(picked), actor=user, now=timezone.now(), **form.cleaned_data)
    )


def _assign(picked: Sequence[Picked], form: Any, user: User) -> list[Result]:
    outcomes = assign_leads(
        leads=[SeenOwner(each.lead, each.owner_id) for each in picked],
        actor=user,
        now=timezone.now(),
        **form.cleaned_data,
    )
    return [Result(outcome.lead, outcome.refused) for outcome in outcomes]


ACTIONS = {
    "move": Action("Move {}", "Move them", BulkMoveForm, _move),
    "nurture": Action("Move {} to nurture?", "Move them to nurture", BulkNurtureForm, _nurture),
    "disqualify": Action("Disqualify {}?", "Disqualify them", BulkDisqualifyForm, _disqualify, True),
    "assign": Action("Give {} to somebody", "Give them", BulkOwnerForm, _assign),
}


@require_http_methods(["GET", "POST"])
def bulk(request: HttpRequest) -> HttpResponse:
    """Ask what is to be done with the chosen leads, do it, and say how it went with each."""
    user, asked = signed_in(request), request.POST if request.method == "POST" else request.GET
    action = ACTIONS.get(asked.get("what", ""))
    if action is None:
        raise Http404("There is no such thing to do with many leads.")
    back = came_from(request) or reverse("lead-list")
    picked = _picked(asked.getlist("lead"), user)
    if not picked:
        messages.error(request, "Choose leads first.")
        return redirect(back)
    form = action.form(posted(request), user=user)
    number = f"{len(picked)} lead{'s' if len(picked) > 1 else ''}"
    context = {"what": asked["what"], "action": action, "picked": picked, "form": form, "back": back}
    context["title"] = action.question.format(number)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                results = action.carry_out(picked, form, user)
            except Refused as refused:  # what was asked of all makes no sense
                for name, texts in (refused.errors or {"": [refused.message]}).items():
                    form.add_error(name if name in form.fields else None, list(texts))
            else:
                return _tell(request, results, back)
    return render(request, "qualification/bulk.html", context, status=status)


def _tell(request: HttpRequest, results: Sequence[Result], back: str) -> HttpResponse:
    refused = [result for result in results if result.refused]
    done = [result for result in results if not result.refused]
    context = {"refused": refused, "done": done, "number": len(results), "back": back}
    return render(request, "qualification/bulk_results.html", context)


def _picked(values: Sequence[str], user: User) -> list[Picked]:
    """Return the leads that were chosen, as far as this person may see them."""
    found = [match for value in values if (match := PICKED.fullmatch(value))]
    if len(found) > moves.MOST_AT_ONCE:
        raise NotFound(f"Choose up to {moves.MOST_AT_ONCE} leads.")
    leads = Lead.objects.visible_to(user).in_bulk([int(match[1]) for match in found])
    return [
        Picked(leads[int(match[1])], match[2], match[3], int(match[4]) if match[4] else None)
        for match in found
        if int(match[1]) in leads
    ]


def _seen(picked: Sequence[Picked]) -> list[moves.Seen]:
    return [moves.Seen(each.lead, each.stage, each.status) for each in picked]


def _results(outcomes: Sequence[moves.Outcome]) -> list[Result]:
    return [
        Result(outcome.lead, outcome.refused, undo_url(outcome.change) if outcome.change else "")
        for outcome in outcomes
    ]
