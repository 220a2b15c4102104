"""The mail server, asked for once for a batch of e-mails."""

from smtplib import SMTPException

from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends.base import BaseEmailBackend


class MailServer:
    """A connection to it; while it does not answer nobody waits for it again and again."""

    def __init__(self) -> None:
        self.connection: BaseEmailBackend = get_connection()
        self.fault = ""

    def __enter__(self) -> "MailServer":
        try:
            self.connection.open()
        except (OSError, SMTPException) as error:
            self.fault = _words(error)
        return self

    def __exit__(self, *exception: object) -> None:
        self.connection.close()

    def send(self, message: EmailMessage) -> str:
        """Send a message; return what went wrong, or nothing."""
        if self.fault:
            return self.fault
        message.connection = self.connection
        try:
            message.send()
        except (OSError, SMTPException) as error:
            return _words(error)
        return ""


def _words(error: Exception) -> str:
    return (str(error) or type(error).__name__)[:500]
