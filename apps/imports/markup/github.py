"""GitHub's Markdown as ours, which takes HTML for text.

What GitHub would not show (comments) vanishes, pictures and line breaks written as HTML become Markdown; code, and all
else, stays as it is.
"""

import re

# Code comes first, so that what looks like HTML within it is passed over.
_PIECES = re.compile(
    r"(?P<fence>^ {0,3}(?P<mark>`{3,}|~{3,})[^\n]*\n.*?(?:^ {0,3}(?P=mark)[`~]*[ \t]*$|\Z))"
    r"|(?P<code>(?P<ticks>(?<!`)`{1,8}(?!`))(?:(?!\n[ \t]*\n).){0,300}?(?<!`)(?P=ticks)(?!`))"
    r"|(?P<comment><!--.*?(?:-->|\Z))"
    r"|(?P<image><img\s[^<>]{0,2000}>)"
    r"|(?P<break><br\s*/?>\n?)",
    re.DOTALL | re.MULTILINE | re.IGNORECASE,
)
_SOURCE = re.compile(r"""\bsrc\s*=\s*(?:"([^"\s]*)"|'([^'\s]*)')""", re.IGNORECASE)
_WORDS = re.compile(r"""\balt\s*=\s*(?:"([^"]*)"|'([^']*)')""", re.IGNORECASE)
_NO_CAPTION = re.compile(r"[\[\]\\\s]+")


def to_markdown(text: str) -> str:
    """A body as it stands at GitHub, as Markdown that shows the same here."""
    return _PIECES.sub(_piece, text) if "<" in text else text


def _piece(found: re.Match[str]) -> str:
    if found["comment"] is not None:
        # One that is never closed would hide the rest of the text; better to show too much.
        return "" if found["comment"].endswith("-->") else found[0]
    if found["break"] is not None:
        return "\n"
    if found["image"] is not None:
        return _picture(found["image"])
    return found[0]


def _picture(tag: str) -> str:
    source = _SOURCE.search(tag)
    address = (source[1] or source[2] or "") if source is not None else ""
    if not address.startswith(("https://", "http://")):
        return tag
    described = _WORDS.search(tag)
    caption = (described[1] or described[2] or "") if described is not None else ""
    caption = _NO_CAPTION.sub(" ", caption).strip()
    return f"![{caption}](<{address.replace('>', '%3E')}>)"
