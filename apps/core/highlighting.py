"""Colours for code, by the server: words get classes (`hl-k` is a keyword), static/css/issues.css has the colours."""

from functools import lru_cache

from pygments import highlight
from pygments.formatters.html import HtmlFormatter
from pygments.lexers import get_lexer_by_name
from pygments.util import ClassNotFound

PREFIX = "hl-"
# In characters. A log of megabytes is no program.
MOST_CODE = 20_000


@lru_cache(maxsize=512)
def highlight_code(code: str, language: str, _attributes: str) -> str:
    """The code as HTML with a `span` for each word of meaning; nothing if its language is not known, or it is long."""
    if not language or len(code) > MOST_CODE:
        return ""
    try:
        lexer = get_lexer_by_name(language, stripnl=False, ensurenl=False)
    except ClassNotFound:
        return ""
    return str(highlight(code, lexer, HtmlFormatter(nowrap=True, classprefix=PREFIX)))
