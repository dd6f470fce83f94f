"""Texts of Jira Cloud as Markdown: documents of nodes and marks (Atlassian Document Format), not lines of markup."""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from apps.imports.markup.jira import as_code

# What is nested deeper keeps its words alone.
DEEPEST = 30
_MARKS = re.compile(r"(?<![^\W_])_+|_+(?![^\W_])|(?<!\s)\*+|\*+(?!\s)|`")
_TICKS = re.compile(r"`+")
_LANGUAGE = re.compile(r"[A-Za-z][\w+#-]{0,29}")
_SIGNS = {"strong": "**", "em": "*", "strike": "~~"}


def is_document(value: Any) -> bool:
    """Whether a value is a document of this format."""
    return isinstance(value, dict) and value.get("type") == "doc" and isinstance(value.get("content"), list)


def to_markdown(document: Mapping[str, Any], names: Mapping[str, str] | None = None) -> str:
    """The document as Markdown says it.

    :param names: what people are called by their ids, where a mention does not say
    """
    return _Writer(names or {}).blocks(document, 0).strip("\n")


class _Writer:
    def __init__(self, names: Mapping[str, str]) -> None:
        self.names = names

    # ---- blocks

    def blocks(self, node: Mapping[str, Any], depth: int) -> str:
        """What stands one below the other inside of a node."""
        found: list[str] = []
        # Words that stand among blocks without a paragraph of their own.
        loose: list[Mapping[str, Any]] = []
        for child in _children(node):
            if _is_inline(child):
                loose.append(child)
                continue
            found += [self.inline(loose, depth)] if loose else []
            loose = []
            found.append(self.block(child, depth + 1))
        found += [self.inline(loose, depth)] if loose else []
        return "\n\n".join(block for block in found if block.strip())

    def block(self, node: Mapping[str, Any], depth: int) -> str:
        """One block."""
        if depth > DEEPEST:
            return _words(node)
        match node.get("type"):
            case "paragraph":
                return self.inline(_children(node), depth)
            case "heading":
                level = _attributes(node).get("level")
                signs = "#" * (min(max(level, 1), 6) if isinstance(level, int) else 1)
                return f"{signs} {_one_line(self.inline(_children(node), depth))}"
            case "bulletList" | "orderedList" | "taskList" | "decisionList":
                return self.items(node, depth)
            case "codeBlock":
                language = str(_attributes(node).get("language") or "").lower()
                return as_code(_words(node), language if _LANGUAGE.fullmatch(language) else "")
            case "blockquote" | "panel":
                return _quoted(self.blocks(node, depth))
            case "expand" | "nestedExpand":
                title = _one_line(str(_attributes(node).get("title") or ""))
                return "\n\n".join(part for part in (f"**{title}**" if title else "", self.blocks(node, depth)) if part)
            case "rule":
                return "---"
            case "table":
                return self.table(node, depth)
            case "media" | "blockCard" | "embedCard":
                return self.inline([node], depth)
            case _:
                return self.blocks(node, depth)

    def items(self, node: Mapping[str, Any], depth: int) -> str:
        """Items, what belongs to one under its first line."""
        lines: list[str] = []
        first = _attributes(node).get("order")
        number = first if isinstance(first, int) and 0 <= first < 10**9 else 1
        for item in _children(node):
            marker = f"{number}. " if node.get("type") == "orderedList" else "- "
            if item.get("type") == "taskItem":
                marker += "[x] " if _attributes(item).get("state") == "DONE" else "[ ] "
            number += 1
            if item.get("type") in {"taskList", "bulletList", "orderedList"}:
                # A list inside of one belongs to the item before it.
                lines += [f"  {line}" for line in self.block(item, depth + 1).split("\n")]
                continue
            # Lists follow their item's words at once: blank lines would set every item apart.
            text = re.sub(r"\n\n(?=\s*(?:-|\d+\.) )", "\n", self.blocks(item, depth + 1))
            indent = " " * (len(marker) if node.get("type") == "orderedList" else 2)
            head, *rest = text.split("\n")
            lines += [f"{marker}{head}", *(f"{indent}{line}" if line else "" for line in rest)]
        return "\n".join(lines)

    def table(self, node: Mapping[str, Any], depth: int) -> str:
        """Rows; the first one heads them, as every table's does in Markdown."""
        rows = [
            [_one_line(self.blocks(cell, depth + 2)).replace("\\|", "|").replace("|", "\\|") for cell in _children(row)]
            for row in _children(node)
        ]
        width = max(map(len, rows), default=0)
        if not width:
            return ""
        lines = ["| " + " | ".join([*row, *[""] * (width - len(row))]) + " |" for row in rows]
        return "\n".join([lines[0], "|" + " --- |" * width, *lines[1:]])

    # ---- what stands in a line

    def inline(self, nodes: list[Mapping[str, Any]], depth: int) -> str:
        """Words, their marks, and what stands among them."""
        return "".join(self.piece(node, depth) for node in nodes)

    def piece(self, node: Mapping[str, Any], depth: int) -> str:
        """One run of words, or what stands for some."""
        attributes = _attributes(node)
        match node.get("type"):
            case "text":
                return _marked(node)
            case "hardBreak":
                return "\n"
            case "mention":
                name = str(attributes.get("text") or self.names.get(str(attributes.get("id"))) or attributes.get("id"))
                return f"@{name.lstrip('@')}"
            case "emoji":
                return str(attributes.get("text") or attributes.get("shortName") or "")
            case "inlineCard" | "blockCard" | "embedCard":
                return _address(str(attributes.get("url") or ""))
            case "date":
                return _day(attributes.get("timestamp"))
            case "status":
                return f"**{_escaped(_one_line(str(attributes.get('text') or '')))}**" if attributes.get("text") else ""
            case "media" | "mediaInline":
                name = _one_line(
                    str(attributes.get("alt") or attributes.get("__fileName") or attributes.get("id") or "")
                )
                return f"`{name.replace('`', '')}`" if name else ""
            case "placeholder":
                return _escaped(str(attributes.get("text") or ""))
            case _ if depth > DEEPEST:
                return _words(node)
            case _:
                return self.inline(_children(node), depth + 1)


def _attributes(node: Mapping[str, Any]) -> Mapping[str, Any]:
    found = node.get("attrs")
    return found if isinstance(found, dict) else {}


def _children(node: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    found = node.get("content")
    return [child for child in found if isinstance(child, dict)] if isinstance(found, list) else []


def _is_inline(node: Mapping[str, Any]) -> bool:
    return node.get("type") in {
        "text", "hardBreak", "mention", "emoji", "inlineCard", "date", "status", "mediaInline", "placeholder",
    }  # fmt: skip


def _texts(node: Mapping[str, Any]) -> Iterator[str]:
    """All words inside of a node, however deep."""
    waiting = [node]
    while waiting:
        current = waiting.pop()
        if isinstance(current.get("text"), str):
            yield current["text"]
        elif current.get("type") == "hardBreak":
            yield "\n"
        waiting += reversed(_children(current))


def _words(node: Mapping[str, Any]) -> str:
    return "".join(_texts(node))


def _marked(node: Mapping[str, Any]) -> str:
    """Words with their marks around them; blanks at their ends stay outside, where Markdown wants them."""
    said = node.get("text")
    text = said if isinstance(said, str) else ""
    core = text.strip()
    listed = node.get("marks")
    marks = [mark for mark in listed if isinstance(mark, dict)] if isinstance(listed, list) else []
    if not core:
        return text
    before, after = text[: len(text) - len(text.lstrip())], text[len(text.rstrip()) :]
    kinds = {mark.get("type") for mark in marks}
    if "code" in kinds:
        ticks = "`" * (max((len(run) for run in _TICKS.findall(core)), default=0) + 1)
        pad = " " if "`" in core else ""
        core = f"{ticks}{pad}{core}{pad}{ticks}"
    else:
        core = _escaped(core)
    for kind, sign in _SIGNS.items():
        if kind in kinds and "\n" not in core:
            core = f"{sign}{core}{sign}"
    for mark in marks:
        target = "".join(str(_attributes(mark).get("href") or "").split())
        if mark.get("type") == "link" and target.startswith(("http://", "https://", "mailto:")):
            safe = target.replace("<", "%3C").replace(">", "%3E")
            core = f"<{safe}>" if text.strip() == target else f"[{core}](<{safe}>)"
    return f"{before}{core}{after}"


def _escaped(text: str) -> str:
    """Marks that would come to mean something are said not to."""
    return _MARKS.sub(lambda found: "".join(f"\\{each}" for each in found[0]), text)


def _address(url: str) -> str:
    target = "".join(url.split()).replace("<", "%3C").replace(">", "%3E")
    return f"<{target}>" if target.startswith(("http://", "https://")) else target


def _day(timestamp: Any) -> str:
    """The day of a moment in milliseconds."""
    text = str(timestamp)
    if not text.removeprefix("-").isdecimal() or len(text) > 14:
        return ""
    return f"{datetime.fromtimestamp(int(text) / 1000, tz=UTC):%Y-%m-%d}"


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _quoted(text: str) -> str:
    return "\n".join(f"> {line}" if line else ">" for line in text.split("\n")) if text.strip() else ""
