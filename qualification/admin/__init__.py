"""Qualification in the admin: what marketers and managers edit, and the history that is read."""

from qualification.admin import frameworks, gates, history, recycling, routing, teams

__all__ = ["frameworks", "gates", "history", "recycling", "routing", "teams"]
