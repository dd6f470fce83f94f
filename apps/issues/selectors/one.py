"""One issue: fetched and authorized in one step, with what its page shows."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db.models import Exists, OuterRef, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from markupsafe import Markup

from apps.accounts.models import User
from apps.core.errors import Moved, NotFound
from apps.core.markdown import render_markdown
from apps.core.tenancy import Actor
from apps.issues.models import Comment, FormerIssueKey, Issue, IssueLabel, IssueStar, Watcher
from apps.issues.selectors.cards import PRIORITY_NAMES
from apps.issues.selectors.naming import names_in
from apps.issues.selectors.passage import Way
from apps.issues.selectors.visible import ISSUE_KEY
from apps.projects import policies
from apps.projects.models import IssueType, Label, Project, Status, Version
from apps.projects.selectors import is_key_in_use, present_key


class NoSuchIssue(NotFound):
    """No issue with this key, or not for this person."""

    title = gettext_lazy("There is no such issue")
    detail = gettext_lazy("It was deleted, or it is not shared with you. Check the key in the address.")


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
    :raises apps.core.errors.Moved: if it, or its project, had this key before
    """
    project_key, number = split_key(key)
    try:
        return _get(actor, with_deleted=with_deleted, project__key=project_key, number=number)
    except NoSuchIssue:
        new = _present_key(actor, project_key, number)
        if new is None:
            raise
        raise Moved(old=f"{project_key}-{number}", new=new) from None


def find_issue(*, actor: Actor, key: str) -> Issue:
    """An issue by a key that somebody wrote somewhere, perhaps long ago: also by one that it had before.

    :raises NoSuchIssue: if there is none, or the actor may not know of it
    """
    try:
        return get_issue(actor=actor, key=key)
    except Moved as moved:
        return get_issue(actor=actor, key=moved.new)


def _present_key(actor: Actor, project_key: str, number: int) -> str | None:
    """The key of the issue that had this one, if the actor may know of it: its project had, or itself was moved."""
    if not is_key_in_use(actor=actor, key=project_key):
        present = present_key(actor=actor, former=project_key)
        if present is None:
            return None
        return _moved_key(actor, present, number) or f"{present}-{number}"
    return _moved_key(actor, project_key, number)


def _moved_key(actor: Actor, project_key: str, number: int) -> str | None:
    former = FormerIssueKey.objects.filter(org_id=actor.org_id, project__key=project_key, number=number).first()
    if former is None:
        return None
    try:
        issue = _get(actor, with_deleted=True, pk=former.issue_id)
    except NoSuchIssue:
        return None
    return f"{issue.project.key}-{issue.number}"


def get_issue_by_id(*, actor: Actor, issue_id: int) -> Issue:
    """An issue of any project by its id.

    :raises NoSuchIssue: if there is none, or the actor may not know of it
    """
    return _get(actor, with_deleted=False, pk=issue_id)


def get_issues_by_id(*, actor: Actor, project: Project, issue_ids: Collection[int]) -> dict[int, Issue]:
    """Issues of a project that the actor has fetched already, by their ids, with their status: one query.

    :raises NoSuchIssue: if one of them is not there
    """
    issues = find_issues_by_id(actor=actor, project=project, issue_ids=issue_ids)
    if len(issues) != len(set(issue_ids)) or any(issue.deleted_at is not None for issue in issues.values()):
        raise NoSuchIssue
    return issues


def find_issues_by_id(*, actor: Actor, project: Project, issue_ids: Collection[int]) -> dict[int, Issue]:
    """Those of the issues that there are in the project, in the bin or not."""
    found = Issue.objects.filter(org_id=actor.org_id, project=project, pk__in=issue_ids)
    issues = {issue.pk: issue for issue in found.select_related("status")}
    for issue in issues.values():
        issue.project = project
    return issues


def get_issues_by_key(*, actor: Actor, project: Project, keys: Iterable[str]) -> list[Issue]:
    """Issues of a project that the actor has fetched already, by their keys: one query.

    :raises NoSuchIssue: for the first key that names none
    """
    numbers = {}
    for key in keys:
        project_key, number = split_key(key)
        if project_key != project.key:
            raise NoSuchIssue(_("There is no issue “%(key)s” in this project.") % {"key": key})
        numbers[number] = key
    found = Issue.objects.undeleted().filter(org_id=actor.org_id, project=project, number__in=numbers)
    issues = {issue.number: issue for issue in found}
    for number, key in numbers.items():
        if number not in issues:
            raise NoSuchIssue(_("There is no issue “%(key)s” in this project.") % {"key": key})
        issues[number].project = project
    return [issues[number] for number in numbers]


def _get(actor: Actor, *, with_deleted: bool, **condition: Any) -> Issue:
    base = Issue.objects.all() if with_deleted else Issue.objects.undeleted()
    issue = (
        base.filter(org_id=actor.org_id, **condition)
        .exclude(project_id__in=actor.hidden_project_ids)
        .select_related("project__stream", "status", "type", "assignee", "reporter", "parent__project")
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


def find_comment(*, actor: Actor, issue: Issue, comment_id: int) -> Comment | None:
    """A comment of an issue that the actor has fetched already; None if it has no such comment."""
    present = Comment.objects.filter(org_id=actor.org_id, issue=issue, deleted_at__isnull=True)
    comment = present.filter(pk=comment_id).select_related("author", "resolved_by").first()
    if comment is not None:
        comment.issue = issue
    return comment


def beginnings(*, actor: Actor, ids: Collection[int]) -> dict[int, int]:
    """Those of these comments that are there and begin a thread, each with its issue's id."""
    firsts = Comment.objects.filter(org_id=actor.org_id, pk__in=ids, thread__isnull=True, deleted_at__isnull=True)
    return dict(firsts.values_list("pk", "issue_id"))


def comment_url(org: str, issue_key: str, comment_id: int | None) -> str:
    """The path of an issue, and in it of one of its comments."""
    return reverse("issue", args=[org, issue_key]) + (f"#comment-{comment_id}" if comment_id else "")


def list_comments(*, actor: Actor, issue: Issue) -> list[Comment]:
    """What was said about an issue, oldest first: one query. A deleted comment is among it while replies to it are."""
    replies = Comment.objects.filter(thread_id=OuterRef("pk"), deleted_at__isnull=True)
    return list(
        Comment.objects.filter(Q(deleted_at__isnull=True) | Exists(replies), org_id=actor.org_id, issue=issue)
        .select_related("author", "resolved_by")
        .order_by("created_at", "id")
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ParentLink:
    """The epic or issue above, as far as it may be named."""

    id: int
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
    ways: Sequence[Way]
    priority: str
    labels: Sequence[Label]
    versions: Sequence[Version]
    points: Decimal | None
    assignee: User | None
    reporter: User | None
    parent: ParentLink | None
    may_have_parent: bool
    start_date: date | None
    due_date: date | None
    is_overdue: bool
    version: int
    rank: str
    status_id: int
    created_at: datetime
    updated_at: datetime
    watchers: int
    is_watching: bool
    is_starred: bool
    is_archived: bool
    is_waiting: bool
    deleted_at: datetime | None


def issue_view(*, actor: Actor, issue: Issue, ways: Sequence[Way] = ()) -> IssueView:
    """The issue as its page shows it.

    :param ways: the statuses it could have next, as `ways_from` tells them
    """
    followers = list(Watcher.objects.filter(issue=issue).values_list("user_id", flat=True))
    labels = [
        tag.label
        for tag in IssueLabel.objects.filter(issue=issue, label__retired_at__isnull=True)
        .select_related("label")
        .order_by("label__name", "label_id")
    ]
    parent = None
    if issue.parent is not None and issue.parent.deleted_at is None and policies.can_see(actor, issue.parent.project):
        parent = ParentLink(
            id=issue.parent.pk, key=f"{issue.parent.project.key}-{issue.parent.number}", title=issue.parent.title
        )
    return IssueView(
        id=issue.pk,
        key=f"{issue.project.key}-{issue.number}",
        title=issue.title,
        description=issue.description,
        description_html=render_markdown(issue.description, names_in(actor=actor, texts=[issue.description])),
        type=issue.type,
        status=issue.status,
        status_id=issue.status_id,
        ways=ways,
        priority=PRIORITY_NAMES[issue.priority],
        labels=labels,
        versions=list(issue.fix_versions.filter(retired_at__isnull=True).order_by("name", "id")),
        points=issue.points,
        assignee=issue.assignee,
        reporter=issue.reporter,
        parent=parent,
        may_have_parent=issue.type.level < IssueType.Level.EPIC,
        start_date=issue.start_date,
        due_date=issue.due_date,
        is_overdue=issue.due_date is not None and issue.due_date < timezone.localdate() and not issue.status.is_closed,
        version=issue.version,
        rank=issue.rank,
        created_at=issue.created_at,
        updated_at=issue.updated_at,
        watchers=len(followers),
        is_watching=actor.user_id in followers,
        is_starred=actor.user_id in IssueStar.objects.filter(issue=issue).values_list("user_id", flat=True),
        is_archived=issue.archived_at is not None,
        is_waiting=issue.triage_since is not None,
        deleted_at=issue.deleted_at,
    )
