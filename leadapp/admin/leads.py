"""Leads: facts are edited through the lead services, stages move through the gates, scores are read."""

from functools import partial
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from leadapp.access import may_work
from leadapp.admin.asking import ask_about, person
from leadapp.admin.lead_customers import advocacy_view, deal_view
from leadapp.admin.lead_form import FACTS, OWN, form_with_own_fields
from leadapp.admin.lead_moves import bant_view, move_view
from leadapp.admin.lead_panels import panels_of
from leadapp.admin.paging import CappedPaginator
from leadapp.admin.refusals import say_refusals
from leadapp.models import CustomField, Lead
from leadapp.search import find_leads
from leadapp.services.leads.leads import create_lead, update_lead
from qualification.services.moves import may_undo

SOURCE = "admin"
PERSON = ("first_name", "last_name", "email", "phone", "linkedin_url", "job_title", "seniority")
PLACE = ("company", "city", "country", "language")
ORIGIN = ("source", "campaign", "utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content")
CONSENT = ("do_not_email", "do_not_call", "do_not_score")
SENSITIVE = ("birth_year", "gender")
SCORE = ("score", "grade", "temperature", "fit", "engagement", "scored_at", "score_version")
STANDING = (
    "stage",
    "stage_changed_at",
    "status",
    "status_reason",
    "disqualify_reason",
    "advocacy",
    "owner",
    "created_at",
)


class OwnerFilter(admin.SimpleListFilter):
    """Mine or nobody's: a list of all owners would not help."""

    title = "owner"
    parameter_name = "owned"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Offer two."""
        return [("me", _("Me")), ("nobody", _("Nobody"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Lead]) -> QuerySet[Lead]:
        """Keep the chosen ones."""
        if self.value() == "me":
            return queryset.filter(owner=person(request))
        return queryset.filter(owner__isnull=True) if self.value() == "nobody" else queryset


@admin.register(Lead)
class LeadAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Everything about a lead that is not for every day."""

    list_display = (
        "name",
        "company",
        "score",
        "grade",
        "temperature",
        "stage",
        "status",
        "owner",
        "last_activity_at",
    )
    list_display_links = ("name",)
    list_filter = ("temperature", "stage", "status", OwnerFilter, "advocacy", "disqualify_reason")
    list_select_related = ("company", "owner")
    search_fields = ("email",)  # what find_leads really looks at is said below
    search_help_text = gettext_lazy("Parts of a name, an email address or a company name")
    ordering = ("-priority", "-last_activity_at", "-id")
    sortable_by = ("score",)
    paginator = CappedPaginator
    show_full_result_count = False
    list_per_page = 50
    autocomplete_fields = ("company",)
    actions = ("move",)
    change_form_template = "admin/leadapp/lead/change_form.html"

    @admin.display(description=gettext_lazy("Name"))
    def name(self, lead: Lead) -> str:
        """Return what people call this lead."""
        return lead.name

    @admin.display(description=gettext_lazy("Custom fields"))
    def own_fields(self, lead: Lead) -> str:
        """Return custom fields as text, for who may only read."""
        return ", ".join(f"{key}: {value}" for key, value in lead.attributes.items()) or _("None")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Lead]:
        """Keep to what this person may see."""
        return Lead.objects.visible_to(person(request))

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Lead], search_term: str
    ) -> tuple[QuerySet[Lead], bool]:
        """Search as the lead list does, with its indexes."""
        return find_leads(queryset, search_term), False  # type: ignore[arg-type]

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Allow it to who may edit leads."""
        return request.user.has_perm("leadapp.work_any_lead")

    def has_change_permission(self, request: HttpRequest, obj: Lead | None = None) -> bool:
        """Allow it to who may work on this lead."""
        if obj is None:
            return request.user.has_perm("leadapp.work_any_lead")
        return may_work(person(request), obj)

    def has_delete_permission(self, request: HttpRequest, obj: Lead | None = None) -> bool:
        """Leads are disqualified, not deleted."""
        return False

    def get_readonly_fields(self, request: HttpRequest, obj: Lead | None = None) -> Any:
        """Never type into what scoring and the gates write."""
        return (*SCORE, *STANDING, "own_fields")

    def get_fieldsets(self, request: HttpRequest, obj: Lead | None = None) -> Any:
        """Show facts first, then where they came from; a new lead has no standing yet."""
        editable = self.has_change_permission(request, obj) if obj else True
        custom = _custom_fields(request)
        own = [OWN + key for key in custom] if editable else ["own_fields"]
        facts = [
            (_("Person"), {"fields": PERSON}),
            (_("Company and place"), {"fields": PLACE}),
            *([(_("Your own fields"), {"fields": own})] if custom else []),
            (_("Where the lead came from"), {"fields": ORIGIN, "classes": ("collapse",)}),
            (_("Consent"), {"fields": CONSENT}),
            (
                _("Sensitive"),
                {
                    "fields": SENSITIVE,
                    "classes": ("collapse",),
                    "description": _("Optional. Using these in scoring needs a stated purpose."),
                },
            ),
        ]
        if obj is None:
            return facts
        score = (_("Score"), {"fields": (SCORE[:3], SCORE[3:5], SCORE[5:])})
        return [score, *facts, (_("Standing"), {"fields": STANDING})]

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        """Use the facts form with the team's own fields."""
        custom = _custom_fields(request)
        own = [OWN + key for key in custom]
        if change and not self.has_change_permission(request, obj):
            return super().get_form(request, obj, change, **kwargs)
        kwargs["fields"] = [*FACTS, "company", *own]
        return super().get_form(request, obj, change, form=form_with_own_fields(custom), **kwargs)

    def get_urls(self) -> list[URLPattern]:
        """Add the pages that ask."""
        wrap = self.admin_site.admin_view
        return [
            path("move/", wrap(partial(move_view, self)), name="leadapp_lead_move"),
            path("<int:pk>/bant/", wrap(partial(bant_view, self)), name="leadapp_lead_bant"),
            path("<int:pk>/deal/", wrap(partial(deal_view, self)), name="leadapp_lead_deal"),
            path("<int:pk>/advocacy/", wrap(partial(advocacy_view, self)), name="leadapp_lead_advocacy"),
            *super().get_urls(),
        ]

    @admin.action(description=gettext_lazy("Move or set aside…"), permissions=["change"])
    def move(self, request: HttpRequest, queryset: QuerySet[Lead]) -> HttpResponseRedirect:
        """Ask where to."""
        return ask_about(queryset, "admin:leadapp_lead_move")

    @say_refusals
    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Add what happened with the lead."""
        context = dict(extra_context or {})
        lead: Any = self.get_object(request, object_id) if object_id else None
        if isinstance(lead, Lead) and request.method == "GET":
            context |= panels_of(lead, now=timezone.now())
            context |= {"title": lead.name, "subtitle": None, "may_work": may_work(person(request), lead)}
            newest = context["stage_changes"][:1]
            context["undo"] = [
                each for each in newest if may_undo(each, actor=person(request), now=timezone.now())
            ]
        return super().changeform_view(request, object_id, form_url, context)

    def save_model(self, request: HttpRequest, obj: Lead, form: Any, change: bool) -> None:
        """Let the lead services write: they check, keep before and after, and have the lead scored."""
        facts = form.changed_facts(form.cleaned_data)
        actor, now = person(request), timezone.now()
        if change:
            lead = Lead.objects.select_related("company").get(pk=obj.pk)
            update_lead(lead=lead, facts=facts, source=SOURCE, actor=actor, now=now)
        else:
            obj.pk = create_lead(facts=facts, source=SOURCE, actor=actor, now=now).pk


def _custom_fields(request: HttpRequest) -> dict[str, CustomField]:
    """Return the team's own fields, read once per request."""
    known: dict[str, CustomField] | None = getattr(request, "custom_fields", None)
    if known is None:
        known = {custom.key: custom for custom in CustomField.objects.order_by("label")}
        request.custom_fields = known  # type: ignore[attr-defined]
    return known
