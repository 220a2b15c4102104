"""Telling people: in the app at once, by e-mail as each of them has chosen."""

from qualification.services.notices.telling import Telling, tell

__all__ = ["Telling", "tell"]
