"""How the person who reads a page wants dates written. Set around each request, used by the templates' filters."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import timezone

# Patterns of a day with its year, and of one whose year goes without saying.
PATTERNS = {
    "day_month": ("%-d %b %Y", "%-d %b"),
    "month_day": ("%b %-d, %Y", "%b %-d"),
    "dots": ("%d.%m.%Y", "%d.%m."),
    "slashes_day": ("%d/%m/%Y", "%d/%m"),
    "slashes_month": ("%m/%d/%Y", "%m/%d"),
    "iso": ("%Y-%m-%d", "%Y-%m-%d"),
}
_reader: ContextVar[Callable[[], Any] | None] = ContextVar("reader", default=None)


class ReaderMiddleware:
    """Let whatever renders this request know who reads it. The person is only looked up when a date is written."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        token = _reader.set(lambda: request.user)
        try:
            return self.get_response(request)
        finally:
            _reader.reset(token)


@contextmanager
def reading_as(user: Any) -> Iterator[None]:
    """Write dates and times for this person: what is written is a mail, which no request asks for."""
    token = _reader.set(lambda: user)
    try:
        with timezone.override(ZoneInfo(user.time_zone)):
            yield
    finally:
        _reader.reset(token)


def first_weekday() -> int:
    """The day on which the reader's weeks begin, as `date.weekday()` numbers it."""
    read = _reader.get()
    return getattr(read(), "first_weekday", 0) if read else 0


def week_end(today: date) -> date:
    """The last day of the reader's week."""
    return today + timedelta(days=(first_weekday() - 1 - today.weekday()) % 7)


def _patterns() -> tuple[str, str]:
    read = _reader.get()
    chosen = getattr(read(), "date_format", "") if read else ""
    return PATTERNS.get(chosen, PATTERNS["day_month"])


def day(value: date) -> str:
    """A day as the reader writes it."""
    return value.strftime(_patterns()[0])


def short_day(value: date) -> str:
    """A day whose year goes without saying."""
    return value.strftime(_patterns()[1])


def minute(value: datetime) -> str:
    """A moment to the minute, by the reader's calendar and clock."""
    local = timezone.localtime(value)
    return f"{day(local)} {local:%H:%M}"
