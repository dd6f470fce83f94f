"""Who may import."""

from apps.core.tenancy import Actor
from apps.orgs.policies import can_create_project
from apps.projects.models import Project
from apps.projects.policies import administers, can_configure, can_edit_issues


def can_import(actor: Actor, project: Project | None) -> bool:
    """Import into a project: those who administer it and may create issues there.

    :param project: None for projects that the import makes, which the organization's own administrators may let it
    """
    if project is not None:
        return can_configure(actor, project) and can_edit_issues(actor, project)
    return actor.is_manager and actor.may("write") and can_create_project(actor)


def can_follow_imports(actor: Actor, project: Project | None) -> bool:
    """Look at imports: the same people, with a token that reads as well."""
    if project is not None:
        return project.archived_at is None and administers(actor, project)
    return actor.is_manager and actor.may("read")


def can_take_back(actor: Actor, project: Project | None) -> bool:
    """Take an import back: those who may import there, also where it has archived the project.

    :param project: None for projects that it made
    """
    if project is not None and project.archived_at is not None:
        return can_configure(actor, project) and actor.may("write")
    return can_import(actor, project)
