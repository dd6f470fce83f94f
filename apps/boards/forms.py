"""Forms about boards."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.boards.selectors import LIMIT_POLICIES


class LimitForm(forms.Form):
    """How much may be in a column, and what happens beyond it."""

    wip_limit = forms.IntegerField(label=_("Limit"), required=False, min_value=1, max_value=999)
    wip_policy = forms.ChoiceField(label=_("Beyond it"), choices=LIMIT_POLICIES)


class NewIssueForm(forms.Form):
    """Everything that can be said of an issue when it is created. Only the title must be."""

    title = forms.CharField(label=_("Title"), max_length=500)
    type = forms.TypedChoiceField(label=_("Type"), coerce=int)
    status = forms.TypedChoiceField(label=_("Status"), coerce=int)
    priority = forms.TypedChoiceField(label=_("Priority"), coerce=int)
    assignee = forms.TypedChoiceField(label=_("Assignee"), required=False, coerce=int, empty_value=None)
    points = forms.CharField(label=_("Points"), required=False, max_length=12)
    labels = forms.TypedMultipleChoiceField(
        label=_("Labels"), required=False, coerce=int, widget=forms.CheckboxSelectMultiple
    )
    in_sprint = forms.BooleanField(label=_("Plan it into the sprint"), required=False)
    description = forms.CharField(label=_("Description"), required=False, max_length=100_000, widget=forms.Textarea)
    another = forms.BooleanField(label=_("Create another"), required=False)

    def __init__(
        self, *args: Any, choices: dict[str, list[tuple[Any, str]]], sprint: str | None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        for name, offered in choices.items():
            self.fields[name].choices = offered  # type: ignore[attr-defined]
        if sprint is None:
            del self.fields["in_sprint"]
