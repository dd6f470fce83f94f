"""Links that prove something. Their host is the configured one: what a request names gets into nobody's mail."""

from allauth.account.forms import default_token_generator
from allauth.account.models import EmailAddress, get_emailconfirmation_model
from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.urls import reverse

from apps.accounts.models import User


def reset_link(user: User) -> str:
    """The link by which somebody chooses a new password. It works once, and for three days."""
    parts = [user_pk_to_url_str(user), default_token_generator.make_token(user)]
    return settings.BASE_URL + reverse("account_reset_password_from_key", args=parts)


def confirmation_link(address: EmailAddress) -> str:
    """The link by which somebody says that an address is theirs."""
    key = get_emailconfirmation_model().create(address).key
    return settings.BASE_URL + reverse("account_confirm_email", args=[key])
