"""What readers share: people, lists in cells, names of files, keys of projects."""

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.imports.formats.building import ProjectKeys, count, file_name, identifier, items_of, person
from apps.imports.records import Person
from apps.projects.models import PROJECT_KEY


@pytest.mark.parametrize(
    ("cell", "items"),
    [
        ("a, b;c\nd", ["a", "b", "c", "d"]),
        ('["a, b", 3, null, ""]', ["a, b", "3"]),
        ("[a, b", ["[a", "b"]),
        ('["a"', ['["a"']),
        ("[" * 100_000, ["[" * 100_000]),
        (f"[{'9' * 5000}]", [f"[{'9' * 5000}]"]),
        ('{"a": 1}', ['{"a": 1}']),
        (" ; ", []),
    ],
)
def test_items_are_set_apart_however_they_are_listed(cell: str, items: list[str]) -> None:
    assert items_of(cell) == items


@pytest.mark.parametrize(
    ("told", "found"),
    [
        (("Mira", "Mira@A.test", ""), Person("mira@a.test", "Mira", "mira@a.test")),
        (("", "", "mira"), Person("mira", "mira")),
        (("Mira", "", 5), Person("Mira", "Mira")),
        ((None, None, None), None),
        ((" ", "", ""), None),
    ],
)
def test_people_are_whoever_is_named(told: tuple[Any, Any, Any], found: Person | None) -> None:
    assert person(*told) == found


@pytest.mark.parametrize(
    ("name", "kept"),
    [("../../a.png", "a.png"), ("C:\\x\\a.png", "a.png"), ("/", "file"), (None, "file"), ("a\0b", "a\ufffdb")],
)
def test_names_of_files_have_no_folders(name: Any, kept: str) -> None:
    assert file_name(name) == kept


def test_ids_and_counts_are_what_they_should_be() -> None:
    assert [identifier(value) for value in (7, "a b", True, None, 1.5, [])] == ["7", "a b", "", "", "", ""]
    assert [count(value) for value in (7, 0, -1, True, "7", None)] == [7, 0, None, None, None, None]


@given(st.lists(st.text(max_size=20), max_size=12))
def test_projects_get_keys_of_their_own(names: list[str]) -> None:
    keys = ProjectKeys()
    found = {name: keys.of(name) for name in names}
    assert all(re.fullmatch(PROJECT_KEY, key) for key in found.values())
    assert len(set(found.values())) == len(found)
    assert all(keys.of(name) == key for name, key in found.items())
