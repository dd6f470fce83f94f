"""Forms about organizations, their people and tokens."""

import re
from collections.abc import Iterable, Iterator
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.core.forms import offer
from apps.core.tenancy import OrgRole

MOST_INVITED_AT_ONCE = 50
_QUOTED_NAME = re.compile(r'"[^"\r\n]*"')
_IN_BRACKETS = re.compile(r"<([^<>]*)>")


class OrganizationForm(forms.Form):
    """A new organization."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=80)
    slug = forms.CharField(label=gettext_lazy("Address"), max_length=48)


class NameForm(forms.Form):
    """What the organization is called."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=80)


class AddressForm(forms.Form):
    """Where the organization is found. What an address may be is for the service to say."""

    slug = forms.CharField(label=gettext_lazy("Address"), max_length=200)


class TransferForm(forms.Form):
    """Who shall own the organization."""

    user = forms.TypedChoiceField(label=gettext_lazy("New owner"), coerce=int)

    def __init__(self, *args: Any, people: Iterable[tuple[int, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, "user", [("", _("Choose somebody")), *people])


class ConfirmForm(forms.Form):
    """The name of what is to be deleted, typed by hand."""

    confirmation = forms.CharField(label=gettext_lazy("Name"), max_length=254)


class RoleForm(forms.Form):
    """A role, out of those that the person at the form may give."""

    role = forms.ChoiceField(label=gettext_lazy("Role"))

    def __init__(self, *args: Any, roles: Iterable[tuple[str, Any]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, "role", roles)
        self.fields["role"].initial = OrgRole.MEMBER.value

    def clean_role(self) -> OrgRole:
        """The role as services take it."""
        return OrgRole(self.cleaned_data["role"])


class InvitationForm(RoleForm):
    """Invitations to one address or to many, pasted as people have them: by lines, commas or spaces."""

    emails = forms.CharField(
        label=gettext_lazy("E-mail addresses"), max_length=10_000, widget=forms.Textarea(attrs={"rows": 3})
    )
    field_order = ("emails", "role")

    def clean_emails(self) -> list[str]:
        """The addresses, each once. Whether they are addresses is for the service to say."""
        emails = list(dict.fromkeys(_addresses_in(self.cleaned_data["emails"])))
        if not emails:
            raise ValidationError(_("Write at least one e-mail address."))
        if len(emails) > MOST_INVITED_AT_ONCE:
            raise ValidationError(_("At most %(most)s at once.") % {"most": MOST_INVITED_AT_ONCE})
        return emails


def _addresses_in(text: str) -> Iterator[str]:
    """What stands for addresses in a list as mail programs, tables and people write it: names are left out."""
    for part in re.split(r"[,;\r\n]+", _QUOTED_NAME.sub(" ", text)):
        words = _IN_BRACKETS.findall(part) or part.split()
        if any("@" in word for word in words):
            words = [word for word in words if "@" in word]
        for word in words:
            address = word.strip(" \t<>()[]'\"").lower().removeprefix("mailto:").rstrip(".")
            if address:
                yield address


class TokenForm(forms.Form):
    """A new access token."""

    name = forms.CharField(label=gettext_lazy("What is it for?"), max_length=80)
    scopes = forms.MultipleChoiceField(
        label=gettext_lazy("What may it do?"), widget=forms.CheckboxSelectMultiple, initial=["read"]
    )

    def __init__(self, *args: Any, scopes: Iterable[tuple[str, Any]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, "scopes", scopes)
