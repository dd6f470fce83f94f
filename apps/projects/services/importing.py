"""Versions as another tracker had them, many at once, former keys and archived projects. Only FlowBoard itself may."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any

from apps.core.errors import Forbidden
from apps.core.tenancy import Actor, happening_at
from apps.core.texts import one_line
from apps.events.facts import FieldChange
from apps.events.services import record, service
from apps.projects import facts
from apps.projects.models import FormerKey, Project, Version

from .common import record_about, subject_of
from .versions import NAME_LENGTH, TEXT_LENGTH, version_subject


@dataclass(frozen=True, slots=True, kw_only=True)
class PastVersion:
    """A version as an export tells it."""

    name: str
    description: str = ""
    start_date: date | None = None
    release_date: date | None = None
    is_released: bool = False
    is_archived: bool = False

    def values(self) -> dict[str, Any]:
        """What is stored of it. A start after the release is no start."""
        is_upside_down = self.start_date and self.release_date and self.release_date < self.start_date
        now = happening_at()
        return {
            "name": one_line(self.name)[:NAME_LENGTH].strip(),
            "description": self.description[:TEXT_LENGTH],
            "start_date": None if is_upside_down else self.start_date,
            "release_date": self.release_date,
            "released_at": (_midnight(self.release_date) or now) if self.is_released else None,
            "archived_at": now if self.is_archived else None,
        }


def _midnight(day: date | None) -> datetime | None:
    return datetime.combine(day, time(), tzinfo=UTC) if day is not None else None


@service
def archive_imported_project(*, actor: Actor, project: Project, at: datetime) -> None:
    """Archive a project that an import made, since that moment, as it was elsewhere.

    :raises Forbidden: for anybody but FlowBoard itself
    """
    if not actor.is_system:
        raise Forbidden
    Project.objects.filter(pk=project.pk).update(archived_at=at)
    record(
        facts.ProjectArchived(
            project_id=project.pk,
            is_archived=True,
            subjects=(subject_of(project),),
            changes=(FieldChange("archived", False, True),),
        ),
        actor=actor,
    )


@service
def import_former_keys(*, actor: Actor, project: Project, keys: Sequence[str]) -> None:
    """Let keys lead to a project that an import made, as they did elsewhere, in the order in which it had them.

    Those that another project has or had go on leading there.

    :raises Forbidden: for anybody but FlowBoard itself
    """
    if not actor.is_system:
        raise Forbidden
    in_use = set(Project.objects.filter(org_id=project.org_id, key__in=keys).values_list("key", flat=True))
    in_use |= set(FormerKey.objects.filter(org_id=project.org_id, key__in=keys).values_list("key", flat=True))
    free = [key for key in dict.fromkeys(keys) if key not in in_use]
    if free:
        now = happening_at()
        FormerKey.objects.bulk_create(
            FormerKey(org_id=project.org_id, project=project, key=key, created_at=now) for key in free
        )
        record_about(project, facts.ProjectEdited, actor, FieldChange("former_keys", None, free))


@service
def import_versions(*, actor: Actor, project: Project, batch: Sequence[PastVersion]) -> list[Version]:
    """Make versions of a project that has none of these names.

    :raises Forbidden: for anybody but FlowBoard itself
    """
    if not actor.is_system:
        raise Forbidden
    now = happening_at()
    versions = Version.objects.bulk_create(
        Version(org_id=project.org_id, project=project, created_at=now, **past.values()) for past in batch
    )
    for version in versions:
        record(
            facts.VersionCreated(
                project_id=project.pk, version_id=version.pk, subjects=(version_subject(version, "create"),)
            ),
            actor=actor,
        )
    return versions


@service
def update_imported_versions(*, actor: Actor, project: Project, newer: Mapping[int, PastVersion]) -> None:
    """Give versions, by their ids, what a newer export says of them. Their names stay.

    :raises Forbidden: for anybody but FlowBoard itself
    """
    if not actor.is_system:
        raise Forbidden
    rows = Version.objects.present().select_for_update(no_key=True).filter(project=project, pk__in=newer)
    changed = []
    for version in rows.order_by("pk"):
        wanted = {key: value for key, value in newer[version.pk].values().items() if key != "name"}
        for name in ("released_at", "archived_at"):
            if (wanted[name] is None) == (getattr(version, name) is None):
                wanted[name] = getattr(version, name)
        changes = tuple(
            FieldChange(key, _logged(getattr(version, key)), _logged(value))
            for key, value in wanted.items()
            if getattr(version, key) != value
        )
        for key, value in wanted.items():
            setattr(version, key, value)
        changed += [(version, changes)] if changes else []
    Version.objects.bulk_update(
        [version for version, _changes in changed],
        ["description", "start_date", "release_date", "released_at", "archived_at"],
    )
    for version, changes in changed:
        record(
            facts.VersionEdited(
                project_id=project.pk, version_id=version.pk, subjects=(version_subject(version),), changes=changes
            ),
            actor=actor,
        )


def _logged(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value
