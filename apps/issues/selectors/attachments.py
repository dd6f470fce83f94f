"""The files of an issue."""

from dataclasses import dataclass
from uuid import UUID

from django.conf import settings
from django.db import connection

from apps.core.errors import NotFound
from apps.core.tenancy import Actor
from apps.issues.models import Attachment, Issue
from apps.projects import policies


class NoSuchFile(NotFound):
    """No file with this id, or not for this person."""


@dataclass(frozen=True, slots=True)
class Files:
    """The files of an issue: those that are there, and those that the reader can bring back."""

    present: list[Attachment]
    removed: list[Attachment]
    removable: frozenset[int]


def list_attachments(*, actor: Actor, issue: Issue) -> Files:
    """The files of an issue that the actor has fetched already, oldest first: one query, however many there are."""
    rows = Attachment.objects.filter(org_id=actor.org_id, issue=issue).select_related("uploader")
    found = list(rows.order_by("created_at", "id"))
    for attachment in found:
        attachment.issue = issue
    removable = {one.pk for one in found if can_remove(actor, one)}
    return Files(
        present=[one for one in found if one.deleted_at is None],
        removed=[one for one in found if one.deleted_at is not None and one.pk in removable],
        removable=frozenset(removable),
    )


def get_attachment(*, actor: Actor, attachment_id: int, is_removed: bool = False) -> Attachment:
    """A file by its id, with the issue it belongs to.

    :param is_removed: one that was taken away and can be brought back, instead of one that is there
    :raises NoSuchFile: if there is none, or the actor may not see its issue
    """
    found = (
        Attachment.objects.filter(org_id=actor.org_id, pk=attachment_id, deleted_at__isnull=not is_removed)
        .exclude(project_id__in=actor.hidden_project_ids)
        .select_related("issue__project", "uploader")
        .first()
    )
    if found is None or not policies.can_see(actor, found.issue.project):
        raise NoSuchFile
    if found.issue.deleted_at is not None and not policies.can_edit_issues(actor, found.issue.project):
        raise NoSuchFile
    return found


def can_attach(actor: Actor, issue: Issue) -> bool:
    """Whether the actor may attach files: whoever may comment, since comments show them."""
    return policies.can_comment(actor, issue.project) and issue.deleted_at is None


def can_remove(actor: Actor, attachment: Attachment) -> bool:
    """Whether the actor may take a file away, or bring it back: their own, or as an admin of the project anybody's."""
    project = attachment.issue.project
    is_own = attachment.uploader_id == actor.user_id and policies.can_comment(actor, project)
    return is_own or policies.can_moderate(actor, project)


def attached_bytes() -> int:
    """How much room the files of the organization take, those taken away lately included."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT flowboard_attached_bytes()")
        row = cursor.fetchone()
    return int(row[0]) if row else 0


def unclaimed_files(keys: list[str]) -> list[str]:
    """Those of the keys that belong to no file of any organization."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT key FROM flowboard_unclaimed_files(%s)", [keys])
        return [row[0] for row in cursor.fetchall()]


def largest_file() -> int:
    """How large one file may be, in bytes."""
    return min(settings.ATTACHMENT_LARGEST, settings.WEB_LARGEST_BODY)


def same_sending(*, issue: Issue, sending: UUID | None) -> Attachment | None:
    """The file that was attached under this id already, if its sender did not hear of it."""
    return Attachment.objects.filter(issue=issue, sending=sending).first() if sending is not None else None
