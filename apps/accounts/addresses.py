"""To which address somebody can be written, or why to none."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from allauth.account.models import EmailAddress
from django.db.models import F
from django.utils.translation import gettext as _

from apps.accounts.models import AccountMail, RefusedAddress, User

# The mail by which a refused address is tried.
RESUME_TEMPLATE = "account/mail/resume"


@dataclass(frozen=True, slots=True)
class Address:
    """Where somebody is written to. `trouble` is the reason why nothing goes there, or empty."""

    email: str
    trouble: str = ""


@dataclass(frozen=True, slots=True)
class Pause:
    """Why somebody's address gets no mail: what the mail server said, and how the last try went.

    `try_state` is empty, `waiting` while a test is on its way, or `failed` with `try_error`.
    """

    email: str
    answer: str
    try_state: str = ""
    try_error: str = ""


def pause_of(*, user_id: int) -> Pause | None:
    """Whether somebody's address is paused: one query, and one more if it is."""
    refused = RefusedAddress.objects.filter(user_id=user_id, email=F("user__email")).first()
    if refused is None:
        return None
    test = AccountMail.objects.filter(user_id=user_id, template=RESUME_TEMPLATE).first()
    if test is None:
        return Pause(refused.email, refused.answer)
    return Pause(refused.email, refused.answer, "waiting" if test.due_at else "failed", test.last_error)


# Who of some people are invented: their addresses belong to nobody. Registered by `AppConfig.ready`.
_invented: list[Callable[[Collection[int]], Collection[int]]] = []


def leave_out_invented(find: Callable[[Collection[int]], Collection[int]]) -> None:
    """Write to none of these people, from now on."""
    if find not in _invented:
        _invented.append(find)


def addresses_of(people: Collection[User]) -> Mapping[int, Address]:
    """Everybody's address, by their ids: a fixed number of queries, however many they are."""
    ids = [user.pk for user in people]
    confirmed = set(
        EmailAddress.objects.filter(user__in=ids, verified=True, email__iexact=F("user__email")).values_list(
            "user_id", flat=True
        )
    )
    refused = dict(RefusedAddress.objects.filter(user__in=ids).values_list("user_id", "email"))
    invented = {pk for find in _invented for pk in find(ids)}

    def trouble(user: User) -> str:
        if not user.is_active or user.kind != User.Kind.PERSON:
            return _("They cannot sign in.")
        if user.pk in invented:
            return _("They are an invented person of the demo.")
        if user.pk not in confirmed:
            return _("Their address is not confirmed.")
        if refused.get(user.pk) == user.email:
            return _("Their address is paused, because a mail server refused it.")
        return ""

    return {user.pk: Address(user.email, trouble(user)) for user in people}
