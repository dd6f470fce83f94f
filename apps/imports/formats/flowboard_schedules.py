"""What an archive tells of what a project does by itself: schedules, and the rhythm of its sprints."""

from collections.abc import Callable
from datetime import date, time
from typing import Any

from apps.imports.formats.flowboard_values import day_of, moment_of, person_of
from apps.imports.records import Ref, ScheduleRecord
from apps.imports.texts import storable

# So many schedules of a project are read; it can have fewer.
MOST_SCHEDULES = 200
_MOST_MADE = 20_000
_MOST_WEEKDAYS = 7
_LINE = 200
_MOST = 10_000


def schedule_of(line: dict[str, Any], *, project: tuple[str, str], make_id: Callable[[Any], str]) -> ScheduleRecord:
    """A schedule that an archive tells. Whether it can be one is for whoever stores it to say.

    :param project: key and name
    :param make_id: makes an id of the archive one of its tracker
    :raises ValueError: if it is not as FlowBoard writes it; so do the others of `FAULTS`
    """
    line = storable(line)
    made, weekdays = line.get("made") or [], line.get("weekdays") or []
    if len(made) > _MOST_MADE or len(weekdays) > _MOST_WEEKDAYS:
        raise ValueError(len(made))
    at, owner = time.fromisoformat(line["at"]), person_of(line["owner"])
    if at.tzinfo is not None or owner is None:
        raise ValueError(at)
    return ScheduleRecord(
        external_id=make_id(line["id"]),
        project_key=project[0],
        project_name=project[1],
        template=_text(line["template"]),
        owner=owner,
        frequency=_text(line["frequency"]),
        interval=_whole(line["interval"]),
        start_date=date.fromisoformat(line["start_date"]),
        at=at,
        time_zone=_text(line["time_zone"]),
        weekdays=[_whole(each) for each in weekdays],
        month_day=_number(line.get("month_day")),
        nth=_number(line.get("nth")),
        end_date=day_of(line.get("end_date")),
        most=_number(line.get("most")),
        due_days=_number(line.get("due_days")),
        joins_sprint=line.get("joins_sprint") is True,
        status=_text(line.get("status") or ""),
        paused_at=moment_of(line.get("paused_at")),
        stop=_text(line.get("stop") or ""),
        made={date.fromisoformat(each["day"]): _issue(each.get("issue"), make_id) for each in made},
    )


def cadence_of(about: dict[str, Any]) -> dict[str, Any] | None:
    """The rhythm of a project's sprints, if the document tells of one.

    :raises ValueError: if it is not as FlowBoard writes it; so do the others of `FAULTS`
    """
    found = about.get("cadence")
    if found is None:
        return None
    return {
        **{name: _whole(found[name]) for name in ("weeks", "weekday", "cooldown_weeks", "ahead")},
        **{name: found[name] is True for name in ("is_on", "rolls_over")},
        "anchor_date": date.fromisoformat(found["anchor_date"]),
        "time_zone": _text(found["time_zone"]),
    }


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(value)
    return value[:_LINE]


def _whole(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or abs(value) > _MOST:
        raise ValueError(value)
    return value


def _number(value: Any) -> int | None:
    return None if value is None else _whole(value)


def _issue(key: Any, make_id: Callable[[Any], str]) -> Ref | None:
    return Ref(external_id=make_id(key), key=_text(key)[:40]) if key else None
