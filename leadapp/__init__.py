"""Leadapp decides which lead a sales team should call next, and shows why."""

from leadapp.celery import app as celery_app

__all__ = ["celery_app"]
