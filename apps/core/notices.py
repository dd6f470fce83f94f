"""Notices that offer a way back: undo instead of "are you sure"."""

from collections.abc import Iterable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest
from django.middleware.csrf import get_token
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _


def say_with_undo(request: HttpRequest, text: str, url: str, values: Iterable[tuple[str, Any]] = ()) -> None:
    """Say on the next page what was done, with a form that takes it back."""
    sent = [("csrfmiddlewaretoken", get_token(request)), *values]
    fields = format_html_join("", '<input type="hidden" name="{}" value="{}">', sent)
    form = '{} <form method="post" action="{}">{}<button type="submit" class="button small">{}</button></form>'
    messages.success(request, format_html(form, text, url, fields, _("Undo")))
