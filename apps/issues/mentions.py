"""Who is mentioned in a text: “@ada” names whoever has this handle. In code it names nobody."""

import re

from apps.accounts.handles import HANDLE
from apps.core.markdown import plain_passages

# A text that names more people than this reaches the first of them.
MOST_MENTIONS = 20

_MENTION = re.compile(rf"(?<![\w@/.-])@({HANDLE.pattern})(?![\w@-])", re.IGNORECASE)


def handles_in(text: str) -> list[str]:
    """The handles that a Markdown text mentions, in their order, each once, at most `MOST_MENTIONS`."""
    if "@" not in text:
        return []
    found = dict.fromkeys(
        match.group(1).lower() for passage in plain_passages(text) for match in _MENTION.finditer(passage)
    )
    return list(found)[:MOST_MENTIONS]


def newly_mentioned(before: str, after: str) -> list[str]:
    """The handles that a text mentions and did not mention before it was changed."""
    known = set(handles_in(before))
    return [handle for handle in handles_in(after) if handle not in known]
