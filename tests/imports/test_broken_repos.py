"""Exports of GitHub, GitLab, Trello and Linear that are damaged anywhere: readers answer with rows, and never raise."""

import copy
import csv
import io
import json
import math
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.imports.choices import Choices
from apps.imports.formats import format_named
from apps.imports.records import CommentsRecord, IssueRecord, LeftOut, ProjectRecord, Row, Unreadable
from tests.imports import test_github, test_gitlab, test_linear, test_trello
from tests.imports.reading import upload

_NESTED: Any = [[[[{"a": [None]}]]]]
_ODD: list[Any] = [
    None, True, False, 0, -1, 7, 2**31, 10**18, 1.5, -0.0, 1e300, "", " ", "x", "12", "\x00", "\ud800", "0001-01-01",
    "9999-12-31T23:59:59Z", "2024-01-01T00:00:00+99:00", "a" * 5000, "<!--", "`" * 300, [], {}, [None], [[]], [{}],
    {"id": None}, {"name": []}, {"title": {}}, _NESTED, ["x", 5, None, {}],
]  # fmt: skip
# Format, a document, and where in it its rows are; "" is the document itself.
DOCUMENTS: dict[str, tuple[Any, str]] = {
    "github": ([test_github.REST, test_github.PULL, test_github.COMMENT], ""),
    "github-archive": (test_github.ARCHIVE, "issues"),
    "gitlab": ([test_gitlab.REST], ""),
    "gitlab-export": ([test_gitlab.EXPORTED, test_gitlab.LABEL, test_gitlab.MILESTONE], "lines"),
    "trello": (test_trello.BOARD, "cards"),
}
_QUICK = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def _places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    found = [path] if path else []
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, each in pairs:
        found += _places(each, (*path, key))
    return found


def _changed(document: Any, changes: list[tuple[tuple[Any, ...], Any]]) -> Any:
    changed = copy.deepcopy(document)
    for path, value in changes:
        holder = changed
        for key in path[:-1]:
            try:
                holder = holder[key]
            except (KeyError, IndexError, TypeError):
                break
        else:
            if isinstance(holder, dict) or (
                isinstance(holder, list) and isinstance(path[-1], int) and path[-1] < len(holder)
            ):
                holder[path[-1]] = copy.deepcopy(value)
    return changed


def _strings(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    below = [*value, *value.values()] if isinstance(value, dict) else value
    return [text for each in below for text in _strings(each)] if isinstance(below, list | tuple) else []


def _check(rows: list[Row]) -> None:
    """Rows have names of their own, and what they hold can be stored."""
    assert len({row.name for row in rows}) == len(rows)
    for row in rows:
        content = row.content
        assert row.size >= 0
        if isinstance(content, LeftOut | Unreadable):
            assert content.reason
            continue
        assert isinstance(content, IssueRecord | CommentsRecord | ProjectRecord)
        for text in _strings(asdict(content)):
            assert "\x00" not in text
            text.encode()
        hanging = content.comments if isinstance(content, IssueRecord | CommentsRecord) else []
        ids = [each.external_id for each in hanging]
        assert all(0 < len(each) <= 100 for each in ids)
        if isinstance(content, IssueRecord):
            assert content.fingerprint
            assert content.title
            assert 0 < len(content.external_id) <= 100
            assert content.number is None or 0 < content.number < 2**31
            assert all(person.handle and person.name for person in content.people)
            moments = [content.created_at, content.updated_at, content.resolved_at]
            moments += [each.created_at for each in [*content.comments, *content.attachments]]
            for moment in moments:
                assert moment is None or (isinstance(moment, datetime) and moment.tzinfo is not None)
            for value in content.custom.values():
                assert not isinstance(value, float) or math.isfinite(value)


@pytest.mark.parametrize("name", DOCUMENTS)
@_QUICK
@given(data=st.data())
def test_wrong_kinds_anywhere(tmp_path: Path, name: str, data: st.DataObject) -> None:
    document, where = DOCUMENTS[name]
    paths = st.sampled_from(_places(document))
    changed = _changed(document, data.draw(st.lists(st.tuples(paths, st.sampled_from(_ODD)), min_size=1, max_size=4)))
    text = "\n".join(map(json.dumps, changed)) if where == "lines" else json.dumps(changed)
    rows = list(format_named(name).read(upload(tmp_path, text), Choices()))
    _check(rows)
    counted = changed.get(where) if isinstance(changed, dict) else changed
    if isinstance(counted, list) and not (where == "lines" and isinstance(counted[0], list)):
        broken = [row for row in rows if isinstance(row.content, Unreadable) and "breaks here" in row.content.reason]
        gone = LeftOut("comment on a card that is not in the file")
        about = [row for row in rows if isinstance(row.content, ProjectRecord) or row.content == gone]
        about = about if where != "lines" else []
        further = changed.get("pulls") if where == "issues" else None
        further = further if isinstance(further, list) else []
        assert broken or len(rows) - len(about) == len(counted) + len(further)


@pytest.mark.parametrize("name", DOCUMENTS)
@_QUICK
@given(end=st.floats(0, 1), rubbish=st.sampled_from(["", "\x00", "}", "]]", '"', "\ufffe", "é"]))
def test_documents_that_end_anywhere(tmp_path: Path, name: str, end: float, rubbish: str) -> None:
    document, where = DOCUMENTS[name]
    text = "\n".join(map(json.dumps, document)) if where == "lines" else json.dumps(document)
    rows = list(format_named(name).read(upload(tmp_path, text[: int(len(text) * end)] + rubbish), Choices()))
    _check(rows)


@pytest.mark.parametrize(
    ("name", "table"),
    [
        ("gitlab-csv", f"{test_gitlab.HEADER}\n{test_gitlab.LINE}\n"),
        ("linear-csv", test_linear.export(test_linear.NEWER, {})),
        ("linear-csv", test_linear.export(test_linear.OLDER, {})),
    ],
)
@_QUICK
@given(data=st.data())
def test_odd_cells_anywhere(tmp_path: Path, name: str, table: str, data: st.DataObject) -> None:
    columns, cells = csv.reader(io.StringIO(table))
    odd = st.one_of(st.text(max_size=30), st.sampled_from([str(each).replace("\ud800", "?") for each in _ODD]))
    for place, cell in data.draw(st.dictionaries(st.integers(0, len(cells) - 1), odd, min_size=1)).items():
        cells[place] = cell
    out = io.StringIO()
    csv.writer(out, quoting=csv.QUOTE_ALL).writerows([columns, cells, cells[: data.draw(st.integers(1, len(cells)))]])
    rows = list(format_named(name).read(upload(tmp_path, out.getvalue().encode("utf-8", "replace")), Choices()))
    _check(rows)
    assert len(rows) >= 1


def test_choices_of_no_zone_do_no_harm(tmp_path: Path) -> None:
    rows = list(
        format_named("trello").read(upload(tmp_path, json.dumps(test_trello.BOARD)), Choices(time_zone="Mars/Olympus"))
    )
    _check(rows)
