"""Pages that a browser saved: no exports, though people take them for some."""

import re

from django.utils.translation import gettext as _

from apps.imports.formats.base import Sample

# Firefox and Chrome save a page as one file of several parts, too.
_PAGE = re.compile(
    rb"\s*+(?:<\?xml[^>]*+>\s*+)?(?:<!--(?:[^-]|-(?!->))*+-->\s*+)*+(?:<!doctype html|<html)", re.IGNORECASE
)
_PARTS = re.compile(rb"\s*(?:From: <Saved by|MIME-Version: 1\.0|Snapshot-Content-Location:)", re.IGNORECASE)
_JIRA = re.compile(rb"jira|atlassian", re.IGNORECASE)


def refusal(sample: Sample) -> str:
    """What somebody who hands in such a page should do instead; "" if it is none."""
    head = sample.head.removeprefix(b"\xef\xbb\xbf")
    if _PAGE.match(head) is None and _PARTS.match(head) is None:
        return ""
    name = {"name": sample.upload.name}
    if _JIRA.search(head) is not None:
        return (
            _(
                "“%(name)s” is a page that a browser saved, not an export. In Jira, search for the issues, choose "
                "Export, then CSV with all fields (or XML), and hand in the file that it gives you."
            )
            % name
        )
    return (
        _(
            "“%(name)s” is a page that a browser saved, not an export. Have the tracker itself export its issues, best "
            "as CSV or JSON, and hand in that file."
        )
        % name
    )
