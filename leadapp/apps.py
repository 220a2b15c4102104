"""The leads app."""

from django.apps import AppConfig


class LeadappConfig(AppConfig):
    """Name the app in the admin, and register its checks."""

    name = "leadapp"
    verbose_name = "Leads"

    def ready(self) -> None:
        """Register the checks of the configuration."""
        import leadapp.checks  # noqa: F401
