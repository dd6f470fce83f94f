"""Issues and people named in a text: `FLOW-12` and `#FLOW-12` become links, `@ada` becomes a name.

What a name stands for differs by reader, so whoever draws a text looks it up first; what is not found stays text.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore
from markdown_it.token import Token

# A text, or a page of texts, that names more than this has links for the first of them.
MOST_NAMES = 200

_KEY = r"[A-Z][A-Z0-9]{1,9}-[1-9][0-9]{0,8}"
HANDLE_PATTERN = r"[a-z0-9](?:[a-z0-9.-]{0,30}[a-z0-9])?"
# Written plainly a key is in capitals, as “utf-8” names no issue; after a hash any case will do.
_NAME = re.compile(
    rf"(?<![\w#@/.-])(?:#(?P<hashed>(?i:{_KEY}))|(?P<key>{_KEY})|@(?P<handle>(?i:{HANDLE_PATTERN})))(?![\w@-])"
)


@dataclass(frozen=True, slots=True)
class NamedIssue:
    """An issue that a text names, as its reader may know it."""

    key: str
    title: str
    url: str
    is_closed: bool


@dataclass(frozen=True, slots=True)
class Names:
    """What the names in a text stand for: issues by the key as written, in capitals; people's names by their handle."""

    issues: Mapping[str, NamedIssue] = field(default_factory=dict)
    people: Mapping[str, str] = field(default_factory=dict)


NO_NAMES = Names()


def keys_in(texts: Iterable[str]) -> list[str]:
    """The issue keys that texts name, in capitals, each once, at most `MOST_NAMES`; those in code are among them."""
    return _found(texts, ("hashed", "key"), str.upper)


def handles_named_in(texts: Iterable[str]) -> list[str]:
    """The handles that texts name, in small letters, likewise."""
    return _found(texts, ("handle",), str.lower)


def _found(texts: Iterable[str], groups: Sequence[str], write: Callable[[str], str]) -> list[str]:
    matches = (match for text in texts for match in _NAME.finditer(text))
    found = dict.fromkeys(write(match[group]) for match in matches for group in groups if match[group])
    return list(found)[:MOST_NAMES]


def names_plugin(parser: MarkdownIt) -> None:
    """Make links of the names that `env["names"]` knows, outside code and links."""
    parser.core.ruler.push("names", _rule)


def _rule(state: StateCore) -> None:
    names: Names = state.env.get("names", NO_NAMES)
    if not names.issues and not names.people:
        return
    for block in state.tokens:
        if block.type != "inline" or not block.children:
            continue
        drawn: list[Token] = []
        depth = 0
        for part in block.children:
            depth += {"link_open": 1, "link_close": -1}.get(part.type, 0)
            drawn += _split(part, names) if part.type == "text" and not depth else [part]
        block.children = drawn


def _split(part: Token, names: Names) -> list[Token]:
    pieces: list[Token] = []
    done = 0
    for match in _NAME.finditer(part.content):
        named = _tokens(match, names)
        if named:
            pieces += [_text(part.content[done : match.start()]), *named]
            done = match.end()
    return [*pieces, _text(part.content[done:])] if done else [part]


def _tokens(match: re.Match[str], names: Names) -> list[Token]:
    if handle := match["handle"]:
        person = names.people.get(handle.lower())
        return _wrapped("span", {"class": "mention"}, f"@{person}") if person else []
    issue = names.issues.get((match["hashed"] or match["key"]).upper())
    if issue is None:
        return []
    look = "reference closed" if issue.is_closed else "reference"
    return _wrapped("a", {"href": issue.url, "class": look}, f"{issue.key} {issue.title}")


def _wrapped(tag: str, attributes: dict[str, str | int | float], content: str) -> list[Token]:
    kind = "link" if tag == "a" else tag
    return [
        Token(f"{kind}_open", tag, 1, attrs=attributes),
        _text(content),
        Token(f"{kind}_close", tag, -1),
    ]


def _text(content: str) -> Token:
    return Token("text", "", 0, content=content)
