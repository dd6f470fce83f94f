"""Moving issues to another project: all of them or none, a fact in either project's stream, and one way back.

The issue stays the same row: what was said about it, who watches it and what happened to it stay with it. It gets a
number of the other project (the one that it had there, if it was there before), and its old key leads on.
"""

from collections.abc import Collection, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.core.errors import Conflict, Forbidden, Invalid, NotFound
from apps.core.tenancy import Actor, happening_at
from apps.core.tenancy.doors import follow_issues
from apps.events.facts import FieldChange
from apps.events.models import Change, Event
from apps.events.services import record, service, taking_back
from apps.issues.facts import IssuesArrived, IssuesLeft
from apps.issues.models import FormerIssueKey, Issue, IssueLabel, IssueVersion, field_id_of
from apps.issues.rank import ranks_at_end
from apps.issues.selectors.reach import open_sprints
from apps.issues.selectors.transfer import TransferPlan, plan_for, transfer_plan
from apps.issues.services.batch import MOST_ISSUES, MOST_NAMED
from apps.issues.services.common import (
    apply_status,
    find_place,
    hold_sprints,
    key_of,
    lock_with_deleted,
    require_edit,
    subject_of,
)
from apps.issues.services.creating import take_numbers
from apps.issues.services.limits import Arrival, Standing, lock_limits, refuse_if_full
from apps.issues.services.moving import TAKE_BACK, hold_statuses
from apps.issues.services.taking_back import NothingToTakeBack
from apps.projects import policies
from apps.projects.models import CustomField, IssueType, Project, Status
from apps.projects.selectors import (
    assignable_people,
    list_issue_types,
    list_labels,
    list_statuses,
    list_versions,
    visible_projects,
)

# What a move may change of an issue besides its key, as the log calls it, and where that is kept.
_ATTRIBUTES = {
    "status": "status_id",
    "type": "type_id",
    "assignee": "assignee_id",
    "sprint": "sprint_id",
    "rank": "rank",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Fate:
    """What one issue is in the other project."""

    status: Status
    type: IssueType
    assignee_id: int | None
    tags: Mapping[str, frozenset[int]]
    # Of the other project's own fields, as they are stored.
    values: Mapping[str, Any]
    sprint_id: int | None = None


@service
def move_to_project(
    *,
    actor: Actor,
    project: Project,
    issue_ids: Iterable[int],
    target: Project,
    statuses: Mapping[int, int] | None = None,
    types: Mapping[int, int] | None = None,
) -> list[Issue]:
    """Move issues and their sub-tasks to another project of the organization; those that went, by their numbers there.

    Statuses, types, labels and versions are found there by name, statuses and types else by what they mean. Sprints,
    labels and versions without a counterpart, and assignees who do not work there are dropped. Workflows are not
    asked, limits are.

    :param statuses: which status of the other project (an id) issues in one of this one get, where not the proposed one
    :param types: the same for types
    :raises Forbidden: for people who may not edit issues of both
    :raises NotFound: if an issue is gone, or a status or type is none of the other project
    :raises Invalid: for no issue, more than `MOST_ISSUES`, the same project, or a sub-task without its parent
    :raises ColumnFull: if a column there has no room for all of them
    :raises LaneFull: if somebody, or a lane, has enough in work there
    """
    require_edit(actor, project)
    require_edit(actor, target)
    if project.pk == target.pk:
        raise Invalid(_("They are in this project already. Choose another one."), field="to")
    ids = set(issue_ids)
    if not 0 < len(ids) <= MOST_ISSUES:
        raise Invalid(_("Choose 1 to %(limit)s issues.") % {"limit": MOST_ISSUES}, field="issue")
    plan = transfer_plan(actor=actor, project=project, issue_ids=sorted(ids), target=target)
    chosen_statuses = _chosen(plan.offered_statuses, plan.statuses | dict(statuses or {}))
    offered_types = [each for found in plan.offered_types.values() for each in found]
    chosen_types = _chosen(offered_types, plan.types | dict(types or {}))
    if len(plan.issues) > MOST_ISSUES:
        raise Invalid(_("With their sub-tasks these are more than %(limit)s.") % {"limit": MOST_ISSUES}, field="issue")
    waits = target.has_triage and policies.comes_from_outside(actor)
    initial = next(each for each in plan.offered_statuses if each.is_initial)
    hold_statuses(chosen_statuses.values())
    limits = lock_limits(target, set(chosen_statuses.values()))
    issues = _lock_in(actor, project, [issue.pk for issue in plan.issues])
    tags = _tags_of(issues)
    fates = {}
    for issue in issues.values():
        _refuse_unseen(issue, chosen_statuses, chosen_types)
        fates[issue.pk] = _Fate(
            status=initial if waits or issue.triage_since is not None else chosen_statuses[issue.status_id],
            type=chosen_types[issue.type_id],
            assignee_id=issue.assignee_id if issue.assignee_id in plan.people else None,
            tags={name: _there(plan, name, tags[name].get(issue.pk, ())) for name in _TAGS},
            values=plan.fields.carry(issue.custom_values),
        )
    coming = () if waits else issues.values()
    refuse_if_full(limits, actor=actor, project=target, arriving=_arriving(coming, fates))
    _transfer(actor, project, target, list(issues.values()), fates, tags, waits=waits)
    return sorted(issues.values(), key=lambda issue: issue.number)


class MeanwhileChanged(Conflict):
    """What was looked at is not what would be moved."""

    title = gettext_lazy("Somebody changed this in the meantime")


def _refuse_unseen(issue: Issue, statuses: Container[int], types: Container[int]) -> None:
    if issue.status_id not in statuses or issue.type_id not in types:
        raise MeanwhileChanged(_("%(key)s was changed meanwhile. Look at it again.") % {"key": key_of(issue)})


def _arriving(issues: Iterable[Issue], fates: Mapping[int, _Fate]) -> list[Arrival]:
    """What limits there are asked about: what boards show."""
    return [
        Arrival(
            replace(
                Standing.of(issue),
                status_id=fates[issue.pk].status.pk,
                assignee_id=fates[issue.pk].assignee_id,
                sprint_id=fates[issue.pk].sprint_id,
            )
        )
        for issue in issues
        if issue.triage_since is None and issue.archived_at is None and issue.deleted_at is None
    ]


def _chosen(offered: Iterable[Any], mapping: Mapping[int, int]) -> dict[int, Any]:
    """What each of our statuses (or types) becomes.

    :raises NotFound: if it is none of the other project
    """
    there = {each.pk: each for each in offered}
    if not there.keys() >= set(mapping.values()):
        raise NotFound(_("A status or type that you chose belongs to another project, or is gone."))
    return {here: there[pk] for here, pk in mapping.items()}


def _lock_in(actor: Actor, project: Project, ids: Iterable[int]) -> dict[int, Issue]:
    wanted = set(ids)
    issues = {issue.pk: issue for issue in lock_with_deleted(actor, wanted) if issue.project_id == project.pk}
    if issues.keys() != wanted:
        raise NotFound(_("The issue was deleted, or is not shared with you."))
    return issues


# The issue's tags by the log's name of the field: the rows that say so, and the column that names the thing.
_TAGS: dict[str, tuple[Any, str]] = {
    "labels": (IssueLabel, "label_id"),
    "fix_versions": (IssueVersion, "version_id"),
}
# The ids that issues are tagged with, by field and issue.
_Tags = Mapping[str, Mapping[int, frozenset[int]]]


def _tags_of(issue_ids: Collection[int]) -> _Tags:
    found: dict[str, dict[int, frozenset[int]]] = {name: {} for name in _TAGS}
    for name, (model, column) in _TAGS.items():
        for issue_id, tag_id in model.objects.filter(issue_id__in=issue_ids).values_list("issue_id", column):
            found[name][issue_id] = found[name].get(issue_id, frozenset()) | {tag_id}
    return found


def _there(plan: TransferPlan, name: str, ids: Iterable[int]) -> frozenset[int]:
    return frozenset(plan.tags[name][pk] for pk in ids if pk in plan.tags[name])


def _transfer(
    actor: Actor,
    source: Project,
    target: Project,
    issues: Sequence[Issue],
    fates: Mapping[int, _Fate],
    tags: _Tags,
    *,
    waits: bool,
) -> None:
    """Write it all and record the two facts: a constant number of statements."""
    now = happening_at()
    before = {
        issue.pk: (
            key_of(issue),
            {n: getattr(issue, a) for n, a in _ATTRIBUTES.items()},
            issue.custom_values,
        )
        for issue in issues
    }
    subjects = tuple(subject_of(issue) for issue in issues)
    _renumber(source, target, issues)
    for issue in issues:
        fate = fates[issue.pk]
        apply_status(issue, fate.status, now)
        issue.type, issue.assignee_id, issue.sprint_id = fate.type, fate.assignee_id, fate.sprint_id
        issue.custom_values = dict(fate.values)
        issue.project = target
        if waits and issue.triage_since is None:
            issue.triage_since = now
        issue.version += 1
        issue.updated_at = now

    def write(leeway: int) -> None:
        for issue, rank in zip(issues, ranks_at_end(target.pk, len(issues), leeway=leeway), strict=True):
            issue.rank = rank
        Issue.objects.bulk_update(issues, _COLUMNS, batch_size=MOST_ISSUES)

    find_place([target.pk], write)
    for name, (model, column) in _TAGS.items():
        model.objects.filter(issue__in=issues).delete()
        model.objects.bulk_create(
            model(org_id=actor.org_id, project=target, issue=issue, **{column: tag_id})
            for issue in issues
            for tag_id in sorted(fates[issue.pk].tags[name])
        )
    ids = [issue.pk for issue in issues]
    follow_issues(ids)
    changes = [
        FieldChange(name, old, new, issue_id=issue.pk)
        for issue in issues
        for name, old, new in _differences(issue, *before[issue.pk], tags, fates[issue.pk])
    ]
    named = tuple(ids) if len(ids) <= MOST_NAMED else ()
    versions = {str(issue.pk): issue.version for issue in issues}
    record(IssuesLeft(project_id=source.pk, other_project=target.pk, ids=named, versions=versions), actor=actor)
    record(
        IssuesArrived(
            project_id=target.pk,
            other_project=source.pk,
            ids=named,
            versions=versions,
            subjects=subjects,
            changes=tuple(changes),
        ),
        actor=actor,
    )


_COLUMNS = (
    "project",
    "number",
    "type",
    "status",
    "status_changed_at",
    "resolved_at",
    "assignee",
    "sprint",
    "custom_values",
    "rank",
    "triage_since",
    "version",
    "updated_at",
)


def _renumber(source: Project, target: Project, issues: Sequence[Issue]) -> None:
    """Numbers of the other project: those that they had there, if they were there before. The old ones lead on."""
    mine = FormerIssueKey.objects.filter(project=target, issue__in=issues)
    again = {former.issue_id: former for former in mine}
    fresh = [issue for issue in issues if issue.pk not in again]
    FormerIssueKey.objects.filter(pk__in=[former.pk for former in again.values()]).delete()
    FormerIssueKey.objects.bulk_create(
        FormerIssueKey(org_id=issue.org_id, project=source, number=issue.number, issue=issue) for issue in issues
    )
    first = take_numbers(target, len(fresh)) if fresh else 0
    for offset, issue in enumerate(fresh):
        issue.number = first + offset
    for issue in issues:
        if issue.pk in again:
            issue.number = again[issue.pk].number


def _differences(
    issue: Issue,
    key: str,
    old: Mapping[str, Any],
    values: Mapping[str, Any],
    tags: _Tags,
    fate: _Fate,
) -> Iterator[tuple[str, Any, Any]]:
    yield "key", key, key_of(issue)
    for name, attribute in _ATTRIBUTES.items():
        if old[name] != getattr(issue, attribute):
            yield name, old[name], getattr(issue, attribute)
    for name in _TAGS:
        had, has = sorted(tags[name].get(issue.pk, ())), sorted(fate.tags[name])
        if had != has:
            yield name, had, has
    # Fields of the two projects are never the same: what was here goes, what is there comes.
    for pk, value in values.items():
        yield f"field_{pk}", value, None
    for pk, value in issue.custom_values.items():
        yield f"field_{pk}", None, value


@service
def take_transfer_back(*, actor: Actor, project: Project, issue_id: int) -> list[Issue]:
    """Undo one's own last move of issues to this project, within ten minutes: they get their old keys back.

    What was changed since stays as near as the old project has it; what nobody touched is as it was, as far as it
    still is: a sprint that is over, a label or a person that is gone is left out.

    :param issue_id: one of the issues
    :raises Forbidden: for people who may not edit issues of both projects, and if somebody else moved them
    :raises NothingToTakeBack: if there is no such move, or the issues went on from here
    :raises MeanwhileChanged: if one of them changes at this very moment
    :raises ColumnFull: if a column has no room any more
    :raises LaneFull: if somebody, or a lane, has enough in work by now
    """
    require_edit(actor, project)
    event = _last_arrival(actor, project, issue_id)
    source = visible_projects(actor=actor).filter(pk=event.data["other_project"], archived_at__isnull=True).first()
    if source is None:
        raise NothingToTakeBack(_("The project that they came from is gone or archived."))
    require_edit(actor, source)
    ids = [int(pk) for pk in event.data["versions"]]
    here = Issue.objects.filter(org_id=actor.org_id, project=project, pk__in=ids)
    present = list(here.select_related("project", "status", "type", "assignee"))
    if not present:
        raise NothingToTakeBack(_("They are not in this project any more."))
    plan = plan_for(actor=actor, issues=present, target=source)
    old = _Old(actor, source, event, ids)
    hold_statuses(old.statuses.values())
    limits = lock_limits(source, old.statuses.values())
    hold_sprints(source, old.named("sprint") & old.sprints.keys())
    issues = _lock_in(actor, project, [issue.pk for issue in present])
    tags = _tags_of(issues)
    fates = {}
    for issue in issues.values():
        _refuse_unseen(issue, plan.statuses, plan.types)
        fates[issue.pk] = old.fate(issue, plan, {name: tags[name].get(issue.pk, frozenset()) for name in _TAGS})
    refuse_if_full(limits, actor=actor, project=source, arriving=_arriving(issues.values(), fates))
    with taking_back(event.pk):
        _transfer(actor, project, source, list(issues.values()), fates, tags, waits=False)
    return sorted(issues.values(), key=lambda issue: issue.number)


def _last_arrival(actor: Actor, project: Project, issue_id: int) -> Event:
    named = Change.objects.filter(issue_id=issue_id, field="key").order_by("-id").values("event_id")[:1]
    event = Event.objects.filter(org_id=actor.org_id, project=project, kind=IssuesArrived.kind, pk__in=named).first()
    if event is None:
        raise NothingToTakeBack(_("It is not in this project any more, or was never moved here."))
    if event.actor_id != actor.user_id:
        raise Forbidden(_("Somebody else moved it. Only they can take that back; you can move the issue yourself."))
    if event.created_at < timezone.now() - TAKE_BACK:
        raise NothingToTakeBack(_("It is more than ten minutes ago. Move the issues themselves."))
    return event


class _Old:
    """What issues were before they came, as far as it still is and nobody has changed it here."""

    def __init__(self, actor: Actor, source: Project, event: Event, issue_ids: Collection[int]) -> None:
        changes = Change.objects.filter(event=event, issue_id__in=issue_ids)
        self._was = {(change.issue_id, change.field): change for change in changes}
        self.statuses = {each.pk: each for each in list_statuses(actor=actor, project=source)}
        self.types = {each.pk: each for each in list_issue_types(actor=actor, project=source)}
        self.tags = {
            "labels": {each.pk for each in list_labels(actor=actor, project=source)},
            "fix_versions": {each.pk for each in list_versions(actor=actor, project=source)},
        }
        named = [pk for _issue, name in self._was if (pk := field_id_of(name)) is not None]
        ours = CustomField.objects.filter(org_id=actor.org_id, project=source, pk__in=named)
        self.fields = set(ours.values_list("pk", flat=True))
        self.sprints = dict(open_sprints(actor=actor, project=source))
        self.people = set(assignable_people(actor=actor, project=source).values_list("pk", flat=True))

    def named(self, field: str) -> set[Any]:
        """What the issues' field was."""
        return {change.old for (_issue, name), change in self._was.items() if name == field}

    def _before(self, issue: Issue, field: str, now: Any, possible: Container[Any]) -> Any:
        """What a field was, if nobody has changed it since and it is still there; else None."""
        change = self._was.get((issue.pk, field))
        return change.old if change is not None and change.new == now and change.old in possible else None

    def fate(self, issue: Issue, plan: TransferPlan, worn: Mapping[str, frozenset[int]]) -> _Fate:
        """What the issue is again."""
        status = self._before(issue, "status", issue.status_id, self.statuses)
        issue_type = self._before(issue, "type", issue.type_id, self.types)
        assignee = issue.assignee_id if issue.assignee_id in self.people else None
        return _Fate(
            status=self.statuses[status or plan.statuses[issue.status_id]],
            type=self.types[issue_type or plan.types[issue.type_id]],
            assignee_id=assignee or self._before(issue, "assignee", issue.assignee_id, self.people),
            sprint_id=None
            if issue.triage_since is not None
            else self._before(issue, "sprint", issue.sprint_id, self.sprints),
            tags={name: self._tags(issue, plan, name, worn[name]) for name in _TAGS},
            values=self._values(issue, plan),
        )

    def _values(self, issue: Issue, plan: TransferPlan) -> dict[str, Any]:
        """What it had in the fields of the old project, except where its twin here was changed since."""
        here = {f"field_{field.pk}": str(pk) for pk, field in plan.fields.there.items()}
        values = plan.fields.carry(issue.custom_values)
        for (pk, name), change in self._was.items():
            if pk != issue.pk or field_id_of(name) not in self.fields:
                continue
            twin = here.get(name)
            came = self._was.get((issue.pk, f"field_{twin}"))
            if twin is None or issue.custom_values.get(twin) == (came.new if came is not None else None):
                values[str(field_id_of(name))] = change.old
        return values

    def _tags(self, issue: Issue, plan: TransferPlan, name: str, worn: frozenset[int]) -> frozenset[int]:
        change = self._was.get((issue.pk, name))
        if change is not None and change.new == sorted(worn):
            return frozenset(pk for pk in change.old or () if pk in self.tags[name])
        return _there(plan, name, worn)
