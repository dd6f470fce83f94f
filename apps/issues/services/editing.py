"""Changing an issue's fields, without losing what somebody else changed at the same time."""

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.accounts.models import User
from apps.core.errors import Conflict, Invalid, NotFound
from apps.core.tenancy import Actor
from apps.events.facts import FieldChange
from apps.events.models import Change
from apps.events.services import is_taking_back, record, service
from apps.issues.facts import IssueEdited
from apps.issues.models import Issue, IssueLabel, IssueVersion, Priority, put_value
from apps.issues.services.common import (
    clean_day,
    clean_points,
    clean_text,
    clean_title,
    lock_with_deleted,
    require_edit,
    subject_of,
    touch,
    watch,
)
from apps.issues.services.limits import LIMITED_FIELDS, Arrival, Standing, lock_lane_limits, refuse_if_full
from apps.issues.services.timing import clean_minutes, follow_estimate, refuse_due_before_start
from apps.issues.services.values import named_fields, read_field_value, refuse_wrong_type
from apps.projects.models import IssueType
from apps.projects.selectors import assignable_people


class StaleEdit(Conflict):
    """The same field was changed by somebody else since the edit began.

    `extra` holds `field`, `theirs` (the value now) and `mine` (the refused one), for a choice between the two; where
    there are several such fields, these are the one changed last, and `conflicts` lists all.
    """

    title = gettext_lazy("Somebody else changed this field")


def clean_number(value: Any, field: str) -> int | None:
    """A whole number, such as the id of somebody, or none. Forms send text, and the log keeps numbers.

    :raises Invalid: for anything else
    """
    if value in (None, ""):
        return None
    try:
        return int(value)
    except (TypeError, ValueError) as error:
        raise Invalid(_("Choose one of the offered values."), field=field) from error


def _assignee(actor: Actor, issue: Issue, value: Any) -> User | None:
    user_id = clean_number(value, "assignee")
    if user_id is None:
        return None
    user = assignable_people(actor=actor, project=issue.project).filter(pk=user_id).first()
    if user is None:
        raise Invalid(_("Choose somebody who works in this project."), field="assignee")
    return user


def _type(actor: Actor, issue: Issue, value: Any) -> IssueType:
    wanted = clean_number(value, "type") or 0
    found = issue.project.issue_types.filter(pk=wanted, retired_at__isnull=True).first()
    if found is None:
        raise Invalid(_("Choose one of the project's issue types."), field="type")
    return found


def _priority(actor: Actor, issue: Issue, value: Any) -> int:
    number = clean_number(value, "priority")
    if number not in Priority.values:
        raise Invalid(_("Choose one of the offered values."), field="priority")
    return number


def _parent(actor: Actor, issue: Issue, value: Any) -> Issue | None:
    parent_id = clean_number(value, "parent")
    if parent_id is None:
        return None
    if parent_id == issue.pk:
        raise Invalid(_("An issue cannot belong to itself."), field="parent")
    # Locked (see `_lock`), so that its type stays what it is until the commit.
    parent = (
        Issue.objects.undeleted()
        .filter(org_id=actor.org_id, pk=parent_id)
        .exclude(project_id__in=actor.hidden_project_ids)
        .select_related("type")
        .first()
    )
    if parent is None:
        raise Invalid(_("There is no such parent."), field="parent")
    return parent


def _lock(actor: Actor, issue: Issue, values: Mapping[str, Any]) -> Issue:
    """The issue as it is now, locked together with what is to hold it.

    :raises NotFound: if the issue is gone
    """
    parent_id = clean_number(values.get("parent"), "parent")
    rows = lock_with_deleted(actor, {issue.pk} if parent_id is None else {issue.pk, parent_id})
    fresh = next((row for row in rows if row.pk == issue.pk and row.deleted_at is None), None)
    if fresh is None:
        raise NotFound(_("The issue was deleted, or is not shared with you."))
    return fresh


def _refuse_levels(issue: Issue, wanted: Mapping[str, Any]) -> None:
    """Refuse a type or a parent with which the issue would not be below its parent and above its children.

    Levels descend, so nothing can be its own ancestor.

    :raises Invalid: then
    """
    if not wanted.keys() & {"type", "parent"}:
        return
    issue_type = wanted.get("type", issue.type)
    parent = wanted.get("parent", issue.parent)
    if parent is not None and parent.type.level <= issue_type.level:
        if "parent" in wanted:
            raise Invalid(_("An epic holds issues, and an issue holds sub-tasks."), field="parent")
        raise Invalid(
            _("It belongs to “%(title)s”, which cannot hold a %(type)s. Take it out of there first.")
            % {"title": parent.title, "type": issue_type.name},
            field="type",
        )
    if "type" in wanted and issue.children.undeleted().filter(type__level__gte=issue_type.level).exists():
        raise Invalid(
            _("A %(type)s cannot hold what belongs to this issue. Take its children out first.")
            % {"type": issue_type.name},
            field="type",
        )


def _refuse_dates(issue: Issue, wanted: Mapping[str, Any]) -> None:
    """Refuse a date with which the issue would be due before it begins; a way back may lead there.

    :raises Invalid: then
    """
    changed = [
        name for name in ("due_date", "start_date") if wanted.get(name, getattr(issue, name)) != getattr(issue, name)
    ]
    if changed and not is_taking_back():
        start, due = (wanted.get(name, getattr(issue, name)) for name in ("start_date", "due_date"))
        refuse_due_before_start(start, due, field=changed[0])


_READ: dict[str, Callable[[Actor, Issue, Any], Any]] = {
    "title": lambda actor, issue, value: clean_title(value),
    "description": lambda actor, issue, value: clean_text(value, field="description"),
    "type": _type,
    "priority": _priority,
    "assignee": _assignee,
    "parent": _parent,
    "points": lambda actor, issue, value: clean_points(value),
    "due_date": lambda actor, issue, value: clean_day(value, "due_date"),
    "start_date": lambda actor, issue, value: clean_day(value, "start_date"),
    "time_estimate": lambda actor, issue, value: clean_minutes(issue.project, value, field="time_estimate"),
    "time_remaining": lambda actor, issue, value: clean_minutes(issue.project, value, field="time_remaining"),
}

# Fields that hold several things of the project: the rows that say so, the column that names the thing, and the words
# for it.
_TAGS: dict[str, tuple[Any, str, Any, Any]] = {
    "labels": (
        IssueLabel,
        "label_id",
        gettext_lazy("Labels are a list."),
        gettext_lazy("One of these labels no longer exists."),
    ),
    "fix_versions": (
        IssueVersion,
        "version_id",
        gettext_lazy("Versions are a list."),
        gettext_lazy("One of these versions no longer exists."),
    ),
}

EDITABLE = frozenset({*_READ, *_TAGS})


def read_value(actor: Actor, issue: Issue, name: str, value: Any) -> Any:
    """A value for one of an issue's fields that hold one, as it can be stored.

    :raises Invalid: if it cannot
    """
    return _READ[name](actor, issue, value)


def as_json(value: Any) -> Any:
    """A field's value as the log keeps it: ids for references, ISO text for dates, text for decimals."""
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return str(value.normalize() + 0) if value == value.to_integral() else str(value)
    return getattr(value, "pk", value)


@service
def edit_issue(*, actor: Actor, issue: Issue, values: Mapping[str, Any], version: int | None = None) -> Issue:
    """Set some fields of an issue. Labels, versions and options are given as lists of their ids.

    The project's own fields are called `field_12`, by their ids.

    :param version: the version that the edit began from; without it the last writer wins
    :raises Forbidden: for people who may not edit issues here
    :raises NotFound: if the issue is gone
    :raises Invalid: if a field does not exist or its value cannot be stored, or the issue was never at `version`
    :raises LaneFull: if somebody, or a lane, has enough in work
    :raises StaleEdit: if one of the same fields was changed since `version`; other fields never conflict
    """
    require_edit(actor, issue.project)
    own = named_fields(actor=actor, project=issue.project, names=values)
    unknown = values.keys() - EDITABLE - own.keys()
    if unknown:
        raise Invalid(
            _("There is no field “%(name)s” to edit.") % {"name": sorted(unknown)[0]}, field=sorted(unknown)[0]
        )
    limits = lock_lane_limits(issue.project) if values.keys() & LIMITED_FIELDS else []
    fresh = _lock(actor, issue, values)
    was = Standing.of(fresh)
    wanted = {name: _READ[name](actor, fresh, value) for name, value in values.items() if name in _READ}
    wanted |= follow_estimate(fresh, wanted)
    _refuse_levels(fresh, wanted)
    _refuse_dates(fresh, wanted)
    theirs = _read_own(actor, fresh, wanted.get("type", fresh.type), own, values)
    changes = [
        FieldChange(name, as_json(getattr(fresh, name)), as_json(value))
        for name, value in wanted.items()
        if getattr(fresh, name) != value
    ]
    changes += [
        FieldChange(name, old, new)
        for name in _TAGS
        if name in values
        for old, new in [(tags_of(fresh, name), _read_tags(fresh, name, values[name]))]
        if old != new
    ]
    changes += [
        FieldChange(own_field.key, old, new)
        for own_field, new in theirs
        if (old := fresh.custom_values.get(str(own_field.pk))) != new
    ]
    if not changes:
        return fresh
    refuse_stale(fresh, changes, since=version)
    for change in changes:
        if change.field in _TAGS:
            set_tags(fresh, change.field, set(change.old), set(change.new))
        elif change.field in own:
            put_value(fresh, own[change.field].pk, change.new)
        else:
            setattr(fresh, change.field, wanted[change.field])
    if fresh.archived_at is None:
        arrival = Arrival(Standing.of(fresh), was)
        refuse_if_full(limits, actor=actor, project=fresh.project, arriving=[arrival])
    columns = {"custom_values" if change.field in own else change.field for change in changes}
    touch(fresh, *sorted(columns - _TAGS.keys()))
    if fresh.assignee_id is not None and any(change.field == "assignee" for change in changes):
        watch(fresh, [fresh.assignee_id])
    record(
        IssueEdited(
            project_id=fresh.project_id,
            issue_id=fresh.pk,
            v=fresh.version,
            f=tuple(change.field for change in changes),
            subjects=(subject_of(fresh),),
            changes=tuple(changes),
        ),
        actor=actor,
    )
    return fresh


def _read_own(
    actor: Actor, issue: Issue, issue_type: IssueType, own: Mapping[str, Any], values: Mapping[str, Any]
) -> list[tuple[Any, Any]]:
    """The project's own fields that are to be set, with their values as they are stored."""
    found = []
    for name, field in own.items():
        field.project = issue.project
        refuse_wrong_type(field, issue_type)
        found.append((field, read_field_value(actor, field, values[name])))
    return found


def refuse_stale(issue: Issue, changes: Iterable[FieldChange], *, since: int | None) -> None:
    """Refuse if a field of `changes` was written by a fact whose version is newer than `since`.

    :param since: None: whatever is there is overwritten
    :raises Invalid: if the issue was never at this version
    :raises StaleEdit: then
    """
    if since is None or since == issue.version:
        return
    if since > issue.version:
        raise Invalid(
            _("The issue was never at version %(sent)s: it is at %(now)s. Read it again.")
            % {"sent": since, "now": issue.version},
            field="version",
        )
    mine = {change.field: change for change in changes}
    newer = (
        Change.objects.filter(
            # A fact about many issues knows the version of each.
            Q(event__data__v__gt=since) | Q(**{f"event__data__versions__{issue.pk}__gt": since}),
            issue_id=issue.pk,
            field__in=mine,
        )
        .order_by("-id")
        .values_list("field", flat=True)
    )
    conflicts = [{"field": name, "theirs": mine[name].old, "mine": mine[name].new} for name in dict.fromkeys(newer)]
    if conflicts:
        raise StaleEdit(
            _("Nothing was overwritten, and what you wrote is not lost. Choose which of the two to keep."),
            **conflicts[0],
            version=issue.version,
            conflicts=conflicts,
        )


def _read_tags(issue: Issue, name: str, value: Any) -> list[int]:
    """The ids of labels or versions that are there, in order."""
    _model, _column, no_list, gone = _TAGS[name]
    if not isinstance(value, list | tuple):
        raise Invalid(str(no_list), field=name)
    ids = {clean_number(item, name) or 0 for item in value if item not in (None, "")}
    present = issue.project.labels if name == "labels" else issue.project.versions
    if present.present().filter(pk__in=ids).count() != len(ids):
        raise NotFound(str(gone))
    return sorted(ids)


def tags_of(issue: Issue, name: str) -> list[int]:
    """The ids of an issue's labels or versions, in order."""
    model, column, *_words = _TAGS[name]
    return sorted(model.objects.filter(issue=issue).values_list(column, flat=True))


def set_tags(issue: Issue, name: str, old: set[int], new: set[int]) -> None:
    """Take labels or versions off the issue and put others on it, by their ids."""
    model, column, *_words = _TAGS[name]
    model.objects.filter(issue=issue, **{f"{column}__in": old - new}).delete()
    model.objects.bulk_create(
        model(org_id=issue.org_id, project_id=issue.project_id, issue=issue, **{column: tag_id})
        for tag_id in sorted(new - old)
    )
