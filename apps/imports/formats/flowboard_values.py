"""Values as archives have them: people, days and times."""

from datetime import UTC, date, datetime, time
from decimal import InvalidOperation
from typing import Any

from django.utils.dateparse import parse_datetime

from apps.imports.records import Person
from apps.imports.texts import YEARS, clean

# What reading a line that is not as FlowBoard writes it may raise.
FAULTS = (ValueError, KeyError, TypeError, AttributeError, InvalidOperation, RecursionError, OverflowError)


def person_of(found: Any) -> Person | None:
    """Somebody as an archive names them; None for nobody.

    :raises KeyError: if there is no name
    """
    if not found:
        return None
    name = clean(str(found["name"]))
    handle = str(found.get("email") or found.get("handle") or f"{found['id']} {name}")
    return Person(handle=handle, name=name, email=str(found.get("email") or ""))


def day_of(value: Any) -> date | None:
    """A day, or none.

    :raises ValueError: if it is something else
    """
    return date.fromisoformat(value) if value else None


def midnight_of(value: Any) -> datetime | None:
    """The beginning of a day."""
    day = day_of(value)
    return datetime.combine(day, time.min, tzinfo=UTC) if day else None


def moment_of(value: Any) -> datetime | None:
    """A time.

    :raises ValueError: if it has no zone, is none, or is in a year that nobody means
    """
    if not value:
        return None
    found = parse_datetime(value)
    if found is None or found.tzinfo is None or found.year not in YEARS:
        raise ValueError(value)
    return found
