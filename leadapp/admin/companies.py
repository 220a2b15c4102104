"""Companies: fit rules look at them, so a change has everybody who works there scored again."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from leadapp.admin.asking import person
from leadapp.admin.paging import CappedPaginator
from leadapp.admin.refusals import say_refusals
from leadapp.errors import Invalid
from leadapp.models import Company
from leadapp.search import find_companies
from leadapp.services.leads.company_edits import save_company
from leadapp.services.leads.facts import COMPANY_FACTS


class CompanyForm(forms.ModelForm):  # type: ignore[type-arg]
    """The facts, checked as capture checks them where the database says less."""

    def clean_country(self) -> str:
        """Return the code of a country that there is."""
        try:
            return str(COMPANY_FACTS["country"](self.cleaned_data["country"], "country"))
        except Invalid as refusal:
            raise forms.ValidationError(refusal.message) from refusal


@admin.register(Company)
class CompanyAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Facts of a company."""

    form = CompanyForm
    list_display = ("name", "domain", "industry", "employees", "country")
    search_fields = ("name",)
    search_help_text = _("A part of the name or the domain")
    ordering = ("-id",)
    sortable_by = ()
    paginator = CappedPaginator
    show_full_result_count = False
    fields = ("name", "domain", "industry", "employees", "annual_revenue", "country")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Company], search_term: str
    ) -> tuple[QuerySet[Company], bool]:
        """Search with the trigram index."""
        return find_companies(queryset, search_term), False

    def has_delete_permission(self, request: HttpRequest, obj: Company | None = None) -> bool:
        """Companies stay: leads refer to them."""
        return False

    changeform_view = say_refusals(admin.ModelAdmin.changeform_view)

    def save_model(self, request: HttpRequest, obj: Company, form: Any, change: bool) -> None:
        """Write the facts, and have the leads of the company scored again."""
        save_company(company=obj, actor=person(request), now=timezone.now())
