"""Sending mail: text and HTML of the same words, from two templates of one name."""

from email.utils import parseaddr
from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string


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
        host = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].partition("@")[2] or "localhost"
        message.extra_headers["Message-ID"] = f"<{message_id}@{host}>"
    # Answering machines stay silent.
    message.extra_headers["Auto-Submitted"] = "auto-generated"
    return message


def send(*, to: str, subject: str, template: str, context: dict[str, Any], message_id: str | None = None) -> None:
    """Send a mail now. Whoever calls this is a job: nobody waits for a mail server.

    :raises OSError: if the mail server cannot be reached or refuses (`smtplib.SMTPException` is one)
    """
    compose(to=to, subject=subject, template=template, context=context, message_id=message_id).send()
