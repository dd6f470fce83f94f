"""How allauth is told about this project."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from apps.accounts.entrance import may_come
from apps.accounts.themes import remember_theme
from apps.core import mail
from apps.core.errors import Invalid

# allauth's mails by its own names: what the subject says, and which of our templates holds the words.
MAILS = {
    "account/email/email_confirmation": (_("Confirm your address"), "account/mail/confirm"),
    "account/email/email_confirmation_signup": (_("Confirm your address"), "account/mail/confirm"),
    "account/email/password_reset_key": (_("Choose a new password"), "account/mail/reset"),
    "account/email/account_already_exists": (_("You have an account already"), "account/mail/exists"),
    "account/email/password_changed": (_("Your password was changed"), "account/mail/changed"),
    "account/email/password_set": (_("Your password was changed"), "account/mail/changed"),
    "account/email/password_reset": (_("Your password was changed"), "account/mail/changed"),
    "account/email/email_changed": (_("Your main address was changed"), "account/mail/changed"),
    "account/email/email_confirm": (_("Your address is confirmed"), "account/mail/changed"),
    "account/email/email_deleted": (_("An address was removed from your account"), "account/mail/changed"),
}
# What the next page shows anyway.
QUIET = {"account/messages/logged_in.txt", "account/messages/logged_out.txt"}


class AccountAdapter(DefaultAccountAdapter):
    """Addresses in lower case, one name for each person, our own mails; everything else is allauth's."""

    def clean_email(self, email: str) -> str:
        """One address is one person, whatever its case."""
        try:
            cleaned: str = super().clean_email(mail.clean_address(email))
        except Invalid as error:
            raise ValidationError(str(error.detail)) from error
        return cleaned

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Whether there is a form to fill in; whether its address may have an account is asked when it is sent."""
        return may_come(request)

    def save_user(self, request: HttpRequest, user: Any, form: Any, commit: bool = True) -> Any:
        """The account of somebody who signs up is stored once, with its name."""
        user.name = form.cleaned_data["name"]
        return super().save_user(request, user, form, commit)

    def get_client_ip(self, request: HttpRequest) -> str:
        """The address that we worked out ourselves (see `apps.core.addresses`)."""
        return getattr(request, "address", None) or "local"

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        """Home decides where a person belongs."""
        return "/"

    def post_login(self, request: HttpRequest, user: Any, **details: Any) -> HttpResponse:
        """Somebody who signs in finds FlowBoard in the colours they chose, on this device too."""
        response: HttpResponse = super().post_login(request, user, **details)
        return remember_theme(response, user.theme)

    def add_message(
        self, request: HttpRequest, level: int, message_template: str | None = None, *args: Any, **kwargs: Any
    ) -> None:
        """Say what happened, unless it is plain to see."""
        if message_template not in QUIET:
            super().add_message(request, level, message_template, *args, **kwargs)

    def get_reset_password_from_key_url(self, key: str) -> str:
        """A link of the configured host: the request's own must not get into anybody's mail."""
        uid, _dash, token = key.partition("-")
        return settings.BASE_URL + reverse("account_reset_password_from_key", args=[uid, token])

    def get_email_confirmation_url(self, request: HttpRequest, emailconfirmation: Any) -> str:
        """A link of the configured host."""
        return settings.BASE_URL + reverse("account_confirm_email", args=[emailconfirmation.key])

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Send one of our mails once the request's changes are safe; a rolled-back request sends none."""
        subject, template = MAILS[template_prefix]
        message = mail.compose(
            to=email, subject=str(subject), template=template, context={**context, "email": email, "subject": subject}
        )
        # The answer is the same whether a mail went out or not, so a mail server that is away is for the log.
        transaction.on_commit(message.send, robust=True)
