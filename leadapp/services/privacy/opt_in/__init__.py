"""Consents by a tick in a form: kept at once, or once they are confirmed by e-mail."""
