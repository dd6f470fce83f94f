"""What people and workers do with archives."""

from apps.exports.services.runs import (
    OneAtATime,
    ask_for_archive,
    fail_archive,
    note_progress,
    remove_archive,
    store_archive,
    take_up,
)

__all__ = [
    "OneAtATime",
    "ask_for_archive",
    "fail_archive",
    "note_progress",
    "remove_archive",
    "store_archive",
    "take_up",
]
