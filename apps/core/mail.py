"""Mail addresses, and sending mail: text and HTML of the same words, from two templates of one name."""

import smtplib
import ssl
from email.utils import parseaddr
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.mail import EmailMultiAlternatives
from django.core.validators import validate_email
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from apps.core.errors import Invalid

# What a mailbox may be called, and what the database keeps.
LONGEST_ADDRESS = 254


def clean_address(text: str) -> str:
    """An e-mail address as it is kept, in small letters.

    :raises Invalid: with a sentence that says what is wrong with it
    """
    address = text.strip().lower()
    if len(address) > LONGEST_ADDRESS:
        raise Invalid(
            _("“%(start)s…” is too long: an e-mail address has at most %(most)s characters.")
            % {"start": address[:40], "most": LONGEST_ADDRESS},
            field="email",
        )
    if not address.rpartition("@")[0].isascii():
        raise Invalid(
            _("“%(email)s” has letters before the @ that mail servers do not carry. Use an address in plain letters.")
            % {"email": address},
            field="email",
        )
    try:
        validate_email(address)
    except ValidationError as error:
        raise Invalid(_("“%(email)s” is not an e-mail address.") % {"email": address[:100]}, field="email") from error
    return address


def is_sent() -> bool:
    """Whether mail leaves this server at all; without a mail server it is kept in files that nobody receives."""
    return bool(settings.EMAIL_HOST)


def sending_host() -> str:
    """The domain that mail comes from: ids of mails and lists end with it."""
    return parseaddr(settings.DEFAULT_FROM_EMAIL)[1].partition("@")[2] or "localhost"


def answer_of(error: Exception) -> str:
    """What the other side said, on one line: a server's answer as people look for it, its number, then its words."""
    said: object = error
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        said = _answer(*next(iter(error.recipients.values())))
    elif isinstance(error, smtplib.SMTPResponseException):
        said = _answer(error.smtp_code, error.smtp_error)
    elif isinstance(error, ssl.SSLCertVerificationError):
        said = error.verify_message
    elif isinstance(error, OSError) and error.strerror:
        said = error.strerror
    return " ".join(str(said).split()).rstrip(".")


def _answer(code: int, text: bytes | str) -> str:
    return f"{code} {text.decode(errors='replace') if isinstance(text, bytes) else text}"


def compose(
    *, to: str, subject: str, template: str, context: dict[str, Any], message_id: str | None = None
) -> EmailMultiAlternatives:
    """A mail from `<template>.txt` and `<template>.html`.

    :param message_id: names the mail; should it be sent twice, mail programs show it once
    """
    context = {**context, "base_url": settings.BASE_URL}
    message = EmailMultiAlternatives(
        # A line break in a name must not become a header.
        subject=" ".join(subject.split()),
        body=render_to_string(f"{template}.txt", context, using="jinja2").strip() + "\n",
        to=[to],
    )
    message.attach_alternative(render_to_string(f"{template}.html", context, using="jinja2"), "text/html")
    if message_id:
        message.extra_headers["Message-ID"] = f"<{message_id}@{sending_host()}>"
    # Answering machines stay silent.
    message.extra_headers["Auto-Submitted"] = "auto-generated"
    return message


def send(*, to: str, subject: str, template: str, context: dict[str, Any], message_id: str | None = None) -> None:
    """Send a mail now. Whoever calls this is a job: nobody waits for a mail server.

    :raises OSError: if the mail server cannot be reached or refuses (`smtplib.SMTPException` is one)
    """
    compose(to=to, subject=subject, template=template, context=context, message_id=message_id).send()
