"""Wake a worker that sends the e-mails in which leads confirm what they agreed to."""

from leadapp.nudging import wake

SEND_MAILS = "leadapp.tasks.send_consent_mails"


def nudge_mails() -> None:
    """Wake it once the transaction is committed; what gets lost, a sweep finds."""
    wake(SEND_MAILS)
