"""Periodic work on issues."""

from celery import shared_task
from django.db import connection

from apps.core.tenancy import run_as_system, unit_of_work
from apps.issues.services import rebalance_ranks
from apps.projects.selectors import list_projects


def _organization_ids() -> list[int]:
    with unit_of_work(), connection.cursor() as cursor:
        cursor.execute("SELECT org_id FROM flowboard_organization_ids()")
        return [row[0] for row in cursor.fetchall()]


@shared_task(name="issues.rebalance_ranks")
def rebalance_all() -> None:
    """Shorten the ranks of projects where some have grown long; one project a transaction."""
    for org_id in _organization_ids():
        with run_as_system(org_id=org_id) as actor:
            keys = [project.pk for project in list_projects(actor=actor)]
        for project_id in keys:
            with run_as_system(org_id=org_id) as actor:
                project = next((p for p in list_projects(actor=actor) if p.pk == project_id), None)
                if project is not None:
                    rebalance_ranks(actor=actor, project=project)
