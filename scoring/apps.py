"""The scoring app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ScoringConfig(AppConfig):
    """Name the app in the admin."""

    name = "scoring"
    verbose_name = _("Scoring")
