"""Forms about sprints."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.core.forms import day_field, offer
from apps.sprints.services import AHEAD, COOLDOWN, WEEKS


class SprintForm(forms.Form):
    """A sprint's name, goal and dates. What they may be is for the service to say."""

    name = forms.CharField(label=_("Name"), max_length=200)
    goal = forms.CharField(label=_("Goal"), required=False, widget=forms.Textarea(attrs={"rows": 2}))
    start_date = day_field(_("First day"))
    end_date = day_field(_("Last day"))


WEEKDAYS = (
    (0, _("Monday")),
    (1, _("Tuesday")),
    (2, _("Wednesday")),
    (3, _("Thursday")),
    (4, _("Friday")),
    (5, _("Saturday")),
    (6, _("Sunday")),
)


class CadenceForm(forms.Form):
    """The rhythm in which sprints start and end by themselves."""

    is_on = forms.BooleanField(label=_("Sprints start and end by themselves"), required=False)
    weeks = forms.IntegerField(label=_("Weeks in a sprint"), min_value=WEEKS[0], max_value=WEEKS[-1])
    weekday = forms.TypedChoiceField(label=_("They start on"), coerce=int, choices=WEEKDAYS)
    cooldown_weeks = forms.IntegerField(
        label=_("Weeks between two sprints"),
        min_value=COOLDOWN[0],
        max_value=COOLDOWN[-1],
        help_text=_("Time to clear up before the next one starts. 0 for none."),
    )
    ahead = forms.IntegerField(label=_("Sprints planned ahead"), min_value=AHEAD[0], max_value=AHEAD[-1])
    rolls_over = forms.BooleanField(
        label=_("Open work goes into the next sprint"), required=False, help_text=_("Otherwise into the backlog.")
    )


class CapacityForm(forms.Form):
    """How many points each person takes on in a sprint; a field for each of them."""

    def __init__(self, *args: Any, people: Iterable[Any], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for person in people:
            self.fields[f"capacity_{person.pk}"] = forms.DecimalField(
                label=person.name, required=False, min_value=0, max_value=9999, decimal_places=2
            )

    @property
    def points(self) -> dict[int, Any]:
        """What was sent, by the person's id."""
        return {int(name.removeprefix("capacity_")): value for name, value in self.cleaned_data.items()}


class StartForm(forms.Form):
    """When a sprint that is being started will end."""

    end_date = day_field(_("Last day"), required=True)


class CompleteForm(forms.Form):
    """Where the open work of a sprint goes: another sprint's id, or one of the service's words for elsewhere."""

    to = forms.ChoiceField(label=_("The open issues go to"), widget=forms.RadioSelect)

    def __init__(self, *args: Any, offered: Iterable[tuple[str, Any]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, "to", offered)


class IssuesForm(forms.Form):
    """Issues to put into a sprint, by their keys."""

    keys = forms.CharField(label=_("Issues"), max_length=2000)
