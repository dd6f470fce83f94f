"""The server as a whole: its first operator, and who comes in."""

import re
import secrets
from collections.abc import Iterable

from allauth.account.models import EmailAddress
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.accounts.models import Server, User
from apps.accounts.selectors import has_operator, is_setup_secret
from apps.core.digests import hash_secret
from apps.core.errors import Invalid, NotFound
from apps.core.mail import clean_address
from apps.core.texts import one_line
from apps.events.services import service


class SetUpAlready(NotFound):
    """The link that makes the first operator was used, was replaced by a newer one, or nobody ever made it."""

    title = gettext_lazy("This link no longer works")
    detail = gettext_lazy("Somebody runs this server already, or a newer link was printed.")


MOST_DOMAINS = 100
_DOMAIN = re.compile(r"(?=.{1,253}\Z)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9-]{2,63}")


def locked_server() -> Server:
    """The row of this server, made if there is none, and ours until the unit of work ends."""
    Server.objects.get_or_create(pk=1)
    return Server.objects.select_for_update(no_key=True).get(pk=1)


@service
def make_setup_link() -> str | None:
    """A fresh secret for the link that makes the first operator; None where there is one. The link before it is dead.

    Only commands on the server's own machine do this: whoever reads their output may run the server.
    """
    server = locked_server()
    if has_operator():
        return None
    secret = secrets.token_urlsafe(32)
    server.setup_hash = hash_secret(secret)
    server.save(update_fields=["setup_hash"])
    return secret


@service
def make_first_operator(*, secret: str, name: str, email: str, password: str) -> User:
    """The account of whoever runs this server. Of two who come at the same moment with the link, one gets it.

    The address counts as confirmed: mail may not be set up yet, and the link proves more than a mailbox does.

    :raises SetUpAlready: if the link is not the present one, or an operator exists
    :raises Invalid: if a value cannot be used
    """
    server = locked_server()
    if not is_setup_secret(secret):
        raise SetUpAlready
    name = one_line(name)
    if not name:
        raise Invalid(_("Write the name that others know you by."), field="name")
    email = clean_address(email)
    if User.objects.filter(email=email).exists():
        raise Invalid(_("Somebody has an account with this address. Use another one."), field="email")
    user = User(email=email, name=name[:120], is_staff=True, is_superuser=True)
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise Invalid(" ".join(error.messages), field="password") from error
    user.set_password(password)
    user.save()
    EmailAddress.objects.create(user=user, email=email, primary=True, verified=True)
    server.setup_hash = ""
    server.save(update_fields=["setup_hash"])
    return user


@service
def decide_who_comes_in(*, sign_up: str, domains: Iterable[str], founders: str) -> Server:
    """Decide who may sign up and who may create organizations. Only operators do this.

    :raises Invalid: if a value is not offered, or the domains are needed and missing or malformed
    """
    if sign_up not in Server.SignUp.values or founders not in Server.Founders.values:
        raise Invalid(_("Choose one of the offered values."), field="sign_up")
    wanted = list(dict.fromkeys(domain.strip().lower().removeprefix("@").rstrip(".") for domain in domains))
    for domain in wanted:
        if not _DOMAIN.fullmatch(domain):
            raise Invalid(
                _("“%(domain)s” is not a domain. Write it as example.org.") % {"domain": domain[:100]}, field="domains"
            )
    if len(wanted) > MOST_DOMAINS:
        raise Invalid(_("At most %(most)s domains.") % {"most": MOST_DOMAINS}, field="domains")
    if sign_up == Server.SignUp.DOMAINS and not wanted:
        raise Invalid(_("Name the domains whose addresses may sign up, such as example.org."), field="domains")
    server = locked_server()
    server.sign_up, server.sign_up_domains, server.founders = sign_up, wanted, founders
    server.save(update_fields=["sign_up", "sign_up_domains", "founders"])
    return server


@service
def note_demo_removed() -> None:
    """Remember that the demo was taken away, so that it does not come back by itself."""
    server = locked_server()
    server.demo_removed_at = timezone.now()
    server.save(update_fields=["demo_removed_at"])
