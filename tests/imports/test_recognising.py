"""Every export is recognised as what it is and as nothing else, by its content alone."""

import gzip
import json
from pathlib import Path

import pytest

from apps.imports.files import Upload
from apps.imports.formats import FORMATS, UnknownFormat, recognise
from apps.imports.formats.base import Sample
from tests.imports import test_github, test_gitlab, test_linear, test_trello
from tests.imports.reading import SHARED, upload

OURS = {
    "github": json.dumps([test_github.REST]),
    "github (pull requests only)": json.dumps([test_github.PULL]),
    "github (lines)": "\n".join([json.dumps(test_github.REST)] * 2),
    "github (comments)": json.dumps([test_github.COMMENT]),
    "github-archive": json.dumps(test_github.ARCHIVE),
    "github-archive (empty)": json.dumps({"magic": "x", "repo": "mira/lantern", "issues": [], "pulls": []}),
    "gitlab": json.dumps([test_gitlab.REST]),
    "gitlab (lines)": "\ufeff" + json.dumps(test_gitlab.REST) + "\n",
    "gitlab-csv": f"{test_gitlab.HEADER}\n{test_gitlab.LINE}\n",
    "gitlab-export": json.dumps(test_gitlab.EXPORTED),
    "gitlab-export (labels)": json.dumps(test_gitlab.LABEL),
    "gitlab-export (milestones)": json.dumps(test_gitlab.MILESTONE),
    "trello": json.dumps(test_trello.BOARD, indent=2),
    "trello (cards last)": json.dumps(dict(sorted(test_trello.BOARD.items(), key=lambda item: item[0] == "cards"))),
    "linear-csv": test_linear.export(test_linear.NEWER, {}),
    "linear-csv (older)": test_linear.export(test_linear.OLDER, {}),
    "linear-csv (small)": "Title,Description,Priority,Labels,Estimate\nTrim,,2,,\n",
}
# Folder of real exports: what the files whose names begin so are.
THEIRS = {
    "asana_csv/": "asana-csv",
    "bugzilla/fedora": "bugzilla-csv",
    "bugzilla/show_bug": "bugzilla-xml",
    "corpus_titanium_jira/": "jira-rest",
    "github_issues/rails": "github",
    "github_issues/ietf": "github-archive",
    "gitlab/csv": "gitlab-csv",
    "gitlab/project_export": "gitlab-export",
    "gitlab/rest": "gitlab",
    "jira_csv/": "jira-csv",
    "jira_json/": "jira-rest",
    "jira_xml/": "jira-xml",
    "linear_csv/": "linear-csv",
    "plane_csv/": "plane-csv",
    "redmine/rest": "redmine-rest",
    "trello_json/": "trello",
}


def _alone(source: Upload) -> list[str]:
    """Every format but that of any table that takes the file for its own."""
    sample = Sample(source)
    return [each.name for each in FORMATS if each.name != "csv" and each.recognises(sample)]


@pytest.mark.parametrize("case", OURS)
@pytest.mark.parametrize("name", ["export.xml", "Jira.csv", "noname"])
def test_handwritten_files_are_one_format_only(tmp_path: Path, case: str, name: str) -> None:
    expected = case.split(" (", maxsplit=1)[0]
    content = OURS[case].encode()
    for packed in (content, gzip.compress(content)):
        source = upload(tmp_path, packed, name)
        assert _alone(source) == [expected]
        assert recognise(source).name == expected


@pytest.mark.skipif(not SHARED.is_dir(), reason="the exports of other people's trackers are not on this machine")
@pytest.mark.parametrize("begin", THEIRS)
def test_real_exports_are_one_format_only(begin: str) -> None:
    paths = sorted(SHARED.glob(f"{begin}*" if not begin.endswith("/") else f"{begin}*.*"))
    assert paths
    for path in paths:
        for name in (path.name, "issues.json", "x.csv"):
            assert _alone(Upload(path, name)) == [THEIRS[begin]], path


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b"{}",
        b"[1, 2]",
        b'{"a": [{"number": 1}]}',
        b"[" * 300_000,
        b'{"number":' * 100_000,
        b"\x89PNG\r\n\x1a\n\x00\x00",
        b"<html><body>Log in</body></html>",
        gzip.compress(b"\x00" * 3_000_000, mtime=0),
        gzip.compress(b"[1]", mtime=0)[:-3],
    ],
)
def test_what_is_no_export_is_refused(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(UnknownFormat) as refused:
        recognise(upload(tmp_path, content, "github.json"))
    said = str(refused.value)
    assert "“github.json”" in said
    # Either what it is instead, or what FlowBoard reads.
    assert ("zeros alone" in said) + ("is empty" in said) + ("is a" in said) + (
        "GitHub" in said and "Trello" in said
    ) == 1
