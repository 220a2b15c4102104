"""The first steps: a form, its place on a website, a test, and a lead that explains its score."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.models import Group
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from leadapp.access import may
from leadapp.errors import Refused
from leadapp.models import Form, Lead, User
from leadapp.services.first_steps import EDIT_FORMS, may_remove, read_steps, remove_test, send_test
from leadapp.services.forms import find_form
from leadapp.services.forms.editing import create_contact_form
from leadapp.services.lists.rows import short_rows_of
from leadapp.services.tracking.sites import create_site
from leadapp.views.answering import signed_in, visible_lead
from leadapp.views.forms.snippets import snippets_of, tracker_snippet

MOST_NAMED = 3


@require_safe
def guide(request: HttpRequest) -> HttpResponse:
    """Show the steps, each with a tick once it is really done."""
    return render(request, "forms/guide.html", _context(request))


@require_safe
def guide_lead(request: HttpRequest) -> HttpResponse:
    """Show the last step alone: it asks again until the lead has its score."""
    return render(request, "forms/guide_live.html", _context(request))


@require_POST
def make_form(request: HttpRequest) -> HttpResponse:
    """Make the form that most websites can use as it is."""
    try:
        form = create_contact_form(actor=signed_in(request), now=timezone.now())
    except Refused as refusal:
        messages.error(request, refusal.message)
        return redirect("guide")
    messages.success(request, _("“%(form)s” is there.") % {"form": form.name})
    return redirect(_address(form.slug))


@require_POST
def follow_site(request: HttpRequest) -> HttpResponse:
    """Let a website be followed, so that there is a snippet to paste."""
    try:
        create_site(address=request.POST.get("address", ""), actor=signed_in(request), now=timezone.now())
    except Refused as refusal:
        messages.error(request, refusal.message)
    return redirect(_address(request.POST.get("form", "")[:64]) + "#step-site")


@require_POST
def try_form(request: HttpRequest, slug: str) -> HttpResponse:
    """Send the form as somebody who does not exist."""
    try:
        send_test(form=find_form(slug=slug), actor=signed_in(request), now=timezone.now())
    except Refused as refusal:
        messages.error(request, refusal.message)
    return redirect(_address(slug) + "#step-lead")


@require_POST
def take_away(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Erase the lead of a test."""
    lead = visible_lead(request, pk)
    try:
        remove_test(lead=lead, actor=signed_in(request), now=timezone.now())
    except Refused as refusal:
        messages.error(request, refusal.message)
    else:
        messages.success(request, _("The test lead is gone, with everything that came of it."))
    return redirect(_address(slug))


def _address(slug: str) -> str:
    return f"{reverse('guide')}?form={slug}"


def _context(request: HttpRequest) -> dict[str, Any]:
    user, now = signed_in(request), timezone.now()
    steps = read_steps(slug=request.GET.get("form", "")[:64], visible=Lead.objects.visible_to(user))
    may_edit = may(user, EDIT_FORMS) and may(user, "leadapp.add_form")
    row = short_rows_of([steps.lead], now=now)[0] if steps.lead else None
    return {
        "steps": steps,
        "row": row,
        "may_edit": may_edit,
        "may_follow": may(user, "leadapp.add_trackedsite"),
        "tracker": tracker_snippet(request, steps.site) if steps.site else None,
        "may_see_forms": may(user, "leadapp.view_form"),
        "may_remove": steps.lead is not None and may_remove(user, steps.lead, now=now),
        "snippets": {one.name: one for one in snippets_of(request, steps.form)} if steps.form else {},
        "shipped": Form.objects.filter(is_active=True).order_by("name", "pk") if may_edit else (),
        "editors": () if may_edit else _editors(),
    }


def _editors() -> list[User]:
    """Return people who may make forms, to ask one of them."""
    roles = Group.objects.filter(
        permissions__codename="add_form", permissions__content_type__app_label="leadapp"
    )
    people = User.objects.filter(is_active=True, groups__in=roles).distinct()
    return list(people.order_by("first_name", "username")[:MOST_NAMED])
