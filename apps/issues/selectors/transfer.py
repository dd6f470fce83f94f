"""What would become of issues in another project: what is found there by its name or meaning, and what is not."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.core.errors import Invalid, NotFound
from apps.core.tenancy import Actor
from apps.issues.models import Issue, IssueLabel, IssueVersion
from apps.issues.selectors.values import people_in
from apps.projects import policies
from apps.projects.models import CustomField, IssueType, Label, Project, Status, Version
from apps.projects.selectors import (
    assignable_people,
    list_custom_fields,
    list_issue_types,
    list_labels,
    list_projects,
    list_statuses,
    list_versions,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldTwins:
    """The fields here that have one of the same name and kind there, by their ids, and who works there."""

    present: Mapping[int, CustomField]
    there: Mapping[int, CustomField]
    people: frozenset[int]

    def carry(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """What an issue has there of what it has here, as it is stored."""
        carried = {
            str(self.there[int(pk)].pk): self._same(self.present[int(pk)], self.there[int(pk)], value)
            for pk, value in values.items()
            if int(pk) in self.there
        }
        return {pk: value for pk, value in carried.items() if value is not None}

    def _same(self, here: CustomField, there: CustomField, value: Any) -> Any:
        if here.has_options:
            named = {each.name.casefold(): each.id for each in there.choices}
            asked = [here.option_names.get(pk, "").casefold() for pk in (value if isinstance(value, list) else [value])]
            found = [named[name] for name in asked if name in named]
            if here.kind == here.Kind.MULTI:
                return there.in_order(found)
            return found[0] if found else None
        if here.kind == here.Kind.USER:
            return value if value in self.people else None
        return value

    def loses(self, values: Mapping[str, Any]) -> list[str]:
        """The names of the fields of which something would be lost."""
        carried = self.carry(values)

        def is_kept(pk: int, value: Any) -> bool:
            found = carried.get(str(self.there[pk].pk)) if pk in self.there else None
            return found is not None and (not isinstance(value, list) or len(found) == len(value))

        return [
            field.name for pk, field in self.present.items() if str(pk) in values and not is_kept(pk, values[str(pk)])
        ]


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
    lost_values: Sequence[str]
    fields: FieldTwins
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
    fields = _twins(actor, issues, target)
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
        lost_values=sorted({name for issue in issues for name in fields.loses(issue.custom_values)}),
        fields=fields,
        lost_people=[person for pk, person in assigned.items() if pk not in people],
        leaves_sprint=any(issue.sprint_id is not None for issue in issues),
        people=people,
    )


def _twins(actor: Actor, issues: Sequence[Issue], target: Project) -> FieldTwins:
    """Which fields of the issues' project are found in the other one: four queries at most."""
    source = issues[0].project
    present = {field.pk: field for field in list_custom_fields(actor=actor, project=source)}
    named = {(each.name.casefold(), each.kind): each for each in list_custom_fields(actor=actor, project=target)}
    there = {
        pk: named[field.name.casefold(), field.kind]
        for pk, field in present.items()
        if (field.name.casefold(), field.kind) in named
    }
    asked = people_in((field, issue.custom_values.get(str(pk))) for issue in issues for pk, field in present.items())
    able = assignable_people(actor=actor, project=target).filter(pk__in=asked).values_list("pk", flat=True)
    return FieldTwins(present=present, there=there, people=frozenset(able) if asked else frozenset())


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
