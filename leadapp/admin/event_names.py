"""What analytics libraries call events, and what of theirs could not be taken."""

import json
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import F
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from leadapp.admin.paging import CappedPaginator
from leadapp.admin.refusals import say_refusals
from leadapp.models import ActivityType, EventName, RefusedMessage
from leadapp.services.intake.event_names import MOST_LEARNT, event_key


class EventNameForm(forms.ModelForm):  # type: ignore[type-arg]
    """A name, and the kind of activity that it is."""

    class Meta:
        model = EventName
        fields = ("call", "name", "activity_type")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "activity_type" in self.fields:  # whoever may only read has no fields
            types = self.fields["activity_type"]
            assert isinstance(types, forms.ModelChoiceField)
            types.queryset = ActivityType.objects.filter(is_internal=False).order_by("label")

    def clean(self) -> dict[str, Any]:
        """Refuse a name that is there already, in whatever spelling."""
        cleaned: dict[str, Any] = super().clean() or {}
        key = event_key(cleaned.get("name", ""))
        call = cleaned.get("call")
        if call == EventName.Call.TRACK and not key:
            self.add_error("name", _("Say what the event is called; letters or digits are needed."))
        elif EventName.objects.filter(call=call, key=key).exclude(pk=self.instance.pk).exists():
            self.add_error("name", _("This name is there already. Capitals, spaces and marks do not count."))
        self.instance.key = key
        return cleaned


@admin.register(EventName)
class EventNameAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Names that were learnt come first: those a marketer has not looked at yet."""

    change_list_template = "admin/leadapp/event_names.html"
    form = EventNameForm
    list_display = ("shown_name", "call", "activity_type", "learnt_at", "source")
    list_select_related = ("activity_type",)
    list_filter = ("call", ("learnt_at", admin.EmptyFieldListFilter))
    search_fields = ("name", "activity_type__label", "activity_type__slug")
    ordering = (F("learnt_at").desc(nulls_last=True), "name", "id")
    sortable_by = ()
    paginator = CappedPaginator
    show_full_result_count = False
    fields = ("call", "name", "activity_type", "learnt_at", "source")
    readonly_fields = ("learnt_at", "source")

    @admin.display(description=_("Name"))
    def shown_name(self, event: EventName) -> str:
        """Return the name; nothing stands for all of them."""
        return event.name or str(_("any"))

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        """Say how many names were learnt, and of how many."""
        learnt = EventName.objects.filter(learnt_at__isnull=False).count()
        context = {"learnt": learnt, "most": MOST_LEARNT, "is_full": learnt >= MOST_LEARNT}
        return super().changelist_view(request, {**(extra_context or {}), **context})

    changeform_view = say_refusals(admin.ModelAdmin.changeform_view)


@admin.register(RefusedMessage)
class RefusedMessageAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """What libraries sent and nobody could take: to be read, mended at the sender, and thrown away."""

    list_display = ("received_at", "source", "reason", "message_id")
    list_filter = ("source",)
    search_fields = ("reason", "message_id")
    ordering = ("-received_at", "-id")
    sortable_by = ()
    paginator = CappedPaginator
    show_full_result_count = False
    fields = ("received_at", "source", "message_id", "reason", "shown_message")
    readonly_fields = fields

    @admin.display(description=_("Message"))
    def shown_message(self, refused: RefusedMessage) -> SafeString:
        """Return the message, one part per line; one that was cut, or holds half a character, as it came."""
        try:
            text = json.dumps(json.loads(refused.message), indent=2, ensure_ascii=False)
            text.encode()
        except (ValueError, RecursionError):
            text = refused.message
        return format_html("<pre>{}</pre>", text)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Leadapp writes them."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: RefusedMessage | None = None) -> bool:
        """It stays as it came."""
        return False
