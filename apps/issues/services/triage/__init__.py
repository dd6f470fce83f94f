"""What becomes of issues that come from outside: accepted, declined, a duplicate, or put off; and taking that back."""

from .deciding import NoCancelledStatus, accept_issue, decline_issue, snooze_issue
from .duplicates import mark_duplicate
from .opening import AlreadyDecided
from .undoing import take_decision_back

__all__ = [
    "AlreadyDecided",
    "NoCancelledStatus",
    "accept_issue",
    "decline_issue",
    "mark_duplicate",
    "snooze_issue",
    "take_decision_back",
]
