"""The checklist of rules on the page of a draft: the same change to all that are ticked, asked for first."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from leadapp.admin.asking import ask, person, show_in
from leadapp.admin.refusals import say
from leadapp.errors import Invalid, NotFound, Refused
from leadapp.words import Text
from scoring.models import Decay, ScoringModelVersion, ScoringRule
from scoring.sentences import say_how, say_points, say_what
from scoring.services.editing import (
    add_points,
    delete_rules,
    scale_points,
    set_cap,
    set_fading,
    switch_rules,
)

# A rule's id and the revision that was shown: "12:3".
TICKED = re.compile(r"^([0-9]{1,18}):([0-9]{1,9})$")
Rules = Mapping[int, int | None]


class PointsForm(forms.Form):
    """By how much points change."""

    factor = forms.DecimalField(
        label=gettext_lazy("Times"),
        required=False,
        help_text=gettext_lazy("1.5 makes 8 points 12; 0.5 makes them 4. Rounded half up."),
    )
    with_caps = forms.BooleanField(label=gettext_lazy("The caps of these rules as well"), required=False)
    amount = forms.IntegerField(
        label=gettext_lazy("Or plus"),
        required=False,
        help_text=gettext_lazy("5 makes 8 points 13; −5 makes them 3."),
    )

    def clean(self) -> dict[str, Any]:
        """Ask for one of the two."""
        typed: dict[str, Any] = super().clean() or self.cleaned_data
        if not self.errors and (typed["factor"] is None) == (typed["amount"] is None):
            self.add_error(None, _("Fill in one of the two: times, or plus."))
        return typed


class CapForm(forms.Form):
    """A cap for each rule."""

    max_points = forms.IntegerField(
        label=gettext_lazy("At most"),
        required=False,
        help_text=gettext_lazy("Each rule gives at most so many points. Empty: no cap."),
    )


class FadingForm(forms.Form):
    """How points fade."""

    decay = forms.ChoiceField(label=gettext_lazy("Fading"), choices=Decay.choices)
    decay_days = forms.IntegerField(
        label=gettext_lazy("Days of fading"),
        required=False,
        help_text=gettext_lazy("The half-life, or the days until nothing is left."),
    )


class DeleteForm(forms.Form):
    """Nothing to fill in."""


@dataclass(frozen=True)
class Change:
    """One of the changes that are asked for: its page, and what is done with what was filled in."""

    title: Text
    submit: Text
    form: type[forms.Form]
    carry_out: Callable[..., Any]
    done: Callable[[int], str]
    text: Text = ""


def _change_points(typed: dict[str, Any], **which: Any) -> Any:
    if typed["amount"] is not None:
        return add_points(amount=typed["amount"], **which)
    return scale_points(factor=typed["factor"], with_caps=typed["with_caps"], **which)


def _set_cap(typed: dict[str, Any], **which: Any) -> Any:
    return set_cap(cap=typed["max_points"], **which)


def _set_fading(typed: dict[str, Any], **which: Any) -> Any:
    return set_fading(decay=Decay(typed["decay"]), days=typed["decay_days"], **which)


def _delete(typed: dict[str, Any], **which: Any) -> Any:
    return [None] * delete_rules(**which)


CHANGES = {
    "points": Change(
        gettext_lazy("Change the points of these rules"),
        gettext_lazy("Change points"),
        PointsForm,
        _change_points,
        lambda number: ngettext(
            "Changed the points of one rule.", "Changed the points of %(count)s rules.", number
        ),
    ),
    "cap": Change(
        gettext_lazy("Cap these rules"),
        gettext_lazy("Set the cap"),
        CapForm,
        _set_cap,
        lambda number: ngettext("Set the cap of one rule.", "Set the cap of %(count)s rules.", number),
    ),
    "fading": Change(
        gettext_lazy("Say how these rules fade"),
        gettext_lazy("Set the fading"),
        FadingForm,
        _set_fading,
        lambda number: ngettext("Set the fading of one rule.", "Set the fading of %(count)s rules.", number),
    ),
    "delete": Change(
        gettext_lazy("Delete these rules?"),
        gettext_lazy("Delete the rules"),
        DeleteForm,
        _delete,
        lambda number: ngettext("Deleted one rule.", "Deleted %(count)s rules.", number),
        gettext_lazy("They go out of the draft. What is live keeps them until the draft is published."),
    ),
}


def bulk_urls(model_admin: "admin.ModelAdmin[Any]") -> list[URLPattern]:
    """Return the addresses of the checklist, below those of a version."""

    def choose(request: HttpRequest, pk: int) -> HttpResponse:
        return _choose(request, pk)

    def change(request: HttpRequest, pk: int, what: str) -> HttpResponse:
        return _change(model_admin, request, pk, what)

    wrap = model_admin.admin_site.admin_view
    return [
        path("<int:pk>/rules/", wrap(choose), name="scoring_version_rules"),
        path("<int:pk>/rules/<slug:what>/", wrap(change), name="scoring_version_change_rules"),
    ]


def _choose(request: HttpRequest, pk: int) -> HttpResponse:
    """Switch the ticked rules, or lead to the page that asks for more."""
    version = get_object_or_404(ScoringModelVersion.objects.select_related("model"), pk=pk)
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    ticked, what = request.POST.getlist("rules"), request.POST.get("do", "")
    if not ticked:
        messages.warning(request, _("Tick the rules first that you want to change."))
    elif what in CHANGES:
        address = reverse("admin:scoring_version_change_rules", args=[pk, what])
        return HttpResponseRedirect(f"{address}?rules={','.join(ticked)}")
    elif what in ("on", "off"):
        _switch(request, version, _read(ticked), is_active=what == "on")
    else:
        raise NotFound(_("There is no such change of rules."))
    return HttpResponseRedirect(_url_of(pk))


def _switch(request: HttpRequest, version: ScoringModelVersion, rules: Rules, *, is_active: bool) -> None:
    try:
        changed = switch_rules(
            version=version, rules=rules, is_active=is_active, actor=person(request), now=timezone.now()
        )
    except Refused as refusal:
        say(request, refusal)
        return
    if not changed:
        done = _("All were on already.") if is_active else _("All were off already.")
    elif is_active:
        done = ngettext("Switched one rule on.", "Switched %(count)s rules on.", len(changed))
    else:
        done = ngettext("Switched one rule off.", "Switched %(count)s rules off.", len(changed))
    messages.success(request, done % {"count": len(changed)})


def _change(model_admin: "admin.ModelAdmin[Any]", request: HttpRequest, pk: int, what: str) -> HttpResponse:
    """Ask what is to change in the ticked rules, and change it in all of them or in none."""
    version = get_object_or_404(ScoringModelVersion.objects.select_related("model"), pk=pk)
    if not model_admin.has_change_permission(request, version):
        messages.error(request, _("%(version)s cannot be edited.") % {"version": version})
        return HttpResponseRedirect(_url_of(pk))
    change, rules = CHANGES.get(what), _read(request.GET.get("rules", "").split(","))
    if change is None:
        raise NotFound(_("There is no such change of rules."))
    form = change.form(request.POST) if request.method == "POST" else change.form()
    if form.is_bound and form.is_valid():
        which = {"version": version, "rules": rules, "actor": person(request), "now": timezone.now()}
        try:
            changed = change.carry_out(form.cleaned_data, **which)
        except Invalid as refusal:
            show_in(form, refusal)
        except Refused as refusal:
            say(request, refusal)
            return HttpResponseRedirect(_url_of(pk))
        else:
            messages.success(request, change.done(len(changed)) % {"count": len(changed)})
            return HttpResponseRedirect(_url_of(pk))
    return ask(
        model_admin,
        request,
        title=change.title,
        form=form,
        submit=change.submit,
        rows=_lines(version, rules),
        text=change.text,
        back=_url_of(pk),
    )


def _read(ticked: list[str]) -> Rules:
    """Return the ids that were ticked, each with the revision that was shown."""
    found = [TICKED.match(text) for text in ticked]
    if not all(found):
        raise NotFound(_("Tick the rules first that you want to change."))
    return {int(each[1]): int(each[2]) for each in found if each}


def _lines(version: ScoringModelVersion, rules: Rules) -> list[str]:
    """Return what the ticked rules say."""
    known = version.rules.select_related("group").prefetch_related("conditions", "activity_types")
    return [_line(rule) for rule in known.filter(pk__in=rules).order_by("position", "id")]


def _line(rule: ScoringRule) -> str:
    off = "" if rule.is_active else " (off)"
    return f"{say_points(rule.points)} {rule.name}{off}: {', '.join([say_what(rule), *say_how(rule)])}"


def _url_of(version_id: int) -> str:
    return reverse("admin:scoring_scoringmodelversion_change", args=[version_id])
