"""Bringing issues up to date with the tracker they were imported from. Only FlowBoard itself may."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from apps.core.errors import Forbidden
from apps.core.tenancy import Actor
from apps.events.facts import FieldChange
from apps.events.services import record, service
from apps.issues.facts import CommentEdited, IssueEdited, IssueMoved
from apps.issues.models import Comment, Issue
from apps.issues.services.common import clean_text, clean_title, lock, subject_of
from apps.issues.services.creating import NewIssue
from apps.issues.services.editing import as_json, set_tags
from apps.issues.services.threads import comment_subject

_FIELDS = ("title", "description", "type", "priority", "reporter", "assignee", "due_date")


@service
def update_imported_issue(*, actor: Actor, issue: Issue, new: NewIssue) -> Issue:
    """Make an issue say what a newer export says. Its place, and what exports do not know, stay.

    :raises Forbidden: for anybody but FlowBoard itself
    :raises NotFound: if the issue was deleted here
    """
    if not actor.is_system:
        raise Forbidden
    (fresh,) = lock(actor, [issue.pk])
    if new.type is not None and new.type.project_id != fresh.project_id:
        # It was moved to another project since: what belongs to that one stays.
        new = replace(
            new, type=fresh.type, status=None, labels=tuple(fresh.labels.all()), resolved_at=fresh.resolved_at
        )
    wanted: dict[str, Any] = {name: getattr(new, name) for name in _FIELDS}
    wanted["title"] = clean_title(new.title)
    wanted["description"] = clean_text(new.description, field="description")
    changes = [
        FieldChange(name, as_json(getattr(fresh, name)), as_json(value))
        for name, value in wanted.items()
        if getattr(fresh, name) != value
    ]
    old_labels = sorted(fresh.issue_labels.values_list("label_id", flat=True))
    new_labels = sorted({label.pk for label in new.labels})
    if old_labels != new_labels:
        changes.append(FieldChange("labels", old_labels, new_labels))
        set_tags(fresh, "labels", set(old_labels), set(new_labels))
    old_status = fresh.status_id
    for name, value in wanted.items():
        setattr(fresh, name, value)
    if new.status is not None and new.status.pk != old_status:
        fresh.status = new.status
        fresh.status_changed_at = new.resolved_at or new.updated_at or fresh.status_changed_at
    fresh.resolved_at = new.resolved_at
    fresh.updated_at = new.updated_at or fresh.updated_at
    fresh.version += 1
    fresh.save()
    if changes:
        record(
            IssueEdited(
                project_id=fresh.project_id,
                issue_id=fresh.pk,
                v=fresh.version,
                f=tuple(change.field for change in changes),
                occurred_at=fresh.updated_at,
                subjects=(subject_of(fresh),),
                changes=tuple(changes),
            ),
            actor=actor,
        )
    if fresh.status_id != old_status:
        record(
            IssueMoved(
                project_id=fresh.project_id,
                issue_id=fresh.pk,
                v=fresh.version,
                status=fresh.status_id,
                rank=fresh.rank,
                occurred_at=fresh.updated_at,
                subjects=(subject_of(fresh),),
                changes=(FieldChange("status", old_status, fresh.status_id),),
            ),
            actor=actor,
        )
    return fresh


@dataclass(frozen=True, slots=True, kw_only=True)
class PastEdit:
    """The words of a comment as a newer export has them."""

    comment_id: int
    body: str
    edited_at: datetime


@service
def update_imported_comments(*, actor: Actor, edits: Sequence[PastEdit]) -> None:
    """Give imported comments their newer words; those deleted here stay deleted.

    :raises Forbidden: for anybody but FlowBoard itself
    """
    if not actor.is_system:
        raise Forbidden
    newer = {edit.comment_id: edit for edit in edits}
    comments = Comment.objects.select_for_update(of=("self",)).select_related("issue__project").order_by("pk")
    for comment in comments.filter(org_id=actor.org_id, pk__in=newer, deleted_at__isnull=True):
        edit = newer[comment.pk]
        change = FieldChange("comment", comment.body, clean_text(edit.body, field="body"))
        if change.old == change.new:
            continue
        comment.body, comment.edited_at = change.new, edit.edited_at
        comment.save(update_fields=["body", "edited_at"])
        record(
            CommentEdited(
                project_id=comment.project_id,
                issue_id=comment.issue_id,
                v=comment.issue.version,
                comment_id=comment.pk,
                occurred_at=edit.edited_at,
                subjects=(comment_subject(comment, "update"),),
                changes=(change,),
            ),
            actor=actor,
        )


@service
def link_parents(*, actor: Actor, parents: Mapping[int, int]) -> dict[int, str]:
    """Put imported issues under their parents, once all of them are there.

    :param parents: the parent's id for each issue's
    :returns: why not, for those that could not be put there
    :raises Forbidden: for anybody but FlowBoard itself
    """
    if not actor.is_system:
        raise Forbidden
    refused: dict[int, str] = {}
    changed: list[tuple[Issue, FieldChange]] = []
    issues = (
        Issue.objects.select_for_update(of=("self",))
        .filter(org_id=actor.org_id, pk__in={*parents, *parents.values()})
        .select_related("project", "type")
        .order_by("pk")
        .in_bulk()
    )
    for issue_id, parent_id in parents.items():
        issue, parent = issues.get(issue_id), issues.get(parent_id)
        if issue is None or parent is None:
            refused[issue_id] = "One of the two is gone."
        elif parent.type.level <= issue.type.level:
            refused[issue_id] = f"A {parent.type.name} cannot hold a {issue.type.name}."
        elif issue.parent_id != parent_id:
            changed.append((issue, FieldChange("parent", issue.parent_id, parent_id)))
            issue.parent = parent
            issue.version += 1
    Issue.objects.bulk_update([issue for issue, _change in changed], ["parent", "version"], batch_size=500)
    for issue, change in changed:
        record(
            IssueEdited(
                project_id=issue.project_id,
                issue_id=issue.pk,
                v=issue.version,
                f=("parent",),
                occurred_at=issue.created_at,
                subjects=(subject_of(issue),),
                changes=(change,),
            ),
            actor=actor,
        )
    return refused
