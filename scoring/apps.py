"""The scoring app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ScoringConfig(AppConfig):
    """Name the app in the admin."""

    name = "scoring"
    verbose_name = _("Scoring")

    def ready(self) -> None:
        """Show the texts of the starts in the reader's language, as those of migrations are."""
        from leadapp import shipped
        from scoring.starts import texts

        shipped.TEXTS.update(texts())
