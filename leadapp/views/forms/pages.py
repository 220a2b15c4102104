"""All forms, and what one does with each."""

from django.db.models import Count, Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from leadapp.access import may, require
from leadapp.models import Form, HeldSubmission
from leadapp.services.forms.held import DECIDE
from leadapp.views.answering import signed_in
from leadapp.views.forms.snippets import address_of_form, snippets_of

SEE = "leadapp.view_form"
NOT_YOURS = _("You may not see forms.")


@require_safe
def form_list(request: HttpRequest) -> HttpResponse:
    """Show all forms, and how many submissions wait."""
    user = signed_in(request)
    require(user, SEE, NOT_YOURS)
    waiting = Count("held", filter=Q(held__state=HeldSubmission.State.WAITING))
    forms = Form.objects.select_related("activity_type").annotate(waiting=waiting)
    context = {
        "forms": forms.order_by("-is_active", "name", "pk"),
        "may_decide": may(user, DECIDE),
        "may_edit": may(user, "leadapp.add_form") and user.is_staff,
    }
    return render(request, "forms/list.html", context)


@require_safe
def share(request: HttpRequest, slug: str) -> HttpResponse:
    """Show where a form is, and what to paste into a website."""
    user = signed_in(request)
    require(user, SEE, NOT_YOURS)
    form = Form.objects.filter(slug=slug).first()
    if form is None:
        raise Http404
    context = {
        "form": form,
        "address": address_of_form(request, form),
        "snippets": snippets_of(request, form),
        "may_edit": may(user, "leadapp.change_form") and user.is_staff,
    }
    return render(request, "forms/share.html", context)
