"""Forms about a project's workflow, and about what waits in Triage."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.core.forms import day_field, offer
from apps.issues.selectors import PRIORITY_CHOICES
from apps.projects.selectors import ASSIGNS, CATEGORIES, LEVELS, PARTIES, REQUIRED_FIELDS, TYPE_ICONS

Choices = Sequence[tuple[Any, Any]]
# A colour of one's own, or the category's.
HUES = [("", _("The colour of its meaning")), *((str(hue), str(hue)) for hue in range(0, 360, 30))]


class EpicForm(forms.Form):
    """What a new epic is called."""

    title = forms.CharField(label=_("New epic"), max_length=500)


class VersionForm(forms.Form):
    """What a version is called, what it is about, and its days."""

    name = forms.CharField(label=_("Name"), max_length=60)
    description = forms.CharField(
        label=_("What it is about"), required=False, max_length=10_000, widget=forms.Textarea(attrs={"rows": 3})
    )
    start_date = day_field(_("First day"))
    release_date = day_field(_("Comes out"))


# What can become of work instead of somebody or something else having it.
STAYS = "stays"
NONE = "none"


class HeirForm(forms.Form):
    """Where open work goes: to something or somebody else, to nothing (`none` says it), or nowhere (`stays`)."""

    to = forms.ChoiceField()

    def __init__(self, *args: Any, heirs: Choices, label: Any, none: Any, stays: Any = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["to"].label = label
        kept = [(STAYS, stays)] if stays else []
        offer(self, "to", [*kept, (NONE, none), *((str(pk), name) for pk, name in heirs)])


class StatusForm(forms.Form):
    """What a status is called, what it means to reports, and its colour."""

    name = forms.CharField(label=_("Name"), max_length=60)
    category = forms.ChoiceField(label=_("What it means"), choices=CATEGORIES)
    hue = forms.TypedChoiceField(
        label=_("Colour"), required=False, coerce=int, empty_value=None, choices=HUES, widget=forms.RadioSelect
    )


class TypeForm(forms.Form):
    """What a type of issues is called, and its sign. Its level is chosen once."""

    name = forms.CharField(label=_("Name"), max_length=60)
    icon = forms.ChoiceField(label=_("Sign"), choices=TYPE_ICONS, widget=forms.RadioSelect)
    hue = forms.TypedChoiceField(label=_("Colour"), coerce=int, choices=HUES[1:], widget=forms.RadioSelect)
    level = forms.TypedChoiceField(label=_("Level"), coerce=int, choices=LEVELS)

    def __init__(self, *args: Any, is_new: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not is_new:
            del self.fields["level"]


class SuccessorForm(forms.Form):
    """Where the issues of a status or type go that is taken out."""

    to = forms.TypedChoiceField(label=_("Its issues go to"), coerce=int)

    def __init__(self, *args: Any, offered: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, "to", [("", _("Choose one")), *offered])


class TransitionForm(forms.Form):
    """An edge of the workflow and its rules."""

    name = forms.CharField(label=_("Name"), max_length=60, required=False)
    source = forms.TypedChoiceField(label=_("From"), required=False, coerce=int, empty_value=None)
    target = forms.TypedChoiceField(label=_("To"), coerce=int)
    allowed_parties = forms.MultipleChoiceField(
        label=_("Who may take it"), required=False, choices=PARTIES, widget=forms.CheckboxSelectMultiple
    )
    required_fields = forms.MultipleChoiceField(
        label=_("Fields that must be filled"),
        required=False,
        choices=REQUIRED_FIELDS,
        widget=forms.CheckboxSelectMultiple,
    )
    needs_finished_subtasks = forms.BooleanField(label=_("All its sub-tasks are done or cancelled"), required=False)
    needs_no_open_blocker = forms.BooleanField(label=_("Nothing that blocks it is still open"), required=False)
    assigns = forms.ChoiceField(label=_("Assignee becomes"), required=False, choices=ASSIGNS)
    sets_priority = forms.TypedChoiceField(
        label=_("Priority becomes"),
        required=False,
        coerce=int,
        empty_value=None,
        choices=[("", _("Leave as it is")), *PRIORITY_CHOICES],
    )
    adds_label = forms.TypedChoiceField(label=_("Label to add"), required=False, coerce=int, empty_value=None)
    comment = forms.CharField(
        label=_("Comment to write"), required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 3})
    )

    def __init__(self, *args: Any, statuses: Choices, labels: Choices, is_new: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offered = {
            "source": [("", _("Any status")), *statuses],
            "target": [("", _("Choose one")), *statuses],
            "adds_label": [("", _("None")), *labels],
        }
        for name, choices in offered.items():
            offer(self, name, choices)
        if not is_new:
            # It would be another edge; add that one, and take this one away.
            del self.fields["source"], self.fields["target"]


class AcceptForm(forms.Form):
    """Where an accepted issue begins, and with whom."""

    status = forms.TypedChoiceField(label=_("Status"), coerce=int)
    assignee = forms.TypedChoiceField(label=_("Assignee"), required=False, coerce=int, empty_value=None)
    priority = forms.TypedChoiceField(label=_("Priority"), coerce=int, choices=PRIORITY_CHOICES)
    sprint = forms.TypedChoiceField(label=_("Sprint"), required=False, coerce=int, empty_value=None)

    def __init__(self, *args: Any, statuses: Choices, people: Choices, sprints: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, "status", statuses)
        offer(self, "assignee", [("", _("As it is")), *people])
        offer(self, "sprint", [("", _("None")), *sprints])
        if not sprints:
            del self.fields["sprint"]


class DeclineForm(forms.Form):
    """Why not."""

    body = forms.CharField(label=_("Why"), widget=forms.Textarea(attrs={"rows": 4}))


class DuplicateForm(forms.Form):
    """Which issue it repeats: a key, or an address that ends in one."""

    value = forms.CharField(label=_("Key of the issue that it repeats"), max_length=500)


class SnoozeForm(forms.Form):
    """Until when."""

    until = forms.DateField(label=_("Until"), widget=forms.DateInput(attrs={"type": "date"}))
