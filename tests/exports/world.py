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


def make_archive(*, actor: Actor, project: Project, **fields: Any) -> ExportRun:
    """One that is ready."""
    content, now = b"PK\x05\x06" + b"\0" * 18, timezone.now()
    return ExportRun.objects.create(
        org_id=actor.org_id,
        project=project,
        user_id=actor.person_id,
        state=ExportRun.State.READY,
        project_ids=[project.pk],
        key=attached_files().save(new_key(EXPORTS), ContentFile(content)),
        size=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        ended_at=now,
        expires_at=now + timedelta(days=7),
        **fields,
    )
