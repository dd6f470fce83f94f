"""Texts whose markup nothing names: what stands in them tells what it is. What tells nothing is Markdown already."""

import re

from apps.imports.markup import html, jira, textile

_WIKI = re.compile(
    r"\{(?:code|noformat|quote|panel|color|html)(?::[^{}\n]*)?\}|\{\{[^{}\n]+\}\}|\[~[^\[\]\s]+\]"
    r"|\[[^\[\]|\n]+\|https?://[^\[\]|\s]+\]|\[https?://[^\[\]|\s]+\](?!\()|^bq\. "
    r"|![^!|\s]+\.(?:png|jpe?g|gif)(?:\|[^!\n]*)?!",
    re.MULTILINE,
)
_HEADING = re.compile(r"^\s*h[1-6]\. ", re.MULTILINE)


def to_markdown(text: str) -> str:
    """The text as Markdown."""
    if is_wiki(text):
        return jira.to_markdown(text, html.to_markdown)
    if html.is_html(text):
        return html.to_markdown(text)
    if textile.is_textile(text):
        return textile.to_markdown(text)
    return jira.to_markdown(text) if _HEADING.search(text) else text


def is_wiki(text: str) -> bool:
    """Whether a text is written in Jira's wiki markup."""
    return _WIKI.search(text) is not None
