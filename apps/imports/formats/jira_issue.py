"""One issue as Jira's REST interface gives it: its fields, those of Jira's own kinds among them, as a record."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from apps.imports.formats.building import comment, identifier, listing, mapping
from apps.imports.formats.jira_own_fields import OwnFields
from apps.imports.formats.jira_parts import in_order, named, sprint, user, version
from apps.imports.formats.jira_texts import add_section, wiki_to_markdown
from apps.imports.formats.jira_times import minutes_of_seconds
from apps.imports.formats.jira_words import CATEGORIES_BY_KEY, UNRESOLVED, key_of, level_named, link
from apps.imports.markup import adf
from apps.imports.records import (
    AttachmentRecord,
    CommentRecord,
    IssueRecord,
    Level,
    LinkRecord,
    Ref,
    SprintRecord,
    Unreadable,
    WorkLogRecord,
)
from apps.imports.texts import Notes, date_of, names_of, parse_time, said, text_of, time_of, title_of, words


def issue_of(raw: Mapping[str, Any], names: Mapping[str, str]) -> IssueRecord:
    """An issue as a record.

    :param names: what fields of Jira's own are called, by their ids
    :raises Unreadable: if it is no issue, or lacks what an issue cannot be without
    """
    fields = raw.get("fields")
    if not isinstance(fields, dict):
        raise Unreadable("fields", "The row is no issue of Jira's REST interface.")
    return _Issue(raw, fields, names).record()


class _Issue:
    """One issue on its way to a record."""

    def __init__(self, raw: Mapping[str, Any], fields: dict[str, Any], names: Mapping[str, str]) -> None:
        key = key_of(raw.get("key"))
        if key is None:
            raise Unreadable("key", "There is no issue key such as FLOW-12.")
        self.key = key
        self.raw = raw
        self.fields = fields
        self.field_names = names
        self.notes: Notes = []
        self.texts = Texts(fields)

    def record(self) -> IssueRecord:
        """The issue as a record.

        :raises Unreadable: if it does not say when it was created
        """
        fields, key, notes = self.fields, self.key, self.notes
        created_at = parse_time(fields.get("created"))
        if created_at is None:
            told = said(fields.get("created") or "")
            raise Unreadable("created", f"“{told}” is no time that can be read, such as 2015-01-30T00:43:49.000+0000.")
        updated_at = time_of(fields.get("updated"), "updated", notes) or created_at
        status, kind, project = (mapping(fields.get(name)) for name in ("status", "issuetype", "project"))
        resolution = words(mapping(fields.get("resolution")).get("name"))
        reporter = user(fields.get("reporter")) or user(fields.get("creator"))
        custom = OwnFields(fields, self.field_names, notes)
        text, overflow = self.texts.read(fields.get("description"), "description", notes)
        for heading, value in [("Environment", fields.get("environment")), *custom.sections]:
            source, convert = self.texts.source(value)
            text, overflow = add_section(text, overflow, heading, source, notes, convert)
        more = [
            CommentRecord(external_id=f"{key[0]}/text/{number}", author=reporter, body=piece, created_at=created_at)
            for number, piece in enumerate(overflow, start=2)
        ]
        return IssueRecord(
            external_id=identifier(self.raw.get("id")) or key[0],
            key=key[0],
            number=int(key[2]),
            project_key=str(project.get("key") or key[1]),
            project_name=words(project.get("name")) or key[1],
            title=title_of(fields.get("summary"), key[0], notes),
            text=text,
            type_name=words(kind.get("name")),
            level=_level(kind),
            status_name=words(status.get("name")),
            category=CATEGORIES_BY_KEY.get(str(mapping(status.get("statusCategory")).get("key") or "").lower()),
            resolution="" if resolution.casefold() in UNRESOLVED else resolution,
            priority_name=words(mapping(fields.get("priority")).get("name")),
            labels=names_of(listing(fields.get("labels")), "labels", notes),
            components=names_of(named(fields.get("components")), "components", notes),
            fix_versions=[
                made for raw in listing(fields.get("fixVersions")) if (made := version(raw, notes)) is not None
            ],
            sprints=in_order([*self._sprints(), *custom.sprints]),
            points=custom.points,
            estimate_minutes=self._minutes("timeoriginalestimate", "originalEstimateSeconds"),
            remaining_minutes=self._minutes("timeestimate", "remainingEstimateSeconds"),
            spent_minutes=self._minutes("timespent", "timeSpentSeconds"),
            start_date=custom.start,
            due_date=date_of(fields.get("duedate"), "duedate", notes),
            reporter=reporter,
            assignee=user(fields.get("assignee")),
            watchers=[
                each
                for raw in listing(mapping(fields.get("watches")).get("watchers"))
                if (each := user(raw)) is not None
            ],
            parent=self._parent() or custom.epic,
            links=self._links(),
            comments=[*more, *self._comments(created_at)],
            attachments=self._attachments(),
            work_logs=self._work_logs(),
            custom=custom.values,
            place=custom.rank,
            is_archived=bool(fields.get("archiveddate")),
            created_at=created_at,
            updated_at=max(updated_at, created_at),
            resolved_at=time_of(fields.get("resolutiondate"), "resolutiondate", notes),
            notes=notes,
        )

    def _minutes(self, name: str, tracked: str) -> int | None:
        value = self.fields.get(name)
        if value is None:
            value = mapping(self.fields.get("timetracking")).get(tracked)
        return minutes_of_seconds(value, name, self.notes)

    def _parent(self) -> Ref | None:
        """What is above an issue: its parent or epic."""
        for name in ("parent", "epic"):
            above = mapping(self.fields.get(name))
            own_id, key = identifier(above.get("id")), identifier(above.get("key"))
            if own_id or key:
                return Ref(external_id=own_id, key=key)
        return None

    def _sprints(self) -> Iterator[SprintRecord]:
        for raw in [*listing(self.fields.get("closedSprints")), self.fields.get("sprint")]:
            if (found := sprint(raw, self.notes)) is not None:
                yield found

    def _links(self) -> list[LinkRecord]:
        found = []
        for raw in map(mapping, listing(self.fields.get("issuelinks"))):
            kind = mapping(raw.get("type"))
            for direction in ("outward", "inward"):
                target = mapping(raw.get(f"{direction}Issue"))
                ref = Ref(external_id=identifier(target.get("id")), key=identifier(target.get("key")))
                if ref.external_id or ref.key:
                    said, name = words(kind.get(direction)), words(kind.get("name"))
                    found.append(link(ref, type_name=name, is_outward=direction == "outward", said=said))
        return found

    def _comments(self, issue_created_at: datetime) -> list[CommentRecord]:
        block = mapping(self.fields.get("comment"))
        raws = [raw for raw in listing(block.get("comments")) if isinstance(raw, dict)]
        total = block.get("total")
        if isinstance(total, int) and total > len(raws):
            self.notes.append(("comment", f"The file holds {len(raws)} of {total} comments."))
        found: list[CommentRecord] = []
        empty = 0
        for position, raw in enumerate(raws, start=1):
            own_id = identifier(raw.get("id")) or f"{self.key[0]}/position-{position}"
            said = comment_of(raw, own_id, self.texts, self.notes, issue_created_at)
            empty += not said
            found += said
        if empty:
            self.notes.append(("comment", f"{empty} comment(s) without text were left out."))
        return found

    def _attachments(self) -> list[AttachmentRecord]:
        found = []
        for position, raw in enumerate(map(mapping, listing(self.fields.get("attachment"))), start=1):
            size = raw.get("size")
            name = words(raw.get("filename"))
            found.append(
                AttachmentRecord(
                    external_id=identifier(raw.get("id")) or f"{self.key[0]}/file-{position}",
                    name=name[:255] or f"file-{position}",
                    author=user(raw.get("author")),
                    created_at=time_of(raw.get("created"), "attachment", self.notes),
                    content_type=words(raw.get("mimeType"))[:100],
                    size=size if isinstance(size, int) and 0 <= size < 2**63 else None,
                    url=words(raw.get("content")),
                )
            )
        return found

    def _work_logs(self) -> list[WorkLogRecord]:
        block = mapping(self.fields.get("worklog"))
        raws = list(map(mapping, listing(block.get("worklogs"))))
        total = block.get("total")
        if isinstance(total, int) and total > len(raws):
            self.notes.append(("worklog", f"The file holds {len(raws)} of {total} entries of logged work."))
        found = []
        for position, raw in enumerate(raws, start=1):
            minutes = minutes_of_seconds(raw.get("timeSpentSeconds"), "worklog", self.notes)
            started_at = time_of(raw.get("started"), "worklog", self.notes)
            if minutes is None or started_at is None:
                self.notes.append(("worklog", "An entry that does not say how long was worked when was left out."))
                continue
            note, _rest = self.texts.read(raw.get("comment"), "worklog", self.notes)
            found.append(
                WorkLogRecord(
                    external_id=identifier(raw.get("id")) or f"{self.key[0]}/work-{position}",
                    author=user(raw.get("author")),
                    minutes=minutes,
                    day=started_at.date(),
                    note=words(note),
                    created_at=time_of(raw.get("created"), "worklog", self.notes) or started_at,
                )
            )
        return found


class Texts:
    """Texts of one issue: wiki markup (Server, Cloud's older interface) or documents, people called by their names."""

    def __init__(self, fields: Mapping[str, Any]) -> None:
        comments = map(mapping, listing(mapping(fields.get("comment")).get("comments")))
        everybody = [
            *(fields.get(name) for name in ("reporter", "assignee", "creator")),
            *(c.get("author") for c in comments),
        ]
        self.names = {found.handle: found.name for raw in everybody if (found := user(raw)) is not None}

    def source(self, value: Any) -> tuple[str, Any]:
        """A text and what makes it Markdown; "" for what is none."""
        if adf.is_document(value):
            return adf.to_markdown(value, self.names), str
        return (value, self._convert) if isinstance(value, str) else ("", str)

    def read(self, value: Any, field: str, notes: Notes) -> tuple[str, list[str]]:
        """A text as Markdown, and the pieces that did not fit."""
        said, convert = self.source(value)
        return text_of(said, field, notes, convert)

    def _convert(self, text: str) -> str:
        return wiki_to_markdown(text, self.names)


def comment_of(
    raw: Mapping[str, Any], own_id: str, texts: Texts, notes: Notes, otherwise: datetime | None
) -> list[CommentRecord]:
    """What somebody said, in as many comments as it takes; none where they said nothing."""
    said, convert = texts.source(raw.get("body"))
    return comment(
        said,
        notes,
        convert,
        external_id=own_id,
        author=user(raw.get("author")),
        created_at=time_of(raw.get("created"), "created", notes) or otherwise,
    )


def _level(kind: Mapping[str, Any]) -> Level | None:
    height = kind.get("hierarchyLevel")
    if kind.get("subtask") is True or height == -1:
        return Level.SUBTASK
    if isinstance(height, int) and not isinstance(height, bool):
        return Level.EPIC if height > 0 else Level.STANDARD
    return level_named(words(kind.get("name")))
