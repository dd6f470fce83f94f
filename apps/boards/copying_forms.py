"""Forms about projects that begin, or become, like another one."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.core.forms import offer
from apps.projects.forms import ProjectForm
from apps.projects.selectors import TEMPLATES

# In place of a template.
LIKE = "like"


class NewProjectForm(ProjectForm):
    """A new project, from a template or like one that is there."""

    like = forms.CharField(label=_("Which project"), max_length=200, required=False, widget=forms.Select)
    with_members = forms.BooleanField(
        label=_("And its members"),
        required=False,
        help_text=_("Everybody who has a role of their own there gets the same one here."),
    )

    def __init__(self, *args: Any, sources: Iterable[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.sources = list(sources)
        offer(self, "template", [*TEMPLATES, *([(LIKE, _("Like an existing project"))] if self.sources else [])])
        self.fields["like"].widget.choices = [("", _("Choose a project")), *self.sources]

    def clean(self) -> dict[str, Any]:
        """Whoever wants it like a project says which."""
        values = super().clean() or self.cleaned_data
        if values.get("template") == LIKE and not values.get("like"):
            self.add_error("like", _("Choose the project that it shall be like."))
        return values
