"""Facts of a lead that are edited where they stand, who changed them, and taking that back.

With htmx a line becomes its field and then a line again; without JavaScript each is a page of its own.
"""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe
from django_htmx.http import reswap, retarget

from leadapp.access import may_work
from leadapp.errors import Conflict, NotFound, Refused
from leadapp.models import Activity, CustomField, Lead
from leadapp.services.leads.changes import UPDATED
from leadapp.services.leads.edits import edit_lead, undo_change
from leadapp.services.leads.fact_history import changes_of
from leadapp.views.answering import Done, Question, answer, lead_page_of, posted, signed_in, visible_lead
from leadapp.views.lead.fact_groups import FactGroup, group_with, label_of, own_labels, say_value, show_fact
from leadapp.views.lead.forms import FactsForm
from leadapp.views.lead.page import read_lead_page

TOLD = 3


@require_http_methods(["GET", "POST"])
def fact(request: HttpRequest, pk: int, key: str) -> HttpResponse:
    """Edit one line of facts."""
    lead = visible_lead(request, pk)
    group = group_with(key)
    if group is None or (group.is_of_company and key != "company.name" and lead.company is None):
        raise Http404(_("There is no such fact."))
    form = FactsForm(posted(request), lead=lead, only=group.names)

    def carry_out(data: dict[str, Any]) -> Done:
        return save_facts(request, lead, form)

    if getattr(request, "htmx", False):
        return _in_place(request, lead, group, form)
    question = Question(
        title=_("%(fact)s of %(lead)s") % {"fact": group.label, "lead": lead.name},
        submit=_("Save"),
        form=form,
        template="leads/fact_question.html",
        context=_told(lead, group),
    )
    return answer(request, lead, question, carry_out)


def save_facts(request: HttpRequest, lead: Lead, form: FactsForm) -> Done:
    """Write what was changed in a form of facts; the confirmation offers to undo it."""
    changes = form.changes()
    if not changes:
        return Done(_("Nothing was changed."))
    seen = form.cleaned_data["seen"]
    record = edit_lead(lead=lead, facts=changes, seen=seen, actor=signed_in(request), now=timezone.now())
    undo_url = reverse("lead-change-undo", args=[lead.pk, record.pk]) if record else ""
    return Done(_("Saved. The score follows in a moment."), undo_url)


@require_safe
def history(request: HttpRequest, pk: int) -> HttpResponse:
    """Show who changed which facts, newest first."""
    lead = visible_lead(request, pk)
    own = dict(CustomField.objects.values_list("key", "label"))
    context = {
        "lead": lead,
        "changes": [_in_words(change, own) for change in changes_of(lead=lead)],
        "now": timezone.now(),
        "may_work": may_work(signed_in(request), lead),
    }
    template = "fact_history" if getattr(request, "htmx", False) else "fact_history_page"
    response = render(request, f"leads/{template}.html", context)
    patch_vary_headers(response, ["HX-Request"])
    return response


@require_http_methods(["GET", "POST"])
def undo(request: HttpRequest, pk: int, change_id: int) -> HttpResponse:
    """Give facts back the values that they had before a change."""
    lead = visible_lead(request, pk)
    changes = Activity.objects.filter(lead=lead, type__slug=UPDATED).select_related("type", "lead__company")
    change = get_object_or_404(changes, pk=change_id)
    name = request.GET.get("fact", "")
    before = change.properties.get("before", {})
    own = own_labels(before)
    again = [
        _("%(fact)s becomes “%(value)s” again.")
        % {"fact": label_of(each, own), "value": say_value(each, value) or _("nothing")}
        for each, value in before.items()
        if name in ("", each)
    ]
    question = Question(
        title=_("Undo this change?"),
        text=" ".join(again),
        submit=_("Undo"),
        form=forms.Form(posted(request)),
    )

    def carry_out(data: dict[str, Any]) -> Done:
        record = undo_change(change=change, fact=name, actor=signed_in(request), now=timezone.now())
        undo_url = reverse("lead-change-undo", args=[lead.pk, record.pk]) if record else ""
        return Done(_("It is as it was before. The score follows in a moment."), undo_url)

    return answer(request, lead, question, carry_out)


def _in_place(request: HttpRequest, lead: Lead, group: FactGroup, form: FactsForm) -> HttpResponse:
    if request.method != "POST":
        return _field(request, lead, group, form)
    if not form.is_valid():
        return _field(request, lead, group, form, status=422)
    try:
        done = save_facts(request, lead, form)
    except NotFound as refused:
        raise Http404(refused.message) from refused
    except Refused as refused:
        fresh = visible_lead(request, lead.pk)
        if isinstance(refused, Conflict):
            form.look_again(fresh)
        form.tell(refused)
        return _field(request, fresh, group, form, status=refused.status)
    messages.success(request, done.text, extra_tags=done.undo_url)
    return saved_in_place(request, visible_lead(request, lead.pk), group)


def saved_in_place(request: HttpRequest, lead: Lead, group: FactGroup) -> HttpResponse:
    """Answer with the line as it is now, and with what else on the page follows from it."""
    context = {
        "lead": lead,
        "fact": show_fact(lead, group),
        "page": read_lead_page(lead=lead, user=signed_in(request), tab="", now=timezone.now()),
        "undo_back": lead_page_of(request, lead),
    }
    return render(request, "leads/fact_saved.html", context)


def _field(
    request: HttpRequest, lead: Lead, group: FactGroup, form: FactsForm, *, status: int = 200
) -> HttpResponse:
    context = {
        "lead": lead,
        "group": group,
        "form": form,
        "back": lead_page_of(request, lead),
        **_told(lead, group),
    }
    response = render(request, "leads/fact_form.html", context, status=status)
    patch_vary_headers(response, ["HX-Request"])
    return reswap(retarget(response, f"#{group.place}"), "outerHTML")


def _told(lead: Lead, group: FactGroup) -> dict[str, Any]:
    """Return the newest changes of these facts, in words."""
    found = changes_of(lead=lead, facts=group.recorded_as)[:TOLD]
    own = {name.removeprefix("attributes."): str(group.label) for name in group.names}
    return {"changes": [_in_words(change, own) for change in found], "now": timezone.now()}


def _in_words(change: Any, own: dict[str, str]) -> dict[str, Any]:
    return {
        "change": change,
        "label": label_of(change.name, own),
        "before": say_value(change.name, change.before),
        "after": say_value(change.name, change.after),
    }
