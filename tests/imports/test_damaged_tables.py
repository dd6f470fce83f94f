"""Exports damaged anywhere: a reader never fails, and answers for every row."""

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.imports.choices import Choices
from apps.imports.formats import format_named
from apps.imports.records import CommentsRecord, Content, IssueRecord
from tests.imports import test_asana, test_bugzilla, test_plane, test_redmine, test_table, test_taiga
from tests.imports.reading import upload

TABLES = {
    "csv": test_table.ENGLISH,
    "asana-csv": test_asana.EXPORT,
    "plane-csv": test_plane.export({}, {"Comments": "[]"}),
    "redmine-csv": test_redmine.ENGLISH,
    "bugzilla-csv": test_bugzilla.LIST,
}
DOCUMENTS: dict[str, Any] = {
    "redmine-rest": {"issues": [test_redmine.issue(), test_redmine.issue(id=8)]},
    "bugzilla-rest": {"bugs": [test_bugzilla.bug(), test_bugzilla.bug(id=8)]},
    "bugzilla-rest-comments": {"bugs": {"7": {"comments": [{"id": 71, "count": 1, "text": "Seen"}]}}},
    "taiga": test_taiga.export(),
}
ALL = {**TABLES, **{name: json.dumps(raw) for name, raw in DOCUMENTS.items()}, "bugzilla-xml": test_bugzilla.XML}

ANY_CELL = st.text(max_size=30) | st.sampled_from(
    [
        "",
        "7",
        "-1",
        "[1",
        '[{"a": null}]',
        "13/13/2024",
        "9" * 40,
        "a@b.test; c@d.test",
        "{code}",
        "<p>x</p>",
        "\0",
        "=1+1",
    ]
)
# The parser takes longer whole numbers for damage, and says so.
ANY_VALUE = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63) + 1, 2**63 - 1)  # beyond these the parser ends, and says so
    | st.floats(allow_nan=False, allow_infinity=False)
    | ANY_CELL,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=5,
)
DAMAGE = st.lists(
    st.tuples(
        st.floats(0, 1),
        st.integers(0, 40),
        st.binary(max_size=12) | st.sampled_from([b'"', b"\n", b"\xff", b"\0", b"]"]),
    ),
    min_size=1,
    max_size=4,
)  # fmt: skip
quickly = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def read(tmp_path: Path, name: str, content: str | bytes) -> list[Content]:
    """What a reader makes of a file, each row checked for what the rest of an import takes for granted."""
    rows = list(format_named(name).read(upload(tmp_path, content), Choices(time_zone="Europe/Berlin")))
    assert len({row.name for row in rows}) == len(rows)
    for row in rows:
        check(row.content)
    return [row.content for row in rows]


def check(content: Content) -> None:
    if isinstance(content, IssueRecord):
        assert content.title
        assert 0 < len(content.external_id) <= 100
        moments = [content.created_at, content.updated_at, content.resolved_at]
        assert all(moment is None or moment.tzinfo is not None for moment in moments)
        assert all("\0" not in text for text in (content.title, content.text, *content.labels, content.status_name))
        assert len(content.fingerprint) == 64
        ids = [each.external_id for each in content.comments]
        assert all(0 < len(each) <= 100 for each in ids)
    elif isinstance(content, CommentsRecord):
        assert all(each.body.strip() for each in content.comments)


def places(raw: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where a document has values, however deep."""
    inner = raw.items() if isinstance(raw, dict) else enumerate(raw) if isinstance(raw, list) else ()
    for key, value in inner:
        yield (*path, key)
        yield from places(value, (*path, key))


class TestDamage:
    @pytest.mark.parametrize("name", ALL)
    @quickly
    @given(DAMAGE)
    def test_of_bytes_is_told(self, tmp_path: Path, name: str, damage: list[tuple[float, int, bytes]]) -> None:
        data = ALL[name].encode()
        for place, length, other in damage:
            at = int(len(data) * place)
            data = data[:at] + other + data[at + length :]
        read(tmp_path, name, data)

    @pytest.mark.parametrize("name", TABLES)
    @quickly
    @given(st.data())
    def test_of_cells_loses_no_row(self, tmp_path: Path, name: str, data: st.DataObject) -> None:
        head, *rows = csv.reader(io.StringIO(TABLES[name], newline=""))
        for row in rows:
            row[data.draw(st.integers(0, len(row) - 1))] = data.draw(ANY_CELL).replace("\r", "").replace("\n", "")
        text = io.StringIO()
        csv.writer(text, quoting=csv.QUOTE_ALL).writerows([head, *rows])
        filled = [row for row in rows if any(cell.strip() for cell in row)]
        assert len(read(tmp_path, name, text.getvalue().encode("utf-8", "replace"))) == len(filled)

    @pytest.mark.parametrize("name", DOCUMENTS)
    @quickly
    @given(st.data())
    def test_of_values_loses_no_row(self, tmp_path: Path, name: str, data: st.DataObject) -> None:
        raw = json.loads(json.dumps(DOCUMENTS[name]))
        before = len(read(tmp_path, name, json.dumps(raw)))
        # Below the lists themselves, so that as many rows stand there as before.
        *path, last = data.draw(st.sampled_from([place for place in places(raw) if len(place) > 2]))
        inner = raw
        for key in path:
            inner = inner[key]
        inner[last] = data.draw(ANY_VALUE)
        assert len(read(tmp_path, name, json.dumps(raw))) == before
