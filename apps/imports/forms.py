"""Forms of imports."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.core.forms import offer

EACH, NEW = "each", "new"


class StartForm(forms.Form):
    """Where to. The files themselves are read from the request, since there may be several."""

    into = forms.ChoiceField(label=_("Into"))
    project_key = forms.CharField(
        label=_("Key of the new project"),
        required=False,
        max_length=10,
        help_text=_("2 to 10 capital letters or digits, for example FLOW."),
    )

    def __init__(self, data: Any = None, *, into: Iterable[tuple[str, Any]], **options: Any) -> None:
        super().__init__(data, **options)
        offer(self, "into", into)

    def clean_project_key(self) -> str:
        """Keys are written in capitals."""
        return str(self.cleaned_data["project_key"]).strip().upper()

    def clean(self) -> dict[str, Any]:
        """A new project has a key."""
        cleaned: dict[str, Any] = super().clean() or {}
        if cleaned.get("into") == NEW and not cleaned.get("project_key"):
            self.add_error("project_key", _("Say what the key of the new project is to be."))
        if cleaned.get("into") != NEW:
            cleaned["project_key"] = ""
        return cleaned


class ProfileForm(forms.Form):
    """A name for decisions that are kept."""

    name = forms.CharField(label=_("Name"), max_length=80)
