"""The prioritised list: which lead to call next, and why."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from leadapp.models import Lead
from leadapp.views.answering import signed_in


def lead_list(request: HttpRequest) -> HttpResponse:
    """Show the leads, highest score first."""
    leads = Lead.objects.visible_to(signed_in(request)).select_related("company", "owner").prioritised()[:50]
    return render(request, "leads/list.html", {"leads": leads})
