"""What the demo tells: two organizations, read from the files beside this module."""

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from apps.issues.models import Priority

FILES = ("acme.toml", "harbour.toml")

Tense = Literal["past", "now", "later"]
TENSES: tuple[Tense, ...] = ("past", "now", "later")

_LINE = re.compile(
    r"(?:(?P<status>[tprdb]) )?(?P<type>[STBU])(?P<points>\d+)?(?: (?P<priority>!!|!|-))?"
    r" (?P<title>[^#]+?)(?P<labels>( #[^#]+)*)"
)
_STATUSES = {"b": "Backlog", "t": "To do", "p": "In progress", "r": "In review", "d": "Done"}
_TYPES = {"S": "Story", "T": "Task", "B": "Bug", "U": "Sub-task"}
_PRIORITIES = {"!!": Priority.URGENT, "!": Priority.HIGH, None: Priority.MEDIUM, "-": Priority.LOW}


@dataclass(slots=True)
class Line:
    """One issue as its line says."""

    title: str
    type: str
    points: int | None
    priority: int
    labels: list[str]
    tense: Tense
    status: str
    epic: str | None
    parent: str | None
    text: str = ""
    thread: list[tuple[str, str]] = field(default_factory=list)
    # Whether it waits for somebody until it is given to them today.
    is_given: bool = False


@dataclass(slots=True)
class Story:
    """One organization: its people, its projects as the file has them, and what colleagues say in general."""

    slug: str
    name: str
    owner: str
    people: dict[str, dict[str, str]]
    projects: list[dict[str, Any]]
    texts: dict[str, str]
    threads: dict[str, list[str]]
    remarks: dict[str, list[str]]
    # What happened in the last hours: who says something of an issue, gives it to whom, or takes it into the sprint.
    today: list[dict[str, Any]] = field(default_factory=list)

    def lines(self, project: dict[str, Any]) -> Iterator[Line]:
        """The project's issues without its epics, in the order of the file."""
        groups = [*project["epics"], {"title": None, **project["loose"]}]
        for group in groups:
            before: str | None = None
            for tense in TENSES:
                for text in group.get(tense, ()):
                    line = self._line(text, tense=tense, epic=group["title"], before=before)
                    if line.parent is None:
                        before = line.title
                    yield line

    def _line(self, text: str, *, tense: Tense, epic: str | None, before: str | None) -> Line:
        found = _LINE.fullmatch(text)
        if found is None:
            raise ValueError(f"The demo has a line that says nothing: {text!r}")
        title = found["title"]
        default = {"past": "d", "now": "t", "later": "t"}[tense]
        return Line(
            title=title,
            type=_TYPES[found["type"]],
            points=int(found["points"]) if found["points"] else None,
            priority=_PRIORITIES[found["priority"]],
            labels=[label.strip() for label in found["labels"].split("#")[1:]],
            tense=tense,
            status=_STATUSES[found["status"] or default],
            epic=epic,
            parent=before if found["type"] == "U" else None,
            text=self.texts.get(title, "").strip(),
            thread=[(who, words) for who, words in (said.split(": ", 1) for said in self.threads.get(title, ()))],
            is_given=any(step["issue"] == title and "gives" in step for step in self.today),
        )


def read_stories() -> list[Story]:
    """Both organizations."""
    folder = Path(__file__).parent
    return [Story(**tomllib.loads((folder / name).read_text(encoding="utf-8"))) for name in FILES]
