"""Forms about templates and schedules."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from django import forms
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext_lazy as _

from apps.core.forms import day_field, offer
from apps.issues.selectors import PRIORITY_CHOICES
from apps.recurring.selectors import FREQUENCIES
from apps.recurring.services import MOST_DUE_DAYS, MOST_INTERVAL, MOST_TIMES
from apps.recurring.words import NTHS

Choices = Sequence[tuple[Any, Any]]
NOBODY, CREATOR = "nobody", "creator"


class TemplateForm(forms.Form):
    """What a template is called, and what issues made from it begin with."""

    name = forms.CharField(label=_("Name"), max_length=60, help_text=_("Such as “Bug report”: how people choose it."))
    type = forms.TypedChoiceField(label=_("Type"), coerce=int)
    is_default = forms.BooleanField(
        label=_("Fill it in at once for new issues of this type"),
        required=False,
        help_text=_("Whoever creates one can still choose another template, or none."),
    )
    title = forms.CharField(label=_("Title"), max_length=500, required=False)
    description = forms.CharField(
        label=_("Description"), required=False, max_length=100_000, widget=forms.Textarea(attrs={"rows": 8})
    )
    priority = forms.TypedChoiceField(label=_("Priority"), coerce=int, choices=PRIORITY_CHOICES)
    points = forms.CharField(label=_("Points"), required=False, max_length=12)
    assignee = forms.ChoiceField(label=_("Assignee"))
    labels = forms.TypedMultipleChoiceField(
        label=_("Labels"), required=False, coerce=int, widget=forms.CheckboxSelectMultiple
    )
    subtasks = forms.CharField(
        label=_("Sub-tasks"),
        required=False,
        max_length=20_000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("One a line. They are created with the issue."),
    )

    def __init__(self, *args: Any, types: Choices, people: Choices, labels: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, "type", types)
        offer(self, "assignee", [(NOBODY, _("Nobody")), (CREATOR, _("Whoever creates the issue")), *people])
        offer(self, "labels", labels)


BACKLOG, SPRINT = "backlog", "sprint"


class ScheduleForm(forms.Form):
    """When issues are made from a template, and where they go."""

    name = forms.CharField(label=_("Name of the template"), max_length=60)
    template = forms.TypedChoiceField(label=_("Template"), coerce=int)
    frequency = forms.ChoiceField(label=_("Repeats every so many"), choices=FREQUENCIES, widget=forms.RadioSelect)
    interval = forms.IntegerField(label=_("Every"), min_value=1, max_value=MOST_INTERVAL)
    weekdays = forms.TypedMultipleChoiceField(
        label=_("On"), required=False, coerce=int, choices=list(WEEKDAYS.items()), widget=forms.CheckboxSelectMultiple
    )
    month_day = forms.IntegerField(
        label=_("On day"),
        required=False,
        min_value=1,
        max_value=31,
        help_text=_("In months that are shorter it is their last day."),
    )
    nth = forms.TypedChoiceField(label=_("On the"), required=False, coerce=int, empty_value=None, choices=NTHS)
    weekday = forms.TypedChoiceField(
        label=_("Weekday"), required=False, coerce=int, empty_value=None, choices=list(WEEKDAYS.items())
    )
    at = forms.TimeField(label=_("At"), widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"))
    start_date = day_field(_("From"), required=True)
    end_date = day_field(_("Until"))
    most = forms.IntegerField(label=_("Stop after so many issues"), required=False, min_value=1, max_value=MOST_TIMES)
    due_days = forms.IntegerField(
        label=_("Due so many days later"),
        required=False,
        min_value=0,
        max_value=MOST_DUE_DAYS,
        help_text=_("0 is the same day. Without it there is no due date."),
    )
    goes_to = forms.ChoiceField(
        label=_("Goes into"),
        choices=[(BACKLOG, _("The backlog")), (SPRINT, _("The active sprint, or the backlog while there is none"))],
        widget=forms.RadioSelect,
    )
    status = forms.TypedChoiceField(label=_("Begins in"), required=False, coerce=int, empty_value=None)

    def __init__(
        self, *args: Any, templates: Choices | None = None, statuses: Choices, is_named: bool = False, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        if not is_named:
            del self.fields["name"]
        if templates is None:
            del self.fields["template"]
        else:
            offer(self, "template", templates)
        offer(self, "status", [("", _("Where new issues begin")), *statuses])

    def clean(self) -> dict[str, Any]:
        """What a kind of repetition needs must be said."""
        values = self.cleaned_data
        if values.get("frequency") == "weekly" and not values.get("weekdays") and "weekdays" not in self.errors:
            self.add_error("weekdays", _("Choose a weekday."))
        if values.get("frequency") == "monthly" and not values.get("month_day") and "month_day" not in self.errors:
            self.add_error("month_day", _("Choose a day of the month."))
        if values.get("frequency") == "by_weekday":
            for name in ("nth", "weekday"):
                if values.get(name) is None and name not in self.errors:
                    self.add_error(name, _("Choose which weekday of the month."))
        return values

    def timing(self) -> dict[str, Any]:
        """A valid form's values as `content.Timing` names them, but for the status, which is an id here."""
        values = self.cleaned_data
        is_by_weekday = values["frequency"] == "by_weekday"
        return {
            "frequency": values["frequency"],
            "interval": values["interval"],
            "weekdays": [values["weekday"]] if is_by_weekday else values["weekdays"],
            "month_day": values["month_day"],
            "nth": values["nth"],
            "at": values["at"],
            "start_date": values["start_date"],
            "end_date": values["end_date"],
            "most": values["most"],
            "due_days": values["due_days"],
            "joins_sprint": values["goes_to"] == SPRINT,
        }


def usual(day: date) -> dict[str, Any]:
    """What a new schedule begins with: weekly on the weekday of a day, in the morning."""
    return {
        "frequency": "weekly",
        "interval": 1,
        "weekdays": [day.weekday()],
        "month_day": day.day,
        "nth": 1,
        "weekday": day.weekday(),
        "at": "09:00",
        "start_date": day,
        "goes_to": BACKLOG,
    }
