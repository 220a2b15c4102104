"""Wake a worker that sends the e-mails in which leads confirm what they agreed to."""

from django.db import transaction

from leadapp.nudging import send, send_soon

SEND_MAILS = "leadapp.tasks.send_consent_mails"


def nudge_mails() -> None:
    """Wake it once the transaction is committed; what gets lost, a sweep finds."""
    transaction.on_commit(lambda: send_soon(_wake), robust=True)


def _wake() -> bool:
    return send(SEND_MAILS)
