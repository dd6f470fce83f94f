"""The versions of a project: how far each is, what is in it, and what came with it, as words for others."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import F, Q

from apps.core.paging import moment, read_values
from apps.core.tenancy import Actor
from apps.issues.models import Issue, IssueQuerySet
from apps.issues.selectors.tree import DONE, NOTHING, Progress, Relative, days_late, measured, relative
from apps.issues.selectors.visible import visible_issues
from apps.projects.models import Project, Status, Version

# As many issues as a release's page lists of each kind, and versions as are read at once.
MOST_LISTED = 200
MOST_OPEN = 200
RELEASED_ON_A_PAGE = 20

_MARKED = re.compile(r"([\\`*_\[\]<>#|~])")


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """A version as the list of them shows it."""

    version: Version
    progress: Progress
    days_late: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Releases:
    """What is to come out, what came out last (a page of it), and where its next page begins."""

    planned: Sequence[Release]
    released: Sequence[Release]
    archived: Sequence[Release]
    next_after: Sequence[Any] | None


def _with_progress(actor: Actor, project: Project, versions: Sequence[Version]) -> dict[int, Progress]:
    mine = visible_issues(actor=actor).filter(project=project, fix_versions__in=[each.pk for each in versions])
    return measured(mine, by="fix_versions") if versions else {}


def list_releases(
    *, actor: Actor, project: Project, after: Sequence[Any] | None = None, size: int = RELEASED_ON_A_PAGE
) -> Releases:
    """The versions of a project: three queries, however many there are.

    :param after: the mark of the page before; pages but the first hold only what came out
    :raises Invalid: if the mark is another order's
    """
    present = Version.objects.present().filter(org_id=actor.org_id, project=project)
    others: list[Version] = []
    if after is None:
        unreleased = present.filter(Q(released_at__isnull=True) | Q(archived_at__isnull=False))
        others = list(unreleased.order_by(F("release_date").asc(nulls_last=True), "name", "id")[:MOST_OPEN])
    out = present.filter(released_at__isnull=False, archived_at__isnull=True).order_by("-released_at", "-id")
    if after is not None:
        at, pk = read_values(after, [moment, int])
        out = out.filter(Q(released_at__lt=at) | Q(released_at=at, pk__lt=pk))
    rows = list(out[: size + 1])
    more, rows = len(rows) > size, rows[:size]
    progress = _with_progress(actor, project, [*others, *rows])

    def told(version: Version) -> Release:
        return Release(
            version=version,
            progress=progress.get(version.pk, NOTHING),
            days_late=days_late(version.release_date, is_over=version.released_at is not None),
        )

    return Releases(
        planned=[told(each) for each in others if each.archived_at is None],
        released=[told(each) for each in rows],
        archived=[told(each) for each in others if each.archived_at is not None],
        next_after=[rows[-1].released_at, rows[-1].pk] if more else None,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """The issues of a version whose status means the same."""

    name: str
    category: str
    issues: Sequence[Relative]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseView:
    """A version as its page shows it: what is in it, and how much is still open."""

    version: Version
    progress: Progress
    days_late: int
    groups: Sequence[Group]
    has_more: bool
    unfinished: int


# What is under way first, what is over last.
_ORDER = (
    Status.Category.IN_PROGRESS,
    Status.Category.TODO,
    Status.Category.BACKLOG,
    Status.Category.DONE,
    Status.Category.CANCELLED,
)


def _inside(actor: Actor, version: Version) -> IssueQuerySet:
    return visible_issues(actor=actor).filter(project_id=version.project_id, fix_versions=version)


def release_view(*, actor: Actor, version: Version) -> ReleaseView:
    """What is in a version: three queries."""
    inside = _inside(actor, version)
    rows = list(
        inside.select_related("project", "type", "status", "assignee").order_by("rank", "id")[: MOST_LISTED + 1]
    )
    shown = [relative(issue) for issue in rows[:MOST_LISTED]]
    groups = [
        Group(
            name=str(category.label),
            category=category,
            issues=[each for each in shown if each.status.category == category],
        )
        for category in _ORDER
    ]
    return ReleaseView(
        version=version,
        progress=measured(inside, by="fix_versions").get(version.pk, NOTHING),
        days_late=days_late(version.release_date, is_over=version.released_at is not None),
        groups=[group for group in groups if group.issues],
        has_more=len(rows) > MOST_LISTED,
        unfinished=inside.exclude(status__category__in=Status.CLOSED).count(),
    )


def release_notes(*, actor: Actor, version: Version) -> str:
    """What was done for a version, as Markdown: by type, keys and titles. One query."""
    done = _inside(actor, version).filter(DONE).select_related("type", "project")
    lines = [f"# {_plain(version.name)}"]
    if version.description.strip():
        lines += ["", version.description.strip()]
    rows: Sequence[Issue] = list(done.order_by("-type__level", "type__position", "type_id", "number"))
    heading = None
    for issue in rows:
        if issue.type_id != heading:
            heading = issue.type_id
            lines += ["", f"## {_plain(issue.type.name)}", ""]
        lines.append(f"- {issue.project.key}-{issue.number} {_plain(issue.title)}")
    return "\n".join(lines) + "\n"


def _plain(text: str) -> str:
    """Words that Markdown shows as they are."""
    return _MARKED.sub(r"\\\1", text)
