"""Markdown as people write it in descriptions and comments, made safe HTML."""

from collections.abc import Iterator
from functools import lru_cache

import nh3
from markdown_it import MarkdownIt
from markupsafe import Markup
from mdit_py_plugins.tasklists import tasklists_plugin

_TAGS = {
    "a", "blockquote", "br", "code", "del", "em", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "img", "input", "li",
    "ol", "p", "pre", "s", "strong", "table", "tbody", "td", "th", "thead", "tr", "ul",
}  # fmt: skip
_ATTRIBUTES = {
    "a": {"href", "title"},
    "code": {"class"},
    "img": {"src", "alt", "title"},
    "input": {"type", "checked", "disabled", "class"},
    "li": {"class"},
    "ol": {"start"},
    "ul": {"class"},
}
_CLASSES = {"ul": {"contains-task-list"}, "li": {"task-list-item"}, "input": {"task-list-item-checkbox"}}


@lru_cache(maxsize=1)
def _parser() -> MarkdownIt:
    # Raw HTML stays text. Line breaks are kept, since people write comments the way they write messages.
    parser = MarkdownIt("commonmark", {"html": False, "breaks": True, "linkify": False})
    return parser.enable(["table", "strikethrough"]).use(tasklists_plugin)


def _keep(tag: str, attribute: str, value: str) -> str | None:
    if attribute == "class" and tag in _CLASSES:
        kept = [name for name in value.split() if name in _CLASSES[tag]]
        return " ".join(kept) or None
    if attribute == "class" and tag == "code":
        return value if value.startswith("language-") and value.replace("-", "").replace("+", "").isalnum() else None
    if tag == "input" and attribute == "type":
        return "checkbox"
    if tag == "img" and attribute == "src":
        # Nothing is fetched from other sites: a remote picture would tell its host who reads the issue.
        return value if value.startswith("/media/") else None
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


def render_markdown(text: str) -> Markup:
    """The text as HTML that is safe to show: no script, no style, no remote picture, no frame."""
    html = _parser().render(text)
    clean = nh3.clean(
        html,
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        attribute_filter=_keep,
        url_schemes={"http", "https", "mailto"},
        link_rel="noopener noreferrer nofollow",
    )
    return Markup(clean)  # noqa: S704 (sanitised by nh3 above)
