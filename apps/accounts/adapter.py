"""How allauth is told about this project."""

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth ships no types
    """Addresses are kept in lower case; everything else is allauth's."""

    def clean_email(self, email: str) -> str:
        """One address is one person, whatever its case."""
        cleaned: str = super().clean_email(email.strip().lower())
        return cleaned

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        """Home decides where a person belongs."""
        return "/"
