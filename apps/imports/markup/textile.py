"""Textile, as Redmine writes it, made Markdown.

The common marks, each by a walk over lines or an expression without nested repetition, so that no text takes longer
than its length asks. The library (`textile`) grows with its square: 60,000 characters of “*a ” take over 8 seconds.
"""

import re
from collections.abc import Iterator
from html import unescape

from apps.imports.markup.jira import as_code

_CODE = re.compile(r"<(/?)(pre|code)\b([^<>\n]{0,100})>")
_ON_ONE_LINE = re.compile(r"[^\n]{0,200}?</code>")
# So many blanks may stand between <pre> and <code>.
_NEAR = 20
_CLASS = re.compile(r'class="(?:language-|brush: ?)?([A-Za-z][\w+#-]{0,29})')
_ATTRIBUTES = r"(?:\([^()\n]{0,60}\)|\{[^{}\n]{0,60}\}|\[\w{2}\]|[<>=]){0,4}"
_HEADING = re.compile(rf"\s*h([1-6]){_ATTRIBUTES}\.\s+(.*)")
_QUOTE = re.compile(rf"\s*bq{_ATTRIBUTES}\.\s+(.*)")
_PARAGRAPH = re.compile(rf"\s*p{_ATTRIBUTES}\.\s+(.*)")
_LIST = re.compile(r"\s*([*#]{1,8})\s+(\S.*)")
_TOLD = re.compile(
    r"^[ \t]*(?:h[1-6]|bq|p)(?:[({][^(){}\n]{0,60}[)}])?\. \S|^\|_\.|^[ \t]*\*{2,8} \S|^# .*\n# "
    r"|(?<![\w\"])\"[^\"\n]{1,200}\":(?:https?://|/|mailto:)|(?<![\w@])@[^@\s](?:[^@\n]{0,200}[^@\s])?@(?![\w@])",
    re.MULTILINE,
)
_INLINE = re.compile(
    r"""
      <code\b[^<>\n]*>(?P<code>[^\n]{0,200}?)</code>
    | (?<![\w@])@(?P<mono>[^@\s](?:[^@\n]*[^@\s])?)@(?![\w@])
    | (?<![\w"])"(?P<words>[^"\n(]+?)(?:\([^()\n"]*\))?":(?P<target>(?:https?://|mailto:|/|\#)[^\s<>\[\]|"]*[^\s<>\[\]|".,;:!?')])
    | (?<![\w!])!(?:[<>=])?(?P<image>[^!|\s()]+\.\w{2,5})(?:\([^()\n]*\))?!(?::\S+)?
    | (?P<url>https?://[^\s<>\[\]|"]+[^\s<>\[\]|".,;:!?'()*])
    | (?<![\w*])\*(?P<bold>[^\s*](?:[^*\n]*[^\s*])?)\*(?![\w*])
    | (?<![\w_])_(?P<slanted>[^\s_](?:[^_\n]*[^\s_])?)_(?![\w_])
    | (?<![\w\-])-(?P<gone>[^\s\-](?:[^\-\n]*[^\s\-])?)-(?![\w\-])
    | (?<![\w+])\+(?P<added>[^\s+](?:[^+\n]*[^\s+])?)\+(?![\w+])
    | \?\?(?P<cite>[^\s?](?:[^?\n]*[^\s?])?)\?\?
    """,
    re.VERBOSE,
)
_MARKS = {"bold": "**", "slanted": "*", "gone": "~~", "added": "", "cite": "*"}
_CELL = re.compile(r"^(_?)(?:[\\/]\d+)?[<>=^~_]*\. ?")


def is_textile(text: str) -> bool:
    """Whether something stands in a text that says nothing in Markdown."""
    return _TOLD.search(text) is not None


def to_markdown(text: str) -> str:
    """The same text as Markdown says it. What is no mark stays as it is."""
    lines: list[str] = []
    for language, piece in _pieces(text.replace("\r\n", "\n").replace("\r", "\n")):
        if language is None:
            _write(lines, piece)
        elif piece.strip():
            _space(lines)
            lines += [*as_code(unescape(piece), language).split("\n"), ""]
    return "\n".join(lines).strip("\n")


def _pieces(text: str) -> Iterator[tuple[str | None, str]]:
    """The text outside of blocks of code (with no language), and inside them (with one, maybe empty)."""
    position = 0
    opened = language = ""
    for tag in _CODE.finditer(text):
        closes, name = bool(tag[1]), tag[2]
        if not opened:
            if closes or (name == "code" and _ON_ONE_LINE.match(text, tag.end())):
                continue
            yield None, text[position : tag.start()]
            opened, language, position = name, _language(tag[3]), tag.end()
        elif closes and name == opened:
            yield language, text[position : tag.start()].rstrip().removesuffix("</code>")
            opened, position = "", tag.end()
        elif name == "code" and not closes and tag.start() - position < _NEAR:
            # Redmine writes <pre><code class="ruby">.
            language, position = _language(tag[3]), tag.end()
    yield (language if opened else None), text[position:]


def _language(attributes: str) -> str:
    found = _CLASS.search(attributes)
    return found[1].lower() if found is not None else ""


def _write(lines: list[str], text: str) -> None:
    previous = ""
    for line in text.split("\n"):
        kind, written = _line(line, is_first=previous != "table")
        if kind != previous and ({kind, previous} & {"table", "heading", "quote"} or kind == "list"):
            _space(lines)
        if written:
            lines.append(written)
        else:
            _space(lines)
        previous = kind


def _space(lines: list[str]) -> None:
    if lines and lines[-1]:
        lines.append("")


def _line(line: str, *, is_first: bool) -> tuple[str, str]:
    """What kind of line it is, and what it becomes."""
    if heading := _HEADING.fullmatch(line):
        return "heading", f"{'#' * int(heading[1])} {_inline(heading[2])}"
    if quote := _QUOTE.fullmatch(line):
        return "quote", f"> {_inline(quote[1])}"
    if item := _LIST.fullmatch(line):
        marker = "1." if item[1][-1] == "#" else "-"
        return "list", f"{'   ' * (len(item[1]) - 1)}{marker} {_inline(item[2])}"
    stripped = line.strip()
    if stripped.startswith("|") and stripped.endswith("|") and len(stripped) > 2:
        cells = [_inline(_CELL.sub("", cell.strip() + " ").strip()) for cell in stripped.strip("|").split("|")]
        row = "| " + " | ".join(cells) + " |"
        return "table", row + "\n|" + " --- |" * len(cells) if is_first else row
    if paragraph := _PARAGRAPH.fullmatch(line):
        return "text", _inline(paragraph[1])
    return "text", _inline(line) if stripped else ""


def _inline(text: str, depth: int = 0) -> str:
    # Deeper nesting is nobody's intention.
    return _INLINE.sub(lambda found: _mark(found, depth), text) if text and depth < 4 else text


def _mark(found: re.Match[str], depth: int) -> str:
    kind = found.lastgroup or ""
    value = found[kind]
    match kind:
        case "mono" | "code":
            return f"`{unescape(value)}`" if "`" not in value else value
        case "target":
            words = found["words"]
            return f"[{words}](<{value}>)" if value.startswith(("http", "mailto:")) else _inline(words, depth + 1)
        case "image" if not value.startswith(("http://", "https://")):
            return f"`{value}`"
        case "image" | "url":
            return f"<{value}>"
        case _:
            return f"{_MARKS[kind]}{_inline(value, depth + 1)}{_MARKS[kind]}"
