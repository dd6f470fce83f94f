"""Forms about sprints."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _


class DayInput(forms.DateInput):
    """The browser's own way to choose a day."""

    input_type = "date"


def _day(label: Any, *, required: bool = False, help_text: Any = "") -> forms.DateField:
    widget = DayInput(format="%Y-%m-%d")
    return forms.DateField(
        label=label, required=required, help_text=help_text, input_formats=["%Y-%m-%d"], widget=widget
    )


class SprintForm(forms.Form):
    """A sprint's name, goal and dates. What they may be is for the service to say."""

    name = forms.CharField(label=_("Name"), max_length=200)
    goal = forms.CharField(label=_("Goal"), required=False, widget=forms.Textarea(attrs={"rows": 2}))
    start_date = _day(_("First day"))
    end_date = _day(_("Last day"))


class StartForm(forms.Form):
    """When a sprint that is being started will end."""

    end_date = _day(_("Last day"), required=True)


class CompleteForm(forms.Form):
    """Where the open work of a sprint goes: another sprint's id, or one of the service's words for elsewhere."""

    to = forms.ChoiceField(label=_("The open issues go to"), widget=forms.RadioSelect)

    def __init__(self, *args: Any, offered: Iterable[tuple[str, Any]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["to"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 (declared above)
        field.choices = list(offered)


class IssuesForm(forms.Form):
    """Issues to put into a sprint, by their keys."""

    keys = forms.CharField(label=_("Issues"), max_length=2000)
