"""Pages by keyset: rows written while somebody reads are neither shown twice nor skipped."""

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Generic, TypeVar

from django.utils.translation import gettext as _

from apps.core.errors import Invalid

Row = TypeVar("Row")

# A mark of ours is far shorter.
LONGEST_MARK = 2000
BIGGEST = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """Some rows in order, and the marks from which their neighbours are read (None where there are none)."""

    rows: list[Row]
    next_after: Sequence[Any] | None = None
    previous_before: Sequence[Any] | None = None


def page_by_id(
    rows: Any,
    *,
    after: Sequence[Any] | None = None,
    before: Sequence[Any] | None = None,
    size: int,
    is_newest_first: bool = False,
) -> Page[Any]:
    """Rows of a queryset in the order in which they were stored, or the other way round: those after, or before, the
    one with the given id."""
    return page_by("pk", rows, after=after, before=before, size=size, is_reversed=is_newest_first)


def page_by(
    key: str,
    rows: Any,
    *,
    after: Sequence[Any] | None = None,
    before: Sequence[Any] | None = None,
    size: int,
    is_reversed: bool = False,
) -> Page[Any]:
    """Rows of a queryset in the order of a column that no two of them have alike, or the other way round: those after,
    or before, a value."""
    rows = rows.order_by(f"-{key}" if is_reversed else key)
    behind, ahead = ("lt", "gt") if is_reversed else ("gt", "lt")
    if after is not None:
        rows = rows.filter(**{f"{key}__{behind}": after[0]})
    if before is not None:
        rows = rows.filter(**{f"{key}__{ahead}": before[0]}).reverse()
    found = list(rows[: size + 1])
    has_more = len(found) > size
    found = found[:size]
    if before is not None:
        found.reverse()
    return page_of(found, has_more=has_more, after=after, before=before, mark=lambda row: [getattr(row, key)])


def page_of(
    rows: list[Row],
    *,
    has_more: bool,
    after: Sequence[Any] | None,
    before: Sequence[Any] | None,
    mark: Callable[[Row], Sequence[Any]],
) -> Page[Row]:
    """Rows that were read after, or before, a mark, and the marks of their neighbours.

    :param has_more: whether there are more on the side to which was read
    :param mark: where a row stands
    """
    if not rows:
        return Page(rows)
    has_next = has_more or before is not None
    has_previous = has_more if before is not None else after is not None
    return Page(rows, mark(rows[-1]) if has_next else None, mark(rows[0]) if has_previous else None)


def write_mark(values: Sequence[Any] | None) -> str:
    """Ordering values as an opaque page mark."""
    if values is None:
        return ""
    return base64.urlsafe_b64encode(json.dumps(plain_values(values)).encode()).decode()


def plain_values(values: Sequence[Any]) -> list[Any]:
    """Ordering values as JSON has them: dates and decimals as text."""

    def plain(value: Any) -> Any:
        if isinstance(value, date | datetime):
            return value.isoformat()
        return str(value) if isinstance(value, Decimal) else value

    return [plain(value) for value in values]


def read_mark(text: str) -> list[Any] | None:
    """The ordering values of a page mark, dates and decimals as text; `read_values` makes them what they were.

    :raises Invalid: if it is none of ours
    """
    if not text:
        return None
    try:
        values = json.loads(base64.urlsafe_b64decode(text[:LONGEST_MARK].encode()))
    except (binascii.Error, ValueError, RecursionError) as error:
        raise Invalid(_("This page mark is not one of ours."), field="after") from error
    if not isinstance(values, list) or not all(_is_storable(value) for value in values):
        raise Invalid(_("This page mark is not one of ours."), field="after")
    return values


def _is_storable(value: Any) -> bool:
    if isinstance(value, str):
        # Neither of the two can be sent to the database.
        return "\x00" not in value and not any("\ud800" <= letter <= "\udfff" for letter in value)
    return value is None or (isinstance(value, int) and -BIGGEST <= value <= BIGGEST)


def read_values(values: Sequence[Any], readers: Sequence[Callable[[Any], Any]]) -> list[Any]:
    """The values of a mark as what they were: each read by its column's reader.

    :raises Invalid: if they are another order's
    """
    try:
        return [read(value) for read, value in zip(readers, values, strict=True)]
    except (TypeError, ValueError, ArithmeticError) as error:
        raise Invalid(_("This page mark belongs to another order."), field="after") from error


def moment(value: Any) -> datetime:
    """A moment of a mark.

    :raises ValueError: if it is none, or does not say in which zone
    """
    read = value if isinstance(value, datetime) else datetime.fromisoformat(value)
    if read.tzinfo is None:
        raise ValueError(f"{value} has no time zone")
    return read


def decimal_or_none(value: Any) -> Decimal | None:
    """A number of a mark, or that there is none.

    :raises ValueError: if it is too large to be stored
    :raises ArithmeticError: if it is no number
    """
    if value is None:
        return None
    read = Decimal(value)
    if not read.is_finite() or abs(read) > BIGGEST:
        raise ValueError(f"{value} is out of bounds")
    return read
