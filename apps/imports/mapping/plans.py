"""Versions and sprints of another tracker in one project: made once, and kept as newer exports tell them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import date
from typing import Any

from apps.core.tenancy import Actor, happening_at
from apps.core.texts import one_line
from apps.imports.models import ExternalRef
from apps.imports.records import IssueRecord, SprintRecord, SprintState, VersionRecord, fingerprint_of
from apps.imports.texts import NAME_LENGTH
from apps.projects.models import Project, Version
from apps.projects.services import PastVersion, import_versions, update_imported_versions
from apps.sprints.models import Sprint
from apps.sprints.services import PastSprint, import_sprints, update_imported_sprints

Kind = ExternalRef.Kind


def version_name(record: VersionRecord) -> str:
    """The name that stands for a version."""
    return one_line(record.name)[:NAME_LENGTH].strip()


def sprint_id(record: SprintRecord) -> str:
    """What stands for a sprint among the ids of its tracker."""
    return (record.external_id or one_line(record.name))[:100]


class Plans:
    """The versions and sprints that records name. `prepare` makes what is missing, the rest looks up."""

    def __init__(self, project: Project, source: str) -> None:
        self.project = project
        self.source = source
        self._versions: dict[str, Version] = {}
        self._sprints: dict[str, Sprint] = {}
        self._refs: dict[tuple[str, str], ExternalRef] = {}
        # What was told last of each in this import, so that rows that say the same cost nothing.
        self._told: dict[tuple[str, str], str] = {}
        self._is_loaded = False

    def prepare(
        self,
        *,
        actor: Actor,
        records: Sequence[IssueRecord],
        versions: Iterable[VersionRecord] = (),
        sprints: Iterable[SprintRecord] = (),
        slots: Mapping[str, date] | None = None,
    ) -> tuple[list[ExternalRef], list[ExternalRef]]:
        """Make sure that what these records name is there and as they tell it.

        :param slots: the first days of the slots of a cadence that sprints fill, by their ids
        :returns: references to what was made here, and to what was there already under its name; both to be stored
        """
        named_versions = {
            version_name(each): each
            for each in [*(version for record in records for version in record.fix_versions), *versions]
            if version_name(each)
        }
        named_sprints = {
            sprint_id(each): each
            for each in [*(sprint for record in records for sprint in record.sprints), *sprints]
            if sprint_id(each)
        }
        new_versions = self._untold(Kind.VERSION, named_versions)
        new_sprints = self._untold(Kind.SPRINT, named_sprints)
        if not new_versions and not new_sprints:
            return [], []
        self._load()
        over = {sprint_id(each) for record in records for each in record.sprints[:-1]}
        over |= {sprint_id(each) for record in records if record.resolved_at for each in record.sprints[-1:]}
        self._meet_by_slot(new_sprints, slots or {})
        made, met = self._keep_versions(actor, new_versions)
        more_made, more_met = self._keep_sprints(actor, new_sprints, over)
        return made + more_made, met + more_met

    def _untold(self, kind: str, named: dict[str, Any]) -> dict[str, Any]:
        found = {}
        for name, each in named.items():
            told = fingerprint_of(asdict(each))
            if self._told.get((kind, name)) != told:
                self._told[kind, name] = told
                found[name] = each
        return found

    def _load(self) -> None:
        if self._is_loaded:
            return
        self._is_loaded = True
        for ref in ExternalRef.objects.filter(
            project=self.project, source=self.source, kind__in=[Kind.VERSION, Kind.SPRINT, Kind.CADENCE]
        ):
            self._refs[ref.kind, ref.external_id] = ref
        versions = {each.pk: each for each in self.project.versions.filter(retired_at__isnull=True)}
        sprints = {each.pk: each for each in self.project.sprints.all()}
        self._versions = {each.name: each for each in versions.values()}
        self._sprint_names = {each.name.casefold(): each for each in sprints.values()}
        for (kind, name), ref in self._refs.items():
            if kind == Kind.VERSION and ref.object_id in versions:
                self._versions[name] = versions[ref.object_id]
            if kind == Kind.SPRINT and ref.object_id in sprints:
                self._sprints[name] = sprints[ref.object_id]

    def _ref(self, kind: ExternalRef.Kind, name: str, object_id: int) -> ExternalRef:
        ref = self._refs.get((kind, name)) or ExternalRef(
            org_id=self.project.org_id, project=self.project, source=self.source, kind=kind, external_id=name
        )
        self._refs[kind, name] = ref
        ref.object_id, ref.fingerprint = object_id, self._told[kind, name]
        return ref

    def _keep_versions(
        self, actor: Actor, wanted: dict[str, VersionRecord]
    ) -> tuple[list[ExternalRef], list[ExternalRef]]:
        missing = [name for name in wanted if name not in self._versions]
        made = import_versions(
            actor=actor,
            project=self.project,
            batch=[PastVersion(**{**asdict(wanted[name]), "name": name}) for name in missing],
        )
        self._versions |= dict(zip(missing, made, strict=True))
        # A row that only has the name says nothing of whether it is released.
        newer = {
            name: record
            for name, record in wanted.items()
            if name not in missing
            and record != VersionRecord(name=record.name)
            and self._was(Kind.VERSION, name) != self._told[Kind.VERSION, name]
        }
        update_imported_versions(
            actor=actor,
            project=self.project,
            newer={self._versions[name].pk: PastVersion(**asdict(record)) for name, record in newer.items()},
        )
        met = [name for name in wanted if name not in missing and (name in newer or not self._was(Kind.VERSION, name))]
        return (
            [self._ref(Kind.VERSION, name, self._versions[name].pk) for name in missing],
            [self._ref(Kind.VERSION, name, self._versions[name].pk) for name in met],
        )

    def _meet_by_slot(self, wanted: Iterable[str], slots: Mapping[str, date]) -> None:
        """What a cadence that came along has planned here for a slot is what a newer archive has for it."""
        if not slots or not any(kind == Kind.CADENCE for kind, _name in self._refs):
            return
        met = {sprint.pk for sprint in self._sprints.values()}
        free = {
            sprint.slot_date: sprint
            for sprint in self._sprint_names.values()
            if sprint.slot_date is not None and sprint.pk not in met
        }
        for name in wanted:
            if name in slots and name not in self._sprints and (sprint := free.pop(slots[name], None)) is not None:
                self._sprints[name] = sprint
                self._sprint_names.pop(sprint.name.casefold(), None)

    def _keep_sprints(
        self, actor: Actor, wanted: dict[str, SprintRecord], over: set[str]
    ) -> tuple[list[ExternalRef], list[ExternalRef]]:
        for name, record in wanted.items():
            # One that people made under this name is the one that is meant.
            if name not in self._sprints and record.name.casefold() in self._sprint_names:
                self._sprints[name] = self._sprint_names.pop(record.name.casefold())
        missing = [name for name in wanted if name not in self._sprints]
        made = import_sprints(
            actor=actor,
            project=self.project,
            batch=[past_sprint(wanted[name], is_over=name in over) for name in missing],
        )
        self._sprints |= dict(zip(missing, made, strict=True))
        newer = {
            name: record
            for name, record in wanted.items()
            if name not in missing
            and record != SprintRecord(name=record.name, external_id=record.external_id)
            and self._was(Kind.SPRINT, name) != self._told[Kind.SPRINT, name]
        }
        pasts = {self._sprints[name].pk: past_sprint(record, is_over=name in over) for name, record in newer.items()}
        update_imported_sprints(actor=actor, project=self.project, newer=pasts)
        for name in newer:
            self._sprints[name].state = pasts[self._sprints[name].pk].state
        met = [name for name in wanted if name not in missing and (name in newer or not self._was(Kind.SPRINT, name))]
        return (
            [self._ref(Kind.SPRINT, name, self._sprints[name].pk) for name in missing],
            [self._ref(Kind.SPRINT, name, self._sprints[name].pk) for name in met],
        )

    def _was(self, kind: ExternalRef.Kind, name: str) -> str:
        ref = self._refs.get((kind, name))
        return ref.fingerprint if ref is not None else ""

    def version_called(self, name: str) -> Version | None:
        """The version that stands for one of the tracker, if there is one."""
        self._load()
        return self._versions.get(version_name(VersionRecord(name=name)))

    def sprint_called(self, external_id: str) -> Sprint | None:
        """The sprint that stands for one of the tracker, if there is one."""
        self._load()
        return self._sprints.get(external_id[:100])

    def versions_of(self, record: IssueRecord) -> list[Version]:
        """The versions that an issue comes with."""
        found = (self._versions.get(version_name(each)) for each in record.fix_versions)
        return list(dict.fromkeys(version for version in found if version is not None))

    def sprint_of(self, record: IssueRecord, *, is_closed: bool) -> Sprint | None:
        """The sprint that an issue is in: its last one. Open work is in no sprint that is over."""
        sprint = self._sprints.get(sprint_id(record.sprints[-1])) if record.sprints else None
        if sprint is not None and sprint.state == Sprint.State.COMPLETED and not is_closed:
            return None
        return sprint


def past_sprint(record: SprintRecord, *, is_over: bool) -> PastSprint:
    """A sprint as its record tells it."""
    start = record.started_at.date() if record.started_at else None
    ends_at = record.completed_at or record.ends_at
    return PastSprint(
        name=record.name or record.external_id,
        state=record.state or _state_of(record, is_over=is_over),
        goal=record.goal,
        start_date=start,
        end_date=ends_at.date() if ends_at else None,
    )


def _state_of(record: SprintRecord, *, is_over: bool) -> SprintState:
    """What a sprint is whose export does not say so: by its dates, else by what became of its issues."""
    now = happening_at()
    if record.completed_at or (record.ends_at and record.ends_at < now):
        return SprintState.COMPLETED
    if record.started_at or record.ends_at:
        return SprintState.ACTIVE if record.started_at and record.started_at <= now else SprintState.PLANNED
    return SprintState.COMPLETED if is_over else SprintState.PLANNED
