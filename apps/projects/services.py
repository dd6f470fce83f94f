"""Writing projects and their configuration."""

import re
from collections.abc import Collection

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.accounts.models import User
from apps.core.errors import Conflict, Forbidden, Invalid, NotFound
from apps.core.tenancy import Actor
from apps.core.tenancy.doors import refresh
from apps.core.texts import one_line
from apps.events.facts import Fact, FieldChange, Subject
from apps.events.models import Stream
from apps.events.services import record, service
from apps.orgs.policies import can_create_project
from apps.projects import facts, policies, templates
from apps.projects.models import PROJECT_KEY, FormerKey, IssueType, Label, Project, ProjectMember, ProjectStar, Status

HUES = range(0, 360, 30)


class KeyTaken(Conflict):
    """Another project of the organization has this key."""

    title = gettext_lazy("That key is taken")


class NameTaken(Conflict):
    """Another label of the project has this name."""

    title = gettext_lazy("That name is taken")


def _subject(project: Project, action: str = "update") -> Subject:
    return Subject(model="projects.project", id=project.pk, name=str(project), action=action)


def _configure(actor: Actor, project: Project) -> None:
    if not policies.can_configure(actor, project):
        raise Forbidden


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
) -> tuple[Project, Actor]:
    """Start a project with the types, statuses and labels of its template; its creator administers it.

    :returns: the project, and the actor with their rights in it
    :raises Forbidden: for guests
    :raises Invalid: if key or name cannot be used
    :raises KeyTaken: if another project has the key
    """
    if not can_create_project(actor) or actor.scopes is not None:
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
    templates.set_up(project)
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
            subjects=(_subject(project, "create"),),
            changes=(FieldChange("name", None, name), FieldChange("visibility", None, visibility)),
        ),
        actor=actor,
    )
    return project, actor


@service
def edit_project(*, actor: Actor, project: Project, name: str, description: str, visibility: str) -> Project:
    """Change what a project is called and who may see it.

    :raises Forbidden: for people who do not administer it
    """
    _configure(actor, project)
    name = one_line(name)
    if not name:
        raise Invalid(_("Give the project a name."), field="name")
    if visibility not in Project.Visibility.values:
        raise Invalid(_("Choose one of the offered values."), field="visibility")
    wanted = {"name": name, "description": description, "visibility": visibility}
    changes = tuple(
        FieldChange(field, getattr(project, field), value)
        for field, value in wanted.items()
        if getattr(project, field) != value
    )
    if changes:
        for change in changes:
            setattr(project, change.field, change.new)
        project.save(update_fields=[change.field for change in changes])
        record(facts.ProjectEdited(project_id=project.pk, subjects=(_subject(project),), changes=changes), actor=actor)
    return project


@service
def set_project_archived(*, actor: Actor, project: Project, is_archived: bool) -> Project:
    """Make a project read-only and hide it from lists, or open it again.

    :raises Forbidden: for people who do not administer it
    """
    _configure(actor, project)
    if (project.archived_at is not None) == is_archived:
        return project
    project.archived_at = timezone.now() if is_archived else None
    project.save(update_fields=["archived_at"])
    record(
        facts.ProjectArchived(
            project_id=project.pk,
            is_archived=is_archived,
            subjects=(_subject(project),),
            changes=(FieldChange("archived", not is_archived, is_archived),),
        ),
        actor=actor,
    )
    return project


@service
def change_project_key(*, actor: Actor, project: Project, key: str) -> Project:
    """Give the project another key, and so all its issues. The one before leads on, until another project takes it.

    :raises Forbidden: for people who do not administer it
    :raises Invalid: if it is no key
    :raises KeyTaken: if another project has it
    """
    _configure(actor, project)
    key = _key(key)
    project = Project.objects.select_for_update().get(pk=project.pk)
    old = project.key
    if key == old:
        return project
    project.key = key
    # Rendered cards show their issue's key.
    project.look_version += 1
    _save_under_key(project)
    FormerKey.objects.create(org_id=actor.org_id, project=project, key=old)
    _record_about(project, facts.ProjectKeyChanged, actor, FieldChange("key", old, key))
    return project


def _record_about(
    project: Project, kind: type[Fact], actor: Actor, *changes: FieldChange, action: str = "update"
) -> None:
    record(kind(project_id=project.pk, subjects=(_subject(project, action),), changes=changes), actor=actor)


@service
def delete_project(*, actor: Actor, project: Project, confirmation: str) -> Project:
    """Hide the project from everybody at once. It can be brought back for 30 days; then it is gone.

    :raises Forbidden: for people who do not administer it
    :raises Invalid: if the confirmation is not its name
    """
    _configure(actor, project)
    if confirmation.strip() != project.name:
        raise Invalid(_("Type “%(name)s” to confirm.") % {"name": project.name}, field="confirmation")
    project.deleted_at = timezone.now()
    project.save(update_fields=["deleted_at"])
    change = FieldChange("deleted_at", None, project.deleted_at.isoformat())
    _record_about(project, facts.ProjectDeleted, actor, change, action="delete")
    return project


@service
def restore_project(*, actor: Actor, project: Project) -> Project:
    """Bring a deleted project back. `selectors.get_deleted_project` has authorized it."""
    if project.deleted_at is None:
        return project
    change = FieldChange("deleted_at", project.deleted_at.isoformat(), None)
    project.deleted_at = None
    project.save(update_fields=["deleted_at"])
    _record_about(project, facts.ProjectRestored, actor, change)
    return project


@service
def begin_purge_of_project(*, actor: Actor, project_id: int) -> None:
    """Note, once, that a project past its date goes for good. Only FlowBoard itself does this.

    :raises Forbidden: for anybody else
    """
    if not actor.is_system:
        raise Forbidden
    project = Project.objects.select_for_update().get(org_id=actor.org_id, pk=project_id)
    if project.purge_began_at is None:
        project.purge_began_at = timezone.now()
        project.save(update_fields=["purge_began_at"])
        # A fact of the organization: the project's own log goes as well.
        record(facts.ProjectPurged(subjects=(_subject(project, "delete"),)), actor=actor)


@service
def set_project_role(*, actor: Actor, project: Project, user: User, role: str) -> ProjectMember:
    """Add somebody to the project, or give them another role in it.

    :raises Forbidden: for people who do not administer the project
    :raises NotFound: if the person has no seat in the organization
    """
    _configure(actor, project)
    if role not in ProjectMember.Role.values:
        raise Invalid(_("Choose one of the offered values."), field="role")
    if not user.memberships.filter(org_id=actor.org_id, ended_at__isnull=True).exists():
        raise NotFound(_("They are not a member of the organization."))
    old = ProjectMember.objects.filter(project=project, user=user).first()
    member, _created = ProjectMember.objects.update_or_create(
        org_id=actor.org_id, project=project, user=user, defaults={"role": role}
    )
    record(
        facts.ProjectMemberAdded(
            project_id=project.pk,
            user_id=user.pk,
            role=role,
            subjects=(Subject(model="projects.projectmember", id=member.pk, name=str(user), action="create"),),
            changes=(FieldChange("role", old.role if old else None, role),),
        ),
        actor=actor,
    )
    return member


@service
def remove_project_role(*, actor: Actor, member: ProjectMember) -> None:
    """Take somebody's own role in the project away; what the organization gives them stays.

    :raises Forbidden: for people who do not administer the project
    """
    _configure(actor, member.project)
    member_id = member.pk
    member.delete()
    record(
        facts.ProjectMemberRemoved(
            project_id=member.project_id,
            user_id=member.user_id,
            subjects=(Subject(model="projects.projectmember", id=member_id, name=str(member.user), action="delete"),),
            changes=(FieldChange("role", member.role, None),),
        ),
        actor=actor,
    )


def _label_name(name: str) -> str:
    name = one_line(name)
    if not name:
        raise Invalid(_("Give the label a name."), field="name")
    if len(name) > 60:
        raise Invalid(_("A label has at most 60 characters."), field="name")
    return name


def next_hue(used: int) -> int:
    """The colour for the next label: far from the ones before."""
    return used * 150 % 360


@service
def create_label(*, actor: Actor, project: Project, name: str, hue: int | None = None) -> Label:
    """Make a label.

    :raises Forbidden: for people who may not edit issues
    :raises NameTaken: if there is one of this name
    """
    if not policies.can_edit_issues(actor, project):
        raise Forbidden
    label = Label(
        org_id=actor.org_id,
        project=project,
        name=_label_name(name),
        hue=hue if hue is not None and hue in HUES else next_hue(project.labels.count()),
    )
    try:
        with transaction.atomic():
            label.save()
    except IntegrityError as error:
        raise NameTaken(_("There is a label “%(name)s” already.") % {"name": label.name}, field="name") from error
    record(
        facts.LabelCreated(
            project_id=project.pk,
            label_id=label.pk,
            name=label.name,
            subjects=(Subject(model="projects.label", id=label.pk, name=label.name, action="create"),),
        ),
        actor=actor,
    )
    return label


@service
def ensure_labels(*, actor: Actor, project: Project, names: Collection[str]) -> dict[str, Label]:
    """The project's labels of these names, made where there is none yet.

    :raises Forbidden: for people who may not edit issues
    """
    if not policies.can_edit_issues(actor, project):
        raise Forbidden
    labels = {label.name: label for label in project.labels.filter(name__in=names)}
    missing = [_label_name(name) for name in sorted(set(names) - labels.keys())]
    used = project.labels.count() if missing else 0
    made = Label.objects.bulk_create(
        Label(org_id=actor.org_id, project=project, name=name, hue=next_hue(used + offset))
        for offset, name in enumerate(missing)
    )
    for label in made:
        labels[label.name] = label
        record(
            facts.LabelCreated(
                project_id=project.pk,
                label_id=label.pk,
                name=label.name,
                subjects=(Subject(model="projects.label", id=label.pk, name=label.name, action="create"),),
            ),
            actor=actor,
        )
    return labels


@service
def edit_label(*, actor: Actor, label: Label, name: str, hue: int) -> Label:
    """Rename or recolour a label, everywhere at once.

    :raises Forbidden: for people who do not administer the project
    :raises NameTaken: if another label has the name
    """
    _configure(actor, label.project)
    wanted = {"name": _label_name(name), "hue": hue if hue in HUES else label.hue}
    changes = tuple(
        FieldChange(field, getattr(label, field), value)
        for field, value in wanted.items()
        if getattr(label, field) != value
    )
    if not changes:
        return label
    for change in changes:
        setattr(label, change.field, change.new)
    try:
        with transaction.atomic():
            label.save()
    except IntegrityError as error:
        raise NameTaken(_("There is a label “%(name)s” already.") % {"name": label.name}, field="name") from error
    _change_look(label.project)
    record(
        facts.LabelEdited(
            project_id=label.project_id,
            label_id=label.pk,
            subjects=(Subject(model="projects.label", id=label.pk, name=label.name),),
            changes=changes,
        ),
        actor=actor,
    )
    return label


@service
def delete_label(*, actor: Actor, label: Label) -> None:
    """Delete a label and take it off every issue.

    :raises Forbidden: for people who do not administer the project
    """
    _configure(actor, label.project)
    label_id, name = label.pk, label.name
    label.delete()
    _change_look(label.project)
    record(
        facts.LabelDeleted(
            project_id=label.project_id,
            label_id=label_id,
            subjects=(Subject(model="projects.label", id=label_id, name=name, action="delete"),),
        ),
        actor=actor,
    )


def _change_look(project: Project) -> None:
    Project.objects.filter(pk=project.pk).update(look_version=F("look_version") + 1)


@service
def add_status(*, actor: Actor, project: Project, name: str, category: str) -> Status:
    """Add a step to the end of its category. It is on no board until a column shows it.

    :raises Forbidden: for people who do not administer the project
    """
    _configure(actor, project)
    if category not in Status.Category.values:
        raise Invalid(_("Choose one of the offered values."), field="category")
    status = Status.objects.create(
        org_id=actor.org_id, project=project, name=name[:60], category=category, position=project.statuses.count()
    )
    record(
        facts.WorkflowExtended(
            project_id=project.pk,
            name=status.name,
            subjects=(Subject(model="projects.status", id=status.pk, name=status.name, action="create"),),
            changes=(FieldChange("category", None, category),),
        ),
        actor=actor,
    )
    return status


@service
def add_issue_type(
    *, actor: Actor, project: Project, name: str, icon: str, hue: int, level: int = IssueType.Level.STANDARD
) -> IssueType:
    """Add a type that issues can have.

    :raises Forbidden: for people who do not administer the project
    """
    _configure(actor, project)
    issue_type = IssueType.objects.create(
        org_id=actor.org_id,
        project=project,
        name=name[:60],
        icon=icon,
        hue=hue,
        level=level,
        position=project.issue_types.count(),
    )
    record(
        facts.WorkflowExtended(
            project_id=project.pk,
            name=issue_type.name,
            subjects=(Subject(model="projects.issuetype", id=issue_type.pk, name=issue_type.name, action="create"),),
        ),
        actor=actor,
    )
    return issue_type


@service
def set_project_starred(*, actor: Actor, project: Project, is_starred: bool) -> None:
    """Take a project among one's favourites, or out of them.

    :raises Forbidden: for FlowBoard itself, which has none
    :raises NotFound: if the actor may not know of the project
    """
    if not policies.can_see(actor, project):
        raise NotFound
    mine = ProjectStar.objects.filter(org_id=actor.org_id, project=project, user_id=actor.person_id)
    if mine.exists() == is_starred:
        return
    if is_starred:
        star = ProjectStar(org_id=actor.org_id, project=project, user_id=actor.person_id)
        ProjectStar.objects.bulk_create([star], ignore_conflicts=True)
    else:
        mine.delete()
    record(facts.ProjectStarred(project_id=project.pk, person_id=actor.person_id, is_starred=is_starred), actor=actor)
