"""Who is mentioned in a text: “@ada” names whoever has this handle. In code it names nobody."""

from apps.core.markdown import plain_passages
from apps.core.names import handles_named_in

# A text that names more people than this reaches the first of them.
MOST_MENTIONS = 20


def handles_in(text: str) -> list[str]:
    """The handles that a Markdown text mentions, in their order, each once, at most `MOST_MENTIONS`."""
    if "@" not in text:
        return []
    return handles_named_in(plain_passages(text))[:MOST_MENTIONS]


def newly_mentioned(before: str, after: str) -> list[str]:
    """The handles that a text mentions and did not mention before it was changed."""
    known = set(handles_in(before))
    return [handle for handle in handles_in(after) if handle not in known]
