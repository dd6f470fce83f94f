"""Pages that a browser saved are refused with what to do instead."""

from pathlib import Path

import pytest

from apps.imports.formats import UnknownFormat, recognise
from tests.imports.reading import upload

JIRA = [
    "<!DOCTYPE html>\n<html lang='en'><head><meta name='application-name' content='JIRA'></head>",
    "<html xmlns='http://www.w3.org/1999/xhtml'><body><div id='webkit-xml-viewer-source-xml'><rss><!-- RSS by JIRA -->",
    "<?xml version='1.0'?>\n<!-- saved from url=(0032)https://x.atlassian.net/browse/A-1 -->\n<HTML><head/>",
    "\ufeff<html xmlns:x='urn:schemas-microsoft-com:office:excel'><title>Jira</title>",
    "From: <Saved by Blink>\r\nSnapshot-Content-Location: https://x.atlassian.net/issues/\r\nSubject: a, b, c\r\n",
]


class TestSavedPages:
    @pytest.mark.parametrize("page", JIRA)
    @pytest.mark.parametrize("name", ["issues.xml", "issues.csv"])
    def test_says_what_to_export_from_jira_instead(self, tmp_path: Path, page: str, name: str) -> None:
        with pytest.raises(UnknownFormat) as refused:
            recognise(upload(tmp_path, page, name))
        assert f"“{name}” is a page that a browser saved" in str(refused.value.detail)
        assert "In Jira" in str(refused.value.detail)

    def test_takes_no_longer_for_many_comments(self, tmp_path: Path) -> None:
        with pytest.raises(UnknownFormat) as refused:
            recognise(upload(tmp_path, "<!-- a -->" * 20_000 + "<rss/>"))
        assert "browser saved" not in str(refused.value.detail)

    def test_says_it_of_pages_of_other_trackers(self, tmp_path: Path) -> None:
        with pytest.raises(UnknownFormat) as refused:
            recognise(upload(tmp_path, "<!doctype HTML><title>Board</title>"))
        assert "browser saved" in str(refused.value.detail)
        assert "Jira" not in str(refused.value.detail)
