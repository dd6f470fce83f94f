"""Small files for readers, written for these tests, and what a reader makes of them."""

from pathlib import Path
from typing import Any

from apps.imports.choices import Choices
from apps.imports.files import Upload
from apps.imports.formats import recognise
from apps.imports.records import Content, IssueRecord

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"


def upload(tmp_path: Path, content: str | bytes, name: str = "export.dat") -> Upload:
    """A file of this content. Its name tells nothing, unless one is given."""
    path = tmp_path / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return Upload.at(path)


def contents(source: Upload, expected: str, **choices: Any) -> list[Content]:
    """What the rows of a file hold, read as its content tells, which must be the format that is expected."""
    found = recognise(source)
    assert found.name == expected
    rows = list(found.read(source, Choices(**choices)))
    assert all(row.name.startswith(f"{source.name}:") for row in rows)
    assert len({row.name for row in rows}) == len(rows)
    return [row.content for row in rows]


def issues(source: Upload, expected: str, **choices: Any) -> list[IssueRecord]:
    """The same where every row has to be an issue."""
    found = contents(source, expected, **choices)
    assert all(isinstance(each, IssueRecord) for each in found), [
        each for each in found if not isinstance(each, IssueRecord)
    ]
    return [each for each in found if isinstance(each, IssueRecord)]
