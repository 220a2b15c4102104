"""The people who use Leadapp. What they may do comes from their groups: rep, marketer, manager, admin."""

from django.conf import settings
from django.contrib.auth.models import AbstractUser
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from leadapp.languages import validate_time_zone


class Theme(models.TextChoices):
    """Which of the two sets of colours somebody sees."""

    SYSTEM = "system", _("As my computer")
    LIGHT = "light", _("Light")
    DARK = "dark", _("Dark")


class Density(models.TextChoices):
    """How much room a row of a list takes."""

    COMFORTABLE = "comfortable", _("Comfortable")
    COMPACT = "compact", _("Compact")


class ListSize(models.IntegerChoices):
    """How many leads a page of the list shows."""

    FIFTY = 50, "50"
    HUNDRED = 100, "100"
    TWO_HUNDRED = 200, "200"


class User(AbstractUser):
    """Somebody who signs in."""

    is_available = models.BooleanField(
        _("available"), default=True, help_text=_("Takes leads that are handed over to sales.")
    )

    theme = models.CharField(_("colours"), max_length=8, choices=Theme, default=Theme.SYSTEM)
    language = models.CharField(
        _("language"),
        max_length=8,
        choices=settings.LANGUAGES,
        blank=True,
        help_text=_("Empty: as the browser says; e-mails are English then."),
    )
    time_zone = models.CharField(
        _("time zone"),
        max_length=64,
        blank=True,
        validators=[validate_time_zone],
        help_text=_("Such as Europe/Berlin. Empty: UTC."),
    )
    # How they like lists; the columns are those of the lead list.
    density = models.CharField(max_length=16, choices=Density.choices, default=Density.COMFORTABLE)
    list_size = models.PositiveSmallIntegerField(choices=ListSize.choices, default=ListSize.FIFTY)
    list_columns = ArrayField(
        models.CharField(max_length=60),
        default=list,
        blank=True,
        editable=False,
        help_text=_("The columns of the lead list in their order; empty: those that everybody begins with."),
    )

    class Meta(AbstractUser.Meta):
        constraints = [
            models.CheckConstraint(condition=Q(theme__in=Theme.values), name="user_theme_known"),
            models.CheckConstraint(
                condition=Q(language__in=["", *dict(settings.LANGUAGES)]), name="user_language_known"
            ),
            models.CheckConstraint(condition=Q(density__in=Density.values), name="user_density_known"),
            models.CheckConstraint(condition=Q(list_size__in=ListSize.values), name="user_list_size_known"),
            models.CheckConstraint(condition=Q(list_columns__len__lte=60), name="user_list_columns_few"),
        ]

    def __str__(self) -> str:
        return self.get_full_name() or self.username

    @property
    def initials(self) -> str:
        """Return one or two letters for the avatar."""
        names = [self.first_name, self.last_name] if self.last_name else [self.username]
        return "".join(name[:1] for name in names if name).upper()
