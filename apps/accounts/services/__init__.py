"""Writing one's own account, and who may come in. These lie outside of organizations, so nothing here records a fact;
django-auditlog keeps the history of accounts, and of what the operator decides about the server (see
`apps.audit.accounts`)."""

from .accounts import (
    AddressTaken,
    LastOperator,
    anonymise_account,
    make_reset_link,
    set_user_suspended,
    take_unconfirmed_email,
)
from .addresses import pause_address
from .avatars import AVATAR_BYTES, AVATAR_FORMATS, AVATAR_PIXELS, AVATAR_SIDE, encode_avatar
from .profile import choose_single_keys, choose_theme, edit_profile, set_preferences, settle_time_zone, turn_tour
from .server import (
    MOST_DOMAINS,
    SetUpAlready,
    decide_who_comes_in,
    make_first_operator,
    make_setup_link,
    note_demo_removed,
)
from .sessions import end_other_sessions, end_session, forget_session, note_seen, remember_session
from .sign_ins import Tokens, begin_sign_in, end_sign_in, end_sign_ins, leave, recognise, refresh_sign_in

__all__ = [
    "AVATAR_BYTES",
    "AVATAR_FORMATS",
    "AVATAR_PIXELS",
    "AVATAR_SIDE",
    "MOST_DOMAINS",
    "AddressTaken",
    "LastOperator",
    "SetUpAlready",
    "Tokens",
    "anonymise_account",
    "begin_sign_in",
    "choose_single_keys",
    "choose_theme",
    "decide_who_comes_in",
    "edit_profile",
    "encode_avatar",
    "end_other_sessions",
    "end_session",
    "end_sign_in",
    "end_sign_ins",
    "forget_session",
    "leave",
    "make_first_operator",
    "make_reset_link",
    "make_setup_link",
    "note_demo_removed",
    "note_seen",
    "pause_address",
    "recognise",
    "refresh_sign_in",
    "remember_session",
    "set_preferences",
    "set_user_suspended",
    "settle_time_zone",
    "take_unconfirmed_email",
    "turn_tour",
]
