"""Which issues an actor may know of, and how a set of them is narrowed."""

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any, Self

from django.db.models import Q
from django.utils import timezone
from django.utils.dateparse import parse_date

from apps.core.requests import number_or_none
from apps.core.tenancy import Actor
from apps.issues.models import Issue, IssueLabel, IssueQuerySet, IssueStar, IssueVersion, Watcher, field_id_of
from apps.projects.models import Project, Status

# Conditions on fields of the project's own that one address may have.
MOST_HELD = 20
_QUICK = re.compile(r"quick-([0-9]{1,18})")
ISSUE_KEY = re.compile(r"([A-Za-z][A-Za-z0-9]{1,9})-([1-9][0-9]{0,8})")


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedFilters:
    """What boards and lists of one project and of several are narrowed to alike; every part is optional.

    Whoever adds parts says how an address gives them (`own_parts`) and keeps them (`own_query`).
    """

    q: str = ""
    mine: bool = False
    assignee: int | None = None
    # Which of a board's quick filters are on, by id; only boards know what they ask.
    quick: frozenset[int] = frozenset()

    @property
    def active(self) -> bool:
        """Whether anything is left out."""
        return self != type(self)()

    @classmethod
    def read(cls, values: Mapping[str, str]) -> Self:
        """From a query string. What makes no sense is ignored, as an old bookmark should still open."""
        return cls(
            q=values.get("q", "").replace("\x00", "").strip()[:200],
            mine=values.get("mine") == "1",
            assignee=number_or_none(values, "assignee"),
            quick=frozenset(int(found[1]) for name in values if (found := _QUICK.fullmatch(name))),
            **cls.own_parts(values),
        )

    @classmethod
    def own_parts(cls, values: Mapping[str, str]) -> dict[str, Any]:
        """The further parts, by their names."""
        return {}

    def as_query(self) -> dict[str, str]:
        """The filters as a query string's values, without the empty ones."""
        values = {"q": self.q, "mine": "1" if self.mine else "", "assignee": str(self.assignee or "")}
        values |= self.own_query() | {f"quick-{number}": "1" for number in sorted(self.quick)}
        return {name: value for name, value in values.items() if value}

    def own_query(self) -> dict[str, str]:
        """The further parts as a query string's values; empty ones may be among them."""
        return {}

    def shared_condition(self, actor: Actor, projects: Iterable[Project]) -> Q:
        """The words and the people as a condition on issues of these projects."""
        condition = text_condition(self.q, {project.key: project.pk for project in projects})
        if self.mine:
            condition &= Q(assignee_id=actor.user_id)
        if self.assignee is not None:
            condition &= Q(assignee_id=self.assignee)
        return condition


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters(SharedFilters):
    """What a board or list of one project is narrowed to."""

    label: int | None = None
    # Only what comes with this version.
    version: int | None = None
    # Only what belongs to this issue.
    parent: int | None = None
    # Only what no column of this board shows.
    off_board: int | None = None
    # Only what this column of a board shows; only what was done before a day.
    column: int | None = None
    done_before: date | None = None
    # What issues have in the project's own fields, by their ids: an option, a person, or 1 for a tick.
    held: tuple[tuple[int, int], ...] = ()
    # What scripts alone ask for; of several, any will do.
    type: Collection[int] | None = None
    status: Collection[int] | None = None
    category: Collection[str] | None = None
    priority: Collection[int] | None = None
    reporter: int | None = None
    sprint: int | None = None
    # Of assignee, sprint and parent, those that are empty.
    without: frozenset[str] = frozenset()
    created_since: datetime | None = None
    created_until: datetime | None = None
    updated_since: datetime | None = None
    updated_until: datetime | None = None
    # Whether the reader has them among their favourites, or watches them.
    starred: bool | None = None
    watched: bool | None = None

    @classmethod
    def own_parts(cls, values: Mapping[str, str]) -> dict[str, Any]:
        """See `SharedFilters`."""
        numbers = {name: number_or_none(values, name) for name in ("label", "version", "parent", "off_board", "column")}
        held = tuple(
            (field_id, value)
            for name in sorted(values)
            if (field_id := field_id_of(name)) is not None and (value := number_or_none(values, name)) is not None
        )
        return {**numbers, "done_before": _day(values.get("done_before", "")), "held": held[:MOST_HELD]}

    def own_query(self) -> dict[str, str]:
        """See `SharedFilters`."""
        return {
            "label": str(self.label or ""),
            "version": str(self.version or ""),
            "parent": str(self.parent or ""),
            "off_board": str(self.off_board or ""),
            "column": str(self.column or ""),
            "done_before": self.done_before.isoformat() if self.done_before else "",
        } | {f"field_{pk}": str(value) for pk, value in self.held}

    def condition(self, actor: Actor, project: Project) -> Q:
        """The filter as a condition on issues of a project."""
        condition = self.shared_condition(actor, [project]) & self._own_condition(actor)
        if self.off_board is not None:
            shown = Status.objects.filter(project=project, column_statuses__board_id=self.off_board)
            condition &= ~Q(status__in=shown.values("pk")) & ~Q(status__category__in=_OFF_BOARD)
        if self.column is not None:
            shown = Status.objects.filter(project=project, column_statuses__column_id=self.column)
            condition &= Q(status__in=shown.values("pk"))
        return condition

    def condition_across(self, actor: Actor, projects: Iterable[Project]) -> Q:
        """The same on issues of several projects, which no one board shows."""
        return self.shared_condition(actor, projects) & self._own_condition(actor)

    def _own_condition(self, actor: Actor) -> Q:
        condition = Q()
        for wanted, rows in ((self.starred, IssueStar.objects), (self.watched, Watcher.objects)):
            if wanted is not None:
                mine = rows.filter(org_id=actor.org_id, user_id=actor.person_id)
                chosen = Q(pk__in=mine.values("issue_id"))
                condition &= chosen if wanted else ~chosen
        if self.label is not None:
            condition &= labelled([self.label])
        if self.version is not None:
            condition &= Q(pk__in=IssueVersion.objects.filter(version_id=self.version).values("issue_id"))
        if self.parent is not None:
            condition &= Q(parent_id=self.parent)
        for field_id, value in self.held:
            # Which kind of field it is need not be asked: of each, one of these is how it is stored.
            key = str(field_id)
            held = Q(custom_values__contains={key: value}) | Q(custom_values__contains={key: [value]})
            condition &= held | Q(custom_values__contains={key: True}) if value == 1 else held
        asked = {lookup: getattr(self, name) for name, lookup in _LOOKUPS.items()}
        condition &= Q(**{lookup: value for lookup, value in asked.items() if value is not None})
        condition &= Q(**{f"{name}__isnull": True for name in sorted(self.without)})
        if self.done_before is not None:
            condition &= Q(resolved_at__lt=beginning_of(self.done_before))
        return condition


def labelled(label_ids: Collection[int]) -> Q:
    """That an issue carries one of these labels."""
    return Q(pk__in=IssueLabel.objects.filter(label_id__in=label_ids).values("issue_id"))


def text_condition(text: str, projects: Mapping[str, int]) -> Q:
    """That every word is in an issue's title, or is its number or key: `projects` are ids by key."""
    condition = Q()
    for word in text.split():
        found = Q(title__icontains=word)
        key = ISSUE_KEY.fullmatch(word)
        if key and key.group(1).upper() in projects:
            found |= Q(project_id=projects[key.group(1).upper()], number=int(key.group(2)))
        elif word.isascii() and word.isdigit() and len(word) < 10:
            found |= Q(number=int(word))
        condition &= found
    return condition


def beginning_of(day: date) -> datetime:
    """When a day begins where the reader is."""
    return timezone.make_aware(datetime.combine(day, time.min))


def _day(text: str) -> date | None:
    try:
        return parse_date(text)
    except ValueError:  # looks like a date, and is none
        return None


# What is asked of a column alone.
_LOOKUPS = {
    "type": "type_id__in",
    "status": "status_id__in",
    "category": "status__category__in",
    "priority": "priority__in",
    "reporter": "reporter_id",
    "sprint": "sprint_id",
    "created_since": "created_at__gte",
    "created_until": "created_at__lt",
    "updated_since": "updated_at__gte",
    "updated_until": "updated_at__lt",
}
# Statuses that are on no board on purpose.
_OFF_BOARD = (Status.Category.BACKLOG, Status.Category.CANCELLED)


def visible_issues(*, actor: Actor) -> IssueQuerySet:
    """Every issue the actor may know of, deleted ones left out. Other apps start their own queries from it."""
    return Issue.objects.undeleted().filter(org_id=actor.org_id).exclude(project_id__in=actor.hidden_project_ids)


def is_shown(*, actor: Actor, project: Project, filters: Filters, issue_id: int) -> bool:
    """Whether the project's list shows an issue under these filters."""
    shown = visible_issues(actor=actor).alive().filter(filters.condition(actor, project), project=project)
    return shown.filter(pk=issue_id).exists()
