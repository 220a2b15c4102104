"""What sources and campaigns cost."""

from django import forms
from django.contrib import admin
from django.utils.translation import gettext as _

from qualification.models import Cost
from qualification.services.customers.currencies import CURRENCIES


class CostForm(forms.ModelForm):  # type: ignore[type-arg]
    """A cost, with a currency that people pay with."""

    class Meta:
        model = Cost
        fields = ("source", "campaign", "first_day", "last_day", "amount", "currency", "note")

    def clean_currency(self) -> str:
        """Refuse what is no currency."""
        code = str(self.cleaned_data["currency"]).upper()
        if code not in CURRENCIES:
            raise forms.ValidationError(_("Give the three letters of a currency, such as EUR."))
        return code


@admin.register(Cost)
class CostAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """The spending that the dashboard's cost per lead is worked out from."""

    form = CostForm
    list_display = ("source", "campaign", "first_day", "last_day", "amount", "currency", "note")
    list_filter = ("currency",)
    search_fields = ("source", "campaign", "note")
    ordering = ("-last_day", "-pk")
