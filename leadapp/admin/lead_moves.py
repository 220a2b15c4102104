"""Moving leads and answering BANT from the admin, through the same services as everywhere."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import AdminDateWidget
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from leadapp.access import require
from leadapp.admin.asking import ask, carry_out, chosen_ids, person, show_in
from leadapp.errors import Refused
from leadapp.models import Lead, Stage, User
from leadapp.words import Text, lower_first
from qualification.models import BantAnswer, BantState, Confidence, Dimension
from qualification.services.customers.deals import DealFacts
from qualification.services.evidence.answers import answer_bant
from qualification.services.moves import (
    NEW_ROUND_AT,
    Outcome,
    Seen,
    disqualify_lead,
    disqualify_leads,
    move_lead,
    move_leads,
    new_opportunity,
    nurture_lead,
    nurture_leads,
    reopen_lead,
    reopen_leads,
)
from qualification.services.recycling.reasons import OTHER, offered_reasons
from qualification.services.recycling.wake_ups import Waking

WORK, NOT_YOURS = "leadapp.work_any_lead", gettext_lazy("Only sales may move leads and answer BANT.")
NEW_ROUND = {
    Stage.LEAD: gettext_lazy("New opportunity at Lead"),
    Stage.MQL: gettext_lazy("New opportunity at MQL"),
    Stage.SQL: gettext_lazy("New opportunity at SQL"),
}
MOVES: list[tuple[str, Text]] = [
    (Stage.LEAD.value, gettext_lazy("Move to Lead")),
    (Stage.MQL.value, gettext_lazy("Move to MQL")),
    (Stage.SQL.value, gettext_lazy("Move to SQL")),
    (Stage.CUSTOMER.value, gettext_lazy("Move to Customer")),
    ("nurture", gettext_lazy("Set aside for nurture")),
    ("disqualify", gettext_lazy("Disqualify")),
    ("reopen", gettext_lazy("Reopen")),
    *((f"opportunity:{stage.value}", NEW_ROUND[stage]) for stage in NEW_ROUND_AT),
]


class MoveForm(forms.Form):
    """Where to, and why."""

    what = forms.ChoiceField(label=gettext_lazy("What"), choices=MOVES)
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        required=False,
        max_length=500,
        widget=forms.TextInput(attrs={"size": 70}),
        help_text=gettext_lazy("Needed for everything but a step forward through a gate that passes."),
    )
    reason_code = forms.ChoiceField(
        label=gettext_lazy("Disqualified for"),
        required=False,
        help_text=gettext_lazy("With Disqualify; “Other” needs a reason."),
    )
    wake_on = forms.DateField(
        label=gettext_lazy("Wakes on"),
        required=False,
        widget=AdminDateWidget,
        help_text=gettext_lazy("With nurture, and so is a score."),
    )
    wake_score = forms.IntegerField(label=gettext_lazy("Wakes from a score of"), required=False, min_value=1)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["reason_code"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [("", "–"), *((item.code, str(item)) for item in offered_reasons())]


class MoveManyForm(MoveForm):
    """For many leads a reason alone takes none past its gate."""

    past_gates = forms.BooleanField(label=gettext_lazy("Also past gates that do not pass"), required=False)


class MoveWithDealForm(MoveForm):
    """For a single lead also what was won."""

    value = forms.DecimalField(
        label=gettext_lazy("Deal value"),
        required=False,
        max_digits=14,
        decimal_places=2,
        help_text=gettext_lazy("Only for the move to Customer."),
    )
    currency = forms.CharField(label=gettext_lazy("Currency"), required=False, initial="EUR", max_length=3)
    won_on = forms.DateField(label=gettext_lazy("Won on"), required=False, widget=AdminDateWidget)
    product = forms.CharField(label=gettext_lazy("Product"), required=False, max_length=200)


class BantForm(forms.Form):
    """One answer about one dimension."""

    dimension = forms.ModelChoiceField(
        label=gettext_lazy("Question"),
        queryset=Dimension.objects.order_by("position", "pk"),
        empty_label=None,
    )
    state = forms.ChoiceField(label=gettext_lazy("Answer"), choices=BantState.choices)
    value = forms.CharField(
        label=gettext_lazy("What was said"),
        required=False,
        max_length=500,
        widget=forms.TextInput(attrs={"size": 70}),
        help_text=gettext_lazy("Amount, role, pain or date."),
    )
    source = forms.ChoiceField(
        label=gettext_lazy("Source"), choices=BantAnswer.Source.choices, initial=BantAnswer.Source.CALL
    )
    confidence = forms.ChoiceField(
        label=gettext_lazy("How sure"),
        required=False,
        choices=[("", gettext_lazy("As sure as the source")), *Confidence.choices],
    )


@dataclass(frozen=True)
class SeenLead:
    """A lead with what the person sees of it, to be sent back with the answer."""

    lead: Lead

    @property
    def pk(self) -> int:
        """Return the id."""
        return self.lead.pk

    @property
    def seen(self) -> str:
        """Return stage and status for the hidden field."""
        return f"{self.lead.stage}:{self.lead.status}"

    @property
    def label(self) -> str:
        """Return the line in the list."""
        score = (
            _("no score") if self.lead.score is None else _("score %(score)s") % {"score": self.lead.score}
        )
        status = lower_first(self.lead.get_status_display())
        return f"{self.lead}: {self.lead.get_stage_display()}, {status}, {score}"

    def __str__(self) -> str:
        return self.lead.name


def move_view(model_admin: "admin.ModelAdmin[Any]", request: HttpRequest) -> HttpResponse:
    """Ask where to and why; move each lead by itself and tell how it went."""
    require(person(request), WORK, NOT_YOURS)
    leads = Lead.objects.visible_to(person(request)).filter(pk__in=chosen_ids(request))
    rows = [SeenLead(lead) for lead in leads.prioritised()]
    form_class = MoveWithDealForm if len(rows) == 1 else MoveManyForm
    form = form_class(request.POST or None)
    if request.method == "POST" and form.is_valid():
        label = lower_first(str(dict(MOVES)[form.cleaned_data["what"]]))
        try:
            act = _acting(rows, request.POST, form.cleaned_data, person(request))
        except Refused as refusal:  # what was asked of all makes no sense
            show_in(form, refusal)
        else:
            if carry_out(request, rows, act, done=_("%(what)s, done.") % {"what": label}) or len(rows) > 1:
                return HttpResponseRedirect(_back(rows))
    one = {"lead": rows[0]} if len(rows) == 1 else {}
    title = _("Move %(lead)s") % one if one else _("Move %(count)s leads") % {"count": len(rows)}
    text = _("Each lead is judged by itself; a refusal stops no other one, and you are told of each.")
    return ask(
        model_admin, request, title=title, form=form, rows=rows, submit=_("Move"), text=text, back=_back(rows)
    )


def bant_view(model_admin: "admin.ModelAdmin[Any]", request: HttpRequest, pk: int) -> HttpResponse:
    """Ask for one answer and add it."""
    require(person(request), WORK, NOT_YOURS)
    lead = get_object_or_404(Lead.objects.visible_to(person(request)), pk=pk)
    back = reverse("admin:leadapp_lead_change", args=[pk])
    form = BantForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            given = {**form.cleaned_data, "dimension": form.cleaned_data["dimension"].pk}
            answer_bant(lead=lead, actor=person(request), now=timezone.now(), **given)
        except Refused as refusal:
            show_in(form, refusal)
        else:
            return HttpResponseRedirect(back)
    return ask(
        model_admin,
        request,
        title=_("BANT: %(lead)s") % {"lead": lead},
        form=form,
        submit=_("Add the answer"),
        text=_("Answers are added, never changed; the newest one counts until it runs out."),
        back=back,
    )


def _acting(
    rows: Sequence[SeenLead], sent: QueryDict, answers: dict[str, Any], actor: User
) -> Callable[[SeenLead], None]:
    """Return what moves a row or raises its refusal. Many leads are moved here, all at once."""
    what = answers["what"]
    seen = {row.pk: sent.get(f"seen-{row.pk}", "") for row in rows}
    if len(rows) == 1 or what.startswith("opportunity:"):
        return lambda row: _move(row.lead, seen[row.pk], answers, actor)
    refusals = {outcome.lead.pk: outcome.refused for outcome in _move_many(rows, seen, answers, actor)}

    def act(row: SeenLead) -> None:
        refusal = refusals[row.pk]
        if refusal is not None:
            raise refusal

    return act


def _move_many(
    rows: Sequence[SeenLead], seen: Mapping[int, str], answers: dict[str, Any], actor: User
) -> list[Outcome]:
    what, leads = answers["what"], []
    for row in rows:
        stage, _, status = seen[row.pk].partition(":")
        leads.append(Seen(row.lead, stage, status))
    asked: dict[str, Any] = {
        "leads": leads, "actor": actor, "now": timezone.now(), "reason": answers["reason"],
    }  # fmt: skip
    if what == "reopen":
        return reopen_leads(**asked)
    if what == "nurture":
        return nurture_leads(waking=Waking(on=answers["wake_on"], score=answers["wake_score"]), **asked)
    if what == "disqualify":
        return disqualify_leads(reason_code=answers["reason_code"] or OTHER, **asked)
    return move_leads(to_stage=what, past_gates=answers["past_gates"], **asked)


def _move(lead: Lead, seen: str, answers: dict[str, Any], actor: User) -> None:
    stage, _, status = seen.partition(":")
    what, reason = answers["what"], answers["reason"]
    asked: dict[str, Any] = {"lead": lead, "seen_stage": stage, "actor": actor, "now": timezone.now()}
    if what == "reopen":
        reopen_lead(seen_status=status, reason=reason, **asked)
    elif what == "nurture":
        waking = Waking(on=answers["wake_on"], score=answers["wake_score"])
        nurture_lead(seen_status=status, reason=reason, waking=waking, **asked)
    elif what == "disqualify":
        code = answers["reason_code"] or OTHER
        disqualify_lead(seen_status=status, reason_code=code, reason=reason, **asked)
    elif what.startswith("opportunity:"):
        new_opportunity(to_stage=what.removeprefix("opportunity:"), reason=reason, **asked)
    else:
        deal = _deal(answers) if what == Stage.CUSTOMER else None
        move_lead(to_stage=what, seen_status=status, reason=reason, deal=deal, **asked)


def _deal(answers: dict[str, Any]) -> DealFacts | None:
    if answers.get("value") is None or answers.get("won_on") is None:
        return None
    return DealFacts(
        value=Decimal(answers["value"]),
        currency=answers.get("currency", "").upper(),
        won_on=answers["won_on"],
        product=answers.get("product", ""),
    )


def _back(rows: list[SeenLead]) -> str:
    if len(rows) == 1:
        return reverse("admin:leadapp_lead_change", args=[rows[0].pk])
    return reverse("admin:leadapp_lead_changelist")
