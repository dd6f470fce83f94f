"""Forms of the screens that cross domains: a server's first steps, and the specimen of the component gallery."""

import re

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.accounts.selectors import FOUNDERS_CHOICES, SIGN_UP_CHOICES
from apps.projects.selectors import TEMPLATES


class SetupForm(forms.Form):
    """The first operator, organization and project."""

    name = forms.CharField(label=_("Your name"), max_length=120)
    # The service says what is wrong with an address.
    email = forms.CharField(
        label=_("E-mail address"), max_length=1000, widget=forms.EmailInput(attrs={"autocomplete": "email"})
    )
    password = forms.CharField(label=_("Password"), max_length=1000, strip=False, widget=forms.PasswordInput)
    org_name = forms.CharField(label=_("Name"), max_length=80)
    org_slug = forms.CharField(label=_("Address"), max_length=48)
    project_name = forms.CharField(label=_("Name"), max_length=80)
    project_key = forms.CharField(label=_("Key"), max_length=10)
    template = forms.ChoiceField(
        label=_("How the team works"), choices=TEMPLATES, initial="kanban", widget=forms.RadioSelect
    )


class AdmissionForm(forms.Form):
    """Who may sign up, and who may create organizations."""

    sign_up = forms.ChoiceField(label=_("Who may sign up"), choices=SIGN_UP_CHOICES, widget=forms.RadioSelect)
    domains = forms.CharField(
        label=_("Domains"), required=False, max_length=10_000, widget=forms.Textarea(attrs={"rows": 2})
    )
    founders = forms.ChoiceField(
        label=_("Who may create organizations"), choices=FOUNDERS_CHOICES, widget=forms.RadioSelect
    )

    def clean_domains(self) -> list[str]:
        """The domains as people write lists. Whether they are domains is for the service to say."""
        return [word for word in re.split(r"[\s,;]+", self.cleaned_data["domains"]) if word]


class AddressForm(forms.Form):
    """Somebody's e-mail address; the service says what is wrong with it."""

    email = forms.CharField(label=_("E-mail address"), max_length=1000, widget=forms.EmailInput)


class DemoForm(forms.Form):
    """What cannot be undone takes a tick."""

    sure = forms.BooleanField(label=_("Yes, delete all of it"))


class SpecimenForm(forms.Form):
    """Never saved. It exists so that the gallery draws fields the way pages do, mistakes included."""

    name = forms.CharField(label=_("Name"), max_length=80, help_text=_("As people say it."))
    email = forms.EmailField(label=_("E-mail address"))
    password = forms.CharField(label=_("Password"), widget=forms.PasswordInput)
    role = forms.ChoiceField(
        label=_("Role"), choices=[("member", _("Member")), ("admin", _("Admin")), ("guest", _("Guest"))]
    )
    about = forms.CharField(label=_("What it is about"), required=False, widget=forms.Textarea(attrs={"rows": 3}))
    picture = forms.FileField(label=_("Picture"), required=False)
    remember = forms.BooleanField(label=_("Keep me signed in"), required=False, initial=True)
    notify = forms.ChoiceField(
        label=_("Tell me"),
        widget=forms.RadioSelect,
        initial="mine",
        choices=[("all", _("about everything")), ("mine", _("about what is mine"))],
    )
    scopes = forms.MultipleChoiceField(
        label=_("May"),
        widget=forms.CheckboxSelectMultiple,
        initial=["read"],
        choices=[("read", _("read")), ("write", _("write"))],
    )


def specimen_forms() -> dict[str, dict[str, SpecimenForm]]:
    """For each theme an untouched form and one that was sent with mistakes; ids differ, for all are on one page."""
    specimens = {}
    for theme in ("light", "dark"):
        failed = SpecimenForm({f"{theme}-failed-name": "", f"{theme}-failed-email": "ada@"}, prefix=f"{theme}-failed")
        failed.full_clean()
        failed.add_error(None, _("The form could not be saved."))
        specimens[theme] = {"fresh": SpecimenForm(prefix=theme, initial={"name": "Acme Robotics"}), "failed": failed}
    return specimens
