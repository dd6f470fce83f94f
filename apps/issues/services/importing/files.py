"""Files of another tracker whose content came along."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.files.base import File
from django.db.models import Count
from django.utils.translation import gettext as _

from apps.core.errors import DomainError, Forbidden
from apps.core.filetypes import PICTURES
from apps.core.tenancy import Actor
from apps.events.facts import FieldChange
from apps.events.services import record, service
from apps.issues.facts import FileAttached
from apps.issues.models import Attachment, Issue
from apps.issues.selectors.attachments import attached_bytes
from apps.issues.services.attaching import MOST_FILES, about_file, examine, keeping
from apps.projects.models import Project


@dataclass(frozen=True, slots=True, kw_only=True)
class PastFile:
    """A file with its content, as it hung on an issue."""

    issue: Issue
    uploader_id: int | None
    created_at: datetime
    file: "File[Any]"


@service
def import_files(*, actor: Actor, project: Project, batch: Sequence[PastFile]) -> list[Attachment | str]:
    """Keep files, each within the limits that hold for everybody.

    :returns: for each the attachment, or why it was not taken
    :raises Forbidden: for anybody but FlowBoard itself
    """
    if not actor.is_system:
        raise Forbidden
    room = settings.ATTACHMENTS_OF_ORGANIZATION - attached_bytes()
    rows = Attachment.objects.filter(issue_id__in={past.issue.pk for past in batch}, deleted_at__isnull=True)
    counts = dict(rows.order_by().values_list("issue_id").annotate(Count("id")))
    outcomes: list[Attachment | str] = []
    taken: list[tuple[int, PastFile, str]] = []
    for past in batch:
        try:
            kind = examine(past.file)
        except DomainError as error:
            outcomes.append(str(error.detail or error.title))
            continue
        if past.file.size > room:
            outcomes.append(_("There is no room for more files."))
        elif counts.get(past.issue.pk, 0) >= MOST_FILES:
            outcomes.append(_("An issue has at most %(most)s files.") % {"most": MOST_FILES})
        else:
            room -= past.file.size
            counts[past.issue.pk] = counts.get(past.issue.pk, 0) + 1
            taken.append((len(outcomes), past, kind))
            outcomes.append("")
    with keeping([past.file for _place, past, _kind in taken], [kind for _place, _past, kind in taken]) as kept:
        attachments = Attachment.objects.bulk_create(
            Attachment(
                org_id=project.org_id,
                project_id=past.issue.project_id,
                issue=past.issue,
                uploader_id=past.uploader_id,
                name=one.name,
                content_type=one.kind,
                size=one.size,
                sha256=one.sha256,
                key=one.key,
                preview=Attachment.Preview.WAITING if one.kind in PICTURES else Attachment.Preview.NONE,
                created_at=past.created_at,
            )
            for one, (_place, past, _kind) in zip(kept, taken, strict=True)
        )
    for attachment, (place, _past, _kind) in zip(attachments, taken, strict=True):
        outcomes[place] = attachment
        change = FieldChange("attachment", None, attachment.name)
        record(
            FileAttached(**about_file(attachment, "create"), occurred_at=attachment.created_at, changes=(change,)),
            actor=actor,
        )
    return outcomes
