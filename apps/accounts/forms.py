"""Forms about one's own account."""


from django import forms
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import User


class SignupForm(forms.Form):
    """What sign-up asks for besides address and password (allauth adds those)."""

    name = forms.CharField(label=_("Your name"), max_length=120, strip=True)
    field_order = ("name", "email", "password1")

    def signup(self, request: object, user: User) -> None:
        """Called by allauth once the account exists."""
        user.name = self.cleaned_data["name"]
        user.save(update_fields=["name"])
