"""The qualification app."""

from django.apps import AppConfig


class QualificationConfig(AppConfig):
    """Name the app in the admin."""

    name = "qualification"
    verbose_name = "Qualification"
