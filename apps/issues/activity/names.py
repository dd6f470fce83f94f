"""What the ids in the log were called when it was written, as far as the reader may know of what they stand for."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from django.db.models import Manager, Q
from django.urls import reverse
from django.utils.translation import gettext as _
from markupsafe import Markup, escape

from apps.accounts.models import User
from apps.core.tenancy import Actor
from apps.events.models import Change, Event
from apps.issues.activity.told import FAMILIES, NAMED, TOLD, Told, unknown
from apps.issues.models import Issue
from apps.issues.selectors import visible_issues
from apps.orgs.selectors import people
from apps.projects import facts
from apps.projects.models import IssueType, Label, Status, Version

# Sprints stand above issues; an issue knows what its own is made of.
_SPRINTS: "Manager[Any]" = Issue._meta.get_field("sprint").related_model._default_manager

# What has a name of its own in a project, and where its present name stands.
_KEPT: dict[str, "Manager[Any]"] = {
    "status": Status.objects,
    "type": IssueType.objects,
    "label": Label.objects,
    "version": Version.objects,
    "sprint": _SPRINTS,
}
# The facts that rename such a thing, and what of their data says which one it was.
_RENAMED: dict[str, tuple[str, str]] = {
    "label": (facts.LabelEdited.kind, "label_id"),
    "version": (facts.VersionEdited.kind, "version_id"),
    "sprint": ("project.sprint_edited", "sprint_id"),
    "status": (facts.WorkflowChanged.kind, "part_id"),
    "type": (facts.WorkflowChanged.kind, "part_id"),
}
_PARTS = {"status": "projects.status", "type": "projects.issuetype"}
# The page of such a thing.
_PAGES = {"sprint": "sprint", "version": "release"}


@dataclass(frozen=True, slots=True)
class _Called:
    """What something is called now, and where it is found."""

    name: str
    url: str = ""


@dataclass(frozen=True, slots=True)
class Names:
    """What ids in the log stand for. `at` gives what they were called at the time of a fact."""

    people: Mapping[int, User]
    issues: Mapping[int, _Called]
    things: Mapping[tuple[str, int], _Called]
    renames: Mapping[tuple[str, int], Sequence[tuple[int, str]]] = field(default_factory=dict)
    families: Mapping[str, Told] = field(default_factory=dict)
    hidden_project_ids: Collection[int] = ()
    is_linked: bool = False
    when: int | None = None

    def at(self, event: Event) -> "Names":
        """The names of that time."""
        return replace(self, when=event.pk)

    def told(self, field: str) -> Told:
        """How a field is told."""
        return TOLD.get(field) or self.families.get(field) or unknown(field)

    def call(self, kind: str, pk: Any) -> Markup:
        """What something is called; a link to it where there is one and links are wanted."""
        if kind == "person":
            return escape(self.people[pk].name) if pk in self.people else escape(_("somebody"))
        if isinstance(pk, str):
            # History that was told anew keeps the name of what is not here.
            return escape(pk)
        found = self.issues.get(pk) if kind == "issue" else self.things.get((kind, pk))
        if found is None:
            return escape(NAMED[kind]())
        name = self._then(kind, pk, found.name)
        if self.is_linked and found.url:
            return Markup('<a class="link" href="{}">{}</a>').format(found.url, name)
        return escape(name)

    def _then(self, kind: str, pk: Any, now: str) -> str:
        if self.when is not None:
            for event_id, old in self.renames.get((kind, pk), ()):
                if event_id > self.when:
                    return old
        return now


def read_names(
    actor: Actor,
    events: Collection[Event],
    changes: Sequence[Change],
    *,
    is_linked: bool = False,
    people_too: Collection[int] = (),
) -> Names:
    """The names of everything that changes name: one query a kind, and one for their names before."""
    wanted: dict[str, set[int]] = {"person": {event.actor_id for event in events if event.actor_id} | set(people_too)}
    families = {name: told for family in FAMILIES for name, told in family(actor, changes).items()}
    for change in changes:
        told = TOLD.get(change.field) or families.get(change.field)
        kind = told.names if told is not None else None
        if kind is not None:
            wanted.setdefault(kind, set()).update(_ids(change.old), _ids(change.new))
    things = {
        (kind, pk): called
        for kind, objects in _KEPT.items()
        for pk, called in _called(objects, actor, kind, wanted.get(kind, set())).items()
    }
    return Names(
        people=people(actor=actor).in_bulk(wanted["person"]),
        issues=_keys(actor, wanted.get("issue", set())),
        things=things,
        renames=_renames(actor, things.keys(), events),
        families=families,
        hidden_project_ids=actor.hidden_project_ids,
        is_linked=is_linked,
    )


def _ids(value: Any) -> set[int]:
    values = value if isinstance(value, list) else [value]
    return {each for each in values if isinstance(each, int)}


def _called(objects: "Manager[Any]", actor: Actor, kind: str, ids: set[int]) -> dict[int, _Called]:
    """What things are called, of projects that the actor may know of."""
    if not ids:
        return {}
    # An issue may have been in other projects: what is named there is found by its id.
    seen = objects.filter(org_id=actor.org_id, pk__in=ids).exclude(project_id__in=actor.hidden_project_ids)
    page = _PAGES.get(kind)
    # What was deleted keeps its name and has no page any more.
    gone = set(seen.filter(retired_at__isnull=False).values_list("id", flat=True)) if kind == "version" else set()
    return {
        pk: _Called(name, reverse(page, args=[actor.org_slug, key, pk]) if page and pk not in gone else "")
        for pk, name, key in seen.values_list("id", "name", "project__key")
    }


def _keys(actor: Actor, issue_ids: set[int]) -> dict[int, _Called]:
    if not issue_ids:
        return {}
    rows = visible_issues(actor=actor).filter(pk__in=issue_ids).values_list("pk", "project__key", "number")
    return {
        pk: _Called(f"{key}-{number}", reverse("issue", args=[actor.org_slug, f"{key}-{number}"]))
        for pk, key, number in rows
    }


def _renames(
    actor: Actor, named: Collection[tuple[str, int]], events: Collection[Event]
) -> dict[tuple[str, int], list[tuple[int, str]]]:
    """The names that things had before, with the fact that took each of them away, oldest first: one query."""
    if not named or not events:
        return {}
    condition = Q()
    for kind in {kind for kind, _pk in named}:
        fact, key = _RENAMED[kind]
        mine = Q(event__kind=fact, **{f"event__data__{key}__in": [pk for of, pk in named if of == kind]})
        condition |= mine & Q(event__data__part=_PARTS[kind]) if kind in _PARTS else mine
    rows = Change.objects.filter(
        condition,
        org_id=actor.org_id,
        issue=None,
        field="name",
        event_id__gt=min(event.pk for event in events),
    ).order_by("event_id")
    found: dict[tuple[str, int], list[tuple[int, str]]] = {}
    for event_id, old, fact, data in rows.values_list("event_id", "old", "event__kind", "event__data"):
        for kind, (of, key) in _RENAMED.items():
            if fact == of and (kind not in _PARTS or data.get("part") == _PARTS[kind]) and isinstance(old, str):
                found.setdefault((kind, data[key]), []).append((event_id, old))
    return found
