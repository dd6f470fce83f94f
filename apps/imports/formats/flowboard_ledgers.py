"""The scope ledgers of an archive's sprints, with how much people take on. One that is not whole is none: half a story
would be a wrong one."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import available_timezones

from django.utils import timezone

from apps.imports.formats.flowboard_values import day_of, moment_of, person_of
from apps.imports.records import LedgerLine, LedgerRecord, Person, Ref, SprintRecord
from apps.sprints.models import ScopeEntry

MOST_LINES = 50_000
_MOST_PEOPLE = 2000
_MOST_RUNS = 32_767
_MOST_POINTS = 10_000
_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)


def ledger_of(
    line: dict[str, Any], sprint: SprintRecord, *, project: tuple[str, str], make_id: Callable[[Any], str]
) -> LedgerRecord:
    """The ledger of a sprint that an archive tells.

    :param project: key and name
    :param make_id: makes an id of the archive one of its tracker
    :raises ValueError: if it is not as FlowBoard writes it; so do the others of `FAULTS`
    """
    zone = str(line.get("time_zone") or "UTC")
    if zone not in available_timezones():
        raise ValueError(zone)
    lines, capacities = line.get("ledger") or [], line.get("capacities") or []
    if len(lines) > MOST_LINES or len(capacities) > _MOST_PEOPLE:
        raise ValueError(len(lines), len(capacities))
    carried_to = line.get("carried_to")
    return LedgerRecord(
        sprint=sprint,
        project_key=project[0],
        project_name=project[1],
        run=_run(line.get("run") or 0),
        time_zone=zone,
        carried_to=make_id(carried_to) if carried_to else "",
        lines=[_line(each, make_id) for each in lines],
        capacities=[_capacity(each) for each in capacities],
    )


def _capacity(each: dict[str, Any]) -> tuple[Person, Decimal]:
    person, points = person_of(each["person"]), _points(each["points"])
    if person is None or points is None:
        raise ValueError(each)
    return person, points


def _line(each: dict[str, Any], make_id: Callable[[Any], str]) -> LedgerLine:
    at = moment_of(each["at"])
    if at is None or not _BEGINNING <= at <= timezone.now() + timedelta(days=1):
        raise ValueError(each["at"])
    called = str(each.get("issue") or "")[:40]
    key = str(each.get("key") or called)[:40]
    return LedgerLine(
        run=_run(each["run"]),
        kind=ScopeEntry.Kind(each["kind"]).value,
        at=at,
        issue=Ref(external_id=make_id(key), key=key) if key else None,
        issue_key=called,
        points=_points(each.get("points")),
        is_in=each.get("is_in") is True,
        is_done=each.get("is_done") is True,
        end_date=day_of(each.get("end_date")),
    )


def _run(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= _MOST_RUNS:
        raise ValueError(value)
    return value


def _points(value: Any) -> Decimal | None:
    if value is None:
        return None
    points = Decimal(str(value))
    if not points.is_finite() or not 0 <= points < _MOST_POINTS:
        raise ValueError(value)
    return round(points, 2)
