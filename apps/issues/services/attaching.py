"""Files of issues: kept first, then noted. What could not be noted is thrown away again, and what a crash left behind
is swept up later (`apps.issues.jobs`): a row never names a file that is not there.
"""

import hashlib
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from tempfile import SpooledTemporaryFile
from typing import Any, BinaryIO, cast
from uuid import UUID

from django.conf import settings
from django.core.files.base import ContentFile, File
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.core.errors import Conflict, Forbidden, Invalid, TooLarge
from apps.core.files import PIECE, attached_files, new_key
from apps.core.filetypes import HEAD, PICTURES, is_taken, recognise
from apps.core.tenancy import Actor, happening_at
from apps.core.texts import one_line
from apps.events.facts import FieldChange, Subject
from apps.events.services import record, service
from apps.issues.facts import FileAttached, FilePreviewed, FileRemoved, FileRestored
from apps.issues.models import FILE_NAME_LENGTH, Attachment, Issue
from apps.issues.selectors.attachments import (
    NoSuchFile,
    attached_bytes,
    can_attach,
    can_remove,
    largest_file,
    same_sending,
)
from apps.issues.services.common import key_of, lock, watch
from apps.issues.thumbnails import UnreadablePicture, make_thumbnail

# How many files one issue has.
MOST_FILES = 100
_LONGEST_ENDING = 20


class FileTooLarge(TooLarge):
    """One file is larger than what is taken here."""

    title = gettext_lazy("That file is too large")


class NoRoomLeft(Conflict):
    """The files of the organization take all the room that it has."""

    title = gettext_lazy("There is no room for more files")


class TooManyFiles(Conflict):
    """The issue has as many files as one may have."""

    title = gettext_lazy("This issue has too many files")


@dataclass(frozen=True, slots=True)
class Kept:
    """A file that was kept and belongs to nobody yet."""

    key: str
    name: str
    kind: str
    size: int
    sha256: str


@service
def attach_files(
    *, actor: Actor, issue: Issue, uploads: Sequence["File[Any]"], sending: UUID | None = None
) -> list[Attachment]:
    """Attach files to an issue, all of them or none; who does so watches it from then on.

    They are read in pieces, never as a whole. Names are kept as far as they can be read.

    :param sending: an id of this sending of one file: sent again under it, the file is there once
    :raises Forbidden: for people who may not comment
    :raises Invalid: if there is none, or one is empty or of a kind that is not taken here
    :raises FileTooLarge: if one of them is
    :raises TooManyFiles: if the issue would have more than `MOST_FILES`
    :raises NoRoomLeft: if the organization has no room for them
    """
    if not can_attach(actor, issue):
        raise Forbidden
    if not uploads:
        raise Invalid(_("Choose a file."), field="file")
    kinds = [examine(upload) for upload in uploads]
    room = settings.ATTACHMENTS_OF_ORGANIZATION
    if attached_bytes() + sum(upload.size for upload in uploads) > room:
        raise NoRoomLeft(
            _("All files together may take %(room)s. What was removed counts for 30 days.")
            % {"room": filesizeformat(room)}
        )
    with keeping(uploads, kinds) as kept:
        return _note(actor, issue, kept, sending)


def examine(upload: "File[Any]") -> str:
    """What a file is.

    :raises Invalid: if it is empty or of a kind that is not taken here
    :raises FileTooLarge: if it is
    """
    name, size, most = clean_name(upload.name or ""), upload.size, largest_file()
    if size > most:
        raise FileTooLarge(
            _("“%(name)s” is too large: a file has at most %(most)s.") % {"name": name, "most": filesizeformat(most)}
        )
    if not size:
        raise Invalid(_("“%(name)s” is empty. Was it still being written?") % {"name": name}, field="file")
    upload.seek(0)
    kind = recognise(upload.read(HEAD))
    if not is_taken(kind, settings.ATTACHMENT_TYPES):
        raise Invalid(
            _("“%(name)s” is not taken here: by its content it is %(kind)s. Taken are: %(kinds)s.")
            % {"name": name, "kind": kind, "kinds": ", ".join(settings.ATTACHMENT_TYPES)},
            field="file",
        )
    return kind


def clean_name(name: str) -> str:
    """A file's name as one line, without directories, not too long, its ending kept. Never empty."""
    bare = one_line(name.replace("\x00", "").replace("\\", "/").rsplit("/", 1)[-1])
    if bare in {"", ".", ".."}:
        return "file"
    stem, ending = os.path.splitext(bare)
    if len(ending) > _LONGEST_ENDING:
        stem, ending = bare, ""
    return stem[: FILE_NAME_LENGTH - len(ending)] + ending


@contextmanager
def keeping(uploads: Sequence["File[Any]"], kinds: Sequence[str]) -> Iterator[list[Kept]]:
    """Keep files for the time of a block; if it fails, none of them stays."""
    storage, kept = attached_files(), list[Kept]()
    try:
        for upload, kind in zip(uploads, kinds, strict=True):
            digest, size = hashlib.sha256(), 0
            upload.seek(0)
            while piece := upload.read(PIECE):
                digest.update(piece)
                size += len(piece)
            upload.seek(0)
            key = storage.save(new_key(), upload)
            kept.append(Kept(key, clean_name(upload.name or ""), kind, size, digest.hexdigest()))
        yield kept
    except BaseException:
        for one in kept:
            storage.delete(one.key)
        raise


def _note(actor: Actor, issue: Issue, kept: Sequence[Kept], sending: UUID | None) -> list[Attachment]:
    # Locked, so that of two who attach the last one allowed, one hears of it.
    fresh = lock(actor, [issue.pk])[0]
    again = same_sending(issue=fresh, sending=sending)
    if again is not None:
        for one in kept:
            attached_files().delete(one.key)
        return [again]
    _refuse_too_many(fresh, more=len(kept))
    attachments = [
        Attachment.objects.create(
            org_id=fresh.org_id,
            project_id=fresh.project_id,
            issue=fresh,
            uploader_id=actor.user_id,
            name=one.name,
            content_type=one.kind,
            size=one.size,
            sha256=one.sha256,
            key=one.key,
            preview=Attachment.Preview.WAITING if one.kind in PICTURES else Attachment.Preview.NONE,
            sending=sending,
            created_at=happening_at(),
        )
        for one in kept
    ]
    watch(fresh, [actor.user_id])
    for attachment in attachments:
        change = FieldChange("attachment", None, attachment.name)
        record(FileAttached(**about_file(attachment, "create"), changes=(change,)), actor=actor)
    return attachments


def _refuse_too_many(issue: Issue, *, more: int) -> None:
    if issue.attachments.filter(deleted_at__isnull=True).count() + more > MOST_FILES:
        raise TooManyFiles(_("An issue has at most %(most)s files. Remove one first.") % {"most": MOST_FILES})


def about_file(attachment: Attachment, action: str | None) -> dict[str, Any]:
    """What every fact about a file says; without an action it has no subject."""
    issue = attachment.issue
    name = f"{attachment.name} on {key_of(issue)}"
    subject = Subject(model="issues.attachment", id=attachment.pk, name=name, action=action or "")
    return {
        "project_id": issue.project_id,
        "issue_id": issue.pk,
        "v": issue.version,
        "attachment_id": attachment.pk,
        "subjects": (subject,) if action else (),
    }


def _lock(actor: Actor, attachment: Attachment, *, is_removed: bool) -> Attachment:
    """The file as it is now, with its issue, both kept so until the commit.

    :raises Forbidden: for people who may not take it away
    :raises NoSuchFile: if somebody took it away, or brought it back, in the meantime
    """
    if not can_remove(actor, attachment):
        raise Forbidden
    issue = lock(actor, [attachment.issue_id])[0]
    rows = Attachment.objects.select_for_update(no_key=True).filter(deleted_at__isnull=not is_removed)
    fresh = rows.filter(pk=attachment.pk).first()
    if fresh is None:
        raise NoSuchFile
    fresh.issue = issue
    return fresh


@service
def remove_attachment(*, actor: Actor, attachment: Attachment) -> Attachment:
    """Take a file away. For 30 days it can be brought back.

    :raises Forbidden: for anybody but who attached it and the project's admins
    :raises NoSuchFile: if it is gone already
    """
    fresh = _lock(actor, attachment, is_removed=False)
    fresh.deleted_at = happening_at()
    fresh.save(update_fields=["deleted_at"])
    change = FieldChange("attachment", fresh.name, None)
    record(FileRemoved(**about_file(fresh, "delete"), changes=(change,)), actor=actor)
    return fresh


@service
def restore_attachment(*, actor: Actor, attachment: Attachment) -> Attachment:
    """Bring a file back that was taken away.

    :raises Forbidden: for anybody but who attached it and the project's admins
    :raises NoSuchFile: if it is there, or gone for good
    :raises TooManyFiles: if the issue has as many as it may have by now
    """
    fresh = _lock(actor, attachment, is_removed=True)
    _refuse_too_many(fresh.issue, more=1)
    fresh.deleted_at = None
    fresh.save(update_fields=["deleted_at"])
    change = FieldChange("attachment_restored", None, fresh.name)
    record(FileRestored(**about_file(fresh, "update"), changes=(change,)), actor=actor)
    return fresh


@service
def draw_preview(*, actor: Actor, attachment_id: int) -> None:
    """Make a small picture of an attached picture, or mark it as one that cannot be read. Only FlowBoard itself does.

    Once that is done, doing it again changes nothing.

    :raises Forbidden: for anybody else
    :raises FileNotFoundError: if the place for files has lost it
    """
    if not actor.is_system:
        raise Forbidden
    waiting = Attachment.objects.select_for_update(no_key=True, of=("self",)).filter(preview=Attachment.Preview.WAITING)
    attachment = waiting.select_related("issue__project").filter(pk=attachment_id).first()
    if attachment is None:
        return
    storage = attached_files()
    with SpooledTemporaryFile(max_size=1 << 20) as copy:
        # Trouble of the storage is not taken for trouble with the picture: it passes, and the job comes again.
        for piece in storage.pieces(attachment.key, start=0, length=attachment.size):
            copy.write(piece)
        copy.seek(0)
        try:
            small = make_thumbnail(cast(BinaryIO, copy))
        except UnreadablePicture:
            attachment.preview = Attachment.Preview.BROKEN
        else:
            # A run before may have been stopped between keeping and noting.
            storage.delete(attachment.thumbnail_key)
            storage.save(attachment.thumbnail_key, ContentFile(small.data))
            attachment.preview = Attachment.Preview.READY
            attachment.thumbnail_size = len(small.data)
            attachment.width, attachment.height = small.width, small.height
    attachment.save(update_fields=["preview", "thumbnail_size", "width", "height"])
    record(FilePreviewed(**about_file(attachment, None)), actor=actor)


@service
def forget_removed(*, actor: Actor, removed_before: datetime) -> int:
    """Let go for good what was taken away before a moment; how many there were. Their files are swept up afterwards.

    :raises Forbidden: for anybody but FlowBoard itself
    """
    if not actor.is_system:
        raise Forbidden
    gone, _by_model = Attachment.objects.filter(org_id=actor.org_id, deleted_at__lt=removed_before).delete()
    return gone
