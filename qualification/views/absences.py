"""Absences: who is away when and who stands in; reps enter their own, managers everybody's."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import Count, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from leadapp.access import may, require
from leadapp.errors import NotFound, Refused
from leadapp.models import User
from leadapp.services.people import set_availability
from leadapp.views.answering import posted, signed_in, tell_all
from qualification.models import Absence
from qualification.services.absences import (
    cancel_absence,
    change_absence,
    enter_absence,
    may_plan_for,
)
from qualification.services.routing.presence import today_of

SHOWN_BACK = timedelta(days=30)


class AbsenceForm(forms.Form):
    """Who is away when, and who stands in."""

    user = forms.ModelChoiceField(
        label=gettext_lazy("Who"), queryset=User.objects.none(), empty_label=gettext_lazy("Choose…")
    )
    first_day = forms.DateField(
        label=gettext_lazy("First day"), widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d")
    )
    last_day = forms.DateField(
        label=gettext_lazy("Last day"),
        widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"),
        help_text=gettext_lazy("The last day away; work comes back the day after."),
    )
    stand_in = forms.ModelChoiceField(
        label=gettext_lazy("Stand-in"),
        queryset=User.objects.none(),
        required=False,
        empty_label=gettext_lazy("Whoever is next in turn"),
        help_text=gettext_lazy("Takes over open leads, and the tasks of these days."),
    )
    note = forms.CharField(
        label=gettext_lazy("Note"),
        max_length=200,
        required=False,
        help_text=gettext_lazy("Only managers and whoever is away read it."),
    )

    def __init__(self, *args: Any, planner: User, person: User | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._offer("stand_in", _workers().exclude(pk=person.pk) if person else _workers())
        if person is None and may(planner, "qualification.change_absence"):
            self._offer("user", _workers())
        else:
            # One's own, or one that is changed: who it is stays.
            del self.fields["user"]

    def _offer(self, name: str, people: QuerySet[User]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = people


@dataclass(frozen=True)
class Row:
    """An absence, and what this person may do about it."""

    absence: Absence
    may_plan: bool
    leads: int


@require_safe
def absences(request: HttpRequest) -> HttpResponse:
    """Show who is away now, who will be, and who was."""
    me, now = signed_in(request), timezone.now()
    _require_may_see(me)
    on_loan = Count("assignments", filter=Q(assignments__ended_at__isnull=True))
    shown = (
        Absence.objects.filter(last_day__gte=today_of(me, now) - SHOWN_BACK)
        .select_related("user__membership__team", "stand_in")
        .annotate(on_loan=on_loan)
        .order_by("first_day", "pk")
    )
    groups: dict[str, list[Row]] = {"away": [], "coming": [], "over": []}
    for absence in shown:
        groups[_when(absence, today_of(absence.user, now))].append(
            Row(absence, may_plan_for(me, absence.user), absence.on_loan)
        )
    groups["over"].reverse()
    context = {"groups": groups, "may_enter": may_plan_for(me, me), "is_empty": not any(groups.values())}
    return render(request, "qualification/absences.html", context)


@require_http_methods(["GET", "POST"])
def enter(request: HttpRequest) -> HttpResponse:
    """Enter an absence."""
    me = signed_in(request)
    if not may_plan_for(me, me):
        require(me, "qualification.change_absence", _("You may not enter absences."))
    own = None if may(me, "qualification.change_absence") else me
    form = AbsenceForm(posted(request), planner=me, person=own)

    def carry_out(data: dict[str, Any]) -> str:
        user = data.pop("user", me)
        absence = enter_absence(user=user, actor=me, now=timezone.now(), **data)
        facts = {"user": user, "days": _days(absence)}
        if absence.handed_over_at:
            return _("%(user)s is away %(days)s. Their work is handed over.") % facts
        return _("%(user)s is away %(days)s.") % facts

    return _answer(request, form, carry_out, {"title": _("Enter an absence"), "submit": _("Enter")})


@require_http_methods(["GET", "POST"])
def change(request: HttpRequest, pk: int) -> HttpResponse:
    """Change an absence that is not over."""
    me = signed_in(request)
    absence = _plannable(me, pk)
    initial = {name: getattr(absence, name) for name in ("first_day", "last_day", "stand_in", "note")}
    form = AbsenceForm(posted(request), planner=me, person=absence.user, initial=initial)

    def carry_out(data: dict[str, Any]) -> str:
        changed = change_absence(absence=absence, actor=me, now=timezone.now(), **data)
        if changed.handed_back_at:
            return _("%(user)s is back. What nobody has worked on came back.") % {"user": absence.user}
        return _("%(user)s is away %(days)s.") % {"user": absence.user, "days": _days(changed)}

    context = {
        "title": _("Absence of %(user)s") % {"user": absence.user},
        "submit": _("Save"),
        "absence": absence,
    }
    return _answer(request, form, carry_out, context)


@require_http_methods(["GET", "POST"])
def cancel(request: HttpRequest, pk: int) -> HttpResponse:
    """Take an absence back, or end one that has begun."""
    me = signed_in(request)
    absence = _plannable(me, pk)
    has_begun = absence.handed_over_at is not None

    def carry_out(data: dict[str, Any]) -> str:
        cancel_absence(absence=absence, actor=me, now=timezone.now())
        if has_begun:
            return _("%(user)s is back. What nobody has worked on came back.") % {"user": absence.user}
        return _("The absence of %(user)s is cancelled.") % {"user": absence.user}

    context = {
        "title": _("Is %(user)s back?") % {"user": absence.user}
        if has_begun
        else _("Cancel the absence of %(user)s?") % {"user": absence.user},
        "text": _("Open leads and tasks come back at once, but for those that others have worked on.")
        if has_begun
        else _("It was %(absence)s. Nothing has been handed over yet.") % {"absence": _days(absence)},
        "submit": _("Back now") if has_begun else _("Cancel the absence"),
        "absence": absence,
        "is_question": True,
    }
    return _answer(request, forms.Form(posted(request)), carry_out, context)


@require_POST
def available(request: HttpRequest) -> HttpResponse:
    """Take leads from now on, or take none until further notice."""
    me = signed_in(request)
    require(me, "leadapp.work_own_lead", _("Only sales reps take leads."))
    takes = request.POST.get("takes") == "yes"
    set_availability(user=me, is_available=takes, actor=me, now=timezone.now())
    done = _("You take leads again.") if takes else _("You get no new leads. Those you have stay with you.")
    messages.success(request, done)
    return redirect("absences")


def _answer(request: HttpRequest, form: forms.Form, carry_out: Any, context: dict[str, Any]) -> HttpResponse:
    """Ask, or carry out and go back to the list; a refusal stands beside the field that it is about."""
    status = 200
    if request.method == "POST":
        if form.is_valid():
            try:
                messages.success(request, carry_out(form.cleaned_data))
                return redirect("absences")
            except NotFound as refused:
                raise Http404(refused.message) from refused
            except Refused as refused:
                status = refused.status
                if isinstance(form, AbsenceForm):
                    tell_all(form, refused)
                else:
                    form.add_error(None, refused.message)
        else:
            status = 422
    return render(request, "qualification/absence_form.html", {"form": form, **context}, status=status)


def _plannable(me: User, pk: int) -> Absence:
    """Return an absence that this person may change; others are not found."""
    found = get_object_or_404(Absence.objects.select_related("user__membership__team"), pk=pk)
    if not may_plan_for(me, found.user):
        raise Http404
    return found


def _require_may_see(me: User) -> None:
    require(me, "qualification.view_absence", _("You may not see absences."))


def _workers() -> QuerySet[User]:
    workers = User.objects.filter(is_active=True, groups__name__in=["rep", "manager", "admin"])
    return workers.order_by("first_name", "last_name", "pk").distinct()


def _when(absence: Absence, today: date) -> str:
    if absence.handed_back_at is not None or today > absence.last_day:
        return "over"
    return "away" if today >= absence.first_day else "coming"


def _days(absence: Absence) -> str:
    first, last = (date_format(day, "WEEKDAY_FORMAT") for day in (absence.first_day, absence.last_day))
    if absence.first_day == absence.last_day:
        return _("on %(day)s") % {"day": first}
    return _("from %(first)s to %(last)s") % {"first": first, "last": last}
