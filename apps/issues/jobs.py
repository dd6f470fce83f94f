"""Periodic work on issues."""

from celery import shared_task

from apps.core.tenancy import run_as_system
from apps.core.tenancy.doors import organization_ids
from apps.issues.selectors import projects_with_long_ranks
from apps.issues.services import rebalance_ranks
from apps.projects.selectors import visible_projects


@shared_task(name="issues.rebalance_ranks")
def rebalance_all() -> None:
    """Shorten the ranks of every project where some have grown long, archived ones included; one a transaction."""
    for org_id in organization_ids():
        with run_as_system(org_id=org_id) as actor:
            project_ids = projects_with_long_ranks(actor=actor)
        for project_id in project_ids:
            with run_as_system(org_id=org_id) as actor:
                project = visible_projects(actor=actor).filter(pk=project_id).first()
                if project is not None:
                    rebalance_ranks(actor=actor, project=project)
