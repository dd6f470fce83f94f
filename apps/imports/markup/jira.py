"""Jira's wiki markup as Markdown.

Written for this importer because of its speed: every pass is a regular expression without nested repetition, or a walk
over lines, so the time grows with the length of the text and with nothing else (see docs/adr on the importer).
"""

import re
from collections.abc import Callable, Iterator

_VERBATIM = re.compile(r"\{(code|noformat|html)(?::([^{}\n]*))?\}")
_QUOTE = re.compile(r"\{(quote|panel)(?::([^{}\n]*))?\}")
_HEADING = re.compile(r"\s*h([1-6])\.\s*(.*)")
_BLOCK_QUOTE = re.compile(r"\s*bq\.\s*(.*)")
_RULE = re.compile(r"\s*-{4,}\s*")
_LIST = re.compile(r"\s*([*#]{1,8}|-)\s+(\S.*)")
# Under a line of text, Markdown would take these for the mark of a heading.
_UNDERLINE = re.compile(r"\s*(?:=+|-{1,3})\s*")
_OPTIONS_OF_IMAGE = re.compile(r"!([^!|\s][^!|\n]*\.\w{2,5})\|[^!|\n]*!")
_PANEL_TITLE = re.compile(r"(?:^|\|)title=([^|]+)")
_LANGUAGE = re.compile(r"[A-Za-z][\w+#-]*")
_LANGUAGES = {"none": "", "plain": "", "text": "", "objc": "objectivec", "c#": "csharp", "actionscript": "javascript"}

_INLINE = re.compile(
    r"""
      \\\\                                                      (?P<break>)
    | \{\{(?P<mono>[^{}\n]+)\}\}
    | \[~(?:accountid:)?\ ?(?P<person>[^\[\]|\s]+(?:\ [^\[\]|\s]+){0,2})\]
    | \[\^(?P<file>[^\[\]|\n]+)\]
    | \[(?P<words>[^\[\]|\n]+)\|(?P<target>[^\[\]|\s]+)(?:\|[^\[\]|\n]{0,200})?\]
    | \[(?P<link>(?:https?://|mailto:)[^\[\]|\s]+)\]
    | !(?P<image>[^!|\s][^!|\n]*\.\w{2,5})(?:\|[^!\n]*)?!
    | (?P<url>https?://[^\s<>\[\]{}|"]+[^\s<>\[\]{}|".,;:!?'()*])
    | (?<![\w)])\((?P<sign>[/x!yn])\)(?!\w)
    | \{color(?::[^{}\n]*)?\}                                   (?P<colour>)
    | (?<![\w*\\])\*(?P<bold>[^\s*](?:[^*\n]*[^\s*\\])?)\*(?![\w*])
    | (?<![\w+\\])\+(?P<under>[^\s+](?:[^+\n]*[^\s+\\])?)\+(?![\w+])
    | (?<![\w\-\\])-(?P<gone>[^\s\-](?:[^\-\n]*[^\s\-\\])?)-(?![\w\-])
    | \?\?(?P<cite>[^\s?](?:[^?\n]*[^\s?])?)\?\?
    """,
    re.VERBOSE,
)
# What Jira shows as a picture, of which others would read the letter.
_SIGNS = {"/": "✅", "x": "❌", "!": "⚠️", "y": "👍", "n": "👎"}
# Deeper nesting is nobody's intention.
_DEEPEST = 4
# Three columns a level are deep enough for both kinds of marker.
_INDENT = "   "
_BACKTICKS = re.compile(r"`+")


def to_markdown(text: str, read_html: Callable[[str], str] | None = None) -> str:
    """The same text, as Markdown says it. What is no markup stays as it is.

    :param read_html: makes Markdown of what stands between `{html}` tags; without it that is code
    """
    writer = _Writer()
    for tag, piece in _pieces(text.replace("\r\n", "\n").replace("\r", "\n")):
        if tag is None:
            writer.write_text(piece)
        elif not piece.strip():
            continue
        elif tag[1] == "html" and read_html is not None:
            writer.write_block(read_html(piece))
        else:
            if title := _PANEL_TITLE.search(tag[2] or ""):
                writer.write_block(f"**{title[1].strip()}**")
            writer.write_block(as_code(piece, _language(tag)))
    return "\n".join(writer.lines).strip("\n")


def as_code(text: str, language: str = "") -> str:
    """Text in a fence that nothing inside it can close."""
    longest = max((len(run) for run in _BACKTICKS.findall(text)), default=0)
    fence = "`" * max(3, longest + 1)
    body = text.strip("\n")
    return f"{fence}{language}\n{body}\n{fence}"


def _pieces(text: str) -> Iterator[tuple[re.Match[str] | None, str]]:
    """The text outside of `{code}`, `{noformat}` and `{html}` (with no tag), and inside of them (with theirs)."""
    position = 0
    opened: re.Match[str] | None = None
    for tag in _VERBATIM.finditer(text):
        if opened is None:
            yield None, text[position : tag.start()]
            opened, position = tag, tag.end()
        elif tag[1] == opened[1]:
            yield opened, text[position : tag.start()]
            opened, position = None, tag.end()
    if opened is not None:
        # Somebody forgot to close the block; Jira shows the rest as code as well.
        yield opened, text[position:]
    else:
        yield None, text[position:]


def _language(tag: re.Match[str]) -> str:
    if tag[1] != "code":
        return ""
    options = (option.strip().lower().removeprefix("language=") for option in (tag[2] or "").split("|"))
    named = next((option for option in options if _LANGUAGE.fullmatch(option)), "")
    return _LANGUAGES.get(named, named)


class _Writer:
    """Collects Markdown lines, inside as many quotes and panels as are open."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self._open: list[str] = []
        self._previous = ""
        # How deep the last item of a list was, and where the table that is being written began, with its width.
        self._depth = 0
        self._table = (0, 0)

    def write_text(self, text: str) -> None:
        """Lines outside of code: headings, quotes, lists, tables, and what is marked inside them."""
        for line in _own_lines_for_quotes(text).split("\n"):
            tag = _QUOTE.fullmatch(line.strip())
            if tag is not None:
                self._turn(tag)
                continue
            kind, converted = _line(line, self._previous, self._depth)
            if kind == "list":
                self._depth = (len(converted[0]) - len(converted[0].lstrip())) // len(_INDENT) + 1
            elif kind:
                self._depth = 0
            if kind != self._previous and ("table" in {kind, self._previous} or kind in {"list", "heading", "quote"}):
                self._space()
            if kind == "table":
                self._widen(len(_cells(line.strip())))
            for part in converted:
                self._put(part)
            self._previous = kind

    def _widen(self, width: int) -> None:
        """Let the head of a table be as wide as its widest row: what stands beyond it is not shown."""
        if self._previous != "table":
            self._table = (len(self.lines), width)
            return
        head, known = self._table
        if width > known:
            self.lines[head] += "  |" * (width - known)
            self.lines[head + 1] += " --- |" * (width - known)
            self._table = (head, width)

    def write_block(self, block: str) -> None:
        """Lines that stay together, with a blank line around them."""
        self._space()
        prefix = self._prefix()
        self.lines += [f"{prefix}{line}".rstrip() if prefix else line for line in block.split("\n")]
        self._space()
        self._previous = ""

    def _turn(self, tag: re.Match[str]) -> None:
        """Open or close a quote or panel; what is around it is set off by a line that is truly blank."""
        is_closing = tag[2] is None and tag[1] in self._open
        if is_closing:
            while self._open.pop() != tag[1]:
                pass
        if self.lines and self.lines[-1]:
            self.lines.append("")
        if not is_closing and len(self._open) < _DEEPEST:
            self._open.append(tag[1])
            if title := _PANEL_TITLE.search(tag[2] or ""):
                self._put(f"**{title[1].strip()}**")
                self._space()
        self._previous = ""

    def _prefix(self) -> str:
        return "> " if self._open else ""

    def _put(self, line: str) -> None:
        if line.strip():
            self.lines.append(f"{self._prefix()}{line}")
        else:
            self._space()

    def _space(self) -> None:
        """One blank line, never two; inside a quote it belongs to the quote."""
        if self.lines and self.lines[-1].strip("> "):
            self.lines.append(self._prefix().rstrip())


def _own_lines_for_quotes(text: str) -> str:
    return _QUOTE.sub(lambda tag: f"\n{tag[0]}\n", text)


def _line(line: str, previous: str, depth: int) -> tuple[str, list[str]]:
    """What kind of line it is, and the Markdown lines it becomes."""
    if not line.strip():
        return "", [""]
    if heading := _HEADING.fullmatch(line):
        return "heading", [f"{'#' * int(heading[1])} {_inline(heading[2])}"]
    if quote := _BLOCK_QUOTE.fullmatch(line):
        return "quote", [f"> {_inline(quote[1])}", ""]
    if _RULE.fullmatch(line):
        return "rule", ["", "---", ""]
    if item := _LIST.fullmatch(line):
        marks = item[1]
        marker = "1." if marks[-1] == "#" else "-"
        # An item can only be one level below the one before; further to the right it would be code.
        return "list", [f"{_INDENT * min(len(marks) - 1, depth)}{marker} {_inline(item[2])}"]
    stripped = line.strip()
    if stripped.startswith("|") and stripped.count("|") > 1 and stripped.strip("| "):
        return "table", _table_row(stripped, is_first=previous != "table")
    if line.startswith(("    ", "\t")):
        return "code", [line]
    if previous == "text" and _UNDERLINE.fullmatch(line):
        return "text", [f"\\{stripped}"]
    return "text", [_inline(line)]


def _table_row(line: str, *, is_first: bool) -> list[str]:
    cells = [_inline(cell.strip()) for cell in _cells(line)]
    row = "| " + " | ".join(cells) + " |"
    return [row, "|" + " --- |" * len(cells)] if is_first else [row]


def _cells(line: str) -> list[str]:
    """The cells of a row; a bar inside a link belongs to the link."""
    inner = _OPTIONS_OF_IMAGE.sub(r"!\1!", line.strip("|")).replace("||", "|")
    cells, depth, start = [], 0, 0
    for position, character in enumerate(inner):
        if character == "[":
            depth += 1
        elif character == "]":
            depth = max(depth - 1, 0)
        elif character == "|" and not depth and inner[position - 1 : position] != "\\":
            cells.append(inner[start:position])
            start = position + 1
    return [*cells, inner[start:]]


def _inline(text: str, depth: int = 0) -> str:
    if not text or depth > 3:
        return text
    return _INLINE.sub(lambda found: _mark(found, depth), text)


def _mark(found: re.Match[str], depth: int) -> str:
    kind = found.lastgroup
    value = found[kind] if kind else ""
    match kind:
        case "mono":
            return f"`{value}`" if "`" not in value else f"`` {value} ``"
        case "person":
            return f"@{value}"
        case "file" | "image" if not value.startswith(("http://", "https://")):
            # The content is not in the export: the name says what was there.
            return f"`{value}`"
        case "image" | "link" | "url":
            return f"<{value}>"
        case "target":
            return _link(found["words"], value, depth)
        case "break":
            return "  \n"
        case "sign":
            return _SIGNS[value]
        case "colour":
            return ""
        case "under":
            return _inline(value, depth + 1)
        case "bold":
            return f"**{_inline(value, depth + 1)}**"
        case "gone":
            return f"~~{_inline(value, depth + 1)}~~"
        case "cite":
            return f"*{value}*"
        case _:
            return found[0]


def _link(words: str, target: str, depth: int) -> str:
    if target.startswith(("http://", "https://", "mailto:")):
        if words == target:
            return f"<{target}>"
        # An address among the words would be a link inside of a link.
        return f"[{words if '://' in words else _inline(words, depth + 1)}](<{target}>)"
    said = _inline(words, depth + 1)
    if target.startswith("www."):
        return f"[{said}](<http://{target}>)"
    # What is within Jira (an anchor, a file) leads nowhere from here; an address of another kind must not be lost.
    is_nowhere = target == words or target.lower().startswith(("#", "^", "~", "javascript:", "data:"))
    return said if is_nowhere else f"{said} ({target})"
