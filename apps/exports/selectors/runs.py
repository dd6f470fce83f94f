"""Archives that somebody asked for. They are theirs alone."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy

from apps.core.errors import NotFound
from apps.core.paging import Page, page_by_id
from apps.core.tenancy import Actor
from apps.exports.models import ExportRun
from apps.exports.policies import can_have_archive
from apps.projects.models import Project
from apps.projects.policies import comes_from_outside
from apps.projects.selectors import visible_projects


class NoSuchArchive(NotFound):
    """There is no such archive, or not for this person."""

    title = gettext_lazy("There is no such archive")
    detail = gettext_lazy(
        "Its time is over, it was deleted, or something in it is not yours to read any more. Ask for a new one on the "
        "page “Export”."
    )


def _runs(actor: Actor) -> "QuerySet[ExportRun]":
    runs = ExportRun.objects.filter(org_id=actor.org_id).select_related("project", "org", "user")
    if actor.is_system:
        return runs
    runs = runs.filter(user_id=actor.person_id)
    # Neither guests nor tokens for chosen projects know of what is of the whole organization.
    return runs.filter(project__isnull=False) if comes_from_outside(actor) else runs


def list_archives(*, actor: Actor, project: Project | None) -> list[ExportRun]:
    """The actor's archives of a project, or of the whole organization (None), newest first."""
    return list(_runs(actor).filter(project=project).order_by("-created_at", "-pk")[:50])


def archive_page(
    *,
    actor: Actor,
    project: Project | None,
    after: Sequence[Any] | None = None,
    before: Sequence[Any] | None = None,
    size: int,
) -> Page[ExportRun]:
    """A page of the actor's archives, newest first: of a project, or all of them (None)."""
    runs = _runs(actor)
    if project is not None:
        runs = runs.filter(project=project)
    return page_by_id(runs, after=after, before=before, size=size, is_newest_first=True)


def archive_at_work(*, actor: Actor) -> ExportRun | None:
    """The actor's archive that is being written, wherever it is of."""
    return _runs(actor).filter(ended_at__isnull=True).first()


def get_archive(*, actor: Actor, pk: int) -> ExportRun:
    """One of the actor's archives.

    :raises NoSuchArchive: if there is none with this id, or it is somebody else's
    """
    run = _runs(actor).filter(pk=pk).first()
    if run is None:
        raise NoSuchArchive
    return run


def get_readable_archive(*, actor: Actor, pk: int) -> ExportRun:
    """An archive that is ready, for whoever still may see everything that is in it, until its time is over.

    :raises NoSuchArchive: also then, and for those who may not take this out any more
    """
    run = get_archive(actor=actor, pk=pk)
    seen = visible_projects(actor=actor).filter(pk__in=run.project_ids).count()
    is_there = run.state == run.State.READY and not run.is_expired
    if not is_there or seen < len(run.project_ids) or not can_have_archive(actor, run.project):
        raise NoSuchArchive
    return run


def projects_to_archive(*, actor: Actor, project: Project | None) -> list[Project]:
    """What an archive is to hold: the project, or all that the actor may see, archived ones too, by key."""
    found = visible_projects(actor=actor).order_by("key")
    return list(found if project is None else found.filter(pk=project.pk))


# ---- for jobs


def waiting_archives(*, limit: int = 100) -> list[tuple[int, int]]:
    """(organization, archive) ids of archives to be written that no worker is at, across organizations."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT org_id, run_id FROM flowboard_waiting_exports(%s)", [limit])
        return [(row[0], row[1]) for row in cursor.fetchall()]


def expired_archives(*, actor: Actor, now: datetime) -> list[ExportRun]:
    """Archives whose time is over."""
    return list(_runs(actor).filter(expires_at__lt=now).order_by("pk")[:100])


def unclaimed_files(keys: list[str]) -> list[str]:
    """Those of the keys that belong to no archive of any organization."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT key FROM flowboard_unclaimed_exports(%s)", [keys])
        return [row[0] for row in cursor.fetchall()]
