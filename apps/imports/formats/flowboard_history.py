"""The history of an archive: one fact about one issue a line, by names and keys."""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zipfile import ZipFile

from django.utils import timezone

from apps.core.tenancy import Origin
from apps.core.texts import one_line
from apps.imports.formats.flowboard_values import FAULTS, moment_of, person_of
from apps.imports.reading.archives import open_member
from apps.imports.reading.lines import Line, lines_of
from apps.imports.records import HistoryRecord, LeftOut, PastChange, PastLine, Ref, Row, Unreadable
from apps.issues.activity.meanings import KINDS, MEANINGS, OF_WORK, Meaning
from apps.issues.models import TEXT_LENGTH, Decision, Priority

# An issue that was changed oftener than this was changed by a machine, or by somebody who made the archive by hand.
MOST_LINES = 20_000
MOST_CHANGES = 200
# So many lines are written with each other at most.
_AT_ONCE = 200
_MOST_NAMES = 200
_LINE = 500
_MOST_MINUTES = 2**31 - 1
_MOST_POINTS = 10_000
_A_FIELD = re.compile(r"[a-z_]{1,40}")
_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)


class _Wrong(Exception):
    """A line is not as FlowBoard writes it: which part, and why."""

    def __init__(self, part: str, reason: str) -> None:
        super().__init__(reason)
        self.part, self.reason = part, reason


def tells_changes(archive: ZipFile, name: str) -> bool:
    """Whether an archive tells history by names and keys; the first ones told it in sentences alone."""
    try:
        with open_member(archive, name) as stream:
            first = next(lines_of(stream), None)
        return first is not None and "changes" in json.loads(first.data)
    except (KeyError, TypeError, ValueError):
        return False


@dataclass(slots=True)
class HistoryReader:
    """Reads the lines of one project's history, and puts those of an issue together.

    :param make_id: makes an id of an issue or comment of the archive one of its tracker
    :param categories: what the project's statuses mean, by their names
    """

    upload: str
    project_key: str
    project_name: str
    make_id: Callable[[Any], str]
    categories: Mapping[str, str]
    _counts: dict[str, int] = field(default_factory=dict)
    _open: HistoryRecord | None = None
    _began: int = 0
    _size: int = 0

    def rows(self, lines: Iterator[Line]) -> Iterator[Row]:
        """Every line is in a row, with others of its issue or, where it cannot be read, alone."""
        for line in lines:
            try:
                key, found = self._read(line)
            except _Wrong as error:
                yield from self._close()
                yield Row(self._name(line.number), 0, Unreadable(error.part, error.reason))
                continue
            count = self._counts[key] = self._counts.get(key, 0) + 1
            if count > MOST_LINES:
                yield from self._close()
                yield Row(self._name(line.number), 0, _beyond(key, count))
                continue
            if self._open is None or self._open.issue.key != key or len(self._open.lines) >= _AT_ONCE:
                yield from self._close()
                self._began = line.number
                issue = Ref(external_id=self.make_id(key), key=key)
                self._open = HistoryRecord(
                    issue=issue,
                    project_key=self.project_key,
                    project_name=self.project_name,
                    lines=[],
                    categories=self.categories,
                )
            self._open.lines.append(found)
            self._size += len(line.data)
        yield from self._close()

    def _name(self, number: int) -> str:
        return f"{self.upload}:{self.project_key}:history:{number}"

    def _close(self) -> Iterator[Row]:
        if self._open is not None:
            yield Row(self._name(self._began), self._size, self._open)
        self._open, self._size = None, 0

    def _read(self, line: Line) -> tuple[str, PastLine]:
        if line.fault:
            raise _Wrong("line", line.fault)
        try:
            found = json.loads(line.data)
            return str(found["issue"])[:40], self._line(found)
        except FAULTS as error:
            raise _Wrong("line", f"It is not as FlowBoard writes it ({type(error).__name__}).") from error

    def _line(self, found: dict[str, Any]) -> PastLine:
        kind, origin = str(found["kind"]), str(found.get("origin") or Origin.USER)
        if kind not in KINDS:
            raise _Wrong("kind", f"“{kind[:60]}” is nothing that this FlowBoard knows of issues.")
        if origin not in list(Origin):
            raise _Wrong("origin", f"“{origin[:20]}” is no place where things are done.")
        changes = found["changes"]
        if len(changes) > MOST_CHANGES:
            raise _Wrong("changes", f"It has {len(changes)} changes; {MOST_CHANGES} are the most.")
        number = _number("id", found["id"])
        read = [self._change(each) for each in changes]
        if kind in OF_WORK and not any(
            each.field in {"work", "work_restored"} and (each.old or each.new) for each in read
        ):
            raise _Wrong("changes", "It does not say which work.")
        comment = found.get("comment")
        return PastLine(
            number=number,
            kind=kind,
            at=_time(found["at"]),
            by=person_of(found.get("by")),
            reason=_text(found.get("reason") or ""),
            origin=origin,
            comment=Ref(external_id=self.make_id(comment)) if comment else None,
            template=one_line(str(found.get("template") or ""))[:_LINE],
            is_scheduled=found.get("is_scheduled") is True,
            takes_back=_number("takes_back", found["takes_back"]) if found.get("takes_back") else None,
            changes=read,
        )

    def _change(self, each: dict[str, Any]) -> PastChange:
        if each.get("own_field"):
            name = one_line(str(each["own_field"]))[:_LINE]
            return PastChange(own_field=name, old=_own(each.get("old")), new=_own(each.get("new")))
        name = str(each["field"])
        meaning = MEANINGS.get(name)
        if meaning is None and _A_FIELD.fullmatch(name):
            # Of a later FlowBoard: that it changed is told.
            return PastChange(field=name)
        if meaning is None:
            raise _Wrong("field", f"“{name[:60]}” is no field that this FlowBoard knows.")
        return PastChange(field=name, old=self._value(meaning, each["old"]), new=self._value(meaning, each["new"]))

    def _value(self, meaning: Meaning, value: Any) -> Any:
        """A value, strictly: what is stored must be shown for ever."""
        if value is None:
            return None
        match meaning:
            case Meaning.ISSUE:
                return Ref(external_id=self.make_id(_line(value)), key=_line(value)[:40])
            case Meaning.COMMENT:
                return Ref(external_id=self.make_id(value) if value else "")
            case Meaning.SPRINT:
                return Ref(external_id=self.make_id(value["id"]) if value["id"] else "", key=_line(value["name"]))
        return _VALUES[meaning](value)


def _beyond(key: str, count: int) -> Unreadable | LeftOut:
    if count == MOST_LINES + 1:
        return Unreadable("issue", f"{key[:40]} has more than {MOST_LINES} lines of history; the rest was left out.")
    return LeftOut("more history than an issue may have")


def _number(part: str, value: Any) -> int:
    number = int(value)
    if not 0 < number < 2**63:
        raise _Wrong(part, "Its number is none that a line can have.")
    return number


def _time(value: Any) -> datetime:
    at = moment_of(value)
    if at is None or not _BEGINNING <= at <= timezone.now() + timedelta(days=1):
        raise _Wrong("at", f"“{str(value)[:40]}” is before 1970 or yet to come.")
    return at


def _line(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(value)
    return one_line(value.replace("\x00", "\ufffd"))[:_LINE]


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(value)
    return value.replace("\x00", "\ufffd")[:TEXT_LENGTH]


def _names(value: Any) -> list[str]:
    if not isinstance(value, list) or len(value) > _MOST_NAMES:
        raise ValueError(len(value))
    return [_line(each) for each in value]


def _points(value: Any) -> str:
    points = Decimal(str(value))
    if not points.is_finite() or not 0 <= points < _MOST_POINTS:
        raise ValueError(value)
    return f"{points.normalize():f}"


def _minutes(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= _MOST_MINUTES:
        raise ValueError(value)
    return value


def _tick(value: Any) -> bool:
    if not isinstance(value, bool):
        raise TypeError(value)
    return value


def _work(value: Any) -> list[Any]:
    minutes, day, note = value
    return [_minutes(minutes), date.fromisoformat(day).isoformat(), _line(note)]


def _own(value: Any) -> Any:
    if isinstance(value, dict):
        return person_of(value)
    if isinstance(value, list):
        return _names(value)
    if value is None or isinstance(value, bool):
        return value
    return _line(str(value))


_VALUES: dict[Meaning, Callable[[Any], Any]] = {
    Meaning.STATUS: _line,
    Meaning.TYPE: _line,
    Meaning.LABELS: _names,
    Meaning.VERSIONS: _names,
    Meaning.PERSON: person_of,
    Meaning.PRIORITY: lambda value: Priority[_line(value).upper()].value,
    Meaning.POINTS: _points,
    Meaning.MINUTES: _minutes,
    Meaning.DAY: lambda value: date.fromisoformat(value).isoformat(),
    Meaning.LINE: _line,
    Meaning.TEXT: _text,
    Meaning.TICK: _tick,
    Meaning.WORK: _work,
    Meaning.DECISION: lambda value: Decision(value).value,
}
