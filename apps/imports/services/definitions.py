"""Taking back what an import had to make for its issues: sprints, versions, labels, fields, statuses, types."""

from collections.abc import Callable
from typing import Any

from django.utils.translation import gettext as _

from apps.core.tenancy import Actor
from apps.core.tenancy.doors import remove_imported
from apps.events.facts import FieldChange, Subject
from apps.events.services import record
from apps.imports.models import ExternalRef, ImportRun
from apps.imports.services.taken import TakenBack, forget, made_by
from apps.issues.models import Issue, IssueLabel, IssueVersion
from apps.projects import facts as projects
from apps.projects.models import CustomField, IssueType, Label, Status, Version
from apps.projects.services.common import change_look
from apps.projects.services.fields import field_subject
from apps.projects.services.versions import version_subject
from apps.projects.services.workflow import tell
from apps.recurring.models import IssueTemplate, TemplateLabel
from apps.sprints import facts as sprints
from apps.sprints.models import Sprint
from apps.sprints.services.common import tell as tell_sprint

Kind = ExternalRef.Kind


def _ids(rows: Any, column: str) -> set[int]:
    return set(rows.values_list(column, flat=True))


def _used_labels(things: list[Any]) -> set[int]:
    used = _ids(IssueLabel.objects.filter(label__in=things), "label_id")
    return used | _ids(TemplateLabel.objects.filter(label__in=things), "label_id")


def _used_versions(things: list[Any]) -> set[int]:
    return _ids(IssueVersion.objects.filter(version__in=things), "version_id")


def _used_sprints(things: list[Any]) -> set[int]:
    # One that was started here has a story of its own.
    return _ids(Issue.objects.filter(sprint__in=things), "sprint_id") | {each.pk for each in things if each.run}


def _used_fields(things: list[Any]) -> set[int]:
    if not things:
        return set()
    keys = [str(each.pk) for each in things]
    rows = Issue.objects.filter(project__in={each.project_id for each in things}, custom_values__has_any_keys=keys)
    return {int(key) for values in rows.values_list("custom_values", flat=True).iterator() for key in values}


def _used_statuses(things: list[Any]) -> set[int]:
    """In use, or such that the project could not do without."""
    used = _ids(Issue.objects.filter(status__in=things), "status_id") | {each.pk for each in things if each.is_initial}
    done = Status.objects.filter(
        project__in={each.project_id for each in things}, category=Status.Category.DONE, retired_at__isnull=True
    )
    others = _ids(done.exclude(pk__in=[each.pk for each in things]), "project_id")
    return used | {
        each.pk for each in things if each.category == Status.Category.DONE and each.project_id not in others
    }


def _used_types(things: list[Any]) -> set[int]:
    used = _ids(Issue.objects.filter(type__in=things), "type_id")
    used |= _ids(IssueTemplate.objects.filter(type__in=things), "type_id")
    present = IssueType.objects.filter(
        project__in={each.project_id for each in things}, level=IssueType.Level.STANDARD, retired_at__isnull=True
    )
    others = _ids(present.exclude(pk__in=[each.pk for each in things]), "project_id")
    return used | {
        each.pk for each in things if each.level == IssueType.Level.STANDARD and each.project_id not in others
    }


def _tell_label(actor: Actor, label: Label) -> None:
    subject = Subject(model="projects.label", id=label.pk, name=label.name, action="delete")
    record(projects.LabelDeleted(project_id=label.project_id, label_id=label.pk, subjects=(subject,)), actor=actor)


def _tell_version(actor: Actor, version: Version) -> None:
    subjects = (version_subject(version, "delete"),)
    record(
        projects.VersionDeleted(project_id=version.project_id, version_id=version.pk, subjects=subjects), actor=actor
    )


def _tell_sprint(actor: Actor, sprint: Sprint) -> None:
    tell_sprint(actor, sprint, sprints.SprintDeleted, action="delete")


def _tell_field(actor: Actor, each: CustomField) -> None:
    record(
        projects.CustomFieldChanged(
            project_id=each.project_id, field_id=each.pk, subjects=(field_subject(each, "delete"),)
        ),
        actor=actor,
    )


def _tell_part(actor: Actor, part: Status | IssueType) -> None:
    tell(actor, part, FieldChange("retired", False, True), action="delete")


_DEFINITIONS: dict[str, tuple[Any, Callable[[list[Any]], set[int]], Callable[[Actor, Any], None]]] = {
    Kind.SPRINT: (Sprint, _used_sprints, _tell_sprint),
    Kind.VERSION: (Version, _used_versions, _tell_version),
    Kind.LABEL: (Label, _used_labels, _tell_label),
    Kind.FIELD: (CustomField, _used_fields, _tell_field),
    Kind.STATUS: (Status, _used_statuses, _tell_part),
    Kind.TYPE: (IssueType, _used_types, _tell_part),
}


def take_back_definitions(actor: Actor, run: ImportRun, taken: TakenBack, limit: int) -> bool:
    """Take back what a run made of one kind and nothing uses; whether there was anything."""
    for kind, (model, uses, told) in _DEFINITIONS.items():
        refs = list(made_by(run, kind).select_related("project").order_by("pk")[:limit])
        if not refs:
            continue
        mine = model.objects.filter(org_id=run.org_id).select_related("project")
        things = mine.in_bulk([ref.object_id for ref in refs])
        used = uses(list(things.values()))
        for pk, thing in things.items():
            if pk in used:
                taken.keep(str(thing), _("It is used by what stays."))
        going = [thing for pk, thing in things.items() if pk not in used]
        for thing in going:
            told(actor, thing)
        for project in {thing.project for thing in going}:
            change_look(project)
        gone = remove_imported(run_id=run.pk, kind=kind, ids=[thing.pk for thing in going])
        taken.counts[f"{kind}s" if kind != Kind.STATUS else "statuses"] += gone
        forget(refs)
        return True
    return False
