"""Starting, changing and archiving projects."""

import re
from collections.abc import Callable

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.core.errors import Conflict, Forbidden, Invalid
from apps.core.tenancy import Actor
from apps.core.tenancy.doors import refresh
from apps.core.texts import one_line
from apps.events.facts import FieldChange
from apps.events.models import Stream
from apps.events.services import record, service
from apps.orgs.policies import can_create_project
from apps.projects import facts, templates
from apps.projects.models import PROJECT_KEY, FormerKey, Project, ProjectMember

from .common import lock, record_about, require_configure, subject_of


class KeyTaken(Conflict):
    """Another project of the organization has this key."""

    title = gettext_lazy("That key is taken")


def _key(text: str) -> str:
    key = text.strip().upper()
    if not re.fullmatch(PROJECT_KEY, key):
        raise Invalid(_("A key is 2 to 10 capital letters or digits and begins with a letter, like FLOW."), field="key")
    return key


def _save_under_key(project: Project) -> None:
    """Store the project with its key. If another one had it, the key does not lead there any more."""
    try:
        with transaction.atomic():
            project.save()
    except IntegrityError as error:
        raise KeyTaken(
            _("Another project uses the key %(key)s, or a deleted one still has it.") % {"key": project.key},
            field="key",
        ) from error
    FormerKey.objects.filter(org_id=project.org_id, key=project.key).delete()


@service
def create_project(
    *,
    actor: Actor,
    key: str,
    name: str,
    template: str = Project.Template.KANBAN,
    visibility: str = Project.Visibility.ORGANIZATION,
    description: str = "",
    set_up: Callable[[Project], object] = templates.set_up,
) -> tuple[Project, Actor]:
    """Start a project with the types, statuses and labels of its template; its creator administers it.

    :param set_up: gives it what it begins with, if not its template's
    :returns: the project, and the actor with their rights in it
    :raises Forbidden: for guests
    :raises Invalid: if key or name cannot be used
    :raises KeyTaken: if another project has the key
    """
    if not can_create_project(actor) or not actor.may("write"):
        raise Forbidden
    key, name = _key(key), one_line(name)
    if not name:
        raise Invalid(_("Give the project a name."), field="name")
    if template not in Project.Template.values or visibility not in Project.Visibility.values:
        raise Invalid(_("Choose one of the offered values."), field="template")
    project = Project(
        org_id=actor.org_id,
        key=key,
        name=name[:80],
        description=description,
        template=template,
        visibility=visibility,
        lead_id=actor.user_id,
    )
    _save_under_key(project)
    Stream.objects.create(org_id=actor.org_id, kind=Stream.Kind.PROJECT, project=project)
    set_up(project)
    if actor.user_id is not None:
        ProjectMember.objects.create(
            org_id=actor.org_id, project=project, user_id=actor.user_id, role=ProjectMember.Role.ADMIN
        )
        actor = refresh(actor)
    record(
        facts.ProjectCreated(
            project_id=project.pk,
            key=key,
            name=name,
            subjects=(subject_of(project, "create"),),
            changes=(FieldChange("name", None, name), FieldChange("visibility", None, visibility)),
        ),
        actor=actor,
    )
    return project, actor


@service
def edit_project(
    *, actor: Actor, project: Project, name: str, description: str, visibility: str, template: str
) -> Project:
    """Change what a project is called, who may see it, and whether its team works in sprints (`template`).

    Types and statuses stay: the template gives them to a new project only.

    :raises Forbidden: for people who do not administer it
    """
    require_configure(actor, project)
    name = one_line(name)
    if not name:
        raise Invalid(_("Give the project a name."), field="name")
    if visibility not in Project.Visibility.values:
        raise Invalid(_("Choose one of the offered values."), field="visibility")
    if template not in Project.Template.values:
        raise Invalid(_("Choose one of the offered values."), field="template")
    lock(project)
    wanted = {"name": name, "description": description, "visibility": visibility, "template": template}
    changes = tuple(
        FieldChange(field, getattr(project, field), value)
        for field, value in wanted.items()
        if getattr(project, field) != value
    )
    if changes:
        for change in changes:
            setattr(project, change.field, change.new)
        project.save(update_fields=[change.field for change in changes])
        record(
            facts.ProjectEdited(project_id=project.pk, subjects=(subject_of(project),), changes=changes), actor=actor
        )
    return project


@service
def set_project_archived(*, actor: Actor, project: Project, is_archived: bool) -> Project:
    """Make a project read-only and hide it from lists, or open it again.

    :raises Forbidden: for people who do not administer it
    """
    require_configure(actor, project)
    lock(project)
    if (project.archived_at is not None) == is_archived:
        return project
    project.archived_at = timezone.now() if is_archived else None
    project.save(update_fields=["archived_at"])
    record(
        facts.ProjectArchived(
            project_id=project.pk,
            is_archived=is_archived,
            subjects=(subject_of(project),),
            changes=(FieldChange("archived", not is_archived, is_archived),),
        ),
        actor=actor,
    )
    return project


@service
def set_triage(*, actor: Actor, project: Project, is_on: bool) -> Project:
    """Let what comes from outside wait until somebody decides, or come straight in. What waits already goes on waiting.

    :raises Forbidden: for people who do not administer it
    """
    require_configure(actor, project)
    lock(project)
    if project.has_triage == is_on:
        return project
    project.has_triage = is_on
    project.save(update_fields=["has_triage"])
    record_about(project, facts.ProjectEdited, actor, FieldChange("has_triage", not is_on, is_on))
    return project


@service
def change_project_key(*, actor: Actor, project: Project, key: str) -> Project:
    """Give the project another key, and so all its issues. The one before leads on, until another project takes it.

    :raises Forbidden: for people who do not administer it
    :raises Invalid: if it is no key
    :raises KeyTaken: if another project has it
    """
    require_configure(actor, project)
    key = _key(key)
    lock(project)
    old = project.key
    if key == old:
        return project
    project.key = key
    # Rendered cards show their issue's key.
    project.look_version += 1
    _save_under_key(project)
    FormerKey.objects.create(org_id=actor.org_id, project=project, key=old)
    record_about(project, facts.ProjectKeyChanged, actor, FieldChange("key", old, key))
    return project
