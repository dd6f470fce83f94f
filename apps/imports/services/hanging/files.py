"""Files of imported issues."""

from collections.abc import Sequence

from django.core.files.base import File
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _

from apps.imports.models import ExternalRef
from apps.imports.records import AttachmentRecord, CommentRecord
from apps.imports.services.work import Work, at
from apps.issues.models import TEXT_LENGTH
from apps.issues.services import PastFile, import_files

from .comments import add_comments
from .hanging import Hanging

Kind = ExternalRef.Kind


def add_files(work: Work, batch: Sequence[Hanging], *, is_new: bool) -> None:
    """Store files whose content the export holds; of the others a comment tells what there was."""
    if not any(one.record.attachments for one in batch):
        return
    stored = _store_files(work, batch, is_new=is_new)
    lists = []
    for one in batch:
        listed = [each for each in one.record.attachments if (one.record.external_id, each.external_id) not in stored]
        if listed:
            lists.append((one.row, one.issue, _listing(work, one, listed)))
            work.account.counts["attachments"] += len(listed)
    before = work.account.comments.copy()
    add_comments(work, lists, is_new=is_new)
    # They are ours, not the tracker's: the account counts what was said there.
    work.account.comments = before


def _store_files(work: Work, batch: Sequence[Hanging], *, is_new: bool) -> set[tuple[str, str]]:
    """Which files are here with their content: by the ids of their issue and their own."""
    held = [(one, each) for one in batch for each in one.record.attachments if each.path and work.open_file is not None]
    known = {} if is_new else work.known(Kind.ATTACHMENT, [each.external_id for _one, each in held])
    stored = {(one.record.external_id, each.external_id) for one, each in held if each.external_id in known}
    pasts: list[PastFile] = []
    chosen: list[tuple[Hanging, AttachmentRecord]] = []
    for one, each in held:
        # Without a way to open files, `held` is empty.
        content = None if each.external_id in known else work.open_file(each.path)  # type: ignore[misc]
        if content is None:
            continue
        author = work.people.who(each.author)
        pasts.append(
            PastFile(
                issue=one.issue,
                uploader_id=author.pk if author is not None else None,
                created_at=at(each.created_at, one.issue.created_at),
                file=File(content, name=each.name),
            )
        )
        chosen.append((one, each))
    refs = []
    outcomes = import_files(actor=work.actor, project=work.project, batch=pasts) if pasts else []
    for outcome, (one, each) in zip(outcomes, chosen, strict=True):
        if isinstance(outcome, str):
            work.account.note(one.row, "attachment", f"{each.name}: {outcome}")
        else:
            refs.append(work.ref(Kind.ATTACHMENT, each.external_id, outcome.pk))
            stored.add((one.record.external_id, each.external_id))
            work.account.counts["attachments"] += 1
    ExternalRef.objects.bulk_create(refs, batch_size=1000)
    return stored


def _listing(work: Work, one: Hanging, files: Sequence[AttachmentRecord]) -> CommentRecord:
    """A comment that lists the files which an issue had."""
    lines = [_("Files that were attached where this was imported from:"), ""]
    length = 0
    for number, each in enumerate(files):
        line = _line(work, each)
        length += len(line) + 1
        if length > TEXT_LENGTH - 500:
            lines.append(_("- and %(count)s more") % {"count": len(files) - number})
            break
        lines.append(line)
    return CommentRecord(
        external_id=f"{one.record.external_id}/attachments",
        author=None,
        body="\n".join(lines),
        created_at=max((each.created_at for each in files if each.created_at is not None), default=None),
    )


def _line(work: Work, each: AttachmentRecord) -> str:
    name = each.name.replace("\x00", "\ufffd").replace("\\", "\\\\").replace("[", "\\[").replace("]", "\\]") or "file"
    is_link = each.url.startswith(("https://", "http://")) and not any(
        sign.isspace() or sign in "<>" for sign in each.url
    )
    author = work.people.who(each.author)
    details = [
        filesizeformat(each.size) if each.size is not None else "",
        author.name if author is not None else "",
        each.created_at.date().isoformat() if each.created_at is not None else "",
    ]
    said = ", ".join(detail for detail in details if detail)
    shown = f"[{name}](<{each.url}>)" if is_link else name
    return f"- {shown} ({said})" if said else f"- {shown}"
