"""The company list, its filters, a company, and the question what is known about it."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe
from django_htmx.http import reswap, retarget

from leadapp.access import may
from leadapp.errors import Conflict, Invalid, NotAllowed, NotFound, Refused
from leadapp.models import Company, CompanyChange, Lead, User
from leadapp.numbers import write_number
from leadapp.paging import Order, Page, Place, read_place, turn_to
from leadapp.services.leads.company_edits import edit_company, may_edit_company
from leadapp.services.lists.orders import BY_PRIORITY
from leadapp.services.lists.rows import short_rows_of
from leadapp.views.answering import Question, posted, signed_in
from leadapp.views.companies.forms import CompanyForm, FilterForm
from leadapp.views.companies.listing import Asked, chips_of, companies_of, in_order, read_companies_address
from leadapp.views.companies.rows import Standing, rows_of, standings_of
from leadapp.views.companies.timeline import read_key_events
from leadapp.views.lead.timeline_entries import fact_changes
from qualification.models import Deal, Task
from qualification.services.routing.accounts import account_owners

LEADS_PER_PAGE = 20
MOST_COUNTED = 10_000
MOST_ROWS = 50


@require_safe
def company_list(request: HttpRequest) -> HttpResponse:
    """Show the companies that the address asks for, a page at a time."""
    user = _reader(request)
    asked = read_companies_address(request.GET)
    found = companies_of(asked)
    place = _place(request, asked.order, asked.problems)
    page = turn_to(in_order(found, asked.sort, user), asked.order, place, size=user.list_size)
    companies: list[Company] = [row if asked.sort != "score" else row.company for row in page.rows]
    context = {
        "asked": asked,
        "now": timezone.now(),
        "rows": rows_of(companies, user),
        "chips": chips_of(asked),
        "is_like": found.is_like,
        "sorts": {name: asked.query(sort=name) for name in ("name", "employees", "score")},
        "text": _text(asked, page, found.companies),
        **_around(reverse("company-list"), asked.query, page),
    }
    is_part = bool(getattr(request, "htmx", False)) and request.headers.get("HX-Target") == "companies"
    template = "companies/list_part.html" if is_part else "companies/list.html"
    response = render(request, template, context, status=400 if asked.problems else 200)
    patch_vary_headers(response, ["HX-Request", "HX-Target"])
    return response


@require_safe
def company_filters(request: HttpRequest) -> HttpResponse:
    """Show the form of filters: a panel on the list, and a page of its own without JavaScript."""
    _reader(request)
    asked = read_companies_address(request.GET)
    in_panel = bool(getattr(request, "htmx", False))
    template = f"companies/{'filter_form' if in_panel else 'filters'}.html"
    response = render(request, template, {"form": FilterForm(asked), "asked": asked})
    patch_vary_headers(response, ["HX-Request"])
    return response


@require_safe
def company(request: HttpRequest, pk: int) -> HttpResponse:
    """Show a company: facts, its leads, what happened to them, what was won and what is to be done."""
    user, now = _reader(request), timezone.now()
    shown = get_object_or_404(Company, pk=pk)
    leads = Lead.objects.visible_to(user).filter(company=shown)
    before = request.GET.get("before", "")
    context: dict[str, Any] = {"company": shown, "now": now, "is_first": not before}
    context["events"] = read_key_events(leads, before=before)
    if getattr(request, "htmx", False) and request.htmx.target == "older":  # type: ignore[attr-defined]
        return render(request, "companies/older.html", context | {"in_place": True})
    problems: list[str] = []
    place = _place(request, BY_PRIORITY, problems)
    page = turn_to(leads.select_related("owner"), BY_PRIORITY, place, size=LEADS_PER_PAGE)
    standing = standings_of([shown.pk], user).get(shown.pk, Standing())
    last = page.number + len(page.rows) - 1
    address = reverse("company-detail", args=[shown.pk])
    context |= {
        "standing": standing,
        "rows": short_rows_of(page.rows, now=now),
        "problems": problems,
        "text": _("%(first)s to %(last)s of %(leads)s")
        % {
            "first": write_number(page.number),
            "last": write_number(last),
            "leads": write_number(standing.leads),
        },
        **_around(address, lambda **places: "&".join(f"{k}={v}" for k, v in places.items() if v), page),
        "may_edit": may_edit_company(user, shown),
        "may_add": may(user, "leadapp.work_own_lead") or may(user, "leadapp.work_any_lead"),
        "account_owner": account_owners([shown.pk]).get(shown.pk),
        "deals": Deal.objects.filter(lead__in=leads)
        .select_related("lead")
        .order_by("-won_on", "-pk")[:MOST_ROWS],
        "tasks": Task.objects.filter(lead__in=leads, done_at=None)
        .select_related("lead", "owner")
        .order_by("due_at", "pk")[:MOST_ROWS],
        "changes": _changes(shown),
    }
    return render(request, "companies/company.html", context, status=400 if problems else 200)


@require_http_methods(["GET", "POST"])
def company_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask what is known about the company, and write what was changed."""
    user = _reader(request)
    shown = get_object_or_404(Company, pk=pk)
    if not may_edit_company(user, shown):
        raise NotAllowed(_("Only people who work on one of its leads may edit a company."))
    form = CompanyForm(posted(request), company=shown)
    if request.method != "POST":
        return _ask(request, shown, form)
    if not form.is_valid():
        return _ask(request, shown, form, status=422)
    try:
        changes = form.changes()
        seen = form.cleaned_data["seen"]
        edit_company(company=shown, facts=changes, seen=seen, actor=user, now=timezone.now())
    except (NotAllowed, NotFound):
        raise
    except Refused as refused:
        return _tell(request, shown, form, refused)
    messages.success(
        request, _("Saved. The scores follow in a moment.") if changes else _("Nothing was changed.")
    )
    return redirect("company-detail", shown.pk)


def _reader(request: HttpRequest) -> User:
    user = signed_in(request)
    if not may(user, "leadapp.view_company"):
        raise NotAllowed(_("You may not see companies."))
    return user


def _place(request: HttpRequest, order: Order, problems: list[str]) -> Place | None:
    try:
        return read_place(order, request.GET.get("after", ""), request.GET.get("before_row", ""))
    except Invalid as refused:
        problems.append(refused.message)
        return None


def _text(asked: Asked, page: Page, companies: Any) -> str:
    last = page.number + len(page.rows) - 1
    text = _("%(first)s to %(last)s") % {"first": write_number(page.number), "last": write_number(last)}
    if asked.sort == "score":
        says = _("%(rows)s. Companies without a lead that you may see are left out in this order.")
        return says % {"rows": text}
    number = companies.order_by()[: MOST_COUNTED + 1].count()
    many = f"{write_number(MOST_COUNTED)}+" if number > MOST_COUNTED else write_number(number)
    return _("%(text)s of %(number)s") % {"text": text, "number": many}


def _around(address: str, query: Any, page: Page) -> dict[str, str]:
    return {
        "previous_url": f"{address}?{query(before_row=page.before)}" if page.before else "",
        "next_url": f"{address}?{query(after=page.after)}" if page.after else "",
    }


def _changes(shown: Company) -> list[dict[str, Any]]:
    newest = CompanyChange.objects.filter(company=shown).select_related("actor").order_by("-at", "-pk")
    return [
        {
            "at": change.at,
            "by": change.actor,
            "facts": fact_changes({"before": change.before, "after": change.after}),
        }
        for change in newest[:MOST_ROWS]
    ]


def _tell(request: HttpRequest, shown: Company, form: CompanyForm, refused: Refused) -> HttpResponse:
    shown.refresh_from_db()
    if isinstance(refused, Conflict):
        form.look_again(shown)
    for name, sentences in refused.errors.items():
        form.add_error(name if name in form.fields else None, list(sentences))
    return _ask(request, shown, form, status=refused.status, refused=refused)


def _ask(
    request: HttpRequest,
    shown: Company,
    form: CompanyForm,
    *,
    status: int = 200,
    refused: Refused | None = None,
) -> HttpResponse:
    in_dialog = bool(getattr(request, "htmx", False))
    context = {
        "company": shown,
        "question": Question(
            title=_("What is known about %(shown)s") % {"shown": shown.name}, submit=_("Save"), form=form
        ),
        "form": form,
        "refused": refused,
        "is_conflict": isinstance(refused, Conflict),
        "back": reverse("company-detail", args=[shown.pk]),
    }
    template = "leads/question_dialog.html" if in_dialog else "companies/edit.html"
    response = render(request, template, context, status=status)
    if in_dialog:
        response["HX-Reselect"] = "#question"
        return reswap(retarget(response, "#dialog"), "innerHTML")
    return response
