"""The tags of one lead: a line with commas."""

from typing import Any
from urllib.parse import urlencode

from django import forms
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from leadapp.errors import Refused
from leadapp.models import Lead, Tag
from leadapp.services.leads.tags import change_tags, clean_tags, read_tags, tags_of
from leadapp.views.answering import Done, Question, answer, posted, signed_in, visible_lead

MOST_OFFERED = 200


class TagsForm(forms.Form):
    """All tags of a lead."""

    tags = forms.CharField(
        label=gettext_lazy("Tags"),
        max_length=1_100,
        required=False,
        help_text=gettext_lazy("With commas between them; a new word becomes a new tag."),
        widget=forms.TextInput({"autocomplete": "off", "list": "known-tags"}),
    )
    # What was there when the form was opened: a tag that others put on meanwhile stays.
    seen = forms.CharField(widget=forms.HiddenInput, required=False)


@require_http_methods(["GET", "POST"])
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Put tags on a lead and take tags off; also what an undo asks for (?add=, ?remove=)."""
    lead = visible_lead(request, pk)
    if request.method == "POST" and ("add" in request.GET or "remove" in request.GET):
        return _undo(request, lead)
    now = ", ".join(tags_of([lead.pk]).get(lead.pk, []))
    form = TagsForm(posted(request), initial={"tags": now, "seen": now})
    question = Question(
        title=_("Tags of %(name)s") % {"name": lead.name},
        submit=_("Save"),
        form=form,
        template="leads/tags_form.html",
        context={"known_tags": Tag.objects.order_by("name").values_list("name", flat=True)[:MOST_OFFERED]},
    )

    def carry_out(data: dict[str, Any]) -> Done:
        wanted, seen = clean_tags(read_tags(data["tags"])), read_tags(data["seen"])
        kept = {name.lower() for name in wanted}
        known = {name.strip().lower() for name in seen}
        add = [name for name in wanted if name.lower() not in known]
        remove = [name.strip() for name in seen if name.strip().lower() not in kept]
        return _change(request, lead, add, remove)

    return answer(request, lead, question, carry_out)


def _undo(request: HttpRequest, lead: Lead) -> HttpResponse:
    question = Question(title=_("Undo this change?"), submit=_("Undo"), form=forms.Form(request.POST))

    def carry_out(data: dict[str, Any]) -> Done:
        return _change(request, lead, request.GET.getlist("add"), request.GET.getlist("remove"))

    return answer(request, lead, question, carry_out)


def _change(request: HttpRequest, lead: Lead, add: list[str], remove: list[str]) -> Done:
    if not add and not remove:
        return Done(_("Nothing was changed."))
    changed = change_tags(
        lead_ids=[lead.pk], add=add, remove=remove, actor=signed_in(request), now=timezone.now()
    )
    for outcome in changed:
        if isinstance(outcome.refused, Refused):
            raise outcome.refused
    back = urlencode({"add": remove, "remove": add}, doseq=True)
    return Done(_("The tags are saved."), f"{reverse('lead-tags', args=[lead.pk])}?{back}")
