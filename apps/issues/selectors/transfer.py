"""What would become of issues in another project: what is found there by its name or meaning, and what is not."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.core.errors import Invalid, NotFound
from apps.core.tenancy import Actor
from apps.issues.models import Issue, IssueLabel, IssueVersion
from apps.projects import policies
from apps.projects.models import IssueType, Label, Project, Status, Version
from apps.projects.selectors import (
    assignable_people,
    list_issue_types,
    list_labels,
    list_projects,
    list_statuses,
    list_versions,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferPlan:
    """What moving would do: for each status and type in use (ids) the one proposed, and what would be dropped."""

    issues: Sequence[Issue]
    along: int
    statuses: dict[int, int]
    types: dict[int, int]
    # What it is tagged with, by the log's name of the field: ids here, and there.
    tags: Mapping[str, Mapping[int, int]]
    used_statuses: Sequence[Status]
    used_types: Sequence[IssueType]
    offered_statuses: Sequence[Status]
    offered_types: Mapping[int, Sequence[IssueType]]
    lost_labels: Sequence[str]
    lost_versions: Sequence[str]
    lost_people: Sequence[User]
    leaves_sprint: bool
    people: frozenset[int]


def destinations(*, actor: Actor, project: Project) -> list[Project]:
    """The projects that issues of this one can be moved to by the actor, by name."""
    everywhere = list_projects(actor=actor)
    return [each for each in everywhere if each.pk != project.pk and policies.can_edit_issues(actor, each)]


def transfer_plan(*, actor: Actor, project: Project, issue_ids: Collection[int], target: Project) -> TransferPlan:
    """What moving issues to another project would do, as far as nobody says otherwise: a constant number of queries.

    Their sub-tasks go along, those in the bin too.

    :raises NotFound: if one of them is not there
    :raises Invalid: for a sub-task without its parent, or if the other project has no type for one of them
    """
    here = Issue.objects.filter(org_id=actor.org_id, project=project)
    joined = here.select_related("project", "status", "type", "assignee", "parent")
    named = list(joined.filter(pk__in=issue_ids, deleted_at__isnull=True))
    if len(named) != len(set(issue_ids)):
        raise NotFound
    subtasks = joined.filter(parent__in=named, type__level=IssueType.Level.SUBTASK).exclude(pk__in=issue_ids)
    issues = sorted([*named, *subtasks], key=lambda issue: issue.number)
    ids = {issue.pk for issue in issues}
    for issue in named:
        if issue.type.level == IssueType.Level.SUBTASK and issue.parent_id is not None and issue.parent_id not in ids:
            raise Invalid(
                _("%(key)s is a sub-task: it goes along when its parent is moved.")
                % {"key": f"{project.key}-{issue.number}"},
                field="issue",
            )
    return plan_for(actor=actor, issues=issues, target=target, along=len(issues) - len(named))


def plan_for(*, actor: Actor, issues: Sequence[Issue], target: Project, along: int = 0) -> TransferPlan:
    """The same for issues that the caller has, with their status, type and assignee.

    :raises Invalid: if the other project has no type for one of them
    """
    statuses = list_statuses(actor=actor, project=target)
    types = list_issue_types(actor=actor, project=target)
    used_statuses = {issue.status_id: issue.status for issue in issues}
    used_types = {issue.type_id: issue.type for issue in issues}
    offered = {pk: [one for one in types if one.level == each.level] for pk, each in used_types.items()}
    for pk, each in used_types.items():
        if not offered[pk]:
            raise Invalid(
                _("%(project)s has no type for “%(type)s”. Add one to its workflow, or choose another project.")
                % {"project": target.name, "type": each.name},
                field="to",
            )
    worn_labels = {
        tag.label_id: tag.label.name for tag in IssueLabel.objects.filter(issue__in=issues).select_related("label")
    }
    worn_versions = {
        tag.version_id: tag.version.name
        for tag in IssueVersion.objects.filter(issue__in=issues).select_related("version")
    }
    labels = _same_names(worn_labels, list_labels(actor=actor, project=target))
    versions = _same_names(worn_versions, list_versions(actor=actor, project=target))
    assigned = {issue.assignee.pk: issue.assignee for issue in issues if issue.assignee is not None}
    possible = assignable_people(actor=actor, project=target).filter(pk__in=assigned)
    people = frozenset(possible.values_list("pk", flat=True))
    return TransferPlan(
        issues=issues,
        along=along,
        statuses={pk: _like(each, statuses).pk for pk, each in used_statuses.items()},
        types={pk: _named(each.name, offered[pk]).pk for pk, each in used_types.items()},
        tags={"labels": labels, "fix_versions": versions},
        used_statuses=list(used_statuses.values()),
        used_types=list(used_types.values()),
        offered_statuses=statuses,
        offered_types=offered,
        lost_labels=sorted(name for pk, name in worn_labels.items() if pk not in labels),
        lost_versions=sorted(name for pk, name in worn_versions.items() if pk not in versions),
        lost_people=[person for pk, person in assigned.items() if pk not in people],
        leaves_sprint=any(issue.sprint_id is not None for issue in issues),
        people=people,
    )


def _same_names(worn: Mapping[int, str], offered: Iterable[Label | Version]) -> dict[int, int]:
    """Those of the tags here (their names by their ids) that there are of the same name: ids here, and there."""
    there = {each.name.casefold(): each.pk for each in offered}
    return {pk: there[name.casefold()] for pk, name in worn.items() if name.casefold() in there}


def _named(name: str, offered: Sequence[IssueType]) -> IssueType:
    return next((each for each in offered if each.name.casefold() == name.casefold()), offered[0])


def _like(status: Status, offered: Sequence[Status]) -> Status:
    """The status of the same name, else of the same meaning, else where issues begin."""
    by_name = (each for each in offered if each.name.casefold() == status.name.casefold())
    by_meaning = (each for each in offered if each.category == status.category)
    initial = (each for each in offered if each.is_initial)
    return next(by_name, None) or next(by_meaning, None) or next(initial)
