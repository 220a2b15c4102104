"""The leads app."""

from django.apps import AppConfig


class LeadappConfig(AppConfig):
    """Name the app in the admin."""

    name = "leadapp"
    verbose_name = "Leads"
