"""Asking for archives, and how far they are."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.core.errors import Conflict, Forbidden
from apps.core.files import attached_files
from apps.core.tenancy import Actor
from apps.events.facts import Subject
from apps.events.services import record, service
from apps.exports import facts
from apps.exports.models import ExportRun
from apps.exports.policies import can_archive
from apps.exports.selectors import get_archive, projects_to_archive
from apps.exports.selectors.rows import count_issues
from apps.orgs.facts import WorkEnded
from apps.projects.models import Project

State = ExportRun.State
# So often a worker may end over the same archive; then something of it ends workers.
MOST_TRIES = 5


class OneAtATime(Conflict):
    """The person's last archive is still being written."""

    title = gettext_lazy("One archive at a time")


def _tell(fact: Callable[..., facts.ExportFact], actor: Actor, run: ExportRun, *, action: str, **more: Any) -> None:
    subject = Subject(
        model="exports.exportrun", id=run.pk, name=_("Archive %(number)s") % {"number": run.pk}, action=action
    )
    record(fact(project_id=run.project_id, run_id=run.pk, subjects=(subject,), **more), actor=actor)


@service
def ask_for_archive(*, actor: Actor, project: Project | None) -> ExportRun:
    """Let everything of a project, or of all projects that the actor may see, be written into an archive.

    :raises Forbidden: for those who may not take it out
    :raises OneAtATime: if the last one that they asked for is still being written
    """
    if not can_archive(actor, project):
        raise Forbidden
    ids = [each.pk for each in projects_to_archive(actor=actor, project=project)]
    try:
        with transaction.atomic():
            run = ExportRun.objects.create(
                org_id=actor.org_id,
                project=project,
                user_id=actor.person_id,
                project_ids=ids,
                issues_total=count_issues(actor=actor, project_ids=ids),
            )
    except IntegrityError as error:
        raise OneAtATime(_("The one you asked for before is still being written. Wait for it.")) from error
    _tell(facts.ExportAsked, actor, run, action="create")
    return run


@service
def remove_archive(*, actor: Actor, run: ExportRun) -> None:
    """Delete an archive. One that is being written is not written on.

    :raises apps.exports.selectors.NoSuchArchive: if it is gone
    """
    fresh = get_archive(actor=actor, pk=run.pk)
    if fresh.key:
        transaction.on_commit(lambda: attached_files().delete(fresh.key))
    _tell(facts.ExportRemoved, actor, fresh, action="delete")
    fresh.delete()


def _by_itself(actor: Actor) -> None:
    if not actor.is_system:
        raise Forbidden


@service
def take_up(*, actor: Actor, run_id: int) -> ExportRun | None:
    """Let a worker begin an archive; None if there is nothing to do for it.

    :raises Forbidden: for anybody but FlowBoard itself
    """
    _by_itself(actor)
    run = (
        ExportRun.objects.select_for_update(no_key=True, of=("self",))
        .select_related("project", "org")
        .filter(pk=run_id)
        .first()
    )
    if run is None or not run.is_at_work:
        return None
    if run.tries >= MOST_TRIES:
        reason = _("It stopped %(tries)s times without saying why. Tell whoever runs this server.")
        _end(actor, run, State.FAILED, fault=reason % {"tries": run.tries})
        return None
    run.state, run.tries, run.issues_done, run.beat_at = State.RUNNING, run.tries + 1, 0, timezone.now()
    run.save(update_fields=["state", "tries", "issues_done", "beat_at"])
    return run


@service
def note_progress(*, actor: Actor, run: ExportRun, issues: int) -> bool:
    """Say how far a worker is; whether anybody still waits for it.

    :raises Forbidden: for anybody but FlowBoard itself
    """
    _by_itself(actor)
    mine = ExportRun.objects.filter(pk=run.pk, state=State.RUNNING)
    return bool(mine.update(issues_done=issues, beat_at=timezone.now()))


@service
def store_archive(
    *, actor: Actor, run: ExportRun, key: str, size: int, sha256: str, project_ids: list[int], lost_files: int
) -> bool:
    """Keep what a worker has written; whether anybody still waits for it.

    :raises Forbidden: for anybody but FlowBoard itself
    """
    _by_itself(actor)
    fresh = (
        ExportRun.objects.select_for_update(no_key=True, of=("self",)).filter(pk=run.pk, state=State.RUNNING).first()
    )
    if fresh is None:
        return False
    fresh.key, fresh.size, fresh.sha256, fresh.lost_files = key, size, sha256, lost_files
    fresh.project_ids, fresh.issues_done = project_ids, run.issues_done
    _end(actor, fresh, State.READY)
    return True


@service
def fail_archive(*, actor: Actor, run: ExportRun, fault: str) -> None:
    """Let an archive be stopped by a fault, and say which.

    :raises Forbidden: for anybody but FlowBoard itself
    """
    _by_itself(actor)
    fresh = (
        ExportRun.objects.select_for_update(no_key=True, of=("self",)).filter(pk=run.pk, ended_at__isnull=True).first()
    )
    if fresh is not None:
        _end(actor, fresh, State.FAILED, fault=fault)


def _end(actor: Actor, run: ExportRun, state: str, fault: str = "") -> None:
    run.state, run.fault, run.ended_at = state, fault, timezone.now()
    run.expires_at = run.ended_at + timedelta(days=settings.EXPORT_DAYS)
    run.save()
    _tell(facts.ExportEnded, actor, run, action="update", state=state)
    page = "project_export" if run.project_id is not None else "org_export"
    is_done = state == State.READY
    record(WorkEnded(person_id=run.user_id, project_id=run.project_id, is_done=is_done, page=page), actor=actor)
