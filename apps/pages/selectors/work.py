"""A person's work across all projects of the organization: in groups, in an order, in pages by keyset."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Case, Count, DateField, F, IntegerField, Q, Value, When
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.accounts.reading import week_end
from apps.core.paging import moment, read_values
from apps.core.tenancy import Actor
from apps.issues.models import IssueQuerySet, Watcher
from apps.issues.selectors import beyond, visible_issues
from apps.pages.selectors.lines import IssueLine, for_lines, line
from apps.projects.models import Status

Category = Status.Category

VIEWS: dict[str, Any] = {
    "assigned": gettext_lazy("Assigned"),
    "due": gettext_lazy("Due"),
    "created": gettext_lazy("Created"),
    "watching": gettext_lazy("Watching"),
    "recent": gettext_lazy("Recent"),
}
SORTS: dict[str, Any] = {
    "due": gettext_lazy("Due date"),
    "priority": gettext_lazy("Priority"),
    "updated": gettext_lazy("Last change"),
}
CATEGORIES: dict[str, Any] = {
    "backlog": gettext_lazy("Backlog"),
    "todo": gettext_lazy("To do"),
    "in_progress": gettext_lazy("In progress"),
    "closed": gettext_lazy("Closed"),
}

# What is not due sorts behind everything that is.
_NEVER = date.max
_ORDERS: dict[str, tuple[str, ...]] = {
    "due": ("due_key", "urgency", "id"),
    "priority": ("urgency", "due_key", "id"),
    "updated": ("-updated_at", "-id"),
}
_READ: dict[str, Any] = {
    "bucket": int,
    "due_key": date.fromisoformat,
    "urgency": int,
    "updated_at": moment,
    "id": int,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkFilters:
    """What the page of one's work shows."""

    view: str = "assigned"
    project: str = ""
    category: str = ""
    sort: str = "due"

    @classmethod
    def read(cls, values: Mapping[str, str]) -> "WorkFilters":
        """From a query string. What makes no sense is ignored, as an old bookmark should still open."""

        def one_of(name: str, known: Mapping[str, Any], default: str) -> str:
            return values.get(name, "") if values.get(name, "") in known else default

        project = values.get("project", "")
        return cls(
            view=one_of("view", VIEWS, "assigned"),
            project=project.upper() if project.isalnum() and project.isascii() and len(project) <= 10 else "",
            category=one_of("category", CATEGORIES, ""),
            sort=one_of("sort", SORTS, "due"),
        )

    @property
    def active(self) -> bool:
        """Whether something of the view is left out."""
        return bool(self.project or self.category)

    def as_query(self) -> dict[str, str]:
        """The filters as a query string's values, without those that say nothing."""
        values = {"view": self.view, "project": self.project, "category": self.category, "sort": self.sort}
        usual = {"view": "assigned", "sort": "due"}
        return {name: value for name, value in values.items() if value and usual.get(name) != value}


# The groups of a list, in their order. The first two are about dates, the others about how far the work is.
_LATE, _THIS_WEEK, _DOING, _TODO, _BACKLOG, _DONE = range(6)


def _names() -> dict[int, str]:
    return {
        _LATE: _("Overdue"),
        _THIS_WEEK: _("Due this week"),
        _DOING: _("In progress"),
        _TODO: _("To do"),
        _BACKLOG: _("Backlog"),
        _DONE: _("Closed"),
    }


@dataclass(frozen=True, slots=True)
class Group:
    """A group of the list: how many issues it has in all, and those of them that are on this page."""

    bucket: int
    name: str
    total: int
    lines: list[IssueLine]

    @property
    def is_late(self) -> bool:
        """Whether its dates have passed."""
        return self.bucket == _LATE


@dataclass(frozen=True, slots=True)
class Work:
    """A page of a person's work, and the mark after which the next one begins (None at the end)."""

    groups: list[Group]
    totals: Mapping[int, int]
    next_after: Sequence[Any] | None

    @property
    def total(self) -> int:
        """How many issues there are on all pages."""
        return sum(self.totals.values())

    @property
    def summary(self) -> list[Group]:
        """How much there is in each group of open work, without its lines."""
        return [
            Group(bucket, name, self.totals.get(bucket, 0), []) for bucket, name in _names().items() if bucket != _DONE
        ]


def _sorted_out(issues: IssueQuerySet) -> IssueQuerySet:
    """With the columns that lists of work are grouped and ordered by. "Today" and "this week" are the reader's."""
    today = timezone.localdate()
    bucket = Case(
        When(status__category__in=Status.CLOSED, then=_DONE),
        When(due_date__lt=today, then=_LATE),
        When(due_date__lte=week_end(today), then=_THIS_WEEK),
        When(status__category=Category.IN_PROGRESS, then=_DOING),
        When(status__category=Category.TODO, then=_TODO),
        default=_BACKLOG,
        output_field=IntegerField(),
    )
    return issues.annotate(
        bucket=bucket,
        due_key=Coalesce("due_date", Value(_NEVER), output_field=DateField()),
        urgency=Value(0) - F("priority"),
    )


def _totals(issues: Any) -> dict[int, int]:
    """How many issues each group has: one query."""
    return dict(issues.order_by().values_list("bucket").annotate(Count("pk")))


def _mine(actor: Actor) -> Q:
    return Q(assignee_id=actor.user_id)


def _watched(actor: Actor) -> Q:
    return Q(pk__in=Watcher.objects.filter(org_id=actor.org_id, user_id=actor.person_id).values("issue_id"))


def _in_view(actor: Actor, filters: WorkFilters) -> IssueQuerySet:
    condition = {
        "assigned": _mine(actor),
        "due": (_mine(actor) | _watched(actor)) & Q(due_date__isnull=False),
        "created": Q(reporter_id=actor.user_id),
        "watching": _watched(actor),
    }[filters.view]
    issues = visible_issues(actor=actor).present().filter(condition, project__archived_at__isnull=True)
    if filters.project:
        issues = issues.filter(project__key=filters.project)
    if filters.category == "closed":
        return issues.filter(status__category__in=Status.CLOSED)
    if filters.category:
        return issues.filter(status__category=filters.category)
    return issues.exclude(status__category__in=Status.CLOSED)


def work(*, actor: Actor, filters: WorkFilters, after: Sequence[Any] | None = None, size: int = 50) -> Work:
    """A page of a person's work, in its groups: two queries.

    :param after: the ordering values of the last row read, as `next_after` gave them
    :raises Invalid: if these are not values of this order
    """
    order = ("bucket", *_ORDERS[filters.sort])
    issues = _sorted_out(_in_view(actor, filters))
    totals = _totals(issues)
    chosen = issues.order_by(*order)
    if after is not None:
        readers = [_READ[name.lstrip("-")] for name in order]
        chosen = chosen.filter(beyond(order, read_values(after, readers)))
    # Put in order and cut by what that takes alone: lines are wide, and few of many are shown.
    shown_ones = visible_issues(actor=actor).filter(pk__in=chosen.values("pk")[: size + 1])
    rows: list[Any] = list(for_lines(_sorted_out(shown_ones), actor=actor).order_by(*order))
    names = _names()
    shown: dict[int, list[IssueLine]] = {}
    for row in rows[:size]:
        shown.setdefault(row.bucket, []).append(line(row, actor=actor))
    last = [getattr(rows[size - 1], name.lstrip("-")) for name in order] if len(rows) > size else None
    groups = [Group(bucket, names[bucket], totals.get(bucket, len(lines)), lines) for bucket, lines in shown.items()]
    return Work(groups, totals, last)
