"""Trello: what a board's parts make of its cards, read in any order, and what of it is missing told."""

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from apps.imports.files import Upload
from apps.imports.formats.trello import _category
from apps.imports.records import AttachmentRecord, IssueRecord, LeftOut, Person, ProjectRecord, Unreadable
from tests.imports.reading import SHARED, contents, upload

MIRA, OLE = "5c00000000000000000000a1", "5c00000000000000000000a2"
CARD_ID = "5ca52e600000000000000001"
CARD: dict[str, Any] = {
    "id": CARD_ID, "idShort": 7, "shortLink": "AbCd", "name": "Paint the  mast", "desc": "White, *twice*",
    "idList": "L2", "idMembers": [MIRA, OLE, "5c00000000000000000000ff"], "idLabels": ["B1"], "closed": False,
    "labels": [{"id": "B1", "name": "", "color": "green_dark"}, {"id": "B2", "name": "deck", "color": "red"}],
    "due": "2024-02-01T23:30:00.000Z", "start": "2024-01-05T09:00:00.000Z", "dueComplete": True, "pos": 16384.5,
    "dateLastActivity": "2024-01-20T10:00:00.000Z", "badges": {"comments": 5}, "idChecklists": ["K1", "K2"],
    "attachments": [
        {"id": "A1", "name": "../x/mast.png", "bytes": 2048, "date": "2024-01-06T10:00:00.000Z", "idMember": OLE,
         "mimeType": "image/png", "url": "https://files.test/mast.png", "isUpload": True},
        {"id": "A2", "name": "", "url": "https://paint.test/white", "isUpload": False, "bytes": None},
    ],
    "customFieldItems": [
        {"idCustomField": "F1", "value": {"text": "Oil"}}, {"idCustomField": "F2", "value": {"number": "2.5"}},
        {"idCustomField": "F3", "value": {"date": "2024-03-01T12:00:00.000Z"}},
        {"idCustomField": "F4", "idValue": "O1"},
        {"idCustomField": "F5", "value": {"checked": "true"}}, {"idCustomField": "F9", "value": {"text": "?"}},
    ],
}  # fmt: skip
BOARD: dict[str, Any] = {
    "id": "5ca000000000000000000000", "name": "Old boat", "shortLink": "boat", "prefs": {}, "closed": False,
    "cards": [
        CARD,
        {**CARD, "id": "5ca52e600000000000000002", "idShort": 8, "idList": "L1", "pos": 1, "customFieldItems": []},
        {**CARD, "id": "5ca52e600000000000000003", "idShort": 9, "idList": "L3", "dueComplete": False, "closed": True},
        {**CARD, "id": "5ca52e600000000000000004", "idShort": 10, "idList": "L4", "isTemplate": True},
        CARD,
        {**CARD, "cardRole": "separator"},
        {"name": "Nameless"}, "?",
        {"id": "x", "idList": "L9", "checklists": [{"name": "", "checkItems": [{"name": "a", "state": "complete"}]}]},
    ],
    "labels": [{"id": "B1", "name": "", "color": "green_dark"}, {"id": "B2", "name": "deck", "color": "red"},
               {"id": "B3", "name": "", "color": None}],
    "lists": [
        {"id": "L1", "name": "To do", "pos": 100, "closed": False}, {"id": "L2", "name": "Doing", "pos": 200},
        {"id": "L3", "name": "Done ✔", "pos": 300}, {"id": "L4", "name": "Sea trials 2019", "pos": 50, "closed": True},
    ],
    "members": [{"id": MIRA, "fullName": "Mira Stone", "username": "mira"}],
    "checklists": [
        {"id": "K2", "idCard": CARD_ID, "name": "Tools", "pos": 2, "checkItems": [
            {"name": "brush", "state": "incomplete", "pos": 2, "idMember": OLE, "due": "2024-01-30T10:00:00.000Z"},
            {"name": "paint\npot", "state": "complete", "pos": 1}]},
        {"id": "K1", "idCard": CARD_ID, "name": "Before", "pos": 1, "checkItems": [{"name": "sand", "pos": 1}]},
        {"id": "K3", "idCard": CARD_ID, "name": "Empty", "pos": 3, "checkItems": []},
    ],
    "customFields": [
        {"id": "F1", "name": "Paint", "type": "text"}, {"id": "F2", "name": "Litres", "type": "number"},
        {"id": "F3", "name": "Dry on", "type": "date"}, {"id": "F5", "name": "Primed", "type": "checkbox"},
        {"id": "F4", "name": "Side", "type": "list", "options": [{"id": "O1", "value": {"text": "Port"}}]},
    ],
    "actions": [
        {"id": "C2", "type": "commentCard", "date": "2024-01-10T10:00:00.000Z", "idMemberCreator": OLE,
         "memberCreator": {"id": OLE, "fullName": "Ole", "username": "ole"},
         "data": {"text": "Second", "card": {"id": CARD_ID}}},
        {"id": "C1", "type": "commentCard", "date": "2024-01-09T10:00:00.000Z", "idMemberCreator": MIRA,
         "data": {"text": "First", "card": {"id": CARD_ID}}},
        {"id": "C0", "type": "createCard", "date": "2024-01-02T10:00:00.000Z", "idMemberCreator": MIRA,
         "data": {"card": {"id": CARD_ID}}},
        {"id": "M1", "type": "updateCard", "date": "2024-01-15T10:00:00.000Z",
         "data": {"card": {"id": "5ca52e600000000000000003"}, "listAfter": {"id": "L3"}}},
        {"id": "C9", "type": "commentCard", "date": "2024-01-10T10:00:00.000Z",
         "data": {"text": "On a card that was deleted", "card": {"id": "5ca52e600000000000000009"}}},
    ],
}  # fmt: skip


class TestTrello:
    @pytest.mark.parametrize("order", [list(BOARD), ["id", "name", "shortLink", *reversed(list(BOARD)[3:])]])
    def test_reads_a_card_whatever_the_order_of_parts(self, tmp_path: Path, order: list[str]) -> None:
        text = json.dumps({name: BOARD[name] for name in order})
        record, *_others = contents(upload(tmp_path, text), "trello", time_zone="Asia/Tokyo")
        assert isinstance(record, IssueRecord)
        assert (record.external_id, record.key, record.number) == (CARD_ID, "OLDBOAT-7", 7)
        assert (record.title, record.project_name, record.status_name) == ("Paint the mast", "Old boat", "Doing")
        assert (record.category, record.is_archived, record.resolved_at) == ("in_progress", False, None)
        assert record.text == (
            "White, *twice*\n\n### Before\n\n- [ ] sand\n\n### Tools\n\n- [x] paint pot\n- [ ] brush (Ole, 2024-01-30)"
        )
        assert record.labels == ["green dark", "deck"]
        assert (record.assignee, record.watchers) == (
            Person("mira", "Mira Stone"),
            [Person("ole", "Ole"), Person("5c00000000000000000000ff", "Trello member 0000ff")],
        )
        assert record.reporter == Person("mira", "Mira Stone")
        # Late at night in London is the next morning in Tokyo.
        assert (record.due_date, record.start_date) == (date(2024, 2, 2), date(2024, 1, 5))
        assert record.created_at == datetime(2024, 1, 2, 10, tzinfo=UTC)
        assert record.updated_at == datetime(2024, 1, 20, 10, tzinfo=UTC)
        assert [(each.external_id, each.body, each.author and each.author.name) for each in record.comments] == [
            ("C1", "First", "Mira Stone"), ("C2", "Second", "Ole"),
        ]  # fmt: skip
        assert record.attachments == [
            AttachmentRecord(
                external_id="A1", name="mast.png", author=Person("ole", "Ole"), size=2048, content_type="image/png",
                created_at=datetime(2024, 1, 6, 10, tzinfo=UTC), url="https://files.test/mast.png",
            ),
            AttachmentRecord(external_id="A2", name="https://paint.test/white", url="https://paint.test/white"),
        ]  # fmt: skip
        assert record.custom == {
            "Paint": "Oil", "Litres": Decimal("2.5"), "Dry on": date(2024, 3, 1), "Side": "Port", "Primed": True,
            "Complete": True,
        }  # fmt: skip
        assert [field for field, _reason in record.notes] == [
            "idMembers", "commentCard", "customFieldItems", "dueComplete",
        ]  # fmt: skip
        assert ("commentCard", "The file holds 2 of 5 comments.") in record.notes

    def test_accounts_for_every_card(self, tmp_path: Path) -> None:
        first, todo, done, archived, *rest = contents(upload(tmp_path, json.dumps(BOARD)), "trello")
        for each in (first, todo, done, archived):
            assert isinstance(each, IssueRecord)
        assert archived.place < todo.place < first.place < done.place  # type: ignore[union-attr]
        assert isinstance(todo, IssueRecord)
        assert todo.created_at == datetime.fromtimestamp(0x5CA52E60, tz=UTC)
        assert isinstance(done, IssueRecord)
        assert (done.category, done.is_archived) == ("done", True)
        assert done.resolved_at == datetime(2024, 1, 15, 10, tzinfo=UTC)
        assert isinstance(archived, IssueRecord)
        assert (archived.is_archived, archived.category) == (True, None)
        assert "isTemplate" in {field for field, _reason in archived.notes}
        assert rest[:2] == [LeftOut("a repeat of another row"), LeftOut("separator between cards")]
        assert isinstance(rest[2], Unreadable)
        assert rest[2].field == "id"
        assert isinstance(rest[3], Unreadable)
        assert isinstance(rest[4], IssueRecord)
        assert (rest[4].text, rest[4].category, rest[4].title) == ("- [x] a", "todo", "x")
        assert {"idList", "name"} <= {field for field, _reason in rest[4].notes}
        assert rest[5] == LeftOut("comment on a card that is not in the file")
        assert rest[6:] == [ProjectRecord(key="OLDBOAT", name="Old boat", labels=["green dark", "deck"])]

    def test_says_that_old_comments_are_missing(self, tmp_path: Path) -> None:
        actions = BOARD["actions"] + [{"type": "updateList"}] * 1000
        [record, *_others] = contents(upload(tmp_path, json.dumps({**BOARD, "actions": actions})), "trello")
        assert isinstance(record, IssueRecord)
        assert any("only the last 1000 actions" in reason for _field, reason in record.notes)

    @pytest.mark.parametrize(
        ("name", "category"),
        [
            ("To Do", "todo"), ("Up next", "todo"), ("In progress 🔨", "in_progress"), ("Ready for QA", "in_progress"),
            ("QA done", "done"), ("Shipped!", "done"), ("Ideas / someday", "backlog"), ("Won't do", "cancelled"),
            ("Undone business", None), ("やりたいこと", None), ("", None),
        ],
    )  # fmt: skip
    def test_guesses_what_lists_mean(self, name: str, category: str | None) -> None:
        assert _category(name) == category


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


@pytest.mark.skipif(not SHARED.is_dir(), reason="the exports of other people's trackers are not on this machine")
@pytest.mark.parametrize(
    ("name", "cards", "comments"),
    [("gocd_122_cards", 122, 93), ("wekan_sample_custom_fields_3_cards", 3, 0), ("japanese_67_cards", 67, 4)],
)
def test_a_real_board_agrees_in_all(name: str, cards: int, comments: int) -> None:
    path = SHARED / "trello_json" / f"{name}.json"
    raw = json.loads(path.read_text())
    found = contents(Upload.at(path), "trello")
    records = [each for each in found if isinstance(each, IssueRecord)]
    assert len(records) == len(raw["cards"]) == cards
    lists = {each["id"]: each for each in raw["lists"]}
    members = {each["id"]: each["fullName"] for each in raw["members"]}
    fields = {each["id"]: each for each in raw.get("customFields", [])}
    spoken = [each for each in raw["actions"] if each["type"] == "commentCard"]
    births = ("createCard", "convertToCardFromCheckItem")
    made = {each["data"]["card"]["id"]: each for each in raw["actions"] if each["type"] in births}
    kept = 0
    for record, card in zip(records, raw["cards"], strict=True):
        where = lists[card["idList"]]
        assert (record.external_id, record.number) == (card["id"], card["idShort"])
        assert record.title == " ".join(card["name"].split())
        assert record.status_name == " ".join(where["name"].split())
        assert record.is_archived is (card["closed"] or where["closed"])
        assert record.text.startswith(card["desc"].replace("\r\n", "\n").strip())
        items = [
            item for each in raw["checklists"] if each["idCard"] == card["id"] for item in each["checkItems"]
        ]  # fmt: skip
        for state, mark in (("complete", "- [x] "), ("incomplete", "- [ ] ")):
            there = sorted(" ".join(item["name"].split()) for item in items if item["state"] == state)
            text = record.text[len(card["desc"].replace("\r\n", "\n").strip()) :]
            assert sorted(line[6:] for line in text.split("\n") if line.startswith(mark)) == there
        assert record.labels == list(
            dict.fromkeys(label["name"] or (label["color"] or "") for label in card["labels"])
        )  # fmt: skip
        named = [record.assignee, *record.watchers] if record.assignee else []
        assert [each.name for each in named if each] == [
            members.get(each, f"Trello member {each[-6:]}") for each in card["idMembers"]
        ]
        assert str(record.due_date or "") == (card["due"] or "")[:10]
        assert record.created_at is not None
        assert record.updated_at == max(_moment(card["dateLastActivity"]), record.created_at)
        if card["id"] in made:
            assert record.created_at == _moment(made[card["id"]]["date"])
        else:
            assert record.created_at == datetime.fromtimestamp(int(card["id"][:8], 16), tz=UTC)
        own = sorted(
            (each for each in spoken if each["data"]["card"]["id"] == card["id"]), key=lambda each: each["date"]
        )
        assert [(each.external_id, each.body, each.created_at) for each in record.comments] == [
            (each["id"], each["data"]["text"].replace("\r\n", "\n"), _moment(each["date"])) for each in own
        ]
        assert [each.author and each.author.name for each in record.comments] == [
            members.get(each["idMemberCreator"], each["memberCreator"]["fullName"]) for each in own
        ]
        kept += len(own)
        assert [(each.external_id, each.url, each.size) for each in record.attachments] == [
            (each["id"], each["url"], each["bytes"]) for each in card["attachments"]
        ]
        shown = {fields[each["idCustomField"]]["name"] for each in card.get("customFieldItems", [])}
        assert set(record.custom) - {"Complete"} == shown
        missing = (card["badges"].get("comments") or 0) - len(own)
        assert any(field == "commentCard" for field, _reason in record.notes) is (missing > 0)
    # What was said on cards that are gone has no card to be on.
    present = {card["id"] for card in raw["cards"]}
    assert kept == sum(each["data"]["card"]["id"] in present for each in spoken)
    assert len(spoken) == comments
    assert sum(isinstance(each, LeftOut) for each in found) == comments - kept
    assert len(found) == cards + comments - kept + (1 if raw.get("labels") else 0)
    in_order = sorted(raw["cards"], key=lambda card: (lists[card["idList"]]["pos"], card["pos"]))
    assert sorted(record.place for record in records) == [
        {record.external_id: record.place for record in records}[card["id"]] for card in in_order
    ]
