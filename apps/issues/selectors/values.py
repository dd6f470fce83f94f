"""What issues have in their project's own fields: in words, on cards, and as conditions.

Values are in one column of the issue (`custom_values`), by the ids of their fields, so that reading issues reads them
too. What a field is comes with one query for all issues of a project.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.accounts.reading import day
from apps.core.tenancy import Actor
from apps.issues.models import Issue, IssueQuerySet, field_id_of
from apps.issues.selectors.visible import visible_issues
from apps.projects.models import CustomField, Project
from apps.projects.selectors import fields_with_types

Kind = CustomField.Kind


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldValue:
    """What an issue has in a field: as it is stored (None for nothing), and in words."""

    field: CustomField
    value: Any
    text: str
    person: User | None = None


def fields_of_type(fields: Iterable[Any], type_id: int) -> list[Any]:
    """Those of some fields, read with their `type_ids`, that issues of a type have."""
    return [each for each in fields if not each.type_ids or type_id in each.type_ids]


def fields_of_projects(*, actor: Actor, project_ids: Iterable[int]) -> list[Any]:
    """All fields of some projects that the actor has read issues of: one query."""
    present = CustomField.objects.present().filter(org_id=actor.org_id, project_id__in=set(project_ids))
    return list(fields_with_types(present))


def fields_on_cards(*, projects: Iterable[Project]) -> list[Any]:
    """The fields that boards show on cards of these projects: one query."""
    return list(fields_with_types(CustomField.objects.present().filter(project__in=projects, on_cards=True)))


def in_words(field: CustomField, value: Any, people: Mapping[int, User]) -> str:
    """A value as people read it; empty for none."""
    if value is None:
        return ""
    match field.kind:
        case Kind.DATE:
            return day(date.fromisoformat(value))
        case Kind.SELECT:
            return _option(field, value)
        case Kind.MULTI:
            return ", ".join(_option(field, each) for each in value)
        case Kind.USER:
            return people[value].name if value in people else _("somebody")
        case Kind.CHECKBOX:
            return _("Yes")
    return str(value)


def _option(field: CustomField, value: Any) -> str:
    # History that was told anew keeps the name of an option that is not here.
    return value if isinstance(value, str) else field.option_names.get(value) or _("a deleted option")


def people_in(pairs: Iterable[tuple[CustomField, Any]]) -> dict[int, User]:
    """Whoever some values name: one query, or none where none is a person."""
    ids = {value for field, value in pairs if field.kind == Kind.USER and value is not None}
    return User.objects.in_bulk(ids) if ids else {}


def values_by_issue(*, issues: Iterable[Issue], fields: Sequence[Any]) -> dict[int, list[FieldValue]]:
    """What issues of the fields' projects have in them, by the issues' ids; what is empty is left out."""
    found = [
        (issue.pk, field, issue.custom_values[str(field.pk)])
        for issue in issues
        if issue.custom_values
        for field in fields_of_type(fields, issue.type_id)
        if str(field.pk) in issue.custom_values
    ]
    people = people_in((field, value) for _pk, field, value in found)
    values: dict[int, list[FieldValue]] = {}
    for pk, field, value in found:
        values.setdefault(pk, []).append(_shown(field, value, people))
    return values


def values_of_issue(*, issue: Issue, fields: Sequence[Any]) -> list[FieldValue]:
    """What an issue has in each of the fields of its type, in their order; the empty ones too."""
    pairs = [(field, issue.custom_values.get(str(field.pk))) for field in fields_of_type(fields, issue.type_id)]
    people = people_in(pairs)
    return [_shown(field, value, people) for field, value in pairs]


def _shown(field: CustomField, value: Any, people: Mapping[int, User]) -> FieldValue:
    person = people.get(value) if field.kind == Kind.USER and value is not None else None
    return FieldValue(field=field, value=value, text=in_words(field, value, people), person=person)


def named_by_log(*, actor: Actor, field_ids: Iterable[int]) -> dict[int, CustomField]:
    """The fields that changes name, removed ones too, as far as the actor may know of them: one query, or none."""
    ids = set(field_ids)
    if not ids:
        return {}
    seen = CustomField.objects.filter(org_id=actor.org_id, pk__in=ids).exclude(project_id__in=actor.hidden_project_ids)
    return {field.pk: field for field in seen}


def people_of_fields(changes: Iterable[Any], fields: Mapping[int, CustomField]) -> set[int]:
    """The ids of the people whom changes of fields name."""
    return {
        value
        for change in changes
        if (field := fields.get(field_id_of(change.field) or 0)) is not None and field.kind == Kind.USER
        for value in (change.old, change.new)
        if value is not None
    }


def holds(field: CustomField, value: Any) -> Q:
    """That an issue has this value in a field; of several options, that it is one of them."""
    return Q(custom_values__contains={str(field.pk): [value] if field.kind == Kind.MULTI else value})


def issues_with_option(*, actor: Actor, field: CustomField, option_id: int) -> IssueQuerySet:
    """The issues of a field's project that have an option of it, wherever they are: in the bin and the archive too."""
    return Issue.objects.filter(holds(field, option_id), org_id=actor.org_id, project_id=field.project_id)


def count_with_option(*, actor: Actor, field: CustomField, option_id: int) -> int:
    """How many issues have an option of a field."""
    return visible_issues(actor=actor).filter(holds(field, option_id), project_id=field.project_id).count()
