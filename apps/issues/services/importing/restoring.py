"""Taking back what imports did to issues: what a newer export changed, and what it hung on them."""

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Exists, OuterRef

from apps.core.errors import Forbidden
from apps.core.tenancy import Actor, happening_at
from apps.core.tenancy.doors import remove_imported
from apps.events.facts import FieldChange, Subject
from apps.events.services import record, service
from apps.issues.facts import CommentDeleted, FileRemoved, IssueDeleted, IssueEdited, IssueMoved, WorkRemoved
from apps.issues.models import (
    Attachment,
    Comment,
    Decision,
    Issue,
    IssueLabel,
    IssueVersion,
    WorkLog,
    field_id_of,
    put_value,
)
from apps.issues.services.attaching import about_file
from apps.issues.services.common import key_of, lock, subject_of
from apps.issues.services.importing.work import add_up_work
from apps.issues.services.threads import comment_subject
from apps.orgs.selectors import people
from apps.projects.models import CustomField, IssueType, Label, Project, Status, Version

_DATES = {"start_date", "due_date"}
_NUMBERS = {"priority", "time_estimate", "time_remaining"}
_TAGS: dict[str, tuple[Any, str]] = {"labels": (IssueLabel, "label_id"), "fix_versions": (IssueVersion, "version_id")}
_COLUMNS = (
    "title", "description", "type", "priority", "reporter", "assignee", "sprint", "parent", "points", "start_date",
    "due_date", "time_estimate", "time_remaining", "status", "status_changed_at", "resolved_at", "archived_at",
    "custom_values", "version", "updated_at", "triage_since",
)  # fmt: skip


class _Present:
    """What is still there of all that old values may name: a handful of queries."""

    def __init__(self, actor: Actor, project: Project, old: Mapping[int, Mapping[str, Any]]) -> None:
        self._named: dict[str, set[int]] = {}
        for values in old.values():
            for name, value in values.items():
                several = value if isinstance(value, list) else [value]
                self._named.setdefault(name, set()).update(each for each in several if isinstance(each, int))
        mine = {"project": project, "retired_at__isnull": True}
        self.statuses = Status.objects.filter(**mine).in_bulk(self._ids("status"))
        self._there: dict[str, set[int]] = {
            "type": set(IssueType.objects.filter(**mine).in_bulk(self._ids("type"))),
            "sprint": set(project.sprints.in_bulk(self._ids("sprint"))),
            "parent": set(Issue.objects.undeleted().filter(org_id=actor.org_id).in_bulk(self._ids("parent"))),
            "reporter": set(people(actor=actor).in_bulk(self._ids("reporter"))),
            "assignee": set(people(actor=actor).in_bulk(self._ids("assignee"))),
            "labels": set(Label.objects.filter(**mine).in_bulk(self._ids("labels"))),
            "fix_versions": set(Version.objects.filter(**mine).in_bulk(self._ids("fix_versions"))),
        }
        self.fields = {field.pk for field in CustomField.objects.filter(**mine)}

    def _ids(self, name: str) -> list[int]:
        return sorted(self._named.get(name, ()))

    def has(self, name: str, pk: int | None) -> bool:
        """Whether something that a value names can be named again; nothing always can."""
        return pk is None or pk in self._there[name]

    def of(self, name: str, ids: Iterable[int]) -> set[int]:
        """Those of some labels or versions that are there."""
        return {pk for pk in ids if pk in self._there[name]}


@service
def restore_issues(*, actor: Actor, project: Project, old: Mapping[int, Mapping[str, Any]]) -> list[Issue]:
    """Give issues of a project, by their ids, older values again, as the log keeps them. What is gone stays away.

    A constant number of statements. Only FlowBoard itself may.

    :raises Forbidden: for anybody else
    :raises NotFound: if one of the issues was deleted
    """
    if not actor.is_system:
        raise Forbidden
    issues = {issue.pk: issue for issue in lock(actor, old)}
    present = _Present(actor, project, old)
    changes: dict[int, list[FieldChange]] = {}
    for pk, issue in issues.items():
        found = (_put(issue, name, value, present) for name, value in old[pk].items() if name not in _TAGS)
        changes[pk] = [change for change in found if change is not None]
    for name in _TAGS:
        wanted = {pk: present.of(name, values[name]) for pk, values in old.items() if name in values}
        for pk, change in _retag(issues, name, wanted).items():
            changes[pk].append(change)
    now = happening_at()
    for issue in issues.values():
        issue.version += 1
        issue.updated_at = now
    Issue.objects.bulk_update(issues.values(), _COLUMNS, batch_size=500)
    for pk, issue in issues.items():
        _tell(actor, issue, changes[pk])
    return list(issues.values())


def _put(issue: Issue, name: str, value: Any, present: _Present) -> FieldChange | None:
    """Set a field to an older value; None if it has it, or cannot have it again."""
    if name == "status":
        return _put_status(issue, present.statuses.get(value))
    if name == "archived":
        old: Any = issue.archived_at is not None
        issue.archived_at = happening_at() if value else None
    elif name == "triage":
        # Since when it waited the log does not say.
        old, issue.triage_since = Decision.ACCEPTED.value, happening_at()
    elif (field_id := field_id_of(name)) is not None:
        if field_id not in present.fields:
            return None
        old = issue.custom_values.get(str(field_id))
        put_value(issue, field_id, value)
    elif name in {"type", "sprint", "parent", "reporter", "assignee"}:
        if not present.has(name, value):
            return None
        old = getattr(issue, f"{name}_id")
        setattr(issue, f"{name}_id", value)
    else:
        old, new = getattr(issue, name), _read(name, value)
        setattr(issue, name, new)
        return FieldChange(name, _logged(old), value) if old != new else None
    return FieldChange(name, old, value) if old != value else None


def _put_status(issue: Issue, status: Status | None) -> FieldChange | None:
    if status is None or status.pk == issue.status_id:
        return None
    change = FieldChange("status", issue.status_id, status.pk)
    was_closed = issue.status.is_closed
    issue.status, issue.status_changed_at = status, happening_at()
    if status.is_closed != was_closed:
        issue.resolved_at = happening_at() if status.is_closed else None
    return change


def _read(name: str, value: Any) -> Any:
    if value is None or name in _NUMBERS:
        return value
    if name in _DATES:
        return date.fromisoformat(value)
    return Decimal(value) if name == "points" else value


def _logged(value: Any) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    return f"{value.normalize():f}" if isinstance(value, Decimal) else value


def _retag(issues: dict[int, Issue], name: str, wanted: dict[int, set[int]]) -> dict[int, FieldChange]:
    if not wanted:
        return {}
    model, column = _TAGS[name]
    present: dict[int, dict[int, int]] = {pk: {} for pk in wanted}
    for issue_id, tag_id, pk in model.objects.filter(issue_id__in=wanted).values_list("issue_id", column, "pk"):
        present[issue_id][tag_id] = pk
    model.objects.filter(
        pk__in=[row for pk, tags in present.items() for tag, row in tags.items() if tag not in wanted[pk]]
    ).delete()
    model.objects.bulk_create(
        model(org_id=issues[pk].org_id, project_id=issues[pk].project_id, issue=issues[pk], **{column: tag})
        for pk, tags in wanted.items()
        for tag in sorted(tags - present[pk].keys())
    )
    return {
        pk: FieldChange(name, sorted(present[pk]), sorted(tags))
        for pk, tags in wanted.items()
        if tags != present[pk].keys()
    }


def _tell(actor: Actor, issue: Issue, changes: list[FieldChange]) -> None:
    about: dict[str, Any] = {
        "project_id": issue.project_id,
        "issue_id": issue.pk,
        "v": issue.version,
        "subjects": (subject_of(issue),),
    }
    edits = tuple(change for change in changes if change.field != "status")
    if edits:
        record(IssueEdited(**about, f=tuple(change.field for change in edits), changes=edits), actor=actor)
    for change in changes:
        if change.field == "status":
            record(IssueMoved(**about, status=issue.status_id, rank=issue.rank, changes=(change,)), actor=actor)


@service
def remove_imported_issues(*, actor: Actor, run_id: int, issues: Iterable[Issue]) -> int:
    """Delete issues for good that an import made, with all that hangs on them; how many went.

    :raises Forbidden: for anybody but FlowBoard itself
    """
    if not actor.is_system:
        raise Forbidden
    going = list(issues)
    for issue in going:
        record(
            IssueDeleted(
                project_id=issue.project_id,
                issue_id=issue.pk,
                v=issue.version + 1,
                subjects=(subject_of(issue, "delete"),),
                changes=(FieldChange("deleted", False, True),),
            ),
            actor=actor,
        )
    return remove_imported(run_id=run_id, kind="issue", ids=[issue.pk for issue in going])


@service
def remove_imported_comments(*, actor: Actor, run_id: int, ids: Iterable[int]) -> int:
    """Delete comments for good that an import made, apart from those that somebody answered or reacted to.

    Replies that go as well do not keep the first comment of their thread.

    :raises Forbidden: for anybody but FlowBoard itself
    """
    if not actor.is_system:
        raise Forbidden
    going = list(ids)
    staying = Comment.objects.filter(thread=OuterRef("pk")).exclude(pk__in=going)
    rows = Comment.objects.filter(~Exists(staying), org_id=actor.org_id, pk__in=going, reactions=None)
    comments = list(rows.select_related("issue__project"))
    for comment in comments:
        record(
            CommentDeleted(
                project_id=comment.project_id,
                issue_id=comment.issue_id,
                v=comment.issue.version,
                comment_id=comment.pk,
                subjects=(comment_subject(comment, "delete"),),
                changes=(FieldChange("comment_deleted", None, comment.pk),),
            ),
            actor=actor,
        )
    return remove_imported(run_id=run_id, kind="comment", ids=[comment.pk for comment in comments])


@service
def remove_imported_work(*, actor: Actor, run_id: int, ids: Iterable[int]) -> int:
    """Delete entries of work logs for good that an import made, and add up anew what was spent.

    :raises Forbidden: for anybody but FlowBoard itself
    """
    if not actor.is_system:
        raise Forbidden
    rows = WorkLog.objects.filter(org_id=actor.org_id, pk__in=list(ids))
    logs = list(rows.select_related("issue__project"))
    for log in logs:
        subject = Subject(model="issues.worklog", id=log.pk, name=key_of(log.issue), action="delete")
        record(
            WorkRemoved(
                project_id=log.project_id,
                issue_id=log.issue_id,
                v=log.issue.version,
                work_id=log.pk,
                subjects=(subject,),
                changes=(FieldChange("work", [log.minutes, log.day.isoformat(), log.note], None),),
            ),
            actor=actor,
        )
    gone = remove_imported(run_id=run_id, kind="work_log", ids=[log.pk for log in logs])
    add_up_work({log.issue_id for log in logs})
    return gone


@service
def remove_imported_files(*, actor: Actor, run_id: int, ids: Iterable[int]) -> int:
    """Delete files for good that an import brought. Their content is swept up afterwards.

    :raises Forbidden: for anybody but FlowBoard itself
    """
    if not actor.is_system:
        raise Forbidden
    rows = Attachment.objects.filter(org_id=actor.org_id, pk__in=list(ids))
    attachments = list(rows.select_related("issue__project"))
    for attachment in attachments:
        change = FieldChange("attachment", attachment.name, None)
        record(FileRemoved(**about_file(attachment, "delete"), changes=(change,)), actor=actor)
    return remove_imported(run_id=run_id, kind="attachment", ids=[attachment.pk for attachment in attachments])
