"""HTML of other trackers as Markdown, by `markdownify`.

What arrives is made whole by `nh3` first: its parser takes as long as the text is, whatever stands in it. Python's own
does not (100,000 characters of “<a ” keep it busy for minutes). Only what Markdown can say is left then.
"""

import html as entities
import re
from typing import Any

import nh3
from bs4 import BeautifulSoup
from bs4.element import NavigableString, PageElement, Tag
from markdownify import ATX, MarkdownConverter

from apps.imports.markup.jira import as_code

# What is longer or nested deeper is nobody's description: its words are kept, its form is not.
LONGEST = 200_000
DEEPEST = 40
# Before it is made whole, a text may look deeper than it is.
_DEEPEST_RAW = 400

_TAGS = set(
    "a b blockquote br caption code del div dd dl dt em h1 h2 h3 h4 h5 h6 hr i img input kbd li ol p pre q s samp "
    "section strike strong table td th tr tt ul".split()
)
_ATTRIBUTES = {
    "a": {"href"},
    "code": {"class"},
    "img": {"src", "alt"},
    "input": {"type", "checked"},
    "li": {"data-checked"},
    "ol": {"start"},
    "pre": {"class", "lang"},
}
_BLOCKS = _TAGS & set(
    "blockquote br caption dd div dl dt h1 h2 h3 h4 h5 h6 hr li ol p pre section table td th tr ul".split()
)
_SCHEMES = {"http", "https", "mailto"}
_SAME = {"strike": "del", "tt": "code"}
# These hold nothing, or are ended by what follows them.
_FLAT = {"br", "hr", "img", "input", "p", "li", "dd", "dt", "td", "th", "tr"}
_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)")
_ANY_TAG = re.compile(r"<[^<>]*>")
_ENDS = re.compile(r"<(?:br|/p|/div|/li|/tr|/h[1-6]|/blockquote|/pre|/table|/ul|/ol)\b[^<>]*>", re.IGNORECASE)
_LOOKS = re.compile(
    r"<br ?/?>|</(?:p|div|li|ul|ol|h[1-6]|blockquote|pre|table|tr|strong|em|b|i|span|a|code)>", re.IGNORECASE
)
_BLANKS = re.compile(r"[ \t\r\n\f]+")
_MANY_LINES = re.compile(r"\n{3,}")
_LANGUAGE = re.compile(r"(?:^|\s)(?:language-|lang-|brush:\s?)([A-Za-z][\w+#-]{0,29})")
_NAME = re.compile(r"[A-Za-z][\w+#-]{0,29}")
# Inside of words these mark nothing, and between blanks a star does not either.
_MARKS = re.compile(r"(?<![^\W_])_+|_+(?![^\W_])|(?<!\s)\*+|\*+(?!\s)")


def is_html(text: str) -> bool:
    """Whether a text that may be either is HTML: it closes elements that people format with."""
    return _LOOKS.search(text) is not None


def to_markdown(text: str) -> str:
    """The same text as Markdown says it. Scripts, styles and comments are gone; what is no HTML stays as it is."""
    if len(text) > LONGEST or _depth(text) > _DEEPEST_RAW:
        return _words(text)
    clean = nh3.clean(text, tags=_TAGS, attributes=_ATTRIBUTES, url_schemes=_SCHEMES, link_rel=None)
    if _depth(clean, flat={"br", "hr", "img", "input"}) > DEEPEST:
        return _words(text)
    # The element around it keeps Beautiful Soup from taking a lone name of a file for one to open.
    soup = BeautifulSoup(f"<div>{clean.replace('&nbsp;', ' ')}</div>", "html.parser")
    for element in soup.find_all(list(_SAME)):
        element.name = _SAME[element.name]
    found = _Converter(heading_style=ATX, bullets="-", table_infer_header=True).convert_soup(soup)
    return str(found).strip("\n")


def _words(text: str) -> str:
    """The words alone, on the lines that they stood on."""
    bare = entities.unescape(_ANY_TAG.sub("", _ENDS.sub("\n", text)))
    return _MANY_LINES.sub("\n\n", bare.replace("\xa0", " ")).strip()


def _depth(text: str, flat: set[str] = _FLAT) -> int:
    """How deep the elements of a text are nested."""
    depth = deepest = 0
    for closes, name in _TAG.findall(text):
        if name.lower() not in flat:
            depth = max(depth - 1, 0) if closes else depth + 1
            deepest = max(deepest, depth)
    return deepest


class _Converter(MarkdownConverter):
    """Says what FlowBoard's Markdown says; a row of a long list or table takes no longer than one of a short one."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._counted: dict[int, int] = {}

    def process_text(self, el: NavigableString, parent_tags: set[str] | None = None) -> str:
        """Words with the blanks that a browser would show: a line's end in the source is none in the text."""
        within = parent_tags or set()
        if "pre" in within:
            return str(el)
        text = _BLANKS.sub(" ", el)
        if "_noformat" not in within:
            text = self.escape(text, within)
        before, after = el.previous_sibling, el.next_sibling
        if _is_block(before if before is not None else el.parent):
            text = text.lstrip()
        if _is_block(after if after is not None else el.parent):
            text = text.rstrip()
        return text

    def escape(self, text: str, parent_tags: set[str]) -> str:
        """Marks that would come to mean something; everything else reads better as it was written."""
        marked = _MARKS.sub(lambda found: "".join(f"\\{each}" for each in found[0]), text)
        return marked.replace("|", "\\|") if "td" in parent_tags or "th" in parent_tags else marked

    def convert_a(self, el: Tag, text: str, parent_tags: set[str]) -> str:
        """A link; one that leads nowhere from here is its words."""
        target = _target(el.get("href"))
        if "_noformat" in parent_tags or not target or not text.strip():
            return text
        if el.get_text().strip() in {target, target.removeprefix("mailto:")}:
            return f"<{target}>"
        return f"[{text.strip()}](<{target}>)"

    def convert_img(self, el: Tag, text: str, parent_tags: set[str]) -> str:
        """A link to the picture: nobody should call at a foreign server by reading an issue."""
        source, words = str(el.get("src") or ""), _BLANKS.sub(" ", str(el.get("alt") or "")).strip()
        target = _target(source)
        if target:
            return f"[{words}](<{target}>)" if words else f"<{target}>"
        name = words or source.rsplit("/", 1)[-1]
        return f"`{name}`" if name and "`" not in name else name

    def convert_blockquote(self, el: Tag, text: str, parent_tags: set[str]) -> str:
        """A quotation, marked on each of its lines."""
        text = text.strip()
        if "_inline" in parent_tags or not text:
            return f" {text} "
        return "\n\n" + "\n".join(f"> {line}" if line else ">" for line in text.split("\n")) + "\n\n"

    def convert_br(self, el: Tag, text: str, parent_tags: set[str]) -> str:
        """A line's end; FlowBoard keeps those."""
        return " " if "_inline" in parent_tags else "\n"

    def convert_input(self, el: Tag, text: str, parent_tags: set[str]) -> str:
        """The box of a task list."""
        if el.get("type") != "checkbox":
            return ""
        return ("[x]" if el.has_attr("checked") else "[ ]") + ("" if str(el.next_sibling)[:1].isspace() else " ")

    def convert_pre(self, el: Tag, text: str, parent_tags: set[str]) -> str:
        """Code in a fence that nothing inside it can close."""
        if not text.strip():
            return ""
        if "_inline" in parent_tags:
            return f"`{_BLANKS.sub(' ', text).strip()}`"
        return f"\n\n{as_code(text, _language(el))}\n\n"

    def convert_li(self, el: Tag, text: str, parent_tags: set[str]) -> str:
        """An item, its further lines under its first."""
        text = text.strip()
        if not text:
            return "\n"
        checked = el.get("data-checked")
        if checked is not None:
            text = f"[{'x' if checked == 'true' else ' '}] {text}"
        bullet = f"{self._number(el)}. " if el.parent is not None and el.parent.name == "ol" else "- "
        indent = " " * len(bullet)
        lines = [f"{indent}{line}" if line else "" for line in text.split("\n")]
        return bullet + "\n".join(lines)[len(bullet) :] + "\n"

    def _number(self, item: Tag) -> int:
        """Which of its list an item is. Items are met in their order, so that counting goes on from the one before."""
        parent = item.parent
        first = str(parent.get("start") or "") if parent is not None else ""
        before = int(first) - 1 if first.isascii() and first.isdigit() and len(first) < 9 else 0
        number = self._counted.get(id(parent), before) + 1
        self._counted[id(parent)] = number
        return number


def _is_block(element: PageElement | None) -> bool:
    """Whether blanks next to an element are no part of the text."""
    return isinstance(element, Tag) and (element.name in _BLOCKS or element.name == "[document]")


def _target(address: Any) -> str:
    """An address that leads somewhere from here too, without what would end it early."""
    target = "%20".join(str(address or "").split())
    if not target.lower().startswith(("http://", "https://", "mailto:")):
        return ""
    return target.replace("<", "%3C").replace(">", "%3E")


def _language(block: Tag) -> str:
    """The language that a block of code, or the code inside it, names."""
    inner = block.find("code", recursive=False)
    for element in (block, inner):
        if isinstance(element, Tag):
            named = " ".join(map(str, [*element.get_attribute_list("class"), f"lang-{element.get('lang', '')}"]))
            if (found := _LANGUAGE.search(named)) is not None:
                return found[1].lower()
    # Redmine writes “ruby syntaxhl”, others the name alone.
    classes = [str(each) for each in inner.get_attribute_list("class") if each] if isinstance(inner, Tag) else []
    named_alone = classes if len(classes) == 1 or "syntaxhl" in classes else []
    return next((each.lower() for each in named_alone if each != "syntaxhl" and _NAME.fullmatch(each)), "")
