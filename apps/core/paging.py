"""Pages by keyset: rows written while somebody reads are neither shown twice nor skipped."""

import base64
import binascii
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Generic, TypeVar

from django.utils.translation import gettext as _

from apps.core.errors import Invalid

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """Some rows in order, and the marks from which their neighbours are read (None where there are none)."""

    rows: list[Row]
    next_after: Sequence[Any] | None = None
    previous_before: Sequence[Any] | None = None


def write_mark(values: Sequence[Any] | None) -> str:
    """Ordering values as an opaque page mark."""
    if values is None:
        return ""

    def plain(value: Any) -> Any:
        if isinstance(value, date | datetime):
            return value.isoformat()
        return str(value) if isinstance(value, Decimal) else value

    return base64.urlsafe_b64encode(json.dumps([plain(value) for value in values]).encode()).decode()


def read_mark(text: str) -> list[Any] | None:
    """The ordering values of a page mark, dates and decimals as text.

    :raises Invalid: if it is none of ours
    """
    if not text:
        return None
    try:
        values = json.loads(base64.urlsafe_b64decode(text.encode()))
    except (binascii.Error, ValueError) as error:
        raise Invalid(_("This page mark is not one of ours."), field="after") from error
    if not isinstance(values, list) or not all(isinstance(value, str | int | None) for value in values):
        raise Invalid(_("This page mark is not one of ours."), field="after")
    return values
