"""The scoring app."""

from django.apps import AppConfig


class ScoringConfig(AppConfig):
    """Name the app in the admin."""

    name = "scoring"
    verbose_name = "Scoring"
