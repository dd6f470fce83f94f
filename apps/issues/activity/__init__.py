"""What happened to an issue, for people: its facts told in words, and what was said, in one order.

How a changed field is told stands in `told.TOLD`, one entry a field (`told.FAMILIES` for fields that there are any
number of, `whole.WHOLE` for facts that are told as one); that is the only place to add one. What takes a change back
stands in `apps.issues.services.undoing.inverses`.
"""

from .feed import (
    Difference,
    HistoryPage,
    activity,
    difference,
    history_page,
    pinned_entry,
    sentences_of,
    values_in_words,
)
from .fields import own_fields
from .talk import SHOWN_REPLIES, Entry, open_threads, said_in

__all__ = [
    "SHOWN_REPLIES",
    "Difference",
    "Entry",
    "HistoryPage",
    "activity",
    "difference",
    "history_page",
    "open_threads",
    "own_fields",
    "pinned_entry",
    "said_in",
    "sentences_of",
    "values_in_words",
]
