"""Reading issues. Fetching and authorizing are one step; each page costs a constant number of queries."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy
from markupsafe import Markup

from apps.accounts.models import User
from apps.core.errors import Invalid, NotFound
from apps.core.markdown import render_markdown
from apps.core.tenancy import Actor
from apps.issues.models import Comment, Issue, IssueLabel, IssueQuerySet, Priority, Watcher
from apps.projects import policies
from apps.projects.models import IssueType, Label, Project, Status

ISSUE_KEY = re.compile(r"([A-Za-z][A-Za-z0-9]{1,9})-([1-9][0-9]{0,8})")
PRIORITY_NAMES: dict[int, str] = {choice.value: choice.name.lower() for choice in Priority}
PRIORITIES = tuple(PRIORITY_NAMES[value] for value in sorted(PRIORITY_NAMES, reverse=True))


class NoSuchIssue(NotFound):
    """No issue with this key, or not for this person."""

    title = gettext_lazy("There is no such issue")
    detail = gettext_lazy("It was deleted, or it is not shared with you. Check the key in the address.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """What a board or list is narrowed to; every part is optional."""

    q: str = ""
    mine: bool = False
    assignee: int | None = None
    label: int | None = None
    # Only what no column of a board shows.
    unmapped: bool = False
    # What scripts alone ask for.
    status: int | None = None
    updated_since: datetime | None = None

    @property
    def active(self) -> bool:
        """Whether anything is left out."""
        return self != Filters()

    @classmethod
    def read(cls, values: Mapping[str, str]) -> "Filters":
        """From a query string. What makes no sense is ignored, as an old bookmark should still open."""

        def number(name: str) -> int | None:
            text = values.get(name, "")
            return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None

        return cls(
            q=values.get("q", "").replace("\x00", "").strip()[:200],
            mine=values.get("mine") == "1",
            assignee=number("assignee"),
            label=number("label"),
            unmapped=values.get("unmapped") == "1",
        )

    def as_query(self) -> dict[str, str]:
        """The filters as a query string's values, without the empty ones."""
        values = {
            "q": self.q,
            "mine": "1" if self.mine else "",
            "assignee": str(self.assignee or ""),
            "label": str(self.label or ""),
            "unmapped": "1" if self.unmapped else "",
        }
        return {name: value for name, value in values.items() if value}

    def condition(self, actor: Actor, project: Project) -> Q:
        """The filter as a condition on issues of a project."""
        condition = Q()
        for word in self.q.split():
            text = Q(title__icontains=word)
            key = ISSUE_KEY.fullmatch(word)
            if key and key.group(1).upper() == project.key:
                text |= Q(number=int(key.group(2)))
            elif word.isascii() and word.isdigit() and len(word) < 10:
                text |= Q(number=int(word))
            condition &= text
        if self.mine:
            condition &= Q(assignee_id=actor.user_id)
        if self.assignee is not None:
            condition &= Q(assignee_id=self.assignee)
        if self.label is not None:
            condition &= Q(pk__in=IssueLabel.objects.filter(label_id=self.label).values("issue_id"))
        if self.status is not None:
            condition &= Q(status_id=self.status)
        if self.updated_since is not None:
            condition &= Q(updated_at__gte=self.updated_since)
        if self.unmapped:
            condition &= Q(status__column_statuses__isnull=True) & ~Q(status__category__in=_OFF_BOARD)
        return condition


# Statuses that are on no board on purpose.
_OFF_BOARD = (Status.Category.BACKLOG, Status.Category.CANCELLED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """What a board or list shows of an issue."""

    id: int
    key: str
    title: str
    type: IssueType
    status: Status
    status_id: int
    priority: str
    labels: Sequence[Label]
    points: Decimal | None
    assignee: User | None
    comment_count: int
    version: int
    rank: str
    due_date: date | None
    is_overdue: bool
    days_in_status: int | None
    updated_at: datetime


def visible_issues(*, actor: Actor) -> IssueQuerySet:
    """Every issue the actor may know of, deleted ones left out. Other apps start their own queries from it."""
    return Issue.objects.undeleted().filter(org_id=actor.org_id).exclude(project_id__in=actor.hidden_project_ids)


def cards(*, project: Project, issues: Iterable[Issue], labels: Iterable[Label] | None = None) -> list[Card]:
    """Issues as cards.

    :param issues: read with `as_cards`
    :param labels: the project's, where they are known already; else they are read
    """
    known = {label.pk: label for label in (Label.objects.filter(project=project) if labels is None else labels)}
    now = timezone.now()
    today = timezone.localdate()
    annotated: Iterable[Any] = issues
    return [
        Card(
            id=issue.pk,
            key=f"{project.key}-{issue.number}",
            title=issue.title,
            type=issue.type,
            status=issue.status,
            status_id=issue.status_id,
            priority=PRIORITY_NAMES[issue.priority],
            labels=sorted((known[pk] for pk in issue.label_ids if pk in known), key=lambda label: label.name),
            points=issue.points,
            assignee=issue.assignee,
            comment_count=issue.comment_count,
            version=issue.version,
            rank=issue.rank,
            due_date=issue.due_date,
            is_overdue=issue.due_date is not None and issue.due_date < today and not issue.status.is_closed,
            days_in_status=(
                # How long something waits to be begun says nothing; how long it is in work does.
                (now - issue.status_changed_at).days
                if issue.status.category == Status.Category.IN_PROGRESS
                else None
            ),
            updated_at=issue.updated_at,
        )
        for issue in annotated
    ]


# The list's orders: the ordering columns, last of them unique, so that a page can go on after a row.
SORTS: dict[str, tuple[str, ...]] = {
    "key": ("number",),
    "-key": ("-number",),
    "status": ("status__position", "id"),
    "-status": ("-status__position", "-id"),
    "priority": ("priority", "id"),
    "-priority": ("-priority", "-id"),
    "points": ("points", "id"),
    "-points": ("-points", "-id"),
    "updated": ("updated_at", "id"),
    "-updated": ("-updated_at", "-id"),
}
DEFAULT_SORT = "-updated"


@dataclass(frozen=True, slots=True)
class IssuePage:
    """A page of issues, and where its neighbours begin (None where there is none)."""

    issues: list[Issue]
    next_after: tuple[Any, ...] | None
    previous_before: tuple[Any, ...] | None = None


def issue_page(
    *,
    actor: Actor,
    project: Project,
    filters: Filters,
    sort: str = DEFAULT_SORT,
    after: Sequence[Any] | None = None,
    before: Sequence[Any] | None = None,
    size: int = 50,
    extra: Q | None = None,
    joins: Sequence[str] = (),
) -> IssuePage:
    """A page of the project's issues by keyset: rows that change place while one reads are neither lost nor doubled
    among those that do not.

    :param after: the ordering values of the last row read, as `next_after` gave them
    :param before: those of the first row read, as `previous_before` gave them, to go back
    :param extra: a further condition
    :param joins: what else of each issue the caller will read
    :raises Invalid: if there is no such order, or the values do not fit it
    """
    order = SORTS.get(sort)
    if order is None:
        raise Invalid("There is no such order.", field="sort")
    issues = (
        visible_issues(actor=actor)
        .alive()
        .filter(filters.condition(actor, project), extra or Q(), project=project)
        .as_cards()
    )
    if joins:  # without names Django would join every reference that is never empty
        issues = issues.select_related(*joins)
    issues = issues.order_by(*_with_nulls_last(order))
    if after is not None:
        issues = issues.filter(_beyond(order, after))
    if before is not None:
        # What is neither the row itself nor beyond it, read from its end.
        issues = issues.exclude(_beyond(order, before)).exclude(_exactly(order, before)).reverse()
    rows = list(issues[: size + 1])
    has_more = len(rows) > size
    rows = rows[:size]
    if before is not None:
        rows.reverse()
    if not rows:
        return IssuePage(rows, None)
    first, last = (tuple(_value(row, name.lstrip("-")) for name in order) for row in (rows[0], rows[-1]))
    has_next = has_more or before is not None
    has_previous = has_more if before is not None else after is not None
    return IssuePage(rows, last if has_next else None, first if has_previous else None)


def _exactly(order: Sequence[str], values: Sequence[Any]) -> Q:
    return Q(**{order[-1].lstrip("-"): values[-1]})


def _with_nulls_last(order: Sequence[str]) -> list[Any]:
    return [
        F(name.lstrip("-")).desc(nulls_last=True) if name.startswith("-") else F(name).asc(nulls_last=True)
        for name in order
    ]


def _value(issue: Issue, path: str) -> Any:
    value: Any = issue
    for step in path.split("__"):
        value = getattr(value, step)
    return value


def _beyond(order: Sequence[str], after: Sequence[Any]) -> Q:
    """Rows that come after the given ordering values; empty values come last in either direction."""
    if len(order) != len(after):
        raise Invalid("This page mark belongs to another order.", field="after")
    condition = Q()
    same = Q()
    for name, value in zip(order, after, strict=True):
        column = name.lstrip("-")
        if value is None:
            further = Q(pk__in=[])
        else:
            operator = "lt" if name.startswith("-") else "gt"
            further = Q(**{f"{column}__{operator}": value})
            if column == "points":
                further |= Q(points__isnull=True)
        condition |= same & further
        same &= Q(**{f"{column}__isnull": True}) if value is None else Q(**{column: value})
    return condition


def split_key(key: str) -> tuple[str, int]:
    """`FLOW-12` as project key and number.

    :raises NoSuchIssue: if it is no key
    """
    match = ISSUE_KEY.fullmatch(key)
    if match is None:
        raise NoSuchIssue
    return match.group(1).upper(), int(match.group(2))


def get_issue(*, actor: Actor, key: str, with_deleted: bool = False) -> Issue:
    """An issue by its key, with everything its page names.

    :param with_deleted: also one in the bin, for those who may bring it back
    :raises NoSuchIssue: if there is none, or the actor may not know of it
    """
    project_key, number = split_key(key)
    return _get(actor, with_deleted=with_deleted, project__key=project_key, number=number)


def get_issue_by_id(*, actor: Actor, issue_id: int, project: Project | None = None) -> Issue:
    """An issue by its id, within one project where that is given.

    :raises NoSuchIssue: if there is none, or the actor may not know of it
    """
    within = {"project": project} if project is not None else {}
    return _get(actor, with_deleted=False, pk=issue_id, **within)


def _get(actor: Actor, *, with_deleted: bool, **condition: Any) -> Issue:
    base = Issue.objects.all() if with_deleted else Issue.objects.undeleted()
    issue = (
        base.filter(org_id=actor.org_id, **condition)
        .exclude(project_id__in=actor.hidden_project_ids)
        .select_related("project", "status", "type", "assignee", "reporter", "parent__project")
        .first()
    )
    if issue is None or not policies.can_see(actor, issue.project):
        raise NoSuchIssue
    if issue.deleted_at is not None and not policies.can_edit_issues(actor, issue.project):
        raise NoSuchIssue
    return issue


def get_comment(*, actor: Actor, comment_id: int) -> Comment:
    """A comment by its id.

    :raises NotFound: if there is none, or the actor may not know of its issue
    """
    comment = (
        Comment.objects.filter(
            org_id=actor.org_id, pk=comment_id, deleted_at__isnull=True, issue__deleted_at__isnull=True
        )
        .exclude(project_id__in=actor.hidden_project_ids)
        .select_related("issue__project", "author")
        .first()
    )
    if comment is None or not policies.can_see(actor, comment.issue.project):
        raise NotFound
    return comment


def list_comments(*, actor: Actor, issue: Issue) -> list[Comment]:
    """What was said about an issue, oldest first."""
    return list(
        Comment.objects.filter(org_id=actor.org_id, issue=issue, deleted_at__isnull=True)
        .select_related("author")
        .order_by("created_at", "id")
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ParentLink:
    """The epic or issue above, as far as it may be named."""

    key: str
    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueView:
    """Everything the issue page shows besides its activity."""

    id: int
    key: str
    title: str
    description: str
    description_html: Markup
    type: IssueType
    status: Status
    statuses_allowed: list[tuple[int, str, str]]
    priority: str
    labels: Sequence[Label]
    points: Decimal | None
    assignee: User | None
    reporter: User | None
    parent: ParentLink | None
    due_date: date | None
    is_overdue: bool
    version: int
    rank: str
    status_id: int
    created_at: datetime
    updated_at: datetime
    watchers: int
    is_watching: bool
    is_archived: bool
    deleted_at: datetime | None


def issue_view(*, actor: Actor, issue: Issue, statuses: Sequence[Status]) -> IssueView:
    """The issue as its page shows it."""
    followers = list(Watcher.objects.filter(issue=issue).values_list("user_id", flat=True))
    labels = [
        tag.label
        for tag in IssueLabel.objects.filter(issue=issue).select_related("label").order_by("label__name", "label_id")
    ]
    parent = None
    if issue.parent is not None and policies.can_see(actor, issue.parent.project):
        parent = ParentLink(key=f"{issue.parent.project.key}-{issue.parent.number}", title=issue.parent.title)
    return IssueView(
        id=issue.pk,
        key=f"{issue.project.key}-{issue.number}",
        title=issue.title,
        description=issue.description,
        description_html=render_markdown(issue.description),
        type=issue.type,
        status=issue.status,
        status_id=issue.status_id,
        statuses_allowed=[(status.pk, status.name, status.category) for status in statuses],
        priority=PRIORITY_NAMES[issue.priority],
        labels=labels,
        points=issue.points,
        assignee=issue.assignee,
        reporter=issue.reporter,
        parent=parent,
        due_date=issue.due_date,
        is_overdue=issue.due_date is not None and issue.due_date < timezone.localdate() and not issue.status.is_closed,
        version=issue.version,
        rank=issue.rank,
        created_at=issue.created_at,
        updated_at=issue.updated_at,
        watchers=len(followers),
        is_watching=actor.user_id in followers,
        is_archived=issue.archived_at is not None,
        deleted_at=issue.deleted_at,
    )
