"""Writing organizations, people and invitations."""

from .invitations import (
    AlreadyMember,
    WrongAccount,
    accept_invitation,
    ask_for_new_invitation,
    invite,
    invite_all,
    revoke_invitation,
    take_invitation_to_mail,
)
from .leaving import StillAnOwner, delete_account
from .limits import change_limits
from .members import LastOwner, add_member, change_member_role, remove_member, transfer_ownership
from .organizations import (
    OperatorsFound,
    SlugTaken,
    TooManyAddresses,
    begin_purge_of_organization,
    create_organization,
    delete_organization,
    move_organization,
    rename_organization,
    restore_organization,
    set_organization_suspended,
)
from .repeating import KeyReused, begin_answer, forget_answers, keep_answer
from .secrets import TOKEN_PREFIX, hash_secret, invitation_secret
from .service_accounts import create_service_account, rename_service_account
from .tokens import LIFETIMES, create_api_token, revoke_api_token, rotate_api_token

__all__ = [
    "LIFETIMES",
    "TOKEN_PREFIX",
    "AlreadyMember",
    "KeyReused",
    "LastOwner",
    "OperatorsFound",
    "SlugTaken",
    "StillAnOwner",
    "TooManyAddresses",
    "WrongAccount",
    "accept_invitation",
    "add_member",
    "ask_for_new_invitation",
    "begin_answer",
    "begin_purge_of_organization",
    "change_limits",
    "change_member_role",
    "create_api_token",
    "create_organization",
    "create_service_account",
    "delete_account",
    "delete_organization",
    "forget_answers",
    "hash_secret",
    "invitation_secret",
    "invite",
    "invite_all",
    "keep_answer",
    "move_organization",
    "remove_member",
    "rename_organization",
    "rename_service_account",
    "restore_organization",
    "revoke_api_token",
    "revoke_invitation",
    "rotate_api_token",
    "set_organization_suspended",
    "take_invitation_to_mail",
    "transfer_ownership",
]
