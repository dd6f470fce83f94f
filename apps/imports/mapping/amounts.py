"""Points and times of records, as far as they can be kept."""

from decimal import Decimal

from apps.imports.records import IssueRecord
from apps.imports.texts import Notes

_MOST_POINTS = 10_000
_MOST_MINUTES = 2**31 - 1


def points_of(record: IssueRecord, notes: Notes) -> Decimal | None:
    """The points of an issue as far as it can have them; `notes` is told what could not be kept."""
    points = record.points
    if points is None:
        return None
    kept = round(points, 2) if points.is_finite() else points
    if not kept.is_finite() or not 0 <= kept < _MOST_POINTS:
        notes.append(("points", f"An issue cannot have {points} points, so it has none."))
        return None
    if kept != points:
        notes.append(("points", f"{points} points are kept as {kept}."))
    return kept


def minutes_of(minutes: int | None, field: str, notes: Notes) -> int | None:
    """A time as far as it can be kept; `notes` is told if it cannot."""
    if minutes is None or 0 <= minutes <= _MOST_MINUTES:
        return minutes
    notes.append((field, f"{minutes} minutes are no time that can be kept."))
    return None
