"""Reasons to disqualify are edited; wake-ups, deals and advocates are read, and wrong deals voided."""

from django import forms
from django.contrib import admin
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from leadapp.access import require
from leadapp.admin.asking import ask, ask_about, carry_out, chosen_ids, person
from leadapp.admin.read_only import ReadOnly
from leadapp.models import Lead
from qualification.models import AdvocacyChange, Deal, DisqualifyReason, WakeUp
from qualification.services.customers.deals import void_deal


class VoidForm(forms.Form):
    """Why deals are wrong."""

    reason = forms.CharField(
        label=gettext_lazy("Reason"), max_length=500, widget=forms.TextInput(attrs={"size": 70})
    )


@admin.register(Deal)
class DealAdmin(ReadOnly, admin.ModelAdmin):  # type: ignore[type-arg]
    """What was won; a wrong one is voided with a reason."""

    ordering = ("-id",)
    list_display = ("won_on", "lead", "value", "currency", "product", "round", "created_by", "void_reason")
    list_select_related = ("lead", "created_by")
    list_filter = ("currency", ("voided_at", admin.EmptyFieldListFilter))
    actions = ("void",)

    def get_urls(self) -> list[URLPattern]:
        """Add the page that asks why."""
        page = self.admin_site.admin_view(self.void_page)
        return [path("void/", page, name="qualification_deal_void"), *super().get_urls()]

    @admin.action(description=gettext_lazy("Void…"))
    def void(self, request: HttpRequest, queryset: QuerySet[Deal]) -> HttpResponse:
        """Ask why."""
        return ask_about(queryset, "admin:qualification_deal_void")

    def void_page(self, request: HttpRequest) -> HttpResponse:
        """Void each of the chosen deals by itself, and tell how it went."""
        actor = person(request)
        require(actor, "leadapp.work_any_lead", _("Only sales may void deals."))
        visible = Lead.objects.visible_to(actor)
        chosen = Deal.objects.filter(pk__in=chosen_ids(request), lead__in=visible)
        rows = list(chosen.select_related("lead").order_by("-won_on", "-pk"))
        form = VoidForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            reason = form.cleaned_data["reason"]
            carry_out(
                request,
                rows,
                lambda deal: void_deal(deal=deal, reason=reason, actor=actor, now=timezone.now()),
                done=_("voided."),
            )
            return HttpResponseRedirect(reverse("admin:qualification_deal_changelist"))
        text = _("They stay visible and do not count any more. The leads stay where they are.")
        title = ngettext("Void %(count)s deal", "Void %(count)s deals", len(rows)) % {"count": len(rows)}
        return ask(self, request, title=title, form=form, rows=rows, submit=_("Void"), text=text)


@admin.register(DisqualifyReason)
class DisqualifyReasonAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Why leads are out, and how many are out for each reason."""

    list_display = ("label", "code", "needs_detail", "is_active", "position", "lead_count")
    list_editable = ("position", "is_active")
    ordering = ("position", "label")

    def get_queryset(self, request: HttpRequest) -> QuerySet[DisqualifyReason]:
        """Count the leads of each reason in the same query."""
        counted = Lead.objects.filter(disqualify_reason=OuterRef("pk")).order_by().values("disqualify_reason")
        number = Coalesce(Subquery(counted.annotate(n=Count("pk")).values("n")), 0)
        reasons: QuerySet[DisqualifyReason] = super().get_queryset(request)
        return reasons.annotate(number=number)

    def get_readonly_fields(
        self, request: HttpRequest, obj: DisqualifyReason | None = None
    ) -> tuple[str, ...]:
        """Keep the code, by which other systems know it."""
        return ("code",) if obj else ()

    @admin.display(description=gettext_lazy("Leads"), ordering="number")
    def lead_count(self, reason: DisqualifyReason) -> int:
        """Return how many leads are out for it now."""
        return int(getattr(reason, "number", 0))


@admin.register(WakeUp)
class WakeUpAdmin(ReadOnly, admin.ModelAdmin):  # type: ignore[type-arg]
    """When leads in nurture wake."""

    ordering = ("-id",)
    list_display = ("lead", "wake_on", "wake_score", "set_by", "set_at", "ended_at", "outcome")
    list_select_related = ("lead", "set_by")
    list_filter = ("outcome", ("ended_at", admin.EmptyFieldListFilter))


@admin.register(AdvocacyChange)
class AdvocacyChangeAdmin(ReadOnly, admin.ModelAdmin):  # type: ignore[type-arg]
    """Fans and references."""

    ordering = ("-id",)
    list_display = ("at", "lead", "before", "after", "actor", "note")
    list_select_related = ("lead", "actor")
    list_filter = ("after",)
