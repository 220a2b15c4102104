"""The qualification app."""

from django.apps import AppConfig


class QualificationConfig(AppConfig):
    """Name the app in the admin."""

    name = "qualification"
    verbose_name = "Qualification"

    def ready(self) -> None:
        """Register the checks."""
        from qualification import checks  # noqa: F401
