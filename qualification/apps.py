"""The qualification app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class QualificationConfig(AppConfig):
    """Name the app in the admin."""

    name = "qualification"
    verbose_name = _("Qualification")

    def ready(self) -> None:
        """Register the checks."""
        from qualification import checks  # noqa: F401
