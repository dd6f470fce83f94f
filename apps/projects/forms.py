"""Forms about projects and their configuration."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.core.forms import offer
from apps.projects.selectors import FIELD_KINDS, PROJECT_ROLES, TEMPLATES, VISIBILITIES


class ProjectForm(forms.Form):
    """A new project."""

    name = forms.CharField(label=_("Name"), max_length=80)
    key = forms.CharField(label=_("Key"), max_length=10)
    template = forms.ChoiceField(
        label=_("How the team works"), choices=TEMPLATES, initial="kanban", widget=forms.RadioSelect
    )
    visibility = forms.ChoiceField(
        label=_("Who sees it"), choices=VISIBILITIES, initial="organization", widget=forms.RadioSelect
    )


class SettingsForm(forms.Form):
    """What a project is called, how its team works, and who sees it. Read-only for those who may only look."""

    name = forms.CharField(label=_("Name"), max_length=80)
    description = forms.CharField(
        label=_("What it is about"), max_length=2000, required=False, widget=forms.Textarea(attrs={"rows": 3})
    )
    template = forms.ChoiceField(label=_("How the team works"), choices=TEMPLATES, widget=forms.RadioSelect)
    visibility = forms.ChoiceField(label=_("Who sees it"), choices=VISIBILITIES, widget=forms.RadioSelect)

    def __init__(self, *args: Any, can_manage: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.disabled = not can_manage


class KeyForm(forms.Form):
    """The letters that the project's issues are numbered under. What a key may be is for the service to say."""

    key = forms.CharField(label=_("Key"), max_length=200)


class TimeForm(forms.Form):
    """What people mean who type a day or a week. What a day may be is for the service to say."""

    day = forms.CharField(label=_("A day of work"), max_length=40)
    days_a_week = forms.IntegerField(label=_("Days a week"), min_value=1, max_value=7)


class MemberForm(forms.Form):
    """Somebody of the organization, and the role to give them in the project."""

    user = forms.TypedChoiceField(label=_("Person"), coerce=int)
    role = forms.ChoiceField(label=_("Role"), choices=PROJECT_ROLES, initial="member")

    def __init__(self, *args: Any, people: Iterable[tuple[int, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, "user", [("", _("Choose somebody")), *people])


class LabelForm(forms.Form):
    """A label's name and colour."""

    name = forms.CharField(label=_("New label"), max_length=60)
    hue = forms.TypedChoiceField(
        label=_("Colour"), coerce=int, choices=[(hue, hue) for hue in range(0, 360, 30)], widget=forms.RadioSelect
    )


class FieldForm(forms.Form):
    """A field that a project gives its issues. What kind it is stays; options have forms of their own later."""

    name = forms.CharField(label=_("Name"), max_length=60)
    kind = forms.ChoiceField(label=_("What it holds"), choices=FIELD_KINDS, initial="text", widget=forms.RadioSelect)
    options = forms.CharField(
        label=_("Options"), required=False, max_length=20_000, widget=forms.Textarea(attrs={"rows": 4})
    )
    help_text = forms.CharField(label=_("Help text"), required=False, max_length=200)
    types = forms.TypedMultipleChoiceField(
        label=_("For which types"), required=False, coerce=int, widget=forms.CheckboxSelectMultiple
    )
    is_required = forms.BooleanField(label=_("Must be filled in"), required=False)
    on_cards = forms.BooleanField(label=_("Show it on cards"), required=False)
    in_lists = forms.BooleanField(label=_("Show it in lists"), required=False)

    def __init__(self, *args: Any, types: Iterable[tuple[int, str]], is_new: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, "types", types)
        if not is_new:
            del self.fields["kind"], self.fields["options"]

    def values(self) -> dict[str, Any]:
        """As services take them."""
        values = dict(self.cleaned_data)
        values["type_ids"] = values.pop("types")
        if "options" in values:
            values["options"] = values["options"].splitlines()
        return values


class OptionsForm(forms.Form):
    """More of what a field offers, one a line."""

    options = forms.CharField(label=_("More options"), max_length=20_000, widget=forms.Textarea(attrs={"rows": 3}))
