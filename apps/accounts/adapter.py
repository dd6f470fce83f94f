"""How allauth is told about this project."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest, HttpResponse

from apps.accounts.themes import remember_theme


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth ships no types
    """Addresses are kept in lower case, people have one name; everything else is allauth's."""

    def clean_email(self, email: str) -> str:
        """One address is one person, whatever its case."""
        cleaned: str = super().clean_email(email.strip().lower())
        return cleaned

    def save_user(self, request: HttpRequest, user: Any, form: Any, commit: bool = True) -> Any:
        """The account of somebody who signs up is stored once, with its name."""
        user.name = form.cleaned_data["name"]
        return super().save_user(request, user, form, commit)

    def get_client_ip(self, request: HttpRequest) -> str:
        """The address that we worked out ourselves (see `apps.core.addresses`)."""
        return getattr(request, "address", None) or "local"

    def post_login(self, request: HttpRequest, user: Any, **details: Any) -> HttpResponse:
        """Somebody who signs in finds FlowBoard in the colours they chose, on this device too."""
        response: HttpResponse = super().post_login(request, user, **details)
        return remember_theme(response, user.theme)

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        """Home decides where a person belongs."""
        return "/"
