"""Names and titles as people can read them."""

import unicodedata

# A zero-width joiner holds an emoji or a Persian word together; alone it is nothing to read.
_JOINERS = {"\u200c", "\u200d"}
# Letters by category that are drawn as nothing.
_BLANK = {"\u115f", "\u1160", "\u3164", "\uffa0", "\u2800"}


def one_line(text: str) -> str:
    """The text as one line, without what nobody sees: control characters, marks that turn the order of the letters
    around ("exe.pdf" for "fdp.exe"), zero-width characters. Empty where there is nothing to read. NUL stays, for
    whoever refuses it.
    """
    kept = "".join(
        " " if one.isspace() else one
        for one in text
        if one in _JOINERS or one == "\x00" or one.isspace() or unicodedata.category(one) not in {"Cc", "Cf"}
    )
    line = " ".join(kept.split())
    return line if any(one not in _JOINERS | _BLANK and not one.isspace() for one in line) else ""
