"""An archive that somebody asked for and that waits for them."""

import hashlib
from datetime import timedelta
from typing import Any

from django.core.files.base import ContentFile
from django.utils import timezone

from apps.core.files import EXPORTS, attached_files, new_key
from apps.core.tenancy import Actor
from apps.exports.models import ExportRun
from apps.projects.models import Project


def make_each_state(*, actor: Actor, project: Project) -> None:
    """An archive in each further state: its time is over, stopped by a fault, without a file, and being written."""
    over = timezone.now() - timedelta(days=1)
    make_archive(actor=actor, project=project, issues_done=12, expires_at=over)
    make_archive(actor=actor, project=project, state=ExportRun.State.FAILED, fault="The storage is full. Try it later.")
    make_archive(actor=actor, project=project, issues_done=1200, lost_files=2)
    make_archive(
        actor=actor,
        project=project,
        state=ExportRun.State.RUNNING,
        issues_total=1200,
        issues_done=400,
        ended_at=None,
        expires_at=None,
    )


def make_archive(*, actor: Actor, project: Project, **fields: Any) -> ExportRun:
    """One that is ready."""
    content, now = b"PK\x05\x06" + b"\0" * 18, timezone.now()
    ready: dict[str, Any] = {
        "state": ExportRun.State.READY,
        "key": attached_files().save(new_key(EXPORTS), ContentFile(content)),
        "size": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
        "ended_at": now,
        "expires_at": now + timedelta(days=7),
    }
    return ExportRun.objects.create(
        org_id=actor.org_id, project=project, user_id=actor.person_id, project_ids=[project.pk], **ready | fields
    )
