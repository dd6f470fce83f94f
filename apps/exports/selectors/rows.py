"""Issues on their way out: some at a time, by their numbers, each with all that it has."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Prefetch

from apps.accounts.models import User
from apps.core.tenancy import Actor
from apps.issues.models import Issue
from apps.issues.selectors.values import fields_of_type
from apps.issues.selectors.visible import Filters, visible_issues
from apps.projects.models import CustomField, Label, Project, Version

Kind = CustomField.Kind
# As many at a time: what is read for them fits into memory, and a long list needs few queries.
AT_ONCE = 200


def issues_after(
    *, actor: Actor, project: Project, number: int, filters: Filters | None = None, at_once: int = AT_ONCE
) -> list[Issue]:
    """The next issues of a project behind this number, archived ones and those in Triage too.

    Always as many queries, however many issues.

    :param filters: what a list shows under these instead
    """
    found = visible_issues(actor=actor).filter(project=project, number__gt=number)
    if filters is not None and filters.active:
        found = found.alive().filter(filters.condition(actor, project))
    return list(
        found.select_related("type", "status", "assignee", "reporter", "sprint", "parent__project")
        .prefetch_related(
            Prefetch("labels", Label.objects.order_by("name")),
            Prefetch("fix_versions", Version.objects.order_by("name")),
        )
        .order_by("number")[:at_once]
    )


def count_issues(*, actor: Actor, project_ids: Sequence[int]) -> int:
    """How many issues some projects have."""
    return visible_issues(actor=actor).filter(project_id__in=project_ids).count()


def key_in(project: Project, issue: Issue) -> str:
    """What an issue of the project is called."""
    return f"{project.key}-{issue.number}"


def parent_key(actor: Actor, issue: Issue) -> str:
    """What an issue belongs to, as far as the actor may know of it."""
    parent = issue.parent
    if parent is None or parent.deleted_at is not None or parent.project_id in actor.hidden_project_ids:
        return ""
    return key_in(parent.project, parent)


@dataclass(frozen=True, slots=True)
class Held:
    """What an issue has in one of its project's own fields: `value` is text, a number, a list, a person, or a tick."""

    field: CustomField
    value: Any


def held_values(issues: Sequence[Issue], fields: Sequence[Any]) -> dict[int, list[Held]]:
    """What issues have in fields of their project's own, by the issues' ids: one query, or none without people."""
    pairs = [
        (issue.pk, field, issue.custom_values[str(field.pk)])
        for issue in issues
        for field in fields_of_type(fields, issue.type_id)
        if issue.custom_values.get(str(field.pk)) is not None
    ]
    ids = {value for _pk, field, value in pairs if field.kind == Kind.USER}
    people = User.objects.in_bulk(ids) if ids else {}
    found: dict[int, list[Held]] = {}
    for pk, field, value in pairs:
        plain = _plain(field, value, people)
        if plain is not None:
            found.setdefault(pk, []).append(Held(field, plain))
    return found


def _plain(field: CustomField, value: Any, people: dict[int, User]) -> Any:
    names = field.option_names
    match field.kind:
        case Kind.SELECT:
            return names.get(value)
        case Kind.MULTI:
            return [names[each] for each in value if each in names] or None
        case Kind.USER:
            return people.get(value)
    return value
