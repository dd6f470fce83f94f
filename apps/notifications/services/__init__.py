"""Telling people, what they do with what they were told, and what they want to hear of."""

from .choosing import choose_channels, choose_interest, forget_channels, set_hears_of_own, set_muted
from .keeping import (
    finish_all,
    put_off,
    read_issue,
    remove_old,
    set_done,
    set_read,
    set_saved,
    take_back_finishing,
)
from .telling import tell

__all__ = [
    "choose_channels",
    "choose_interest",
    "finish_all",
    "forget_channels",
    "put_off",
    "read_issue",
    "remove_old",
    "set_done",
    "set_hears_of_own",
    "set_muted",
    "set_read",
    "set_saved",
    "take_back_finishing",
    "tell",
]
