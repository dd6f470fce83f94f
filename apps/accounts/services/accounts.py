"""The account itself: its address, its suspension, its end, and a way back in."""

from allauth.account.models import EmailAddress
from auditlog.context import disable_auditlog
from django.core.files.storage import default_storage
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.accounts.links import reset_link
from apps.accounts.models import AccountMail, RefusedAddress, User, UserSession
from apps.accounts.selectors import get_user_by_email
from apps.core.errors import Conflict, Invalid
from apps.core.mail import clean_address
from apps.events.services import service

from .server import locked_server
from .sessions import end_sessions


class AddressTaken(Conflict):
    """Another account signs in with this address."""

    title = gettext_lazy("That address is taken")


class LastOperator(Conflict):
    """A server must keep somebody who operates it."""

    title = gettext_lazy("You are the only operator of this server")
    detail = gettext_lazy("Make somebody else an operator first (`manage.py createsuperuser`).")


@service
def set_user_suspended(*, user: User, is_suspended: bool) -> User:
    """Suspend a person, or take that back. Their sessions end for good; sockets and tokens fail at their next check.

    Only operators do this (the admin site).
    """
    if user.is_active is not is_suspended:
        return user
    user.is_active = not is_suspended
    user.session_epoch += 1
    user.save(update_fields=["is_active", "session_epoch"])
    end_sessions(UserSession.objects.filter(user=user))
    return user


@service
def take_unconfirmed_email(*, user: User, email: str) -> User:
    """Change the address without asking it: for servers that cannot send mail. It counts as not confirmed.

    :raises Invalid: if it is no address
    :raises AddressTaken: if another account has it
    """
    email = clean_address(email)
    if email == user.email:
        return user
    taken = AddressTaken(_("Another account signs in with %(email)s.") % {"email": email}, field="email")
    if EmailAddress.objects.filter(email__iexact=email).exclude(user=user).exists():
        raise taken
    old, user.email = user.email, email
    try:
        with transaction.atomic():
            user.save(update_fields=["email"])
    except IntegrityError as error:
        user.email = old
        raise taken from error
    EmailAddress.objects.filter(user=user).delete()
    EmailAddress.objects.create(user=user, email=email, primary=True, verified=False)
    return user


# How somebody likes it says something of them, too.
_PREFERENCES = (
    "time_zone",
    "is_time_zone_settled",
    "theme",
    "date_format",
    "first_weekday",
    "density",
    "has_single_keys",
)


@service
def anonymise_account(*, user: User) -> User:
    """Empty an account for good. The row stays, without anything of the person, so that history has an author.

    Their seats are ended before (`apps.orgs.services.delete_account`).

    :raises LastOperator: if nobody else operates the server
    """
    # Two operators who leave at once must not both see the other.
    locked_server()
    others = User.objects.filter(is_superuser=True, is_active=True).exclude(pk=user.pk)
    if user.is_superuser and not others.exists():
        raise LastOperator
    picture, old_email = user.avatar.name, user.email
    # Silently: what was there must not be written into the history of accounts once more.
    with disable_auditlog():
        EmailAddress.objects.filter(user=user).delete()
        user.name, user.email = _("Deleted account"), f"deleted-{user.pk}@deleted.invalid"
        user.avatar = None
        user.handle = None
        untouched = User()
        for name in _PREFERENCES:
            setattr(user, name, getattr(untouched, name))
        AccountMail.objects.filter(Q(user=user) | Q(email=old_email)).delete()
        RefusedAddress.objects.filter(user=user).delete()
        user.set_unusable_password()
        user.save()
    user.is_active, user.is_staff, user.is_superuser = False, False, False
    user.session_epoch += 1
    user.deleted_at = timezone.now()
    user.save()
    end_sessions(UserSession.objects.filter(user=user))
    if picture:
        transaction.on_commit(lambda: default_storage.delete(picture))
    return user


@service
def make_reset_link(*, email: str) -> tuple[User, str]:
    """A link by which a person chooses a new password, for an operator to pass on. It works once, and for three days.

    Only operators do this, and somebody writes it down (`apps.pages.services`).

    :raises Invalid: if nobody may sign in with the address
    """
    user = get_user_by_email(email=email)
    if user is None:
        raise Invalid(_("Nobody has an account with this address."), field="email")
    if not user.is_active:
        raise Invalid(_("This person is suspended. Reinstate them in the admin site first."), field="email")
    return user, reset_link(user)
