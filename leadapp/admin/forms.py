"""Forms on websites, and the team's own fields."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from leadapp.admin.asking import person
from leadapp.admin.form_fields import FieldRows, answer_choices, fact_choices
from leadapp.admin.refusals import say_refusals
from leadapp.models import ActivityType, CustomField, Form
from leadapp.services.forms.editing import faults_of, save_form
from leadapp.shipped import shown

PAGE = ("intro", "button", "language", "thanks", "redirect_url")
CONSENT = ("consent_text", "consent_purpose", "double_opt_in", "is_progressive")


class FormForm(forms.ModelForm):  # type: ignore[type-arg]
    """A form of a website."""

    fields_list = FieldRows(
        label=_("Fields"),
        help_text=_(
            "The name is what the website sends. Choose the fact that the answer becomes, or leave it with "
            "the activity. A field can also answer what sales asks about: then any text confirms it, but "
            "for those that say no (such as No budget) or say nothing (such as Not sure yet); put semicolons "
            "between several, as in what a list offers. Empty a row to take it out; save to get more of them."
        ),
    )

    class Meta:
        model = Form
        fields = ("name", "slug", "activity_type", "is_active", *PAGE, *CONSENT)
        widgets = {
            name: forms.Textarea(attrs={"rows": 3, "cols": 60})
            for name in ("intro", "thanks", "consent_text")
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "fields_list" in self.fields:
            self.fields["fields_list"].widget.facts = fact_choices()
            self.fields["fields_list"].widget.answers = answer_choices()
            self.initial["fields_list"] = (
                self.instance.fields
                if self.instance.pk
                else [{"name": "email", "label": "Email", "fact": "email", "required": True}]
            )
        if "activity_type" in self.fields:
            types = ActivityType.objects.filter(is_internal=False).order_by("label")
            self.fields["activity_type"].queryset = types  # type: ignore[attr-defined]

    def _post_clean(self) -> None:
        """Look at the whole form: the words of consent, and where it leads to."""
        self.instance.fields = self.cleaned_data.get("fields_list", self.instance.fields)
        super()._post_clean()  # type: ignore[misc]
        for name, texts in faults_of(self.instance).items():
            if name in self.fields and name not in self.errors:
                self.add_error(name, list(texts))

    def validate_constraints(self) -> None:
        """Leave the version of the words to the service: it is given when the form is saved."""


@admin.register(Form)
class FormAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Forms whose submissions become activities."""

    form = FormForm
    list_display = ("name", "slug", "activity_type", "is_active", "first_submitted_at")
    list_select_related = ("activity_type",)
    ordering = ("name",)
    prepopulated_fields = {"slug": ("name",)}

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Show the rows as they are to who may only read."""
        rows = "fields_list" if self._may_edit(request, obj) else "shown_fields"
        return [
            (None, {"fields": ("name", "slug", "activity_type", "is_active", rows)}),
            (_("Its page"), {"fields": PAGE}),
            (_("Consent"), {"fields": (*CONSENT, "consent_version") if obj else CONSENT}),
        ]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Keep the slug of a known form: websites send to it."""
        if not self._may_edit(request, obj):
            return ("shown_fields", "consent_version")
        return ("slug", "consent_version") if obj else ()

    def get_prepopulated_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Fill in the slug of a new form only."""
        return {} if obj else self.prepopulated_fields

    def view_on_site(self, obj: Form) -> str:
        """Lead to where one finds its address and what to paste."""
        return reverse("form-share", args=[obj.slug])

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Keep forms that were used, for consents name their words; they are switched off."""
        is_used = obj is not None and obj.first_submitted_at is not None
        return not is_used and super().has_delete_permission(request, obj)

    def save_model(self, request: HttpRequest, obj: Form, form: Any, change: bool) -> None:
        """Save it, and other words of consent as a new version."""
        save_form(form=obj, actor=person(request), now=timezone.now())

    def _may_edit(self, request: HttpRequest, obj: Any) -> bool:
        return self.has_change_permission(request, obj) if obj else self.has_add_permission(request)

    @admin.display(description=_("Fields"))
    def shown_fields(self, form: Form) -> str:
        """Return the fields as text."""
        return ", ".join(shown(str(field.get("label") or field.get("name"))) for field in form.fields)

    changeform_view = say_refusals(admin.ModelAdmin.changeform_view)


@admin.register(CustomField)
class CustomFieldAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Facts of the team's own; rules can test them."""

    list_display = ("label", "key", "kind")
    ordering = ("label",)
    fields = ("label", "key", "kind")
    prepopulated_fields = {"key": ("label",)}

    def get_queryset(self, request: HttpRequest) -> QuerySet[CustomField]:
        """Return all."""
        return super().get_queryset(request)

    def get_prepopulated_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Fill in the key of a new field only."""
        return {} if obj else self.prepopulated_fields

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Keep key and kind of a known field: leads carry values, rules test them."""
        return ("key", "kind") if obj else ()

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Fields stay: leads carry values, rules test them."""
        return False

    changeform_view = say_refusals(admin.ModelAdmin.changeform_view)
