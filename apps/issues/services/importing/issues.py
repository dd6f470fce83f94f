"""Bringing issues up to date with the tracker they were imported from."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from apps.core.errors import Forbidden, Invalid
from apps.core.tenancy import Actor
from apps.events.facts import FieldChange
from apps.events.services import record, service
from apps.issues.facts import IssueEdited, IssueMoved
from apps.issues.models import Decision, Issue, IssueLabel, IssueVersion, put_value
from apps.issues.services.common import clean_points, clean_text, clean_title, lock, subject_of, watch_all
from apps.issues.services.creating import NewIssue
from apps.issues.services.editing import as_json
from apps.issues.services.values import learn_workers, read_field_value
from apps.projects.models import Project
from apps.projects.selectors import list_custom_fields

# The columns that a newer export may change, by the names that changes have.
_PLAIN = (
    "title", "description", "type", "priority", "reporter", "assignee", "sprint", "points", "start_date", "due_date",
    "time_estimate", "time_remaining",
)  # fmt: skip
# What belongs to the project that an issue was imported into, and makes no sense in another one.
_OF_PROJECT = frozenset({"type", "status", "sprint", "labels", "fix_versions"})
_TAGS: dict[str, tuple[Any, str]] = {
    "labels": (IssueLabel, "label_id"),
    "fix_versions": (IssueVersion, "version_id"),
}
_MOST_AT_ONCE = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class PastUpdate:
    """What a newer export says of an issue.

    Only `fields` of it are taken over (None: all), and of the project's own fields those of `values`, by their ids.
    """

    issue_id: int
    new: NewIssue
    fields: Collection[str] | None = None
    values: Mapping[int, Any] = field(default_factory=dict)

    def takes(self, name: str) -> bool:
        """Whether a field is to be taken over."""
        return self.fields is None or name in self.fields


@service
def update_imported_issues(*, actor: Actor, project: Project, updates: Sequence[PastUpdate]) -> list[Issue]:
    """Make issues say what a newer export says, in a constant number of statements. Their places stay.

    One that was moved to another project keeps what belongs to that one.

    :raises Forbidden: for anybody but FlowBoard itself
    :raises NotFound: if one of the issues was deleted here
    :raises Invalid: if a value cannot be stored
    """
    if not actor.is_system:
        raise Forbidden
    locked = {issue.pk: issue for issue in lock(actor, [update.issue_id for update in updates])}
    changes: dict[int, list[FieldChange]] = {pk: [] for pk in locked}
    for update in updates:
        issue = locked[update.issue_id]
        changes[issue.pk] += _apply(issue, update, is_here=issue.project_id == project.pk)
    here = [update for update in updates if locked[update.issue_id].project_id == project.pk]
    _apply_values(actor, project, locked, here, changes)
    for name in _TAGS:
        wanted = {
            update.issue_id: {tag.pk for tag in getattr(update.new, name)} for update in here if update.takes(name)
        }
        for pk, change in _retag(locked, name, wanted).items():
            changes[pk].append(change)
    old_status = {pk: change for pk, found in changes.items() for change in found if change.field == "status"}
    for issue in locked.values():
        issue.version += 1
    columns = [*_PLAIN, "status", "status_changed_at", "resolved_at", "archived_at", "custom_values", "version"]
    columns += ["updated_at", "triage_since", "snoozed_until"]
    Issue.objects.bulk_update(locked.values(), columns, batch_size=_MOST_AT_ONCE)
    watch_all(
        (locked[update.issue_id], user_id)
        for update in updates
        for user_id in _watching(locked[update.issue_id], update, changes[update.issue_id])
    )
    for pk, issue in locked.items():
        _tell(actor, issue, [change for change in changes[pk] if change.field != "status"], old_status.get(pk))
    return [locked[update.issue_id] for update in updates]


def _apply(issue: Issue, update: PastUpdate, *, is_here: bool) -> list[FieldChange]:
    """Take over what changed, apart from labels, versions and the project's own fields."""
    new, found = update.new, []
    if update.takes("triage") and is_here and issue.triage_since is not None and not new.is_from_outside:
        found.append(FieldChange("triage", Decision.WAITING.value, Decision.ACCEPTED.value))
        issue.triage_since = issue.snoozed_until = None
    for name in _PLAIN:
        if not update.takes(name) or (name in _OF_PROJECT and not is_here):
            continue
        if name == "sprint" and issue.triage_since is not None:
            # What waits here is in no sprint.
            continue
        column = f"{name}_id" if name in {"sprint", "reporter", "assignee"} else name
        value = new.sprint_id if name == "sprint" else _clean(name, getattr(new, name))
        if name == "type" and value is None:
            continue
        old = getattr(issue, column)
        if old != value:
            found.append(FieldChange(name, as_json(old), as_json(value)))
            setattr(issue, column, value)
    if update.takes("status") and is_here and new.status is not None:
        if issue.status_id != new.status.pk:
            found.append(FieldChange("status", issue.status_id, new.status.pk))
            issue.status_changed_at = new.status_changed_at or new.resolved_at or new.updated_at or issue.updated_at
            issue.status = new.status
        issue.resolved_at = new.resolved_at
    if update.takes("archived") and (issue.archived_at is None) != (new.archived_at is None):
        found.append(FieldChange("archived", issue.archived_at is not None, new.archived_at is not None))
        issue.archived_at = new.archived_at
    issue.updated_at = new.updated_at or issue.updated_at
    return found


def _clean(name: str, value: Any) -> Any:
    match name:
        case "title":
            return clean_title(value)
        case "description":
            return clean_text(value, field="description")
        case "points":
            return clean_points(value)
        case "reporter" | "assignee":
            return value.pk if value is not None else None
        case _:
            return value


def _apply_values(
    actor: Actor,
    project: Project,
    locked: dict[int, Issue],
    updates: Sequence[PastUpdate],
    changes: dict[int, list[FieldChange]],
) -> None:
    if not any(update.values for update in updates):
        return
    fields = {each.pk: each for each in list_custom_fields(actor=actor, project=project)}
    learn_workers(actor=actor, project=project, fields=fields.values(), values=[update.values for update in updates])
    for update in updates:
        issue = locked[update.issue_id]
        for pk, value in update.values.items():
            if pk not in fields:
                raise Invalid(f"Field {pk} is gone.", field=f"field_{pk}")
            each = fields[pk]
            each.project, each.is_required = project, False
            stored = read_field_value(actor, each, value)
            old = issue.custom_values.get(str(pk))
            if old != stored:
                put_value(issue, pk, stored)
                changes[issue.pk].append(FieldChange(each.key, old, stored))


def _retag(locked: dict[int, Issue], name: str, wanted: dict[int, set[int]]) -> dict[int, FieldChange]:
    """Let issues carry these labels or versions and no others: three statements at most."""
    if not wanted:
        return {}
    model, column = _TAGS[name]
    present: dict[int, dict[int, int]] = {pk: {} for pk in wanted}
    for issue_id, tag_id, pk in model.objects.filter(issue_id__in=wanted).values_list("issue_id", column, "pk"):
        present[issue_id][tag_id] = pk
    model.objects.filter(
        pk__in=[row for pk, tags in present.items() for tag, row in tags.items() if tag not in wanted[pk]]
    ).delete()
    model.objects.bulk_create(
        [
            model(org_id=locked[pk].org_id, project_id=locked[pk].project_id, issue=locked[pk], **{column: tag})
            for pk, tags in wanted.items()
            for tag in sorted(tags - present[pk].keys())
        ],
        batch_size=1000,
    )
    return {
        pk: FieldChange(name, sorted(present[pk]), sorted(tags))
        for pk, tags in wanted.items()
        if tags != present[pk].keys()
    }


def _watching(issue: Issue, update: PastUpdate, changes: Sequence[FieldChange]) -> set[int | None]:
    """Who follows the issue from now on: those of the newer export, and whoever it names anew."""
    named = {change.new for change in changes if change.field in {"reporter", "assignee"}}
    return named | ({user.pk for user in update.new.watchers} if update.takes("watchers") else set())


def _tell(actor: Actor, issue: Issue, changes: Sequence[FieldChange], moved: FieldChange | None) -> None:
    about: dict[str, Any] = {
        "project_id": issue.project_id,
        "issue_id": issue.pk,
        "v": issue.version,
        "occurred_at": issue.updated_at,
        "subjects": (subject_of(issue),),
    }
    if changes:
        record(IssueEdited(**about, f=tuple(change.field for change in changes), changes=tuple(changes)), actor=actor)
    if moved is not None:
        record(IssueMoved(**about, status=issue.status_id, rank=issue.rank, changes=(moved,)), actor=actor)
