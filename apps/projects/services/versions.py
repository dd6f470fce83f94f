"""The versions of a project: what is planned to come out together.

What also changes issues (releasing a version, deleting one) is in `apps.issues.services`.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.core.errors import Invalid, NotFound
from apps.core.tenancy import Actor, happening_at
from apps.core.texts import one_line
from apps.events.facts import Fact, FieldChange, Subject
from apps.events.services import record, service
from apps.projects import facts
from apps.projects.models import Project, Version

from .common import require_configure
from .labels import NameTaken

NAME_LENGTH = 60
TEXT_LENGTH = 10_000


def version_subject(version: Version, action: str = "update") -> Subject:
    """The version as the audit trail names it."""
    return Subject(model="projects.version", id=version.pk, name=version.name, action=action)


def _clean(*, name: str, description: str, start_date: date | None, release_date: date | None) -> Mapping[str, Any]:
    name = one_line(name)
    if not name or "\x00" in name:
        raise Invalid(_("Give the version a name, such as 2.4."), field="name")
    if len(name) > NAME_LENGTH:
        raise Invalid(_("A name has at most %(limit)s characters.") % {"limit": NAME_LENGTH}, field="name")
    if "\x00" in description or len(description) > TEXT_LENGTH:
        raise Invalid(
            _("A description has at most %(limit)s characters.") % {"limit": TEXT_LENGTH}, field="description"
        )
    if start_date and release_date and release_date < start_date:
        raise Invalid(_("It cannot come out before it is begun."), field="release_date")
    return {"name": name, "description": description, "start_date": start_date, "release_date": release_date}


def save_version(version: Version) -> None:
    """Store a version.

    :raises NameTaken: if another one of the project has the name
    """
    try:
        with transaction.atomic():
            version.save()
    except IntegrityError as error:
        raise NameTaken(_("There is a version “%(name)s” already.") % {"name": version.name}, field="name") from error


def lock_version(version: Version, *, is_retired: bool = False) -> Version:
    """The version as it is now, kept so until the unit of work ends.

    :raises NotFound: if it was deleted meanwhile, or (`is_retired`) brought back
    """
    rows = Version.objects.select_for_update(no_key=True).filter(pk=version.pk, retired_at__isnull=not is_retired)
    fresh: Version | None = rows.first()
    if fresh is None:
        raise NotFound(_("This version is gone. Reload the page."))
    fresh.project = version.project
    return fresh


@service
def create_version(
    *,
    actor: Actor,
    project: Project,
    name: str,
    description: str = "",
    start_date: date | None = None,
    release_date: date | None = None,
) -> Version:
    """Plan a version.

    :raises Forbidden: for people who do not administer the project
    :raises Invalid: if a value cannot be stored, or it would come out before it is begun
    :raises NameTaken: if there is one of this name
    """
    require_configure(actor, project)
    values = _clean(name=name, description=description, start_date=start_date, release_date=release_date)
    version = Version(org_id=actor.org_id, project=project, created_at=happening_at(), **values)
    save_version(version)
    record(
        facts.VersionCreated(
            project_id=project.pk, version_id=version.pk, subjects=(version_subject(version, "create"),)
        ),
        actor=actor,
    )
    return version


@service
def edit_version(
    *,
    actor: Actor,
    version: Version,
    name: str,
    description: str = "",
    start_date: date | None = None,
    release_date: date | None = None,
) -> Version:
    """Give a version another name, description or other dates.

    :raises Forbidden: for people who do not administer the project
    :raises NotFound: if it was deleted
    :raises Invalid: if a value cannot be stored, or it would come out before it is begun
    :raises NameTaken: if another version has the name
    """
    require_configure(actor, version.project)
    values = _clean(name=name, description=description, start_date=start_date, release_date=release_date)
    fresh = lock_version(version)
    changes = [
        FieldChange(field, _logged(getattr(fresh, field)), _logged(value))
        for field, value in values.items()
        if getattr(fresh, field) != value
    ]
    if not changes:
        return fresh
    for field, value in values.items():
        setattr(fresh, field, value)
    save_version(fresh)
    _tell_edited(actor, fresh, *changes)
    return fresh


@service
def set_version_archived(*, actor: Actor, version: Version, is_archived: bool) -> Version:
    """Take a version out of what is offered and listed, or put it back. Its issues keep it.

    :raises Forbidden: for people who do not administer the project
    :raises NotFound: if it was deleted
    """
    require_configure(actor, version.project)
    fresh = lock_version(version)
    if (fresh.archived_at is not None) == is_archived:
        return fresh
    fresh.archived_at = timezone.now() if is_archived else None
    fresh.save(update_fields=["archived_at"])
    _tell_edited(actor, fresh, FieldChange("archived", not is_archived, is_archived))
    return fresh


def _logged(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value


def _tell_edited(actor: Actor, version: Version, *changes: FieldChange) -> None:
    fact: Fact = facts.VersionEdited(
        project_id=version.project_id, version_id=version.pk, subjects=(version_subject(version),), changes=changes
    )
    record(fact, actor=actor)
