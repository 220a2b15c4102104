"""Qualification in the admin: what marketers and managers edit, and the history that is read."""

from qualification.admin import costs, frameworks, gates, history, recycling, routing, teams

__all__ = ["costs", "frameworks", "gates", "history", "recycling", "routing", "teams"]
