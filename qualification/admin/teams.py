"""Teams in the admin: when they work and are closed, and what that means for the next days."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.loader import render_to_string
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from leadapp.admin.asking import ask, person, show_in
from leadapp.admin.refusals import say_refusals
from leadapp.errors import NotFound, Refused
from leadapp.numbers import write_number
from qualification.models import Holiday, OpeningHours, Team
from qualification.services.clock.calendars import (
    add_public_holidays,
    countries,
    move_clocks,
    open_calendar,
    week_ahead,
)


class OpeningHoursInline(admin.TabularInline):  # type: ignore[type-arg]
    """When the team works."""

    model = OpeningHours
    extra = 1
    ordering = ("weekday", "opens_at")
    verbose_name = gettext_lazy("span of work")
    verbose_name_plural = gettext_lazy("opening hours (none: around the clock)")


class HolidayInline(admin.TabularInline):  # type: ignore[type-arg]
    """On which days it does not, from this year on; earlier ones are kept."""

    model = Holiday
    extra = 1
    ordering = ("day",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Holiday]:
        """Leave out past years, which would make the page long."""
        return super().get_queryset(request).filter(day__year__gte=timezone.localdate().year)


class PublicHolidaysForm(forms.Form):
    """Whose public holidays to fill in."""

    country = forms.ChoiceField(label=gettext_lazy("Country"), initial="DE")
    region = forms.CharField(
        label=gettext_lazy("Region"),
        required=False,
        max_length=20,
        help_text=gettext_lazy("State or province, such as BY or CA. Empty: what the whole country has."),
    )
    year = forms.IntegerField(label=gettext_lazy("Year"), min_value=2000, max_value=2100)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        country = self.fields["country"]
        assert isinstance(country, forms.ChoiceField)
        country.choices = countries()


@admin.register(Team)
class TeamAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Who shares working time and a promise."""

    list_display = ("name", "time_zone", "response_hours")
    ordering = ("pk",)
    fields = ("name", "time_zone", "response_hours", "week")
    readonly_fields = ("week",)
    inlines = (OpeningHoursInline, HolidayInline)
    change_form_template = "admin/qualification/team.html"

    @admin.display(description=gettext_lazy("The next seven days, as they are counted"))
    def week(self, team: Team) -> SafeString | str:
        """Show what the calendar means."""
        if team.pk is None:
            return _("Save the team to see them.")
        days = week_ahead(team=team, now=timezone.now())
        return mark_safe(render_to_string("admin/qualification/week.html", {"days": days}))  # noqa: S308

    changeform_view = say_refusals(admin.ModelAdmin.changeform_view)

    def save_model(self, request: HttpRequest, obj: Team, form: Any, change: bool) -> None:
        """Keep how the team worked before, until the whole page is saved."""
        form.before = open_calendar(team_id=obj.pk, actor=person(request)) if change else None
        super().save_model(request, obj, form, change)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Write hours and holidays, and let the clocks that run go by them."""
        super().save_related(request, form, formsets, change)
        if form.before is not None:
            moved = move_clocks(before=form.before, now=timezone.now())
            if moved:
                says = ngettext(
                    "%(count)s clock that runs goes by the new calendar.",
                    "%(count)s clocks that run go by the new calendar.",
                    moved,
                )
                messages.info(request, says % {"count": write_number(moved)})

    def get_urls(self) -> list[URLPattern]:
        """Add the page that fills in holidays."""
        fill = path(
            "<int:pk>/holidays/",
            self.admin_site.admin_view(self.fill_in_holidays),
            name="qualification_team_holidays",
        )
        return [fill, *super().get_urls()]

    def fill_in_holidays(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Ask for a country and a year, and add its public holidays."""
        team = get_object_or_404(Team, pk=pk)
        if not self.has_change_permission(request, team):
            raise NotFound(_("There is nothing here that you may change."))
        back = reverse("admin:qualification_team_change", args=[pk])
        form = PublicHolidaysForm(request.POST or None, initial={"year": timezone.localdate().year})
        if request.method == "POST" and form.is_valid():
            try:
                added = add_public_holidays(
                    team=team, actor=person(request), now=timezone.now(), **form.cleaned_data
                )
            except Refused as refusal:
                show_in(form, refusal)
            else:
                says = ngettext("%(count)s holiday was added.", "%(count)s holidays were added.", added)
                messages.success(request, says % {"count": added})
                return HttpResponseRedirect(back)
        return ask(
            self,
            request,
            title=_("Public holidays for %(team)s") % {"team": team},
            text=_("Days that the team has already stay. Delete afterwards what does not hold for you."),
            form=form,
            submit=_("Fill in"),
            back=back,
        )
