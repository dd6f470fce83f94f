"""Forms about organizations, their people and tokens."""

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.core.forms import offer
from apps.core.tenancy import OrgRole
from apps.orgs.scopes import READ, SCOPES

if TYPE_CHECKING:
    from apps.orgs.selectors import LimitInForce

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
    """A new access token: what for, what it may do, where, and for how long."""

    ALL, CHOSEN = "all", "chosen"

    name = forms.CharField(label=gettext_lazy("What is it for?"), max_length=80)
    days = forms.TypedChoiceField(
        label=gettext_lazy("For how long?"),
        coerce=lambda value: int(value) or None,
        empty_value=None,
        initial="90",
    )
    scopes = forms.MultipleChoiceField(
        label=gettext_lazy("What may it do?"),
        choices=[(scope, scope) for scope in SCOPES],
        initial=[READ],
        error_messages={"required": gettext_lazy("Choose what the token may do.")},
    )
    reach = forms.ChoiceField(label=gettext_lazy("Where?"), initial=ALL, required=False, widget=forms.RadioSelect)
    projects = forms.TypedMultipleChoiceField(
        label=gettext_lazy("Projects"), coerce=int, required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(
        self, *args: Any, lifetimes: Iterable[int | None], projects: Iterable[tuple[int, str]], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        offer(
            self,
            "days",
            [
                (str(days or 0), _("%(days)s days") % {"days": days} if days else _("Until it is revoked"))
                for days in lifetimes
            ],
        )
        offer(self, "reach", [(self.ALL, _("In every project")), (self.CHOSEN, _("Only in these projects:"))])
        offer(self, "projects", projects)
        # Where there is no project yet, the question is not asked.
        self.fields["reach"].required = bool(self.fields["projects"].choices)  # type: ignore[attr-defined]  # offered just now

    def clean(self) -> dict[str, Any]:
        """What the service takes: no list of projects where all are meant."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        is_chosen = cleaned.pop("reach", "") == self.CHOSEN
        projects = cleaned.pop("projects", [])
        return cleaned | {"project_ids": projects if is_chosen else None}


class ServiceAccountForm(RoleForm):
    """A new service account."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=120)
    field_order = ("name", "role")


class RenameForm(forms.Form):
    """Another name for a service account."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=120)


class LimitsForm(forms.Form):
    """Limits of the API: a number each, or nothing for what holds otherwise. How high is for the service to say."""

    def __init__(self, *args: Any, limits: "Iterable[LimitInForce]", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for each in limits:
            self.fields[each.name] = forms.IntegerField(
                label=each.limit.title, min_value=1, max_value=each.limit.highest, required=False, initial=each.changed
            )
