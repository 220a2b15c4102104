"""People: roles and sign-in for administrators, absences for managers."""

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import Group
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from leadapp.admin.asking import carry_out, person
from leadapp.models import User
from leadapp.services.people import set_availability
from leadapp.shipped import shown

admin.site.site_header = "Leadapp"
admin.site.site_title = "Leadapp"
admin.site.index_title = gettext_lazy("Administration")
# Roles come with Leadapp; a role that is changed by hand would say nothing true any more.
admin.site.unregister(Group)


def _role(group: Group) -> str:
    return shown(group.name)


@admin.register(User)
class PersonAdmin(UserAdmin):  # type: ignore[type-arg]
    """A person's role is a group; rights beyond that are for superusers to give."""

    list_display = ("username", "full_name", "email", "roles", "is_available", "is_active", "last_login")
    list_filter = ("is_active", "is_available", "groups")
    ordering = ("username",)
    actions = ("mark_available", "mark_away")
    fieldsets = (
        (None, {"fields": ("username", "password")}),
        (gettext_lazy("Person"), {"fields": ("first_name", "last_name", "email")}),
        (gettext_lazy("Work"), {"fields": ("is_available",)}),
        (gettext_lazy("Role"), {"fields": ("groups", "is_staff", "is_active")}),
        (gettext_lazy("Dates"), {"fields": ("last_login", "date_joined")}),
    )
    readonly_fields = ("last_login", "date_joined")
    add_fieldsets = (
        (None, {"classes": ("wide",), "fields": ("username", "usable_password", "password1", "password2")}),
        (gettext_lazy("Person"), {"fields": ("first_name", "last_name", "email")}),
        (gettext_lazy("Role"), {"fields": ("groups", "is_staff")}),
    )

    @admin.display(description=gettext_lazy("Name"))
    def full_name(self, user: User) -> str:
        """Return first and last name."""
        return user.get_full_name()

    @admin.display(description=gettext_lazy("Role"))
    def roles(self, user: User) -> str:
        """Return the groups."""
        return ", ".join(shown(group.name) for group in user.groups.all())

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Offer the few roles as boxes to tick."""
        if db_field.name == "groups":
            kwargs["widget"] = forms.CheckboxSelectMultiple
        field = super().formfield_for_manytomany(db_field, request, **kwargs)
        if isinstance(field, forms.ModelMultipleChoiceField) and db_field.name == "groups":
            field.label_from_instance = _role  # type: ignore[method-assign, assignment]
        return field

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        """Bring the groups along."""
        return super().get_queryset(request).prefetch_related("groups")

    def get_fieldsets(self, request: HttpRequest, obj: User | None = None) -> Any:
        """Let only superusers make superusers."""
        fieldsets = super().get_fieldsets(request, obj)
        if obj is None or not request.user.is_superuser:
            return fieldsets
        return [*fieldsets, (_("Everything"), {"fields": ("is_superuser",), "classes": ("collapse",)})]

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Leave superusers to superusers: whoever sets their password can do all they can."""
        if obj is not None and obj.is_superuser and not request.user.is_superuser:
            return False
        return super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """People are deactivated: history names them."""
        return False

    def has_absence_permission(self, request: HttpRequest) -> bool:
        """Allow it to managers."""
        return request.user.has_perm("leadapp.reassign_lead")

    @admin.action(description=gettext_lazy("Mark as available for leads"), permissions=["absence"])
    def mark_available(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        """Let them take leads again."""
        self._set(request, queryset, is_available=True)

    @admin.action(description=gettext_lazy("Mark as away"), permissions=["absence"])
    def mark_away(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        """Give them no new leads."""
        self._set(request, queryset, is_available=False)

    def _set(self, request: HttpRequest, queryset: QuerySet[User], *, is_available: bool) -> None:
        actor, now = person(request), timezone.now()
        carry_out(
            request,
            list(queryset),
            lambda user: set_availability(user=user, is_available=is_available, actor=actor, now=now),
            done=_("available now.") if is_available else _("away now: gets no new leads."),
        )
