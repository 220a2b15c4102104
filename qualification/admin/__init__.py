"""Qualification in the admin: what marketers and managers edit, and the history that is read."""

from qualification.admin import gates, history, teams

__all__ = ["gates", "history", "teams"]
