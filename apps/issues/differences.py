"""What facts changed, field by field, from what to what: for readers who are not all allowed to see the same."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Manager
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.accounts.reading import day
from apps.core.tenancy import Actor
from apps.events.models import Change
from apps.issues.models import Issue, Priority, field_id_of
from apps.issues.selectors.values import in_words, named_by_log, people_of_fields
from apps.orgs.selectors import people
from apps.projects.models import CustomField, IssueType, Label, Status, Version

_LABELS: dict[str, Any] = {
    "title": gettext_lazy("Title"),
    "description": gettext_lazy("Description"),
    "status": gettext_lazy("Status"),
    "assignee": gettext_lazy("Assignee"),
    "priority": gettext_lazy("Priority"),
    "labels": gettext_lazy("Labels"),
    "fix_versions": gettext_lazy("Versions"),
    "parent": gettext_lazy("Part of"),
    "sprint": gettext_lazy("Sprint"),
    "points": gettext_lazy("Estimate"),
    "due_date": gettext_lazy("Due date"),
    "start_date": gettext_lazy("Start date"),
    "key": gettext_lazy("Key"),
    "type": gettext_lazy("Type"),
    "triage": gettext_lazy("Triage"),
    "archived": gettext_lazy("Archived"),
}
_LINKS: dict[str, Any] = {
    "blocks": gettext_lazy("Blocks"),
    "blocks_in": gettext_lazy("Blocked by"),
    "duplicates": gettext_lazy("Duplicates"),
    "duplicates_in": gettext_lazy("Duplicated by"),
    "relates": gettext_lazy("Relates to"),
    "relates_in": gettext_lazy("Relates to"),
}
# A place in a column is no news; of the others their own fact tells.
_LEFT_OUT = frozenset({"rank", "comment", "deleted", "snoozed_until"})
_SPRINTS: "Manager[Any]" = Issue._meta.get_field("sprint").related_model._default_manager
_NAMED: dict[str, "Manager[Any]"] = {
    "status": Status.objects,
    "type": IssueType.objects,
    "labels": Label.objects,
    "fix_versions": Version.objects,
    "sprint": _SPRINTS,
}


@dataclass(frozen=True, slots=True)
class Difference:
    """A field that changed, in words; empty is nothing."""

    label: str
    old: str
    new: str


class Differences:
    """What many facts changed, told to each reader without the names of what is hidden from them."""

    def __init__(self, *, actor: Actor, changes: Sequence[Change]) -> None:
        """Read what everything is called, in a fixed number of queries.

        :param actor: FlowBoard itself, or somebody: what they may not see is hidden from every reader
        """
        self._changes: dict[tuple[int, int | None], list[Change]] = {}
        ids: dict[str, set[int]] = {"people": set(), "issues": set(), **{field: set() for field in _NAMED}}
        for change in changes:
            self._changes.setdefault((change.event_id, change.issue_id), []).append(change)
            for value in (change.old, change.new):
                kind = _kind_of(change.field)
                if kind is not None:
                    ids[kind] |= {one for one in (value if isinstance(value, list) else [value]) if one}
        own = (field_id_of(change.field) for change in changes)
        self._fields = named_by_log(actor=actor, field_ids=(pk for pk in own if pk is not None))
        ids["people"] |= people_of_fields(changes, self._fields)
        self._users = people(actor=actor).in_bulk(ids["people"])
        self._people = {pk: user.name for pk, user in self._users.items()}
        self._named = {
            field: {
                pk: (project_id, name)
                for pk, project_id, name in objects.filter(org_id=actor.org_id, pk__in=ids[field])
                .exclude(project_id__in=actor.hidden_project_ids)
                .values_list("pk", "project_id", "name")
            }
            for field, objects in _NAMED.items()
        }
        issues = Issue.objects.filter(org_id=actor.org_id, pk__in=ids["issues"], deleted_at__isnull=True)
        self._named["issues"] = {
            pk: (project_id, f"{key}-{number}")
            for pk, project_id, key, number in issues.exclude(project_id__in=actor.hidden_project_ids).values_list(
                "pk", "project_id", "project__key", "number"
            )
        }

    def of(self, *, event_id: int, issue_id: int, hidden: Iterable[int] = ()) -> list[Difference]:
        """What a fact changed at an issue, for somebody from whom these projects are hidden."""
        unseen = frozenset(hidden)
        return [
            Difference(
                self._label(change.field, unseen),
                self._words(change.field, change.old, unseen),
                _("changed") if change.field == "description" else self._words(change.field, change.new, unseen),
            )
            for change in self._changes.get((event_id, issue_id), ())
            if change.field not in _LEFT_OUT
        ]

    def _label(self, name: str, hidden: frozenset[int]) -> str:
        field_id = field_id_of(name)
        if field_id is None:
            return _label(name)
        field = self._seen(field_id, hidden)
        return field.name if field is not None else _("A field that is not shared with you")

    def _seen(self, field_id: int, hidden: frozenset[int]) -> CustomField | None:
        field = self._fields.get(field_id)
        return field if field is not None and field.project_id not in hidden else None

    def _words(self, field: str, value: Any, hidden: frozenset[int]) -> str:
        if value is None or value == [] or field == "description":
            return ""
        field_id = field_id_of(field)
        if field_id is not None:
            own = self._seen(field_id, hidden)
            return in_words(own, value, self._users) if own is not None else _("something not shared with you")
        match field:
            case "assignee":
                return self._people.get(value) or _("somebody")
            case "priority":
                return str(Priority(int(value)).label)
            case "due_date" | "start_date":
                return day(date.fromisoformat(value))
            case "archived":
                return _("yes") if value else _("no")
        kind = _kind_of(field)
        if kind is None:
            return str(value)
        values = value if isinstance(value, list) else [value]
        return ", ".join(self._name(kind, one, hidden) for one in values)

    def _name(self, kind: str, pk: int, hidden: frozenset[int]) -> str:
        project_id, name = self._named[kind].get(pk, (None, ""))
        return name if project_id is not None and project_id not in hidden else _("something not shared with you")


def _label(field: str) -> str:
    return str(_LABELS.get(field) or _LINKS.get(field) or field.replace("_", " ").capitalize())


def _kind_of(field: str) -> str | None:
    """Of what a field of the log holds ids."""
    if field == "assignee":
        return "people"
    if field == "parent" or field in _LINKS:
        return "issues"
    return field if field in _NAMED else None
