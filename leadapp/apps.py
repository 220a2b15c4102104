"""The leads app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class LeadappConfig(AppConfig):
    """Name the app in the admin, and register its checks."""

    name = "leadapp"
    verbose_name = _("Leads")

    def ready(self) -> None:
        """Register the checks of the configuration; let the names of models be translated."""
        import leadapp.checks  # noqa: F401
        from leadapp.model_names import translate_names

        translate_names()
