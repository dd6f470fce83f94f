"""Taking a decision back: the issue waits again, as it did."""

from datetime import date, datetime
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from apps.core.errors import Forbidden, NotFound
from apps.core.tenancy import Actor, happening_at
from apps.events.facts import FieldChange
from apps.events.models import Change, Event
from apps.events.services import service, taking_back
from apps.issues.facts import IssueTriaged
from apps.issues.models import Comment, Decision, Issue, IssueLink, Watcher
from apps.issues.services.common import apply_status, lock_with_deleted
from apps.issues.services.linking import lock_blocking
from apps.issues.services.moving import TAKE_BACK, hold_statuses
from apps.issues.services.taking_back import NothingToTakeBack
from apps.projects.models import Project, Status
from apps.projects.selectors import assignable_people

from .carrying import carry, ends_of, gained, lost, tell
from .opening import look, require_triage, settle

TAKEN_BACK = "taken back"
# What nobody may have touched since: where the issue is.
_PLACE = ("status", "sprint", "triage", "archived", "deleted")


@service
def take_decision_back(*, actor: Actor, issue: Issue) -> Issue:
    """Undo one's own last decision about an issue, within ten minutes.

    Assignee and priority that were changed since stay, and so do links and watchers that others took away meanwhile.

    :raises Forbidden: for people who may not decide here, and if somebody else decided
    :raises NotFound: if the issue is gone
    :raises NothingToTakeBack: if there is no such decision, or somebody has gone on with the issue since
    """
    require_triage(actor, issue.project)
    event = _event(actor, issue)
    changes = {change.field: change for change in event.changes.filter(issue_id=issue.pk)}
    original_id = changes["duplicates"].new if "duplicates" in changes else None
    status = _former_status(issue.project, changes.get("status"))
    hold_statuses([status])
    lock_blocking(actor)
    merged = list(IssueLink.objects.filter(org_id=actor.org_id, pk__in=event.data["merged"]).order_by("pk"))
    wanted = {issue.pk} | ends_of(merged) | ({original_id} if original_id is not None else set())
    locked = {each.pk: each for each in lock_with_deleted(actor, wanted)}
    fresh = locked.get(issue.pk)
    if fresh is None or fresh.deleted_at is not None:
        raise NotFound(_("The issue was deleted, or is not shared with you."))
    if _is_gone_on(event, fresh):
        raise NothingToTakeBack(_("Somebody has gone on with it since. Change the issue itself."))
    before = look(fresh)
    if "triage" in changes:
        fresh.triage_since = datetime.fromisoformat(event.data["since"])
        fresh.sprint_id = None
        if fresh.status_id != status.pk:
            apply_status(fresh, status, happening_at())
    if "snoozed_until" in changes:
        was = changes["snoozed_until"].old
        fresh.snoozed_until = date.fromisoformat(was) if was else None
    _put_back(actor, fresh, changes)
    Comment.objects.filter(pk=event.data["comment_id"], edited_at__isnull=True).update(deleted_at=happening_at())
    told = [FieldChange("triage", changes["triage"].new, Decision.WAITING.value)] if "triage" in changes else []
    if original_id in locked:
        told += _part(actor, event, fresh, locked[original_id], merged, locked)
    with taking_back(event.pk):
        return settle(actor, fresh, before, *told, decision=TAKEN_BACK)


def _event(actor: Actor, issue: Issue) -> Event:
    """The last decision about the issue, if it was this person's and not long ago."""
    last = Event.objects.filter(org_id=actor.org_id, issue_id=issue.pk, kind=IssueTriaged.kind).order_by("-id").first()
    if last is None or last.data["decision"] == TAKEN_BACK:
        raise NothingToTakeBack(_("Nobody has decided about it, or that is taken back already."))
    if last.actor_id != actor.user_id:
        raise Forbidden(_("Somebody else decided. Only they can take it back; you can change the issue itself."))
    if last.created_at < timezone.now() - TAKE_BACK:
        raise NothingToTakeBack(_("It is more than ten minutes ago. Change the issue itself."))
    return last


def _former_status(project: Project, change: Change | None) -> Status:
    present = project.statuses.filter(retired_at__isnull=True)
    was: Any = change.old if change is not None else None
    former = present.filter(pk=was).first() if was is not None else None
    return former or present.get(is_initial=True)


def _is_gone_on(event: Event, issue: Issue) -> bool:
    later = Change.objects.filter(issue_id=issue.pk, field__in=_PLACE, event_id__gt=event.pk)
    return issue.archived_at is not None or later.exists()


def _put_back(actor: Actor, issue: Issue, changes: dict[str, Change]) -> None:
    """Assignee and priority as they were, where they are as the decision left them."""
    was: Any
    if "priority" in changes and issue.priority == changes["priority"].new:
        was = changes["priority"].old
        issue.priority = was
    if "assignee" in changes and issue.assignee_id == changes["assignee"].new:
        was = changes["assignee"].old
        people = assignable_people(actor=actor, project=issue.project)
        if was is None or people.filter(pk=was).exists():
            issue.assignee_id = was


def _part(
    actor: Actor, event: Event, issue: Issue, original: Issue, merged: list[IssueLink], locked: dict[int, Issue]
) -> list[FieldChange]:
    """Take apart what the duplicate gave to the issue that it repeats; what the log says of the duplicate."""
    IssueLink.objects.filter(pk=event.data["link_id"], source=issue, target=original).delete()
    Watcher.objects.filter(issue=original, user_id__in=event.data["joined"]).delete()
    still = [link for link in merged if original.pk in {link.source_id, link.target_id}]
    carried = carry(actor, still, away=original, to=issue, locked=locked)
    tell(
        actor,
        carried,
        away=original,
        to=issue,
        original=original,
        changed=[FieldChange("duplicates_in", issue.pk, None), *lost(carried)],
        locked=locked,
    )
    return [FieldChange("duplicates", original.pk, None), *gained(carried)]
