"""The search over everything: leads, companies, scoring, and places to go to."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from django.db.models.functions import Lower
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from leadapp.access import may
from leadapp.models import Company, Lead, User
from leadapp.models.querysets import LeadQuerySet
from leadapp.numbers import write_number
from leadapp.search import companies_like, few_ids, find_companies, find_leads, leads_like
from leadapp.services.lists.filter_kinds import LONGEST, Words
from leadapp.services.texts import text_fault
from leadapp.views.answering import signed_in
from scoring.models import ScoringModel, ScoringModelVersion, ScoringRule

MOST = 5
# One letter begins too many names to help anybody; it goes to places only.
SHORTEST = 2
MOST_COUNTED = 1_000


@dataclass(frozen=True)
class Hit:
    """Something that was found, and where it is."""

    url: str
    name: str
    small: str = ""
    lead: Lead | None = None


@dataclass(frozen=True)
class Group:
    """What was found of one kind; `more` leads to the whole list."""

    name: str
    label: str
    icon: str
    hits: Sequence[Hit]
    more: Hit | None = None


# Address, words, and who may go there: any of the permissions, or everybody where none is named.
WORK = ("leadapp.work_own_lead", "leadapp.work_any_lead")
PLACES: Sequence[tuple[str, Words, tuple[str, ...]]] = (
    ("lead-list", gettext_lazy("Leads"), ()),
    ("lead-views", gettext_lazy("Views of the lead list"), ("leadapp.view_lead",)),
    ("export-list", gettext_lazy("Your exports"), ("leadapp.export_lead",)),
    ("my-day", gettext_lazy("My day"), WORK),
    ("board", gettext_lazy("Board"), ("leadapp.view_lead",)),
    ("dashboard", gettext_lazy("Dashboard"), ("leadapp.view_lead",)),
    ("company-list", gettext_lazy("Companies"), ("leadapp.view_company",)),
    (
        "response-times",
        gettext_lazy("Response times"),
        ("leadapp.work_own_lead", "qualification.see_response_times"),
    ),
    ("absences", gettext_lazy("Absences"), ("qualification.view_absence",)),
    ("scoring-home", gettext_lazy("Scoring"), ("scoring.view_scoringmodelversion",)),
    ("lead-new", gettext_lazy("New lead"), WORK),
    ("notices", gettext_lazy("Notices"), ()),
    ("notice-settings", gettext_lazy("Notice settings"), ()),
    ("settings", gettext_lazy("Settings"), ()),
)


@require_safe
def find(request: HttpRequest) -> HttpResponse:
    """Answer the dialog with what was found; without it the lead list searches."""
    text = request.GET.get("q", "").strip()
    if not getattr(request, "htmx", False):
        return redirect(f"{reverse('lead-list')}?{urlencode({'q': text})}")
    user = signed_in(request)
    if text_fault(text, longest=LONGEST):
        text = ""
    groups = [group for part in PARTS for group in part(text, user) if group.hits]
    number = sum(len(group.hits) for group in groups)
    return render(request, "components/found.html", {"groups": groups, "number": number, "text": text})


def _leads(text: str, user: User) -> list[Group]:
    if len(text) < SHORTEST:
        return []
    leads, label = Lead.objects.visible_to(user), _("Leads")
    found = find_leads(leads, text)
    few = few_ids(found)
    if few == []:
        label, top = _("Leads spelt like it"), _most_alike(text, leads)
    else:
        matching = found if few is None else leads.filter(pk__in=few)
        top = list(matching.select_related("company").prioritised()[:MOST])
    hits = [
        Hit(
            reverse("lead-detail", args=[lead.pk]),
            lead.name,
            ", ".join(filter(None, [lead.job_title, lead.company.name if lead.company else ""])),
            lead,
        )
        for lead in top
    ]
    more = _more("lead-list", text, few, gettext_lazy("All %(number)s leads with “%(text)s”"))
    return [Group("leads", label, "list", hits, more)]


def _most_alike(text: str, leads: LeadQuerySet) -> list[Lead]:
    ids = leads_like(leads, text)[:MOST]
    return sorted(leads.filter(pk__in=ids).select_related("company"), key=lambda lead: ids.index(lead.pk))


def _companies(text: str, user: User) -> list[Group]:
    if len(text) < SHORTEST or not may(user, "leadapp.view_company"):
        return []
    found = find_companies(Company.objects.all(), text)
    few = few_ids(found)
    if few == []:
        few = companies_like(text)
    matching = found if few is None else Company.objects.filter(pk__in=few)
    rows = list(matching.order_by(Lower("name"), "pk")[:MOST])
    hits = [
        Hit(
            reverse("company-detail", args=[company.pk]),
            company.name,
            ", ".join(filter(None, [company.domain, company.industry])),
        )
        for company in rows
    ]
    words = gettext_lazy("All %(number)s companies with “%(text)s”")
    more = _more("company-list", text, few, words)
    return [Group("companies", _("Companies"), "company", hits, more)]


def _more(address: str, text: str, few: list[int] | None, words: Words) -> Hit | None:
    """Lead to all of them, counted no further than anybody reads; None are many."""
    number = MOST_COUNTED + 1 if few is None else len(few)
    if number <= MOST:
        return None
    many = f"{write_number(MOST_COUNTED)}+" if number > MOST_COUNTED else write_number(number)
    return Hit(f"{reverse(address)}?{urlencode({'q': text})}", words % {"number": many, "text": text})


def _scoring(text: str, user: User) -> list[Group]:
    if len(text) < SHORTEST or not may(user, "scoring.view_scoringmodelversion"):
        return []
    models = ScoringModel.objects.filter(name__icontains=text).order_by("name")[:MOST]
    shown = (ScoringModelVersion.State.LIVE, ScoringModelVersion.State.DRAFT)
    rules = ScoringRule.objects.filter(name__icontains=text, version__state__in=shown)
    rules = rules.select_related("version__model").order_by("name", "version__state", "pk")
    hits = [
        Hit(reverse("scoring-model", args=[model.slug]), str(model), _("Scoring model")) for model in models
    ]
    seen: set[tuple[int, str]] = set()
    for rule in rules[: 2 * MOST]:
        key = (rule.version.model_id, rule.name)
        if key in seen:
            continue
        seen.add(key)
        address = reverse("scoring-model", args=[rule.version.model.slug])
        hits.append(
            Hit(
                f"{address}#rule-{rule.pk}",
                str(rule),
                _("Rule of %(model)s") % {"model": rule.version.model},
            )
        )
    return [Group("scoring", _("Scoring"), "rules", hits[:MOST])]


def _places(text: str, user: User) -> list[Group]:
    """Return the places one of whose words begins with the text; without a text all of them."""
    wanted = f" {text.lower()}"
    hits = [
        Hit(reverse(name), str(label))
        for name, label, permissions in PLACES
        if wanted in f" {str(label).lower()}" or not text
        if not permissions or any(may(user, permission) for permission in permissions)
    ]
    if user.is_staff and (not text or "admin".startswith(text.lower())):
        hits.append(Hit(reverse("admin:index"), _("Admin")))
    return [Group("places", _("Go to"), "arrow-right", hits if not text else hits[:MOST])]


PARTS: Sequence[Callable[[str, User], list[Group]]] = (_leads, _companies, _scoring, _places)
