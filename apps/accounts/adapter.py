"""How allauth is told about this project."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from apps.accounts import mails
from apps.accounts.entrance import may_come
from apps.accounts.themes import remember_theme
from apps.core import mail
from apps.core.errors import Invalid

# What the next page shows anyway.
QUIET = {"account/messages/logged_in.txt", "account/messages/logged_out.txt"}


class AccountAdapter(DefaultAccountAdapter):
    """Addresses in lower case, one name for each person, our own mails; everything else is allauth's."""

    # In the words of our own pages.
    error_messages = DefaultAccountAdapter.error_messages | {
        "email_password_mismatch": _("The e-mail address or the password is not correct."),
        "email_taken": _("Somebody has an account with this e-mail address. Sign in instead."),
        "enter_current_password": _("This is not the password you have now."),
        "incorrect_password": _("This is not your password."),
    }

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

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Note one of our mails; a worker sends it once the request's changes are safe."""
        mails.note(kind=template_prefix, email=email, context=context)
