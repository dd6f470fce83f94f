"""Periodic work on issues."""

from celery import shared_task
from django.db import connection

from apps.core.tenancy import run_as_system, unit_of_work
from apps.issues.selectors import projects_with_long_ranks
from apps.issues.services import rebalance_ranks
from apps.projects.selectors import visible_projects


def _organization_ids() -> list[int]:
    with unit_of_work(), connection.cursor() as cursor:
        cursor.execute("SELECT org_id FROM flowboard_organization_ids()")
        return [row[0] for row in cursor.fetchall()]


@shared_task(name="issues.rebalance_ranks")
def rebalance_all() -> None:
    """Shorten the ranks of every project where some have grown long, archived ones included; one a transaction."""
    for org_id in _organization_ids():
        with run_as_system(org_id=org_id) as actor:
            project_ids = projects_with_long_ranks(actor=actor)
        for project_id in project_ids:
            with run_as_system(org_id=org_id) as actor:
                project = visible_projects(actor=actor).filter(pk=project_id).first()
                if project is not None:
                    rebalance_ranks(actor=actor, project=project)
