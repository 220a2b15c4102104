"""Qualification in the admin: what marketers and managers edit, and the history that is read."""

from qualification.admin import gates, history, recycling, teams

__all__ = ["gates", "history", "recycling", "teams"]
