"""Archive, bin, and back; and who follows an issue."""

from collections.abc import Iterable

from apps.core.errors import Forbidden, NotFound
from apps.core.tenancy import Actor, happening_at
from apps.events.facts import FieldChange
from apps.events.services import record, service
from apps.issues.facts import IssueArchived, IssueDeleted, IssueRestored, IssueWatched
from apps.issues.models import Issue, Watcher
from apps.issues.services.common import lock, lock_with_deleted, require_edit, subject_of, touch, watch
from apps.projects import policies
from apps.projects.models import Project


@service
def archive_issue(*, actor: Actor, issue: Issue) -> Issue:
    """Take an issue off boards and lists. It can still be opened, and restored.

    :raises Forbidden: for people who may not edit issues here
    :raises NotFound: if the issue is gone
    """
    require_edit(actor, issue.project)
    (fresh,) = lock(actor, [issue.pk])
    if fresh.archived_at is not None:
        return fresh
    fresh.archived_at = happening_at()
    touch(fresh, "archived_at")
    record(
        IssueArchived(
            project_id=fresh.project_id,
            issue_id=fresh.pk,
            v=fresh.version,
            subjects=(subject_of(fresh),),
            changes=(FieldChange("archived", False, True),),
        ),
        actor=actor,
    )
    return fresh


@service
def delete_issue(*, actor: Actor, issue: Issue) -> Issue:
    """Put an issue into the bin. `restore_issue` brings it back with everything that belongs to it.

    :raises Forbidden: for people who may not edit issues here
    :raises NotFound: if the issue is gone already
    """
    return delete_issues(actor=actor, project=issue.project, issue_ids=[issue.pk])[0]


@service
def delete_issues(*, actor: Actor, project: Project, issue_ids: Iterable[int]) -> list[Issue]:
    """Put several issues of one project into the bin: all of them or none, with a fact for each.

    :raises Forbidden: for people who may not edit issues here
    :raises NotFound: if one of them is gone already, or is in another project
    """
    require_edit(actor, project)
    issues = lock(actor, issue_ids)
    if any(issue.project_id != project.pk for issue in issues):
        raise NotFound
    for fresh in issues:
        fresh.deleted_at = happening_at()
        touch(fresh, "deleted_at")
        record(
            IssueDeleted(
                project_id=fresh.project_id,
                issue_id=fresh.pk,
                v=fresh.version,
                subjects=(subject_of(fresh, "delete"),),
                changes=(FieldChange("deleted", False, True),),
            ),
            actor=actor,
        )
    return issues


@service
def restore_issue(*, actor: Actor, issue: Issue) -> Issue:
    """Bring an issue back from the bin or the archive, to where it was.

    :raises Forbidden: for people who may not edit issues here
    """
    require_edit(actor, issue.project)
    found = lock_with_deleted(actor, [issue.pk])
    if not found:
        raise NotFound
    fresh = found[0]
    changes = tuple(
        FieldChange(name, True, False)
        for name, at in (("deleted", fresh.deleted_at), ("archived", fresh.archived_at))
        if at is not None
    )
    if not changes:
        return fresh
    fresh.deleted_at = fresh.archived_at = None
    touch(fresh, "deleted_at", "archived_at")
    record(
        IssueRestored(
            project_id=fresh.project_id,
            issue_id=fresh.pk,
            v=fresh.version,
            subjects=(subject_of(fresh),),
            changes=changes,
        ),
        actor=actor,
    )
    return fresh


@service
def set_watching(*, actor: Actor, issue: Issue, is_watching: bool) -> None:
    """Follow an issue, or stop following it.

    :raises Forbidden: for people who may only read
    """
    if actor.user_id is None or not policies.can_comment(actor, issue.project):
        raise Forbidden
    mine = Watcher.objects.filter(issue=issue, user_id=actor.user_id)
    if mine.exists() == is_watching:
        return
    if is_watching:
        watch(issue, [actor.user_id])
    else:
        mine.delete()
    record(
        IssueWatched(
            project_id=issue.project_id,
            issue_id=issue.pk,
            v=issue.version,
            user_id=actor.user_id,
            is_watching=is_watching,
        ),
        actor=actor,
    )
