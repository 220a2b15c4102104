"""Beginning and throwing away a draft."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from leadapp.admin.refusals import sentence_of
from leadapp.errors import Conflict, NotAllowed, Refused
from leadapp.numbers import whole_number
from leadapp.views.answering import Question, posted, signed_in
from scoring.models import ScoringRule
from scoring.rules import facts_of
from scoring.services.editing import add_rule
from scoring.services.publishing import discard_draft, make_draft
from scoring.views.asking import EDIT, ask
from scoring.views.shell import find_version, open_studio

DISCARDED = gettext_lazy("{} is gone. Nothing that is live has changed.")


@require_POST
def begin(request: HttpRequest, slug: str) -> HttpResponse:
    """Copy what is live, or an earlier version, into a draft; with a draft there already, open it."""
    studio = open_studio(request, slug)
    number = whole_number(request.POST.get("source", ""))
    source = find_version(studio, number) if number is not None else None
    try:
        draft = make_draft(
            model=studio.model, actor=signed_in(request), now=timezone.now(), source=source or studio.live
        )
    except Conflict as refused:
        messages.warning(request, refused.message)
    else:
        if draft.based_on:
            done = _("v%(number)s is yours to edit. It is a copy of v%(base)s. Leads notice nothing of it.")
        else:
            done = _("v%(number)s is yours to edit. Leads notice nothing of it.")
        base = draft.based_on.number if draft.based_on else ""
        messages.success(request, done % {"number": draft.number, "base": base})
    return redirect("scoring-model", slug)


@require_http_methods(["GET", "POST"])
def discard(request: HttpRequest, slug: str) -> HttpResponse:
    """Ask, then throw the draft away."""
    studio = open_studio(request, slug)
    draft = studio.need_draft()
    question = Question(
        title=_("Discard the draft v%(number)s?") % {"number": draft.number},
        text=_(
            "Every edit in it is gone for good. Leads are not touched: what is live goes on scoring them."
        ),
        submit=_("Discard the draft"),
        cancel=_("Keep it"),
        form=forms.Form(posted(request)),
        ends_something=True,
        template="scoring/question_body.html",
    )

    def carry_out(data: dict[str, Any]) -> str:
        discard_draft(version=draft, actor=signed_in(request))
        return DISCARDED.format(f"v{draft.number}")

    return ask(request, studio, question, carry_out, permission=EDIT)


@require_POST
def restore(request: HttpRequest, slug: str, rule_id: int) -> HttpResponse:
    """Bring a rule of the live version back that the draft leaves out."""
    studio = open_studio(request, slug)
    draft = studio.need_draft()
    rules = ScoringRule.objects.filter(version=studio.live).select_related("group")
    rule: ScoringRule = get_object_or_404(rules, pk=rule_id)
    try:
        add_rule(version=draft, facts=facts_of(rule), actor=signed_in(request), now=timezone.now())
    except NotAllowed:
        raise
    except Refused as refused:
        messages.error(request, sentence_of(refused))
    else:
        messages.success(request, _("“%(rule)s” is in the draft again.") % {"rule": rule.name})
    return redirect("scoring-model", slug)
