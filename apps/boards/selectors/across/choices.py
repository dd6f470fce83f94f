"""What selected cards of several projects can be given: what all projects have, and what each has for itself."""

from dataclasses import dataclass, field
from typing import Any

from django.db.models import F

from apps.boards.selectors.across.shown import AcrossView
from apps.core.tenancy import Actor
from apps.issues.selectors import OPEN_SPRINTS, epics_going_on
from apps.projects.models import Label, Project, Version
from apps.projects.selectors import working_places
from apps.sprints.models import Sprint


@dataclass(slots=True, kw_only=True)
class Choices:
    """What the issues of one project can be given, which those of others cannot."""

    project: Project
    open_sprints: list[tuple[int, str]] = field(default_factory=list)
    epics: list[tuple[int, str]] = field(default_factory=list)
    labels: list[Label] = field(default_factory=list)
    versions: list[Version] = field(default_factory=list)


def choices_across(*, actor: Actor, view: AcrossView) -> tuple[list[Choices], list[tuple[Any, list[int]]]]:
    """Of each project that the actor works in, and the people with the projects they work in: six queries."""
    projects = view.editable
    parts = {project.pk: Choices(project=project) for project in projects}
    sprints = Sprint.objects.filter(org_id=actor.org_id, project__in=projects, state__in=OPEN_SPRINTS)
    for project_id, sprint_id, name in sprints.order_by("state", "id").values_list("project_id", "id", "name"):
        parts[project_id].open_sprints.append((sprint_id, name))
    epics = epics_going_on(actor=actor, projects=projects)
    for project_id, epic_id, title in epics.values_list("project_id", "id", "title"):
        parts[project_id].epics.append((epic_id, title))
    for label in Label.objects.present().filter(org_id=actor.org_id, project__in=projects).order_by("name", "id"):
        parts[label.project_id].labels.append(label)
    versions = Version.objects.present().filter(org_id=actor.org_id, project__in=projects, archived_at__isnull=True)
    for version in versions.order_by(F("released_at").desc(nulls_first=True), "name", "id"):
        parts[version.project_id].versions.append(version)
    return list(parts.values()), working_places(actor=actor, projects=projects)
