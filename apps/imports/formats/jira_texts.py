"""Texts of Jira's issues, and what is made of them: mentions by name, further sections, ids for what has none."""

import hashlib
import re
from collections import Counter
from collections.abc import Callable, Mapping

from apps.imports.formats.building import ID_LENGTH
from apps.imports.markup import html, jira
from apps.imports.texts import NAME_LENGTH, Notes, text_of
from apps.issues.models import TEXT_LENGTH

_MENTION = re.compile(r"\[~(?:accountid:)?([^\[\]|\s]{1,200})\]")
# A field of the project's own takes one line of about this length; what is longer goes on in the description.
LONGEST_FIELD = 500


def wiki_to_markdown(text: str, names: Mapping[str, str]) -> str:
    """Wiki markup as Markdown, people called by their names."""
    return jira.to_markdown(with_names(text, names), html.to_markdown)


def with_names(text: str, names: Mapping[str, str]) -> str:
    """The text with the names of those whom it mentions by an id."""
    if "[~" not in text:
        return text
    return _MENTION.sub(lambda found: f"@{names[found[1]]}" if found[1] in names else found[0], text)


def add_section(
    text: str, overflow: list[str], heading: str, value: str, notes: Notes, convert: Callable[[str], str]
) -> tuple[str, list[str]]:
    """A description that goes on with another text under a heading; where there is no room, a further piece."""
    section, further = text_of(value, heading, notes, convert)
    if not section.strip():
        return text, overflow
    headed = f"#### {heading}\n\n{section}"
    joined = f"{text}\n\n{headed}".strip("\n")
    if not overflow and len(joined) <= TEXT_LENGTH:
        return joined, further
    if len(headed) <= TEXT_LENGTH:
        return text, [*overflow, headed, *further]
    return text, [*overflow, section, *further]


def fits_field(value: str) -> bool:
    """Whether a text can be the value of a field of the project's own."""
    return len(value) <= LONGEST_FIELD and "\n" not in value


def field_name(name: str) -> str:
    """The name of a field as it fits."""
    return " ".join(name.split())[:NAME_LENGTH].strip()


class Ids:
    """Ids for what the export gives none: made of what they are of, so that the same export gives the same again."""

    def __init__(self, issue_id: str) -> None:
        self._issue_id = issue_id
        self._seen: Counter[str] = Counter()

    def of(self, *parts: object) -> str:
        """The id of what these parts say; one that is said again has another."""
        said = hashlib.sha256("\n".join(map(str, parts)).encode("utf-8", "replace")).hexdigest()[:20]
        self._seen[said] += 1
        again = f"-{self._seen[said]}" if self._seen[said] > 1 else ""
        return f"{self._issue_id[: ID_LENGTH - 30]}/{said}{again}"
