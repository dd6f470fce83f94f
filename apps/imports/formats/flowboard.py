"""FlowBoard's own archives (docs/export-format.md): a zip with a manifest, one issue a line."""

import json
import re
import zlib
from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from tempfile import SpooledTemporaryFile
from typing import IO, Any, cast
from zipfile import ZipFile

from django.conf import settings

from apps.imports.choices import Choices
from apps.imports.files import UnfoldsTooFar, Upload
from apps.imports.formats.base import Format, Sample
from apps.imports.formats.flowboard_history import HistoryReader, tells_changes
from apps.imports.formats.flowboard_ledgers import ledger_of
from apps.imports.formats.flowboard_project import categories_of, kinds_of, read_project
from apps.imports.formats.flowboard_schedules import MOST_SCHEDULES, schedule_of
from apps.imports.formats.flowboard_sums import MANIFEST, check_sums
from apps.imports.formats.flowboard_values import FAULTS, day_of, midnight_of, moment_of, person_of
from apps.imports.reading.archives import NotAnArchive, open_archive, open_member
from apps.imports.reading.lines import lines_of
from apps.imports.records import (
    AttachmentRecord,
    CommentRecord,
    Content,
    IssueRecord,
    LeftOut,
    Level,
    LinkRecord,
    ProjectRecord,
    ReactionRecord,
    Ref,
    Relation,
    Row,
    SprintRecord,
    SprintState,
    Unreadable,
    VersionRecord,
    WorkLogRecord,
)

VERSION = 1
_PROJECT = re.compile(r"projects/([A-Z][A-Z0-9]{1,9})/(?:project\.json|issues\.ndjson)")
_FILE = re.compile(r"projects/[A-Z][A-Z0-9]{1,9}/attachments/[0-9]{1,19}")
# Documents about a project are read whole; none of ours comes near this.
_LONGEST_DOCUMENT = 16 * 1024 * 1024
_RELATIONS = {
    ("blocks", "out"): Relation.BLOCKS,
    ("blocks", "in"): Relation.BLOCKED_BY,
    ("duplicates", "out"): Relation.DUPLICATES,
    ("duplicates", "in"): Relation.DUPLICATED_BY,
    ("relates", "out"): Relation.RELATES,
    ("relates", "in"): Relation.RELATES,
}
# Files of up to this size are held in memory on their way.
_SMALL = 256 * 1024


class FlowBoard(Format):
    """An archive of a project or an organization. Ids are those of the organization that it came from."""

    name = "flowboard"
    source = "flowboard"
    label = "FlowBoard (archive)"

    def recognises(self, sample: Sample) -> bool:
        """A zip with our manifest. One without it, or made to do harm, is ours as well and says so when it is read."""
        if not sample.head.startswith(b"PK"):
            return False
        try:
            with open_archive(sample.upload.path) as archive:
                if MANIFEST not in archive.namelist():
                    return any(_PROJECT.fullmatch(name) for name in archive.namelist())
                return _document(archive, MANIFEST).get("format") == "flowboard-archive"
        except NotAnArchive:
            return b"projects/" in sample.head or MANIFEST.encode() in sample.head
        except (*FAULTS, OSError, zlib.error, EOFError):
            return False

    def read(self, upload: Upload, choices: Choices) -> Iterator[Row]:
        """What each project is, then its issues; nothing of an archive that is not as it was written."""
        try:
            with open_archive(upload.path) as archive:
                manifest = _manifest(archive)
                if manifest.get("format_version") != VERSION:
                    reason = "The archive was written by a newer FlowBoard. Bring this one up to date first."
                    yield Row(upload.name, 0, Unreadable("format_version", reason))
                    return
                check_sums(archive, manifest)
                origin = str(manifest["organization"]["slug"])[:40]
                named = (_PROJECT.fullmatch(name) for name in archive.namelist())
                keys = dict.fromkeys(found[1] for found in named if found)
                projects = [_Reading(archive, upload.name, origin, key) for key in keys]
                for project in projects:
                    yield from project.rows()
                # What is told of the past names issues of all of them.
                for project in projects:
                    yield from project.past()
        except NotAnArchive as error:
            yield Row(upload.name, 0, Unreadable("file", str(error)))
        except (*FAULTS, zlib.error, EOFError):
            yield Row(upload.name, 0, Unreadable("file", "The archive is damaged. Export it again."))

    def open_file(self, upload: Upload, path: str) -> IO[bytes] | None:
        """The content of an attachment; None where the archive has none that is whole."""
        if not _FILE.fullmatch(path):
            return None
        content = SpooledTemporaryFile(max_size=_SMALL)  # noqa: SIM115 (closed by whoever stores it, or with it)
        try:
            with open_archive(upload.path) as archive, open_member(archive, path) as stream:
                # One byte too many is enough for it to be refused as too large.
                left = settings.ATTACHMENT_LARGEST + 1
                while left > 0 and (piece := stream.read(min(_SMALL, left))):
                    content.write(piece)
                    left -= len(piece)
        except (NotAnArchive, KeyError, zlib.error, EOFError, UnfoldsTooFar):
            content.close()
            return None
        content.seek(0)
        return cast("IO[bytes]", content)


def _manifest(archive: ZipFile) -> dict[str, Any]:
    if MANIFEST not in archive.namelist():
        raise NotAnArchive(f"It has no {MANIFEST}: the archive was not written to its end. Export it again.")
    return _document(archive, MANIFEST)


def _document(archive: ZipFile, name: str) -> dict[str, Any]:
    with open_member(archive, name) as stream:
        data = stream.read(_LONGEST_DOCUMENT + 1)
    if len(data) > _LONGEST_DOCUMENT:
        raise NotAnArchive(f"{name} is longer than any that FlowBoard writes.")
    found = json.loads(data)
    return found if isinstance(found, dict) else {}


class _Reading:
    """One project of an archive."""

    def __init__(self, archive: ZipFile, upload_name: str, origin: str, key: str) -> None:
        self._archive = archive
        self._upload = upload_name
        self._origin = origin
        self._key = key
        self._name = key
        self._sprints: dict[str, SprintRecord] = {}
        self._slots: dict[str, date] = {}
        self._versions: dict[str, VersionRecord] = {}
        self._categories: dict[str, str] = {}
        self._is_retold = False
        self._schedules = 0

    def rows(self) -> Iterator[Row]:
        """The project, then its issues; what cannot be read is a row too."""
        root = f"projects/{self._key}"
        about: dict[str, Any] = {}
        size = 0
        for _number, _size, found in self._lines(f"{root}/sprints.ndjson", self._sprint):
            if isinstance(found, SprintRecord):
                self._sprints[found.external_id] = found
        try:
            about = _document(self._archive, f"{root}/project.json")
            size = self._archive.getinfo(f"{root}/project.json").file_size
            project = read_project(self._key, about, list(self._sprints.values()))
        except (NotAnArchive, *FAULTS) as error:
            about = {}
            project = ProjectRecord(key=self._key, name=self._key, sprints=list(self._sprints.values()))
            project.notes.append(("project.json", _untold(error)))
        self._name, project.slots = project.name, self._slots
        self._versions = {each.name: each for each in project.versions}
        yield Row(f"{self._upload}:{self._key}", size, project)
        self._categories = categories_of(about)
        self._is_retold = tells_changes(self._archive, f"{root}/history.ndjson")
        kinds = kinds_of(about)
        for number, size, issue in self._lines(f"{root}/issues.ndjson", lambda line: self._issue(line, kinds)):
            # Files are written in the batch of their issue.
            files = issue.attachments if isinstance(issue, IssueRecord) else []
            whole = size + sum(max(0, each.size or 0) for each in files)
            yield Row(f"{self._upload}:{self._key}:{number}", whole, issue)

    def past(self) -> Iterator[Row]:
        """The ledgers of the sprints, the history of the issues, as far as the archive tells them to machines, and what
        makes issues by itself."""
        root = f"projects/{self._key}"
        for number, size, ledger in self._lines(f"{root}/sprints.ndjson", self._ledger):
            yield Row(f"{self._upload}:{self._key}:sprints:{number}", size, ledger)
        if self._is_retold:
            reader = HistoryReader(self._upload, self._key, self._name, self._id, self._categories)
            with open_member(self._archive, f"{root}/history.ndjson") as stream:
                yield from reader.rows(lines_of(stream))
        if f"{root}/schedules.ndjson" in self._archive.namelist():
            for number, size, schedule in self._lines(f"{root}/schedules.ndjson", self._schedule):
                yield Row(f"{self._upload}:{self._key}:schedules:{number}", size, schedule)

    def _schedule(self, line: dict[str, Any]) -> Content:
        self._schedules += 1
        if self._schedules > MOST_SCHEDULES:
            return LeftOut("more schedules than a project can have")
        return schedule_of(line, project=(self._key, self._name), make_id=self._id)

    def _ledger(self, line: dict[str, Any]) -> Content:
        sprint = self._sprints[self._id(line["id"])]
        return ledger_of(line, sprint, project=(self._key, self._name), make_id=self._id)

    def _lines(self, name: str, read: Callable[[dict[str, Any]], Any]) -> Iterator[tuple[int, int, Any]]:
        try:
            with open_member(self._archive, name) as stream:
                for line in lines_of(stream):
                    if line.fault:
                        yield line.number, 0, Unreadable("line", line.fault)
                        continue
                    try:
                        found: Any = read(json.loads(line.data))
                    except FAULTS as error:
                        found = Unreadable("line", f"It is not as FlowBoard writes it ({type(error).__name__}).")
                    yield line.number, len(line.data), found
        except KeyError:
            yield 0, 0, Unreadable("file", f"{name} is missing: the archive is not complete.")

    def _id(self, own: Any) -> str:
        return f"{self._origin}/{own}"[:100]

    def _sprint(self, line: dict[str, Any]) -> SprintRecord:
        slot = day_of(line.get("slot_date"))
        if slot is not None:
            self._slots[self._id(line["id"])] = slot
        return SprintRecord(
            name=str(line["name"]),
            external_id=self._id(line["id"]),
            goal=str(line.get("goal") or ""),
            state=SprintState(line["state"]),
            started_at=midnight_of(line.get("start_date")),
            ends_at=midnight_of(line.get("end_date")),
        )

    def _issue(self, line: dict[str, Any], kinds: dict[str, str]) -> Content:
        key = str(line["key"])
        sprint = self._sprints.get(self._id(line["sprint"])) if line.get("sprint") else None
        parent = line.get("parent")
        return IssueRecord(
            external_id=self._id(key),
            key=key,
            number=int(line["number"]),
            project_key=self._key,
            project_name=self._name,
            title=str(line["title"]),
            text=str(line.get("description") or ""),
            type_name=str(line["type"]),
            level=Level(line["level"]),
            status_name=str(line["status"]),
            category=str(line["category"]),
            priority_name=str(line["priority"]),
            labels=[str(each) for each in line.get("labels", [])],
            fix_versions=[
                self._versions.get(str(each), VersionRecord(name=str(each))) for each in line.get("fix_versions", [])
            ],
            sprints=[sprint] if sprint is not None else [],
            points=Decimal(line["points"]) if line.get("points") else None,
            estimate_minutes=_whole(line.get("time_estimate")),
            remaining_minutes=_whole(line.get("time_remaining")),
            start_date=day_of(line.get("start_date")),
            due_date=day_of(line.get("due_date")),
            reporter=person_of(line.get("reporter")),
            assignee=person_of(line.get("assignee")),
            watchers=[person for each in line.get("watchers", []) if (person := person_of(each)) is not None],
            parent=Ref(external_id=self._id(parent), key=str(parent)) if parent else None,
            links=[
                LinkRecord(
                    relation=_RELATIONS[each["kind"], each["direction"]],
                    target=Ref(external_id=self._id(each["key"]), key=str(each["key"])),
                )
                for each in line.get("links", [])
            ],
            comments=[self._comment(each) for each in line.get("comments", [])],
            reactions=_reactions(line),
            attachments=[self._file(each) for each in line.get("attachments", [])],
            work_logs=[self._work(each) for each in line.get("work_log", [])],
            custom={name: _custom(kinds.get(name, ""), value) for name, value in line.get("custom_values", {}).items()},
            place=str(line.get("rank") or ""),
            is_archived=line.get("archived_at") is not None,
            triage_since=moment_of(line.get("triage_since")),
            snoozed_until=day_of(line.get("snoozed_until")),
            created_at=moment_of(line.get("created_at")),
            updated_at=moment_of(line.get("updated_at")),
            resolved_at=moment_of(line.get("resolved_at")),
            status_changed_at=moment_of(line.get("status_changed_at")),
            is_retold=self._is_retold,
        )

    def _comment(self, each: dict[str, Any]) -> CommentRecord:
        return CommentRecord(
            external_id=self._id(each["id"]),
            author=person_of(each.get("author")),
            body=str(each["body"]),
            created_at=moment_of(each.get("created_at")),
            reply_to=self._id(each["thread"]) if each.get("thread") else "",
            edited_at=moment_of(each.get("edited_at")),
            pinned_at=moment_of(each.get("pinned_at")),
            resolved_at=moment_of(each.get("resolved_at")),
            resolved_by=person_of(each.get("resolved_by")),
            reactions=_reactions(each),
        )

    def _file(self, each: dict[str, Any]) -> AttachmentRecord:
        return AttachmentRecord(
            external_id=self._id(each["id"]),
            name=str(each["name"]),
            author=person_of(each.get("by")),
            created_at=moment_of(each.get("created_at")),
            content_type=str(each.get("content_type") or ""),
            size=_whole(each.get("size")),
            path=str(each["path"]),
        )

    def _work(self, each: dict[str, Any]) -> WorkLogRecord:
        return WorkLogRecord(
            external_id=self._id(each["id"]),
            author=person_of(each.get("person")),
            minutes=int(each["minutes"]),
            day=date.fromisoformat(each["day"]),
            note=str(each.get("note") or ""),
            created_at=moment_of(each.get("created_at")),
        )


def _untold(error: Exception) -> str:
    """Why nothing is known of a project itself."""
    if isinstance(error, NotAnArchive):
        reason = str(error)
    elif isinstance(error, KeyError):
        reason = "It is missing."
    else:
        reason = "It is not as FlowBoard writes it."
    return f"{reason} The issues come without the project’s own workflow, fields and boards."


def _reactions(of: dict[str, Any]) -> list[ReactionRecord]:
    return [
        ReactionRecord(author=author, emoji=str(each["emoji"]), created_at=moment_of(each.get("created_at")))
        for each in of.get("reactions", [])
        if (author := person_of(each.get("by"))) is not None
    ]


def _custom(kind: str, value: Any) -> Any:
    if isinstance(value, dict):
        return person_of(value)
    if kind == "number":
        return Decimal(str(value))
    return date.fromisoformat(value) if kind == "date" else value


def _whole(value: Any) -> int | None:
    return int(value) if value is not None else None
