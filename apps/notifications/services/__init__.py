"""Telling people, what they do with what they were told, what they want to hear of, and mailing it to them."""

from .choosing import choose_channels, choose_interest, forget_channels, set_hears_of_own, set_muted
from .keeping import (
    finish_all,
    put_off,
    read_issue,
    remove_old,
    see_ended_work,
    set_done,
    set_read,
    set_saved,
    take_back_finishing,
)
from .mailing import collect, plan, remove_old_mails, retry_dead
from .retelling import retell
from .rhythm import choose_rhythm
from .stopping import stop, take_back_stop
from .telling import tell

__all__ = [
    "choose_channels",
    "choose_interest",
    "choose_rhythm",
    "collect",
    "finish_all",
    "forget_channels",
    "plan",
    "put_off",
    "read_issue",
    "remove_old",
    "remove_old_mails",
    "retell",
    "retry_dead",
    "see_ended_work",
    "set_done",
    "set_hears_of_own",
    "set_muted",
    "set_read",
    "set_saved",
    "stop",
    "take_back_finishing",
    "take_back_stop",
    "tell",
]
