"""Editing many issues at once: all of them or none, one fact in each project's stream, and one way back."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from apps.core.errors import Invalid, NotFound
from apps.core.tenancy import Actor
from apps.events.services import service
from apps.issues.models import Issue, Priority
from apps.issues.rank import ranks_among, ranks_behind
from apps.issues.selectors.passage import (
    TransitionRefused,
    get_workflow,
    landing,
    naming,
    passage,
    refuse_unmet,
)
from apps.issues.services.batch import MOST_ISSUES, Batch, store_together
from apps.issues.services.comments import add_comments
from apps.issues.services.common import clean_day, clean_points, hold_sprints, lock_in, require_edit
from apps.issues.services.editing import clean_number
from apps.issues.services.limits import LIMITED_FIELDS, Arrival, Limit, Standing, lock_limits, refuse_if_full
from apps.issues.services.moving import assigned_by, hold_statuses
from apps.issues.services.timing import clean_minutes, refuse_due_before_start
from apps.issues.services.values import named_fields, read_field_value, refuse_wrong_type
from apps.projects.models import IssueType, Project, RetiringQuerySet, Status, Transition
from apps.projects.selectors import assignable_people

BULK_EDITABLE = frozenset(
    {
        "status",
        "assignee",
        "sprint",
        "parent",
        "priority",
        "points",
        "due_date",
        "time_remaining",
        "labels_add",
        "labels_remove",
        "versions_add",
        "versions_remove",
        "archived",
        "deleted",
    }
)


@dataclass(frozen=True, slots=True)
class Place:
    """Where issues land: directly below `after`, or else directly above `before` (ids of other issues)."""

    after: int | None = None
    before: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BulkEdit:
    """The issues that were named, in their order on the board, and those of them that changed."""

    issues: Sequence[Issue]
    changed: Sequence[Issue]


@dataclass(frozen=True, slots=True)
class Part:
    """What of a bulk edit is one project's: its issues, and what becomes of them."""

    project: Project
    issue_ids: frozenset[int]
    values: Mapping[str, Any]


@dataclass(slots=True)
class _Wanted:
    """The values of a bulk edit, checked."""

    fields: dict[str, Any] = field(default_factory=dict)
    statuses: list[Status] = field(default_factory=list)
    parent: Issue | None = None
    # What is added to and removed from the issues' labels and versions.
    tags: dict[str, tuple[set[int], set[int]]] = field(default_factory=dict)
    # The project's own fields among them, by their names.
    own: dict[str, Any] = field(default_factory=dict)


@service
def bulk_edit(
    *,
    actor: Actor,
    project: Project,
    issue_ids: Iterable[int],
    values: Mapping[str, Any],
    place: Place | None = None,
) -> BulkEdit:
    """Change many issues of a project at once: all of them, or none.

    Fields are set first and statuses after them, so that the workflow's validators see what was just filled in.

    :param values: `status` (an id, or several: an issue that is in one of them stays there, any other goes to the first
        that the workflow offers it), `assignee`, `sprint` and `parent` (an id, or None), `priority`, `points`,
        `due_date`, `time_remaining`, `labels_add` and `labels_remove`, `versions_add` and `versions_remove` (ids),
        `archived` and `deleted` (True), and the project's own fields (`field_12`)
    :param place: where all of them land, one below the other in their order; without it, those that get another status
        go to the end
    :raises Forbidden: for people who may not edit issues here
    :raises NotFound: if an issue, status, label or version is gone, or belongs to another project
    :raises Invalid: for a value that cannot be, no issue, or more than `MOST_ISSUES`
    :raises TransitionRefused: if the workflow refuses one of them; it says which, and why
    :raises ColumnFull: if a column has no room for all of them
    :raises LaneFull: if somebody, or a lane, has enough in work
    """
    return bulk_edit_across(actor=actor, parts=[Part(project, frozenset(issue_ids), values)], place=place)


@service
def bulk_edit_across(
    *, actor: Actor, parts: Sequence[Part], place: Place | None = None, neighbours: Mapping[int, Issue] | None = None
) -> BulkEdit:
    """Change many issues of several projects at once: all of them or none, and a fact in the stream of each project.

    What must be held is held for all projects before any of their issues (the lock order of `apps.events.services`).

    :param parts: see `bulk_edit` for the values of each, and for what is raised
    :param neighbours: by their ids those that `place` names, as the caller fetched them; without it, they are of the
        one project that there is
    """
    for part in parts:
        require_edit(actor, part.project)
    if not 0 < sum(len(part.issue_ids) for part in parts) <= MOST_ISSUES:
        raise Invalid(_("Choose 1 to %(limit)s issues.") % {"limit": MOST_ISSUES}, field="issue")
    edits = [_Edit(actor, part) for part in parts]
    if place is None and not all(part.values for part in parts):
        raise Invalid(_("Choose what to change."), field="values")
    beside = neighbours or {}
    hold_statuses([status for edit in edits for status in edit.wanted.statuses])
    for edit in edits:
        edit.hold()
    _lock_together(edits)
    near = {pk for pk in _ends(place) if pk is not None}
    locked = dict(beside)
    for edit in edits:
        elsewhere = {pk for pk, issue in beside.items() if issue.project_id != edit.project.pk}
        locked |= edit.lock(near - elsewhere)
    for edit in edits:
        edit.apply()
    # A neighbour that moves along is none.
    moved_along = {pk for part in parts for pk in part.issue_ids}
    after, before = (locked[pk] if pk is not None and pk not in moved_along else None for pk in _ends(place))
    is_placed = after is not None or before is not None
    landing = sorted(
        ((issue, edit.batch) for edit in edits for issue in (edit.batch.issues if is_placed else edit.moving)),
        key=lambda each: (each[0].rank, each[0].pk),
    )
    project_ids = [edit.project.pk for edit in edits]

    def land(leeway: int) -> None:
        if is_placed:
            ranks = ranks_among(project_ids, len(landing), after=after, before=before, leeway=leeway)
        else:
            ranks = ranks_behind(project_ids, len(landing), leeway=leeway)
        for (issue, batch), rank in zip(landing, ranks, strict=True):
            batch.put(issue, "rank", rank)

    changed = store_together([edit.batch for edit in edits], land if landing else None)
    for edit in edits:
        edit.tell()
    ordered = [issue for edit in edits for issue in edit.batch.issues]
    return BulkEdit(issues=sorted(ordered, key=lambda issue: (issue.rank, issue.pk)), changed=changed)


class _Edit:
    """One project's part of a bulk edit: checked, then held, locked, applied and told, in this order."""

    def __init__(self, actor: Actor, part: Part) -> None:
        self.actor = actor
        self.project = part.project
        self.ids = part.issue_ids
        self.wanted = _read(actor, part.project, part.values)
        self.limits: list[Limit] = []
        self.moving: list[Issue] = []
        self.edges: dict[int, Transition] = {}
        self.batch = Batch(self.project, ())

    def hold(self) -> None:
        """Lock what is before issues in the lock order, statuses apart."""
        wanted = self.wanted
        # Into which columns another sprint brings them shows when they are locked, and that is too late to lock those.
        if wanted.statuses or wanted.fields.keys() & {"sprint", *LIMITED_FIELDS}:
            self.limits = lock_limits(self.project, None if "sprint" in wanted.fields else wanted.statuses)
        hold_sprints(self.project, {wanted.fields.get("sprint")})

    def lock(self, near: Collection[int]) -> dict[int, Issue]:
        """Lock its issues, and neighbours of theirs."""
        locked = lock_in(self.actor, self.project, {*self.ids, *near})
        _refuse_parent(self.project, self.wanted.parent, [locked[pk] for pk in self.ids])
        mine = sorted((locked[pk] for pk in self.ids), key=lambda issue: (issue.rank, issue.pk))
        self.batch = Batch(self.project, mine)
        return locked

    def apply(self) -> None:
        """Give the issues their values; nothing but labels and versions is stored."""
        batch = self.batch
        was = {issue.pk: Standing.of(issue) for issue in batch.issues}
        for name, value in self.wanted.fields.items():
            for issue in batch.issues:
                batch.put(issue, name, value)
        self._refuse_fields()
        self._refuse_dates()
        for name, (add, remove) in self.wanted.tags.items():
            batch.tag(name, {issue.pk: {*batch.read(issue, name)} - remove | add for issue in batch.issues})
        self.moving, self.edges = _move(self.actor, batch, self.wanted.statuses)
        _follow(self.actor, batch, self.edges)
        present = [issue for issue in batch.issues if issue.archived_at is None and issue.deleted_at is None]
        arriving = [Arrival(Standing.of(issue), was[issue.pk]) for issue in present]
        refuse_if_full(self.limits, actor=self.actor, project=self.project, arriving=arriving)

    def _refuse_fields(self) -> None:
        """Refuse to set a field of the project's own on an issue whose type does not have it."""
        if not self.wanted.own:
            return
        types = IssueType.objects.in_bulk({issue.type_id for issue in self.batch.issues})
        for each in self.wanted.own.values():
            for issue in self.batch.issues:
                try:
                    refuse_wrong_type(each, types[issue.type_id])
                except Invalid as refusal:
                    raise Invalid(naming(issue, str(refusal.detail)), field=each.key) from refusal

    def _refuse_dates(self) -> None:
        """Refuse a due date that is before one of the issues begins."""
        for issue in self.batch.issues if "due_date" in self.wanted.fields else ():
            try:
                refuse_due_before_start(issue.start_date, issue.due_date, field="due_date")
            except Invalid as refusal:
                raise Invalid(naming(issue, str(refusal.detail)), field="due_date") from refusal

    def tell(self) -> None:
        """Say what the workflow says of issues that went, and record the fact."""
        said = [(issue, self.edges[issue.pk].comment) for issue in self.batch.changed() if issue.pk in self.edges]
        add_comments(self.actor, [(issue, text) for issue, text in said if text])
        self.batch.tell(self.actor)


def _lock_together(edits: Sequence[_Edit]) -> None:
    """Lock the issues of several projects in the order of their ids; where there is one, its own lock does that."""
    if len(edits) > 1:
        ids = {pk for edit in edits for pk in edit.ids}
        list(Issue.objects.select_for_update(no_key=True).filter(pk__in=ids).order_by("pk").values_list("pk"))


def _ends(place: Place | None) -> tuple[int | None, int | None]:
    return (place.after, place.before) if place else (None, None)


def _read(actor: Actor, project: Project, values: Mapping[str, Any]) -> _Wanted:
    """The values, as they can be stored.

    :raises Invalid: for one that cannot
    """
    own = named_fields(actor=actor, project=project, names=values)
    unknown = sorted(values.keys() - BULK_EDITABLE - own.keys())
    if unknown:
        raise Invalid(_("There is no field “%(name)s” to edit.") % {"name": unknown[0]}, field=unknown[0])
    wanted = _Wanted(own=own)
    for name, each in own.items():
        each.project = project
        wanted.fields[name] = read_field_value(actor, each, values[name])
    if "status" in values:
        wanted.statuses = _statuses(actor, project, values["status"])
    if "assignee" in values:
        wanted.fields["assignee"] = _assignee(actor, project, values["assignee"])
    if "sprint" in values:
        wanted.fields["sprint"] = clean_number(values["sprint"], "sprint")
    if "parent" in values:
        wanted.parent = _parent(actor, clean_number(values["parent"], "parent"))
        wanted.fields["parent"] = wanted.parent.pk if wanted.parent is not None else None
    if "priority" in values:
        wanted.fields["priority"] = clean_number(values["priority"], "priority")
        if wanted.fields["priority"] not in Priority.values:
            raise Invalid(_("Choose one of the offered values."), field="priority")
    if "points" in values:
        wanted.fields["points"] = clean_points(values["points"])
    if "due_date" in values:
        wanted.fields["due_date"] = clean_day(values["due_date"], "due_date")
    if "time_remaining" in values:
        wanted.fields["time_remaining"] = clean_minutes(project, values["time_remaining"], field="time_remaining")
    for name in ("archived", "deleted"):
        if name in values:
            if values[name] is not True:
                raise Invalid(_("Choose one of the offered values."), field=name)
            wanted.fields[name] = True
    tags: tuple[tuple[str, str, RetiringQuerySet], ...] = (
        ("labels", "labels", project.labels.present()),
        ("versions", "fix_versions", project.versions.present()),
    )
    for prefix, name, present in tags:
        add, remove = (_numbers(values, f"{prefix}_{what}") for what in ("add", "remove"))
        if add & remove:
            raise Invalid(_("Nothing can be added and removed at once."), field=f"{prefix}_add")
        if add | remove:
            if present.filter(pk__in=add | remove).count() != len(add | remove):
                raise NotFound(_("One of these labels or versions no longer exists."))
            wanted.tags[name] = (add, remove)
    return wanted


def _numbers(values: Mapping[str, Any], name: str) -> set[int]:
    return {clean_number(value, name) or 0 for value in values.get(name, ())}


def _statuses(actor: Actor, project: Project, value: Any) -> list[Status]:
    given = value if isinstance(value, list | tuple) else [value]
    ids = [clean_number(each, "status") or 0 for each in given]
    found = Status.objects.filter(org_id=actor.org_id, project=project, pk__in=ids).in_bulk()
    if not ids or any(pk not in found for pk in ids):
        raise NotFound(_("That status belongs to another project, or is gone."))
    return [found[pk] for pk in ids]


def _assignee(actor: Actor, project: Project, value: Any) -> int | None:
    chosen = clean_number(value, "assignee")
    if chosen is None or assignable_people(actor=actor, project=project).filter(pk=chosen).exists():
        return chosen
    raise Invalid(_("Choose somebody who works in this project."), field="assignee")


def _parent(actor: Actor, parent_id: int | None) -> Issue | None:
    if parent_id is None:
        return None
    seen = Issue.objects.undeleted().filter(org_id=actor.org_id).exclude(project_id__in=actor.hidden_project_ids)
    parent = seen.filter(pk=parent_id).select_related("type").first()
    if parent is None:
        raise Invalid(_("There is no such parent."), field="parent")
    return parent


def _refuse_parent(project: Project, parent: Issue | None, issues: Sequence[Issue]) -> None:
    """Refuse a parent that cannot hold one of the issues. Levels descend, so nothing is its own ancestor.

    :raises Invalid: then; it names the issue
    """
    if parent is None:
        return
    lower = set(project.issue_types.filter(level__lt=parent.type.level).values_list("pk", flat=True))
    for issue in issues:
        if issue.type_id not in lower:
            raise Invalid(naming(issue, _("An epic holds issues, and an issue holds sub-tasks.")), field="parent")


def _move(actor: Actor, batch: Batch, statuses: Sequence[Status]) -> tuple[list[Issue], dict[int, Transition]]:
    """Give the issues their new statuses; those that get another one, and the edges that they take.

    :raises TransitionRefused: for the first that may not
    """
    inside = {status.pk for status in statuses}
    moving = [issue for issue in batch.issues if statuses and issue.status_id not in inside]
    if not moving:
        return [], {}
    workflow = get_workflow(project=batch.project)
    targets = {issue.pk: landing(actor=actor, issue=issue, statuses=statuses, workflow=workflow) for issue in moving}
    edges: dict[int, Transition] = {}
    if not actor.is_system:
        for issue in moving:
            try:
                edges[issue.pk] = passage(actor=actor, issue=issue, to=targets[issue.pk], workflow=workflow)
            except TransitionRefused as refusal:
                raise _named(refusal, issue, batch) from refusal
        refuse_unmet(actor=actor, issues=moving, edges=edges)
    for issue in moving:
        batch.put(issue, "status", targets[issue.pk])
    return moving, edges


def _named(refusal: TransitionRefused, issue: Issue, batch: Batch) -> TransitionRefused:
    """The refusal of one of several, which says whose it is."""
    if len(batch.issues) == 1:
        return refusal
    return TransitionRefused(naming(issue, str(refusal.detail)), **refusal.extra)


def _follow(actor: Actor, batch: Batch, edges: Mapping[int, Transition]) -> None:
    """Let happen what the edges say happens with the issues that took them, comments apart."""
    people = {
        issue.pk: assigned_by(edges[issue.pk], actor, issue)
        for issue in batch.issues
        if issue.pk in edges and edges[issue.pk].assigns
    }
    asked = {user_id for user_id in people.values() if user_id is not None}
    # Somebody who cannot be given issues any more is no reason to refuse the move.
    possible: set[int | None] = {None}
    if asked:
        possible |= {
            *assignable_people(actor=actor, project=batch.project).filter(pk__in=asked).values_list("pk", flat=True)
        }
    labels: dict[int, set[int]] = {}
    for issue in batch.issues:
        if issue.pk not in edges:
            continue
        edge = edges[issue.pk]
        if edge.sets_priority is not None:
            batch.put(issue, "priority", edge.sets_priority)
        if issue.pk in people and people[issue.pk] in possible:
            batch.put(issue, "assignee", people[issue.pk])
        if edge.adds_label_id is not None:
            labels[issue.pk] = {*batch.read(issue, "labels"), edge.adds_label_id}
    if labels:
        batch.tag("labels", labels)
