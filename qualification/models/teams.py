"""Teams: who works together, when they work, and who is away."""

from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Func, Q, Value
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from leadapp.languages import validate_time_zone


class Team(models.Model):
    """People who share opening hours, holidays and a response time.

    Without opening hours a team answers around the clock; `response_hours` then are hours of the clock,
    else hours of work.
    """

    name = models.CharField(max_length=100, unique=True)
    time_zone = models.CharField(
        max_length=64,
        default="UTC",
        validators=[validate_time_zone],
        help_text=gettext_lazy("Such as Europe/Berlin."),
    )
    response_hours = models.PositiveSmallIntegerField(
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(1000)],
        help_text=gettext_lazy(
            "Hours of work within which a lead gets an answer. Empty: the setting SLA_HOURS."
        ),
    )

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(name=""), name="team_has_name"),
            models.CheckConstraint(condition=~Q(time_zone=""), name="team_has_time_zone"),
            models.CheckConstraint(
                condition=Q(response_hours__isnull=True) | Q(response_hours__range=(1, 1000)),
                name="team_response_hours_range",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Weekday(models.IntegerChoices):
    """Days of the week, as `datetime.weekday` numbers them."""

    MONDAY = 0, gettext_lazy("Monday")
    TUESDAY = 1, gettext_lazy("Tuesday")
    WEDNESDAY = 2, gettext_lazy("Wednesday")
    THURSDAY = 3, gettext_lazy("Thursday")
    FRIDAY = 4, gettext_lazy("Friday")
    SATURDAY = 5, gettext_lazy("Saturday")
    SUNDAY = 6, gettext_lazy("Sunday")


class OpeningHours(models.Model):
    """Hours of one weekday in which a team works, by the clock on its wall. Several a day make a break.

    Spans of one day that overlap count once.
    """

    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="opening_hours")
    weekday = models.PositiveSmallIntegerField(choices=Weekday.choices)
    opens_at = models.TimeField()
    closes_at = models.TimeField(help_text=gettext_lazy("00:00 is the end of the day."))

    class Meta:
        verbose_name_plural = gettext_lazy("opening hours")
        constraints = [
            models.CheckConstraint(
                condition=Q(weekday__in=Weekday.values), name="opening_hours_weekday_known"
            ),
            models.CheckConstraint(
                condition=Q(closes_at__gt=F("opens_at")) | Q(closes_at="00:00"),
                name="opening_hours_close_later",
            ),
            models.UniqueConstraint(fields=["team", "weekday", "opens_at"], name="opening_hours_opens_once"),
        ]

    def __str__(self) -> str:
        return _("%(weekday)s, %(opens_at)s to %(closes_at)s") % {
            "weekday": self.get_weekday_display(),
            "opens_at": f"{self.opens_at:%H:%M}",
            "closes_at": f"{self.closes_at:%H:%M}",
        }


class Holiday(models.Model):
    """A day on which a team does not work."""

    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="holidays")
    day = models.DateField()
    name = models.CharField(max_length=100, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["team", "day"], name="holiday_once")]

    def __str__(self) -> str:
        return f"{self.name or _('Holiday')}, {self.day}"


class TeamMember(models.Model):
    """Somebody's place in a team, and their share of its leads. A person is in one team at most."""

    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="members")
    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="membership")
    weight = models.PositiveSmallIntegerField(
        default=100,
        validators=[MinValueValidator(1), MaxValueValidator(1000)],
        help_text=gettext_lazy("Share of the leads beside the others: 50 gets half as many as 100."),
    )
    capacity = models.PositiveSmallIntegerField(
        null=True,
        blank=True,
        help_text=gettext_lazy("Open leads that this person can work on at once. Empty: as many as come."),
    )

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(weight__range=(1, 1000)), name="team_member_weight_range"),
        ]

    def __str__(self) -> str:
        return _("%(user)s in %(team)s") % {"user": self.user, "team": self.team}


class Absence(models.Model):
    """Somebody is away from the first day to the last, both included, by their team's calendar."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="absences")
    first_day = models.DateField()
    last_day = models.DateField()
    stand_in = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        help_text=gettext_lazy("Who takes over the open work. Empty: whoever is next in turn."),
    )
    note = models.CharField(max_length=200, blank=True)
    # What the workers have done about it.
    handed_over_at = models.DateTimeField(null=True, blank=True, editable=False)
    handed_back_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(last_day__gte=F("first_day")), name="absence_ends_after_start"
            ),
            models.CheckConstraint(
                condition=Q(stand_in__isnull=True) | ~Q(stand_in=F("user")), name="absence_stand_in_is_other"
            ),
            models.CheckConstraint(
                condition=Q(handed_back_at__isnull=True) | Q(handed_over_at__isnull=False),
                name="absence_handed_over_before_back",
            ),
            ExclusionConstraint(
                name="absence_no_overlap",
                # One that ended early does not stand in the way of the next.
                condition=Q(handed_back_at__isnull=True),
                expressions=[
                    ("user", RangeOperators.EQUAL),
                    (
                        Func("first_day", "last_day", Value("[]"), function="daterange"),
                        RangeOperators.OVERLAPS,
                    ),
                ],
            ),
        ]
        indexes = [
            # Who is away now, and whose work is still to be handed over or back.
            models.Index(
                fields=["first_day"], condition=Q(handed_back_at__isnull=True), name="absence_unfinished"
            ),
        ]

    def __str__(self) -> str:
        return _("%(user)s, %(first_day)s to %(last_day)s") % {
            "user": self.user,
            "first_day": self.first_day,
            "last_day": self.last_day,
        }
