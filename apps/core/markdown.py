"""Markdown as people write it in descriptions and comments, made safe HTML."""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any

import nh3
from markdown_it import MarkdownIt
from markdown_it.common.utils import escapeHtml
from markdown_it.token import Token
from markupsafe import Markup

from apps.core import tasks
from apps.core.highlighting import PREFIX, highlight_code
from apps.core.names import NO_NAMES, Names, names_plugin

_TAGS = {
    "a", "audio", "blockquote", "br", "code", "del", "em", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "img", "input",
    "label", "li", "ol", "p", "pre", "s", "span", "strong", "table", "tbody", "td", "th", "thead", "tr", "ul", "video",
}  # fmt: skip
_ATTRIBUTES = {
    "a": {"href", "title", "class"},
    "code": {"class"},
    "img": {"src", "alt", "title"},
    "input": {"type", "checked", "disabled", "class", "value"},
    "li": {"class"},
    "ol": {"start"},
    "span": {"class"},
    "ul": {"class"},
    "audio": {"src", "controls", "preload", "aria-label"},
    "video": {"src", "controls", "preload", "aria-label"},
}
_MEDIA = {"img", "audio", "video"}
_CLASSES = {
    "a": {"reference", "closed"},
    "input": {"task-list-item-checkbox"},
    "li": {"task-list-item"},
    "ul": {"contains-task-list"},
}
_SPAN = re.compile(rf"mention|{PREFIX}[a-z0-9]{{1,4}}")
# An attached file (apps/issues/attachment_views.py); who may read it is asked when it is.
_OWN_FILE = re.compile(r"/[a-z0-9-]+/files/\d{1,18}/", re.ASCII)


@lru_cache(maxsize=1)
def _parser() -> MarkdownIt:
    # Raw HTML stays text. Line breaks are kept, since people write comments the way they write messages.
    parser = MarkdownIt("commonmark", {"html": False, "breaks": True, "highlight": highlight_code})
    parser.add_render_rule("image", _draw_image)
    return parser.enable(["table", "strikethrough"]).use(tasks.tasks_plugin).use(names_plugin)


def _draw_image(self: Any, tokens: Sequence[Token], index: int, options: Any, env: Any) -> str:
    """A picture; or a player, where the address says that it is a video or a sound."""
    token = tokens[index]
    address, _hash, played = str(token.attrs["src"]).partition("#")
    if played not in {"video", "audio"}:
        return str(self.image(tokens, index, options, env))
    label = escapeHtml(self.renderInlineAsText(token.children or [], options, env))
    return f'<{played} src="{escapeHtml(address)}" controls preload="metadata" aria-label="{label}"></{played}>'


def _keep(tag: str, attribute: str, value: str) -> str | None:
    if attribute == "class" and tag in _CLASSES:
        kept = [name for name in value.split() if name in _CLASSES[tag]]
        return " ".join(kept) or None
    if attribute == "class" and tag == "span":
        return value if _SPAN.fullmatch(value) else None
    if attribute == "class" and tag == "code":
        return value if value.startswith("language-") and value.replace("-", "").replace("+", "").isalnum() else None
    if tag == "input" and attribute == "type":
        return "checkbox"
    if tag in _MEDIA and attribute == "src":
        # Nothing is fetched from other sites: a remote picture would tell its host who reads the issue.
        return value if _OWN_FILE.fullmatch(value) else None
    return value


def plain_passages(text: str) -> Iterator[str]:
    """What a text says in words, passage by passage: without code, addresses of links, and marks."""
    for block in _parser().parse(text):
        passage = ""
        for part in block.children or ():
            if part.type == "text":
                passage += part.content
            elif part.type in {"code_inline", "image", "softbreak", "hardbreak"}:
                yield passage
                passage = ""
        yield passage


def render_markdown(text: str, names: Names = NO_NAMES) -> Markup:
    """The text as HTML that is safe to show: no script, no style, no remote picture, no frame.

    :param names: what the issues and people that it names are to its reader
    """
    html = _parser().render(text, {"names": names})
    clean = nh3.clean(
        html,
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        attribute_filter=_keep,
        url_schemes={"http", "https", "mailto"},
        link_rel="noopener noreferrer nofollow",
    )
    return Markup(clean)  # noqa: S704 (sanitised by nh3 above)


def tick_task(text: str, *, place: int, mark: str, is_done: bool) -> str:
    """The text with one of its tasks done, or not done (see `apps.core.tasks.tick`).

    :raises apps.core.tasks.NoSuchTask: if the text has no such task any more
    """
    return tasks.tick(_parser(), text, place=place, mark=mark, is_done=is_done)
