"""Whether mail goes out and, where it does not, what is wrong: one sentence that says what to set."""

import smtplib
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from email.utils import parseaddr

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.mail import get_connection
from django.core.validators import validate_email
from django.utils.translation import gettext as _

from apps.core import mail


class MailTrouble(Exception):
    """Mail does not go out; the message says why, and what to do about it."""


def check_server() -> None:
    """Reach the mail server and sign in to it, without sending anything.

    :raises MailTrouble: if that fails, or no server is named
    """
    _check_settings()
    with _explained():
        connection = get_connection()
        connection.open()
        connection.close()


def send_test_mail(address: str) -> None:
    """Send a mail that says that mail works.

    :raises MailTrouble: if it does not
    """
    try:
        validate_email(address)
    except ValidationError as error:
        raise MailTrouble(_("“%(address)s” is not an e-mail address.") % {"address": address[:100]}) from error
    _check_settings()
    with _explained():
        subject = _("A test mail of FlowBoard")
        mail.send(to=address, subject=subject, template="ops/mail/test", context={"subject": subject})


def _check_settings() -> None:
    if not settings.EMAIL_HOST:
        raise MailTrouble(
            _("No mail server is named, so mails are kept as files in %(place)s: set EMAIL_HOST.")
            % {"place": settings.FLOWBOARD_HOME / "mail"}
        )
    if settings.EMAIL_USE_TLS and settings.EMAIL_USE_SSL:
        raise MailTrouble(
            _("EMAIL_USE_TLS and EMAIL_USE_SSL are both on: set EMAIL_USE_TLS=0 for port 465, else EMAIL_USE_SSL=0.")
        )
    if "@" not in parseaddr(settings.DEFAULT_FROM_EMAIL)[1]:
        raise MailTrouble(
            _("DEFAULT_FROM_EMAIL holds no e-mail address: write it as FlowBoard <flowboard@example.org>.")
        )


@contextmanager
def _explained() -> Iterator[None]:
    """Say in one sentence why a mail server was not reached, or what it refused.

    :raises MailTrouble: in place of what smtplib, the socket and TLS raise
    """
    try:
        yield
    except (OSError, UnicodeError) as error:  # smtplib's and TLS's own errors are OSErrors too
        words = {
            "server": f"{settings.EMAIL_HOST}:{settings.EMAIL_PORT}",
            "host": settings.EMAIL_HOST,
            "sender": settings.DEFAULT_FROM_EMAIL,
            "seconds": settings.EMAIL_TIMEOUT,
            "reason": mail.answer_of(error),
        }
        raise MailTrouble(_sentence(error) % words) from error


def _sentence(error: Exception) -> str:
    """The sentence for an error, the more special ones first; `_explained` fills in the names."""
    match error:
        case UnicodeEncodeError():
            return _("EMAIL_HOST_USER or EMAIL_HOST_PASSWORD holds letters that SMTP cannot carry: use ASCII only.")
        case socket.gaierror() | UnicodeError():
            return _("There is no server named %(host)s: correct EMAIL_HOST.")
        case ConnectionRefusedError():
            return _("Nobody listens at %(server)s: correct EMAIL_HOST or EMAIL_PORT, or start the mail server.")
        case ssl.SSLCertVerificationError():
            return _(
                "The certificate of %(server)s is not trusted (%(reason)s): name the host that the certificate is for "
                "in EMAIL_HOST, or add its authority to those that this machine trusts."
            )
        case ssl.SSLError():
            return _(
                "%(server)s does not answer with TLS (%(reason)s): set EMAIL_USE_SSL=0, and EMAIL_USE_TLS=1 if it "
                "offers STARTTLS."
            )
        case smtplib.SMTPAuthenticationError():
            return _(
                "%(server)s refuses the sign-in (%(reason)s): correct EMAIL_HOST_USER and EMAIL_HOST_PASSWORD; some "
                "providers want a password made for applications."
            )
        case smtplib.SMTPNotSupportedError() if "STARTTLS" in str(error):
            return _(
                "%(server)s does not offer STARTTLS: set EMAIL_USE_SSL=1 and EMAIL_USE_TLS=0 if it speaks TLS from the "
                "first byte (port 465), or EMAIL_USE_TLS=0 in a closed network."
            )
        case smtplib.SMTPNotSupportedError():
            return _(
                "%(server)s takes no sign-in over this connection (%(reason)s): set EMAIL_USE_TLS=1, or leave "
                "EMAIL_HOST_USER and EMAIL_HOST_PASSWORD empty."
            )
        case smtplib.SMTPSenderRefused():
            return _("%(server)s refuses mail from %(sender)s (%(reason)s): correct DEFAULT_FROM_EMAIL, or sign in.")
        case smtplib.SMTPRecipientsRefused():
            return _(
                "%(server)s refuses to deliver to this address (%(reason)s): check the address, or whether the server "
                "wants a sign-in (EMAIL_HOST_USER)."
            )
        case smtplib.SMTPServerDisconnected() | TimeoutError():
            return _(
                "%(server)s gave no answer within %(seconds)s seconds, or hung up: correct EMAIL_PORT (465 goes with "
                "EMAIL_USE_SSL=1, 587 with EMAIL_USE_TLS=1), or open the port in the firewall."
            )
        case _other:
            return _("%(server)s did not take the mail (%(reason)s): correct the EMAIL_ settings.")
