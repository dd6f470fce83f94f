"""Periodic work on sprints."""

from celery import shared_task

from apps.core.tenancy import run_as_system
from apps.core.tenancy.doors import organization_ids
from apps.projects.selectors import visible_projects
from apps.sprints.selectors import projects_with_cadence
from apps.sprints.services import keep_cadence


@shared_task(name="sprints.keep_cadences")
def keep_cadences() -> None:
    """Let the sprints of every project with a cadence end and start as it says; one project a transaction."""
    for org_id in organization_ids():
        with run_as_system(org_id=org_id) as actor:
            project_ids = projects_with_cadence(actor=actor)
        for project_id in project_ids:
            with run_as_system(org_id=org_id) as actor:
                project = visible_projects(actor=actor).filter(pk=project_id, archived_at__isnull=True).first()
                if project is not None:
                    keep_cadence(actor=actor, project=project)
