"""A Trello board's JSON: cards become issues, lists statuses, checklists task lists in the description.

The file is read twice, since its parts point to each other in any order: once for what cards are made of (lists,
labels, members, fields, checklists, comments), then for the cards, one at a time. The former is kept in memory; Trello
bounds it: an export has the last thousand actions of a board only, so that older comments are not in it.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from apps.imports.choices import Choices
from apps.imports.files import Upload
from apps.imports.formats import building
from apps.imports.formats.base import Format, Sample
from apps.imports.formats.building import identifier, listing, mapping
from apps.imports.formats.values import Repeats, later, moment, place_of, text_or_nothing, whole
from apps.imports.moments import Reader, parse_number, zone_of
from apps.imports.reading.objects import read_objects
from apps.imports.records import (
    AttachmentRecord,
    CommentRecord,
    IssueRecord,
    LeftOut,
    Person,
    ProjectRecord,
    Row,
    Unreadable,
)
from apps.imports.texts import Notes, names_of, title_of, words
from apps.projects.models import Status

SOURCE = "trello"
_MOST_ACTIONS = 1000
_ID = re.compile(r"[0-9a-f]{24}")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# What lists are usually called. The first that fits: “Ready for QA” is at work, “QA done” is done.
_LISTS = (
    (Status.Category.CANCELLED, r"cancell?ed|rejected|dropped|declined|won'?t|abandoned|duplicates?"),
    (Status.Category.DONE, r"done|completed?|closed|finished|shipped|released|deployed|live|resolved|archived?"),
    (Status.Category.BACKLOG, r"backlog|icebox|ideas?|someday|later|future|wish ?list|inbox|triage"),
    (
        Status.Category.IN_PROGRESS,
        r"doing|progress|wip|working|current|review(?:ing)?|tests?|testing|qa|merge|develop(?:ment|ing)|building"
        r"|blocked|waiting|verif(?:y|ying|ication)",
    ),
    (Status.Category.TODO, r"to-?do|to do|open|new|next|ready|planned|selected|upcoming|today|this week"),
)
_PARTS = ("name", "lists.item", "labels.item", "members.item", "customFields.item", "checklists.item", "actions.item")
# Cards that are no work: lines between others, and windows onto cards of other boards.
_ROLES = {
    "separator": "separator between cards",
    "mirror": "mirror of another card",
    "link": "link to a page",
    "board": "link to a board",
}


class Trello(Format):
    """What “Print, export, and share › Export as JSON” of a board gives."""

    name = "trello"
    source = SOURCE
    label = "Trello"

    def recognises(self, sample: Sample) -> bool:
        """By a board's own address and parts."""
        paths = sample.json_paths
        parts = {"cards", "lists", "actions", "members", "checklists", "labels", "limits", "prefs"}
        is_board = {"id", "name", "shortLink"} <= paths and len(parts & paths) > 1
        is_cut = {"cards.item.idList", "cards.item.idShort"} <= paths
        return is_board or is_cut

    def read(self, upload: Upload, choices: Choices) -> Iterator[Row]:
        """One card a row, then comments on cards that are gone, then one row of the board's labels."""
        board = _Board(upload, choices)
        number = 0
        for element in read_objects(upload, "cards.item"):
            number = element.number
            content = Unreadable("", element.fault) if element.fault else board.card(element.content)
            yield Row(f"{upload.name}:{number}", element.size, content)
        for _comment in range(board.loose_comments()):
            number += 1
            yield Row(f"{upload.name}:{number}", 0, LeftOut("comment on a card that is not in the file"))
        if board.labels:
            names = names_of(board.labels.values(), "labels", [])
            yield Row(f"{upload.name}:{number + 1}", 0, ProjectRecord(key=board.key, name=board.name, labels=names))


@dataclass(slots=True)
class _List:
    name: str
    place: str
    is_archived: bool
    category: Status.Category | None


@dataclass(slots=True)
class _Field:
    name: str
    kind: str
    options: dict[str, str] = field(default_factory=dict)


class _Board:
    def __init__(self, upload: Upload, choices: Choices) -> None:
        self._zone = zone_of(choices)
        self._times = Reader(self._zone)
        self._repeats = Repeats()
        self.name = "Trello"
        self.labels: dict[str, str] = {}
        self._lists: dict[str, _List] = {}
        self._members: dict[str, Person] = {}
        self._fields: dict[str, _Field] = {}
        self._checklists: dict[str, list[dict[str, Any]]] = {}
        self._comments: dict[str, list[dict[str, Any]]] = {}
        # When, and by whom, a card was made; when it came into the list that it is in.
        self._made: dict[str, dict[str, Any]] = {}
        self._moves: dict[tuple[str, str], str] = {}
        self._actions = 0
        self._met: set[str] = set()
        for element in read_objects(upload, *_PARTS):
            if not element.fault:
                self._learn(element.place, element.content)
        self.key = building.ProjectKeys().of(self.name)

    def _learn(self, place: str, value: Any) -> None:
        if place == "name":
            self.name = words(value)[:120] or self.name
            return
        raw = mapping(value)
        own_id = identifier(raw.get("id"))
        if place == "lists.item":
            name = next(iter(names_of([raw.get("name")], "list", [])), "")
            self._lists[own_id] = _List(name, place_of(raw.get("pos")), raw.get("closed") is True, _category(name))
        elif place == "labels.item":
            self.labels |= {own_id: name} if (name := _label(raw)) else {}
        elif place == "members.item":
            self._meet(raw)
        elif place == "customFields.item":
            options = {
                identifier(each.get("id")): words(mapping(each.get("value")).get("text"))
                for each in map(mapping, listing(raw.get("options")))
            }
            self._fields[own_id] = _Field(words(raw.get("name"))[:60], words(raw.get("type")), options)
        elif place == "checklists.item":
            self._checklists.setdefault(identifier(raw.get("idCard")), []).append(_checklist(raw))
        else:
            self._remember(raw)

    def _meet(self, value: Any) -> Person | None:
        """A member, kept by their id."""
        raw = mapping(value)
        own_id = identifier(raw.get("id"))
        found = building.person(raw.get("fullName"), raw.get("email"), raw.get("username") or own_id)
        if found is not None and own_id:
            found = self._members.setdefault(own_id, found)
        return found

    def _remember(self, raw: dict[str, Any]) -> None:
        self._actions += 1
        data = mapping(raw.get("data"))
        card = identifier(mapping(data.get("card")).get("id"))
        self._meet(raw.get("memberCreator"))
        kind = raw.get("type")
        if kind in ("commentCard", "copyCommentCard"):
            wanted = {name: raw.get(name) for name in ("id", "idMemberCreator", "memberCreator", "date")}
            self._comments.setdefault(card, []).append({**wanted, "text": data.get("text")})
        elif kind in ("createCard", "copyCard", "convertToCardFromCheckItem", "emailCard"):
            self._made.setdefault(card, {name: raw.get(name) for name in ("date", "idMemberCreator", "memberCreator")})
        elif kind == "updateCard" and isinstance(raw.get("date"), str):
            after = identifier(mapping(data.get("listAfter")).get("id"))
            if after:
                self._moves[card, after] = max(raw["date"], self._moves.get((card, after), ""))

    def loose_comments(self) -> int:
        """How many comments are on cards that have not come by."""
        return sum(len(comments) for card, comments in self._comments.items() if card not in self._met)

    def card(self, value: Any) -> Any:
        """What a card is."""
        if not isinstance(value, dict):
            return Unreadable("", "This is no card of Trello, but a value of another kind.")
        role = _ROLES.get(words(value.get("cardRole")))
        if role is not None:
            return LeftOut(role)
        record = self._issue(value)
        return record if isinstance(record, Unreadable) else self._repeats.or_content(value, record)

    def _issue(self, raw: dict[str, Any]) -> IssueRecord | Unreadable:
        own_id = identifier(raw.get("id"))
        if not own_id:
            return Unreadable("id", "The card has no id. Export the board again.")
        self._met.add(own_id)
        notes: Notes = []
        number = whole(raw.get("idShort"))
        key = f"{self.key}-{number}" if number is not None else words(raw.get("shortLink"))[:40] or own_id
        listed = self._lists.get(identifier(raw.get("idList")))
        if listed is None:
            notes.append(("idList", "The list that the card was in is not in the file, so it has no status."))
            listed = _List("", "", False, Status.Category.TODO)
        made = self._made.get(own_id, {})
        reporter = self._who(made, "idMemberCreator")
        created_at = moment(made.get("date"), self._times, "createCard", notes) or _moment_of_id(own_id)
        updated_at = moment(raw.get("dateLastActivity"), self._times, "dateLastActivity", notes)
        text, overflow = building.text_with_overflow(
            self._description(raw, own_id, notes),
            "desc",
            notes,
            str,
            external_id=own_id,
            author=reporter,
            created_at=created_at,
        )
        people = [self._member(each) for each in listing(raw.get("idMembers"))]
        assignee, further = building.one_assignee(
            list(dict.fromkeys(each for each in people if each is not None)), "idMembers", notes
        )
        record = IssueRecord(
            external_id=own_id,
            key=key,
            number=number,
            project_key=self.key,
            project_name=self.name,
            title=title_of(raw.get("name"), key, notes, "name"),
            text=text,
            status_name=listed.name,
            category=listed.category,
            labels=names_of(self._labels_of(raw), "labels", notes),
            start_date=self._day(raw.get("start"), "start", notes),
            due_date=self._day(raw.get("due"), "due", notes),
            reporter=reporter,
            assignee=assignee,
            watchers=further,
            comments=[*overflow, *self._comments_of(raw, own_id, notes)],
            attachments=self._attachments(raw, own_id, notes),
            custom=self._custom(raw, notes),
            place=f"{listed.place}/{place_of(raw.get('pos'))}",
            is_archived=raw.get("closed") is True or listed.is_archived,
            created_at=created_at,
            updated_at=later(updated_at, created_at),
            notes=notes,
        )
        self._close(record, raw, listed)
        if raw.get("isTemplate") is True:
            notes.append(("isTemplate", "It was a template for cards there."))
        return record

    def _close(self, record: IssueRecord, raw: dict[str, Any], listed: _List) -> None:
        """A card is done once it is in a list of done ones; its tick alone does not move it, there or here."""
        if listed.category in Status.CLOSED:
            moved = self._moves.get((record.external_id, identifier(raw.get("idList"))))
            record.resolved_at = moment(moved, self._times, "updateCard", record.notes) or record.updated_at
        elif raw.get("dueComplete") is True:
            record.custom.setdefault("Complete", True)
            record.notes.append(
                ("dueComplete", f"It was ticked as complete in the list “{listed.name}”; it stays where it was.")
            )

    def _day(self, value: Any, name: str, notes: Notes) -> date | None:
        """The day of a moment, where people are."""
        found = moment(value, self._times, name, notes)
        return found.astimezone(self._zone).date() if found is not None else None

    def _member(self, value: Any) -> Person | None:
        own_id = identifier(value)
        return self._members.get(own_id) or building.person(
            f"Trello member {own_id[-6:]}" if own_id else "", "", own_id
        )

    def _who(self, raw: dict[str, Any], name: str) -> Person | None:
        return self._meet(raw.get("memberCreator")) or self._member(raw.get(name))

    def _labels_of(self, raw: dict[str, Any]) -> list[str]:
        found = [_label(mapping(each)) for each in listing(raw.get("labels"))]
        return found or [self.labels.get(identifier(each), "") for each in listing(raw.get("idLabels"))]

    def _description(self, raw: dict[str, Any], own_id: str, notes: Notes) -> str:
        text = text_or_nothing(raw.get("desc"), "desc", notes).strip()
        own = [_checklist(mapping(each)) for each in listing(raw.get("checklists"))]
        checklists = sorted(self._checklists.get(own_id) or own, key=lambda each: str(each["place"]))
        parts = [text] if text else []
        for each in checklists:
            lines = [f"- [{'x' if item['is_done'] else ' '}] {self._item(item)}" for item in each["items"]]
            if lines:
                parts.append("\n".join([*([f"### {each['name']}", ""] if each["name"] else []), *lines]))
        return "\n\n".join(parts)

    def _item(self, item: dict[str, Any]) -> str:
        member = self._member(item["member"]) if item["member"] else None
        due = self._day(item["due"], "checkItem", [])
        further = [*([member.name] if member is not None else []), *([f"{due:%Y-%m-%d}"] if due is not None else [])]
        return f"{item['name']} ({', '.join(further)})" if further else str(item["name"])

    def _comments_of(self, raw: dict[str, Any], own_id: str, notes: Notes) -> list[CommentRecord]:
        found = [
            record
            for place, each in enumerate(self._comments.get(own_id, []), start=1)
            for record in building.comment(
                text_or_nothing(each["text"], "commentCard", notes),
                notes,
                str,
                external_id=identifier(each["id"]) or f"{own_id}/comment/{place}",
                author=self._who(each, "idMemberCreator"),
                created_at=moment(each["date"], self._times, "commentCard", notes),
            )
        ]
        count = mapping(raw.get("badges")).get("comments")
        held = len(self._comments.get(own_id, []))
        if isinstance(count, int) and count > held:
            why = f"; Trello exports only the last {_MOST_ACTIONS} actions" if self._actions >= _MOST_ACTIONS else ""
            notes.append(("commentCard", f"The file holds {held} of {count} comments{why}."))
        return sorted(found, key=lambda comment: comment.created_at or _EPOCH)

    def _attachments(self, raw: dict[str, Any], own_id: str, notes: Notes) -> list[AttachmentRecord]:
        found = []
        for place, each in enumerate(map(mapping, listing(raw.get("attachments"))), start=1):
            size = each.get("bytes")
            address = words(each.get("url"))[:2000]
            found.append(
                AttachmentRecord(
                    external_id=identifier(each.get("id")) or f"{own_id}/attachment/{place}",
                    # Links hang on cards as files do, and are named by where they lead.
                    name=(
                        building.file_name(each.get("name"))
                        if each.get("isUpload") is not False
                        else words(each.get("name"))[:255] or address[:255] or "link"
                    ),
                    author=self._member(each.get("idMember")) if each.get("idMember") else None,
                    created_at=moment(each.get("date"), self._times, "attachments", notes),
                    content_type=words(each.get("mimeType"))[:100],
                    size=size if isinstance(size, int) and not isinstance(size, bool) and size >= 0 else None,
                    url=address,
                )
            )
        return found

    def _custom(self, raw: dict[str, Any], notes: Notes) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for each in map(mapping, listing(raw.get("customFieldItems"))):
            known = self._fields.get(identifier(each.get("idCustomField")))
            if known is None or not known.name:
                notes.append(("customFieldItems", "A field that the board does not describe was left out."))
                continue
            value = self._value(known, each, notes)
            if value not in (None, ""):
                found[known.name] = value
        return found

    def _value(self, known: _Field, item: dict[str, Any], notes: Notes) -> Any:
        value = mapping(item.get("value"))
        if known.kind == "checkbox":
            return str(value.get("checked")).lower() == "true" or None
        if known.kind == "date":
            return self._day(value.get("date"), known.name, notes)
        if known.kind == "list":
            return known.options.get(identifier(item.get("idValue")), "")
        if known.kind == "number":
            number = parse_number(str(value.get("number"))[:40])
            if number is None and value.get("number") is not None:
                notes.append((known.name, "What stands here is no number and was left out."))
            return number
        return text_or_nothing(value.get("text"), known.name, notes).strip()


def _label(raw: dict[str, Any]) -> str:
    """A label is called by its colour where it has no name."""
    return words(raw.get("name")) or words(raw.get("color")).replace("_", " ")


def _category(name: str) -> Status.Category | None:
    """Where the cards of a list stand, by the list's name; None if it does not tell."""
    text = name.casefold()
    return next((category for category, shape in _LISTS if re.search(rf"\b(?:{shape})\b", text)), None)


def _checklist(raw: dict[str, Any]) -> dict[str, Any]:
    """What of a checklist is shown, its items in their order."""
    items = [
        {
            "name": words(each.get("name"))[:1000] or "…",
            "is_done": each.get("state") == "complete",
            "place": place_of(each.get("pos")),
            "due": each.get("due"),
            "member": each.get("idMember"),
        }
        for each in map(mapping, listing(raw.get("checkItems")))
    ]
    items.sort(key=lambda each: str(each["place"]))
    return {"name": words(raw.get("name"))[:200], "place": place_of(raw.get("pos")), "items": items}


def _moment_of_id(own_id: str) -> datetime | None:
    """When a thing was made: the first digits of its id are seconds."""
    return _EPOCH + timedelta(seconds=int(own_id[:8], 16)) if _ID.fullmatch(own_id) else None
