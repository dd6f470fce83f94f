"""Issues with all that hangs on them, as an archive has them."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any, TypeVar

from apps.accounts.models import User
from apps.core.tenancy import Actor
from apps.exports.archive.configuration import level_name
from apps.exports.archive.words import Words, plain
from apps.exports.selectors.rows import held_values, key_in, parent_key
from apps.issues.models import (
    Attachment,
    Comment,
    FormerIssueKey,
    Issue,
    IssueLink,
    Priority,
    Reaction,
    Watcher,
    WorkLog,
)
from apps.projects.models import Project

T = TypeVar("T")


def _by_issue(rows: Iterable[T]) -> dict[int, list[T]]:
    found: dict[int, list[T]] = defaultdict(list)
    for row in rows:
        found[row.issue_id].append(row)  # type: ignore[attr-defined]  # all models asked for have one
    return found


def file_path(project_key: str, attachment: Attachment) -> str:
    """Where the content of a file lies in the archive: what it is called stands with its issue."""
    return f"projects/{project_key}/attachments/{attachment.pk}"


def describe_issues(
    actor: Actor, project: Project, issues: Sequence[Issue], fields: Sequence[Any], words: Words
) -> list[dict[str, Any]]:
    """Issues of one project: as many queries, however many issues."""
    ids = [issue.pk for issue in issues]

    def those(model: Any, *related: str) -> Any:
        return model.objects.filter(org_id=actor.org_id, issue_id__in=ids).select_related(*related).order_by("pk")

    held = held_values(issues, fields)
    comments = _by_issue(those(Comment, "author", "resolved_by").filter(deleted_at__isnull=True))
    reactions = _by_issue(those(Reaction, "user"))
    files = _by_issue(those(Attachment, "uploader").filter(deleted_at__isnull=True))
    work = _by_issue(those(WorkLog, "person").filter(deleted_at__isnull=True))
    watchers = _by_issue(those(Watcher, "user"))
    former = _by_issue(those(FormerIssueKey, "project").exclude(project_id__in=actor.hidden_project_ids))
    links = _links(actor, ids)
    return [
        {
            "key": key_in(project, issue),
            "number": issue.number,
            "type": issue.type.name,
            "level": level_name(issue.type),
            "title": issue.title,
            "description": issue.description,
            "status": issue.status.name,
            "category": issue.status.category,
            "priority": Priority(issue.priority).name.lower(),
            "reporter": words.person(issue.reporter),
            "assignee": words.person(issue.assignee),
            "parent": parent_key(actor, issue) or None,
            "sprint": str(issue.sprint_id) if issue.sprint_id else None,
            "rank": issue.rank,
            "points": plain(issue.points),
            "start_date": plain(issue.start_date),
            "due_date": plain(issue.due_date),
            "labels": [label.name for label in issue.labels.all()],
            "fix_versions": [version.name for version in issue.fix_versions.all()],
            "custom_values": {each.field.name: _held(each.value, words) for each in held.get(issue.pk, ())},
            "time_estimate": issue.time_estimate,
            "time_remaining": issue.time_remaining,
            "time_spent": issue.time_spent,
            "created_at": plain(issue.created_at),
            "updated_at": plain(issue.updated_at),
            "status_changed_at": plain(issue.status_changed_at),
            "resolved_at": plain(issue.resolved_at),
            "archived_at": plain(issue.archived_at),
            "triage_since": plain(issue.triage_since),
            "snoozed_until": plain(issue.snoozed_until),
            "former_keys": [f"{each.project.key}-{each.number}" for each in former.get(issue.pk, ())],
            # They have no order of their own; by name, two archives of the same compare.
            "watchers": [
                words.person(each.user) for each in sorted(watchers.get(issue.pk, ()), key=lambda each: each.user.name)
            ],
            "links": links.get(issue.pk, []),
            "reactions": [_reaction(each, words) for each in reactions.get(issue.pk, ()) if each.comment_id is None],
            "comments": _comments(comments.get(issue.pk, []), reactions.get(issue.pk, []), words),
            "work_log": [_work(each, words) for each in work.get(issue.pk, ())],
            "attachments": [_file(project, each, words) for each in files.get(issue.pk, ())],
        }
        for issue in issues
    ]


def _held(value: Any, words: Words) -> Any:
    return words.person(value) if isinstance(value, User) else plain(value)


def _links(actor: Actor, ids: Sequence[int]) -> dict[int, list[dict[str, str]]]:
    """Links from both of their sides; those to issues that the reader may not know of, or that are deleted, not."""
    found: dict[int, list[dict[str, str]]] = defaultdict(list)
    hidden = actor.hidden_project_ids
    seen = IssueLink.objects.filter(org_id=actor.org_id).exclude(project_id__in=hidden)
    seen = seen.exclude(target_project_id__in=hidden).select_related("source__project", "target__project")
    alive = {"source__deleted_at__isnull": True, "target__deleted_at__isnull": True}
    for link in seen.filter(source_id__in=ids, **alive).order_by("pk"):
        key = key_in(link.target.project, link.target)
        found[link.source_id].append({"kind": link.kind, "direction": "out", "key": key})
    for link in seen.filter(target_id__in=ids, **alive).order_by("pk"):
        key = key_in(link.source.project, link.source)
        found[link.target_id].append({"kind": link.kind, "direction": "in", "key": key})
    return found


def _reaction(reaction: Reaction, words: Words) -> dict[str, Any]:
    return {
        "emoji": reaction.emoji,
        "by": words.person(reaction.user),
        "created_at": plain(reaction.created_at),
    }


def _comments(comments: Sequence[Comment], reactions: Sequence[Reaction], words: Words) -> list[dict[str, Any]]:
    there = {comment.pk for comment in comments}
    return [
        {
            "id": str(comment.pk),
            # A reply whose first comment was deleted stands alone.
            "thread": str(comment.thread_id) if comment.thread_id in there else None,
            "author": words.person(comment.author),
            "body": comment.body,
            "created_at": plain(comment.created_at),
            "edited_at": plain(comment.edited_at),
            "pinned_at": plain(comment.pinned_at),
            "resolved_at": plain(comment.resolved_at),
            "resolved_by": words.person(comment.resolved_by),
            "reactions": [_reaction(each, words) for each in reactions if each.comment_id == comment.pk],
        }
        for comment in sorted(comments, key=lambda comment: (comment.created_at, comment.pk))
    ]


def _work(log: WorkLog, words: Words) -> dict[str, Any]:
    return {
        "id": str(log.pk),
        "person": words.person(log.person),
        "day": plain(log.day),
        "minutes": log.minutes,
        "note": log.note,
        "created_at": plain(log.created_at),
        "edited_at": plain(log.edited_at),
    }


def _file(project: Project, attachment: Attachment, words: Words) -> dict[str, Any]:
    return {
        "id": str(attachment.pk),
        "name": attachment.name,
        "content_type": attachment.content_type,
        "size": attachment.size,
        "sha256": attachment.sha256,
        "by": words.person(attachment.uploader),
        "created_at": plain(attachment.created_at),
        "path": file_path(project.key, attachment),
    }
