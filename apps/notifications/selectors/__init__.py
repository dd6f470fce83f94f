"""Whom something concerns, what is in somebody's inbox, and what they want to hear of."""

from .audience import Audience, audiences_of
from .ended import EndedWork, list_ended_work, unseen_work
from .inbox import (
    VIEWS,
    Badge,
    Line,
    badge,
    desktop_news,
    get_entry,
    get_line,
    in_view,
    inbox_page,
    mentioned_in,
    my_entries,
    newest_id,
    unread_count,
)
from .wishes import Choice, choices, has_muted, hears_of_own, interest_in, projects_with_choices

__all__ = [
    "VIEWS",
    "Audience",
    "Badge",
    "Choice",
    "EndedWork",
    "Line",
    "audiences_of",
    "badge",
    "choices",
    "desktop_news",
    "get_entry",
    "get_line",
    "has_muted",
    "hears_of_own",
    "in_view",
    "inbox_page",
    "interest_in",
    "list_ended_work",
    "mentioned_in",
    "my_entries",
    "newest_id",
    "projects_with_choices",
    "unread_count",
    "unseen_work",
]
