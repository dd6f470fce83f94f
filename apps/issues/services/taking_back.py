"""Taking back a bulk edit: what nobody changed since gets its old value again."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.core.errors import Conflict, DomainError, Invalid, NotFound
from apps.core.tenancy import Actor
from apps.events.models import Change, Event
from apps.events.services import service, taking_back
from apps.issues.facts import IssuesEdited
from apps.issues.models import Issue, field_id_of
from apps.issues.selectors.reach import OPEN_SPRINTS
from apps.issues.services.batch import Batch
from apps.issues.services.common import key_of, lock_with_deleted, require_edit
from apps.issues.services.limits import Arrival, Standing, lock_limits, refuse_if_full
from apps.issues.services.moving import TAKE_BACK, hold_statuses
from apps.issues.services.values import named_fields, read_field_value
from apps.issues.services.work_log import take_work_back, work_events
from apps.projects.models import Project, Status
from apps.projects.selectors import assignable_people


class NothingToTakeBack(Conflict):
    """Everything that the bulk edit did was changed since, or is taken back."""

    title = gettext_lazy("There is nothing to take back")


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenBack:
    """The issues that are as they were, and the keys of those where something was left as it is now."""

    issues: Sequence[Issue]
    left: Sequence[str]


@service
def take_back(*, actor: Actor, project: Project, issue_id: int, op: str) -> TakenBack:
    """Undo one's own bulk edit of the last ten minutes with another one, and what it logged.

    A field that was changed since stays as it is, and so does one whose old value is no more: a person who left, a
    status, label or version that was taken out of use, a sprint that is over. The way back needs no edge, as with a
    single move.

    :param issue_id: one of its issues: the log finds facts by what they changed
    :param op: what the person's browser called it
    :raises Forbidden: for people who may not edit issues here
    :raises NotFound: if there is no such edit
    :raises NothingToTakeBack: if nothing of it is left
    :raises ColumnFull: if a column has no room any more
    :raises LaneFull: if somebody, or a lane, has enough in work by now
    """
    require_edit(actor, project)
    event = _event(actor, project, issue_id, op)
    logged = work_events(actor, project, issue_id, op)
    if event is None and not logged:
        raise NotFound(_("It is more than ten minutes ago, or was not yours. Change the issues themselves."))
    back = _edit_taken_back(actor, project, event) if event is not None else TakenBack(issues=(), left=())
    entries, are_some_left = take_work_back(actor, logged)
    if not back.issues and not entries:
        raise NothingToTakeBack(_("Everything was changed since, or is taken back already."))
    issues = {issue.pk: issue for issue in (*back.issues, *(entry.issue for entry in entries))}
    keys = [key_of(issue) for issue in issues.values() if issue.pk == issue_id] if are_some_left else []
    return TakenBack(issues=list(issues.values()), left=list(dict.fromkeys((*back.left, *keys))))


def _edit_taken_back(actor: Actor, project: Project, event: Event) -> TakenBack:
    """The same of the bulk edit alone; no issues if nothing of it is left."""
    changes = list(event.changes.order_by("id"))
    old = _OldValues(actor, project, changes)
    hold_statuses(old.statuses.values())
    is_planned = any(change.field == "sprint" for change in changes)
    limits = lock_limits(project, None if is_planned else old.statuses.values())
    named = {change.issue_id for change in changes if change.issue_id is not None}
    present = [issue for issue in lock_with_deleted(actor, named) if issue.project_id == project.pk]
    batch = Batch(project, present)
    good = _unchanged(event, changes, batch)
    tags: dict[str, dict[int, set[int]]] = {}
    ranks: dict[int, str] = {}
    was_standing = {issue.pk: Standing.of(issue) for issue in present}
    by_id = {issue.pk: issue for issue in present}
    left: set[int] = set()
    for change in changes:
        issue = by_id.get(change.issue_id or 0)
        was: Any = change.old
        if issue is None:
            continue
        if change.pk not in good or not old.has(change):
            if change.field != "rank":  # a place is no news
                left.add(issue.pk)
        elif change.field == "status":
            batch.put(issue, "status", old.statuses[was])
        elif change.field in old.tags:
            tags.setdefault(change.field, {})[issue.pk] = {tag for tag in was if tag in old.tags[change.field]}
        elif change.field == "rank":
            ranks[issue.pk] = was
        else:
            batch.put(issue, change.field, old.value(change))
    alive = [issue for issue in present if issue.archived_at is None and issue.deleted_at is None]
    arriving = [Arrival(Standing.of(issue), was_standing[issue.pk]) for issue in alive]
    refuse_if_full(limits, actor=actor, project=project, arriving=arriving)
    for name, wanted in tags.items():
        batch.tag(name, wanted)

    present_ranks = {pk: by_id[pk].rank for pk in ranks}

    def place(leeway: int) -> None:
        # Somebody may have got one of these places meanwhile: then the issue stays where it is.
        taken = set(Issue.objects.filter(project=project, rank__in=ranks.values()).values_list("rank", flat=True))
        for pk, rank in ranks.items():
            batch.put(by_id[pk], "rank", rank if rank not in taken else present_ranks[pk])

    restored = batch.store(place if ranks else None)
    with taking_back(event.pk):
        batch.tell(actor)
    return TakenBack(issues=restored, left=[key_of(by_id[pk]) for pk in sorted(left)])


@service
def take_back_across(*, actor: Actor, projects: Mapping[int, Project], issues: Mapping[int, int], op: str) -> TakenBack:
    """Undo one's own bulk edit of several projects: what of each can be, with a fact in the stream of each.

    :param projects: by their ids
    :param issues: ids of the issues that were changed, each with the id of its project
    :param op: see `take_back`
    :raises NotFound: if there is no such edit
    :raises NothingToTakeBack: if nothing of it is left in any project
    :raises Conflict: as `take_back` does; then nothing is taken back
    """
    firsts = {project_id: issue_id for issue_id, project_id in sorted(issues.items(), reverse=True)}
    for project_id in sorted(firsts):
        require_edit(actor, projects[project_id])
    if len(firsts) > 1:  # what is before issues in the lock order first, for all of them
        for project_id in sorted(firsts):
            lock_limits(projects[project_id], None)
        lock_with_deleted(actor, issues)
    restored: list[Issue] = []
    left: list[str] = []
    refusal: DomainError = NotFound()
    for project_id in sorted(firsts):
        try:
            back = take_back(actor=actor, project=projects[project_id], issue_id=firsts[project_id], op=op)
        except (NotFound, NothingToTakeBack) as error:
            refusal = error
        else:
            restored += back.issues
            left += back.left
    if not restored:
        raise refusal
    return TakenBack(issues=restored, left=left)


def _event(actor: Actor, project: Project, issue_id: int, op: str) -> Event | None:
    named = Change.objects.filter(issue_id=issue_id).order_by().values("event_id")
    mine = Event.objects.filter(
        org_id=actor.org_id, project=project, kind=IssuesEdited.kind, actor_id=actor.user_id, op=op, pk__in=named
    )
    recent = mine.exclude(op="").filter(created_at__gt=timezone.now() - TAKE_BACK)
    return recent.order_by("-id").first()


def _unchanged(event: Event, changes: Sequence[Change], batch: Batch) -> set[int]:
    """The changes whose field is as they left it: no later change, on an issue that nobody else put into the bin."""
    later = Change.objects.filter(
        issue_id__in=[change.issue_id for change in changes],
        field__in={change.field for change in changes},
        event_id__gt=event.pk,
    )
    since = set(later.values_list("issue_id", "field"))
    by_id = {issue.pk: issue for issue in batch.issues}
    binned = {change.issue_id for change in changes if change.field == "deleted"}
    return {
        change.pk
        for change in changes
        if (issue := by_id.get(change.issue_id or 0)) is not None
        and (issue.deleted_at is None or issue.pk in binned)
        and (issue.pk, change.field) not in since
        and batch.read(issue, change.field) == change.new
    }


class _OldValues:
    """What the changes name of before, as far as it still is: read with a query a kind."""

    def __init__(self, actor: Actor, project: Project, changes: Sequence[Change]) -> None:
        def named(field: str) -> set[int]:
            return {change.old for change in changes if change.field == field and change.old is not None}

        self.statuses = Status.objects.filter(project=project, retired_at__isnull=True).in_bulk(named("status"))
        open_ones = project.sprints.select_for_update(no_key=True).filter(state__in=OPEN_SPRINTS)
        self.sprints = set(open_ones.filter(pk__in=named("sprint")).order_by("pk").values_list("pk", flat=True))
        self.own = named_fields(actor=actor, project=project, names={change.field for change in changes})
        asked = {*named("assignee")}
        for field in self.own.values():
            field.project = project
            if field.kind == field.Kind.USER:
                asked |= named(field.key)
        able = assignable_people(actor=actor, project=project).filter(pk__in=asked)
        self.people = set(able.values_list("pk", flat=True))
        self._actor = actor
        parents = Issue.objects.undeleted().filter(org_id=actor.org_id, pk__in=named("parent"))
        self.parents = set(parents.values_list("pk", flat=True)) if named("parent") else set()
        self.tags: dict[str, set[int]] = {
            "labels": set(project.labels.present().values_list("pk", flat=True)),
            "fix_versions": set(project.versions.present().values_list("pk", flat=True)),
        }

    def has(self, change: Change) -> bool:
        """Whether the old value can be had again."""
        match change.field:
            case "status":
                return change.old in self.statuses
            case "assignee":
                return change.old is None or change.old in self.people
            case "sprint":
                return change.old is None or change.old in self.sprints
            case "parent":
                return change.old is None or change.old in self.parents
            case name if field_id_of(name) is not None:
                return name in self.own and self._can_be(self.own[name], change.old)
            case _:
                return True

    def _can_be(self, field: Any, value: Any) -> bool:
        """Whether a field can have a value that it had: an option, or a person, may be gone."""
        if value is None or field.kind == field.Kind.USER:
            return value is None or value in self.people
        try:
            return bool(read_field_value(self._actor, field, value) == value)
        except Invalid:
            return False

    def value(self, change: Change) -> Any:
        """The old value, as an issue holds it."""
        if change.old is not None and change.field in {"points", "due_date"}:
            return Decimal(change.old) if change.field == "points" else date.fromisoformat(change.old)
        return change.old
