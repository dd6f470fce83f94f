"""Forms about one's own account."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from apps.accounts.selectors import DATE_FORMATS, DENSITIES, FIRST_WEEKDAYS, THEMES
from apps.core.texts import one_line


class SignupForm(forms.Form):
    """What sign-up asks for besides address and password (allauth adds those)."""

    name = forms.CharField(label=_("Your name"), max_length=120, strip=True)
    field_order = ("name", "email", "password1")
    # Why nobody may have an account with an address; the view knows what the operator decided.
    why_not: Callable[[str], str] | None = None

    def clean(self) -> dict[str, Any]:
        """Hold the operator's decision, whether there is an account with the address or not."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        reason = self.why_not(cleaned["email"]) if self.why_not and cleaned.get("email") else ""
        if reason:
            self.add_error("email", reason)
        return cleaned

    def clean_name(self) -> str:
        """The name as others can read it."""
        name = one_line(self.cleaned_data["name"])
        if not name:
            raise forms.ValidationError(_("Write the name that others know you by."))
        return name

    def signup(self, request: HttpRequest, user: Any) -> None:
        """Required by allauth. The name is stored with the account itself (`AccountAdapter.save_user`)."""


class ProfileForm(forms.Form):
    """How others see a person."""

    name = forms.CharField(label=_("Name"), max_length=120)
    handle = forms.CharField(label=_("Handle"), max_length=40, required=False)
    avatar = forms.FileField(label=_("Picture"), required=False)
    remove_avatar = forms.BooleanField(label=_("Remove the picture"), required=False)

    def __init__(self, *args: Any, has_avatar: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not has_avatar:
            del self.fields["remove_avatar"]

    def clean_handle(self) -> str | None:
        """None where the page that was sent is of a release without it: it stays as it is."""
        handle: str = self.cleaned_data["handle"]
        return handle if self.add_prefix("handle") in self.data else None


class PreferencesForm(forms.Form):
    """How FlowBoard looks to a person, and how it tells the time."""

    time_zone = forms.CharField(label=_("Time zone"), max_length=64)
    date_format = forms.ChoiceField(label=_("Dates"), choices=DATE_FORMATS)
    first_weekday = forms.TypedChoiceField(label=_("Weeks begin on"), choices=FIRST_WEEKDAYS, coerce=int)
    theme = forms.ChoiceField(label=_("Theme"), choices=THEMES, widget=forms.RadioSelect)
    density = forms.ChoiceField(label=_("Density"), choices=DENSITIES, widget=forms.RadioSelect)
    has_single_keys = forms.BooleanField(label=_("Keys without Ctrl or Alt"), required=False)
