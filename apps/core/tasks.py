"""Task lists in a text: `- [ ] Write the test` has a box that can be ticked where it is read.

A box is known by its place among the boxes and by a mark of what stands beside it, so that a tick finds its task when
others were added, ticked or taken away meanwhile.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256

from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore
from markdown_it.token import Token
from mdit_py_plugins.tasklists import tasklists_plugin

_BOX = re.compile(r"(?P<before>^[\s>]*(?:(?:[-*+]|\d{1,9}[.)])\s+)+)\[[ xX]\](?=\s)")
# What ends a line for the parser.
_LINE_END = re.compile(r"(\r\n?|\n)")
_STATED = re.compile(r"\[[ xX]\]\s")


@dataclass(frozen=True, slots=True)
class Task:
    """One task of a text: the line it begins in, from 0, and the mark of what it says."""

    line: int
    mark: str


class NoSuchTask(LookupError):
    """The text has no such task any more."""


def tick(parser: MarkdownIt, text: str, *, place: int, mark: str, is_done: bool) -> str:
    """The text with one of its tasks done, or not done: the task with this mark that is nearest to this place.

    :param parser: one with `tasks_plugin`
    :param place: which of the text's tasks it was when it was read, from 0
    :raises NoSuchTask: if no task says that any more
    """
    tasks = [words.meta["task"] for words in _tasks(parser.parse(text))]
    alike = [(abs(number - place), number) for number, task in enumerate(tasks) if task.mark == mark]
    if not alike:
        raise NoSuchTask
    parts = _LINE_END.split(text)  # lines, and between them their ends
    at = 2 * tasks[min(alike)[1]].line
    parts[at], changed = _BOX.subn(rf"\g<before>[{'x' if is_done else ' '}]", parts[at], count=1)
    if not changed:
        raise NoSuchTask
    return "".join(parts)


def tasks_plugin(parser: MarkdownIt) -> None:
    """Draw boxes, labelled by their words, that say which task they are of: `value="0-1f3a9c2e"`."""
    parser.use(tasklists_plugin, label=True)
    parser.core.ruler.before("github-tasklists", "find-tasks", _find)
    parser.core.ruler.after("github-tasklists", "name-tasks", _name)


def _find(state: StateCore) -> None:
    for item, paragraph, words in zip(state.tokens, state.tokens[1:], state.tokens[2:], strict=False):
        is_first = item.type == "list_item_open" and paragraph.type == "paragraph_open" and words.type == "inline"
        if is_first and words.map and _STATED.match(words.content):
            words.meta["task"] = Task(line=words.map[0], mark=_mark_of(words.content[3:]))


def _name(state: StateCore) -> None:
    for place, words in enumerate(_tasks(state.tokens)):
        box = next(part for part in words.children or () if part.content.startswith("<input "))
        box.content = f'<input value="{place}-{words.meta["task"].mark}" {box.content.removeprefix("<input ")}'


def _tasks(tokens: list[Token]) -> Iterator[Token]:
    return (token for token in tokens if "task" in token.meta)


def _mark_of(words: str) -> str:
    return sha256(words.strip().encode()).hexdigest()[:8]
