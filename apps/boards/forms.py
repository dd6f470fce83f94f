"""Forms about boards."""

from collections.abc import Iterable, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.boards.selectors import CARD_FIELDS, LIMIT_POLICIES, LIMIT_UNITS
from apps.core.forms import DayInput, offer
from apps.issues.selectors import GROUPINGS, PRIORITY_CHOICES


class BoardForm(forms.Form):
    """What a board is called."""

    name = forms.CharField(label=_("Name"), max_length=80)


class CardsForm(BoardForm):
    """What a board is called, and what its cards show."""

    shows = forms.MultipleChoiceField(
        label=_("Cards show"), required=False, choices=CARD_FIELDS, widget=forms.CheckboxSelectMultiple
    )

    done_days = forms.IntegerField(label=_("Show what is done for"), required=False, min_value=1, max_value=999)
    marks_slow = forms.BooleanField(label=_("Mark cards that take longer than usual"), required=False)

    def values(self) -> dict[str, Any]:
        """As services take them: a board keeps what its cards leave out."""
        shown = self.cleaned_data["shows"]
        return {
            "name": self.cleaned_data["name"],
            "done_days": self.cleaned_data["done_days"],
            "marks_slow": self.cleaned_data["marks_slow"],
            "left_out": [field for field, _name in CARD_FIELDS if field not in shown],
        }


class BoardSettingsForm(CardsForm):
    """What a project's board is called, what its cards show, and its lanes."""

    grouping = forms.ChoiceField(label=_("Lanes"), choices=GROUPINGS)

    def values(self) -> dict[str, Any]:
        """As `services.edit_board` takes them."""
        return super().values() | {"grouping": self.cleaned_data["grouping"]}


class ColumnForm(forms.Form):
    """What a column is called, how much may be in it, and what happens beyond it."""

    name = forms.CharField(label=_("Name"), max_length=60)
    wip_limit = forms.IntegerField(label=_("Work in progress, at most"), required=False, min_value=1, max_value=999)
    wip_unit = forms.ChoiceField(label=_("Counted in"), choices=LIMIT_UNITS)
    wip_policy = forms.ChoiceField(label=_("Beyond it"), choices=LIMIT_POLICIES)


class NewColumnForm(ColumnForm):
    """A column to add, or to put back where it was."""

    statuses = forms.TypedMultipleChoiceField(label=_("Shows"), coerce=int, widget=forms.CheckboxSelectMultiple)
    position = forms.IntegerField(required=False, min_value=0, max_value=100, widget=forms.HiddenInput)

    def __init__(self, *args: Any, statuses: list[tuple[int, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, "statuses", statuses)


# What can be limited, as one choice: a kind of lanes, and of priorities which.
LIMITED = (
    ("assignee", _("Each person")),
    ("epic", _("Each epic")),
    ("parent", _("Each parent")),
    *((f"priority-{number}", name if number else _("No priority")) for number, name in reversed(PRIORITY_CHOICES)),
)


class LaneLimitForm(forms.Form):
    """How much somebody, or a lane, has in work at most."""

    of = forms.ChoiceField(label=_("Of"), choices=LIMITED)
    wip_limit = forms.IntegerField(label=_("In work, at most"), min_value=1, max_value=999)
    wip_unit = forms.ChoiceField(label=_("Counted in"), choices=LIMIT_UNITS)
    wip_policy = forms.ChoiceField(label=_("Beyond it"), choices=LIMIT_POLICIES)

    def limited(self) -> dict[str, Any]:
        """What is limited, as `services.limit_lanes` takes it."""
        by, _dash, priority = self.cleaned_data["of"].partition("-")
        return {"by": by, "priority": int(priority) if priority else None}


WHOSE = (("", _("Anybody’s")), ("mine", _("One’s own")), ("nobody", _("Nobody’s")))


class AskingForm(forms.Form):
    """What a quick filter is called, and what it asks of an issue. Types and labels go by what a subclass says."""

    name = forms.CharField(label=_("Name"), max_length=40)
    whose = forms.ChoiceField(label=_("Whose issues"), choices=WHOSE, required=False)
    type = forms.ChoiceField(label=_("Of type"), required=False)
    label = forms.ChoiceField(label=_("With label"), required=False)
    least_priority = forms.TypedChoiceField(
        label=_("Priority, at least"),
        required=False,
        coerce=int,
        empty_value=None,
        choices=[("", _("Any")), *(choice for choice in PRIORITY_CHOICES if choice[0])],
    )

    def __init__(
        self, *args: Any, types: Iterable[tuple[Any, str]], labels: Iterable[tuple[Any, str]], **kwargs: Any
    ) -> None:
        kwargs["auto_id"] = "quick_%s"  # beside other forms with a name
        super().__init__(*args, **kwargs)
        for name, offered in (("type", types), ("label", labels)):
            offer(self, name, [("", _("Any")), *offered])

    def asked_of_all(self) -> dict[str, Any]:
        """What it asks of an issue of whatever project, as services take it."""
        whose = self.cleaned_data["whose"]
        return {
            "is_mine": whose == "mine",
            "is_unassigned": whose == "nobody",
            "least_priority": self.cleaned_data["least_priority"],
        }


class QuickFilterForm(AskingForm):
    """A quick filter of a project's board: types and labels go by their ids."""

    type = forms.TypedChoiceField(label=_("Of type"), required=False, coerce=int, empty_value=None)
    label = forms.TypedChoiceField(label=_("With label"), required=False, coerce=int, empty_value=None)


def whose_of(quick_filter: Any) -> str:
    """Whose issues a quick filter asks for, as its form says it."""
    return "mine" if quick_filter.is_mine else "nobody" if quick_filter.is_unassigned else ""


class PlacesForm(forms.Form):
    """Which column shows which status: a field for each status, named by its id."""

    def __init__(
        self, *args: Any, statuses: list[tuple[int, str]], columns: list[tuple[int, str]], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        for status_id, name in statuses:
            self.fields[str(status_id)] = forms.TypedChoiceField(
                label=name,
                required=False,
                coerce=int,
                empty_value=None,
                choices=[("", _("Not on this board")), *columns],
            )

    def clean(self) -> dict[str, Any]:
        """Something must have been sent: else the page speaks of statuses that are gone."""
        if not self.places:
            raise forms.ValidationError(_("The statuses have changed in the meantime. Reload the page."))
        return self.cleaned_data

    @property
    def places(self) -> dict[int, int | None]:
        """The column of each status that was sent, by ids; None is none."""
        sent = (item for item in self.cleaned_data.items() if self.add_prefix(item[0]) in self.data)
        return {int(name): column_id for name, column_id in sent}


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
    fix_versions = forms.TypedMultipleChoiceField(
        label=_("Versions"), required=False, coerce=int, widget=forms.CheckboxSelectMultiple
    )
    in_sprint = forms.BooleanField(label=_("Plan it into the sprint"), required=False)
    description = forms.CharField(label=_("Description"), required=False, max_length=100_000, widget=forms.Textarea)
    another = forms.BooleanField(label=_("Create another"), required=False)
    # What it was made from, and what is created with it.
    template = forms.TypedChoiceField(required=False, coerce=int, empty_value=None, widget=forms.HiddenInput)
    subtasks = forms.CharField(
        label=_("Sub-tasks"), required=False, max_length=20_000, widget=forms.Textarea(attrs={"rows": 4})
    )

    def __init__(
        self,
        *args: Any,
        choices: dict[str, list[tuple[Any, str]]],
        sprint: str | None,
        own: Sequence[Any] = (),
        **kwargs: Any,
    ) -> None:
        """As every form, and `own`: the project's own fields, which the service judges by the type that is chosen."""
        super().__init__(*args, **kwargs)
        for name, offered in choices.items():
            offer(self, name, offered)
        if sprint is None:
            del self.fields["in_sprint"]
        self.own = {each.key: each for each in own}
        for key, each in self.own.items():
            self.fields[key] = own_field(each, choices["assignee"])

    @property
    def own_bound(self) -> list[tuple[Any, Any]]:
        """The project's own fields, each with its place in this form."""
        return [(each, self[key]) for key, each in self.own.items()]

    def own_values(self) -> dict[int, Any]:
        """What was sent of them, by their ids."""
        return {each.pk: self.cleaned_data[key] for key, each in self.own.items()}


def own_field(field: Any, people: Sequence[tuple[Any, str]]) -> forms.Field:
    """A field of the project's own in a form. What may be in it is for the service to say."""
    said: dict[str, Any] = {"label": field.name, "help_text": field.help_text, "required": False}
    options = [(each.id, each.name) for each in field.choices]
    match field.kind:
        case "select":
            nothing = _("Choose one") if field.is_required else _("None")
            return forms.ChoiceField(choices=[("", nothing), *options], **said)
        case "multi":
            return forms.MultipleChoiceField(choices=options, widget=forms.CheckboxSelectMultiple, **said)
        case "user":
            return forms.ChoiceField(choices=people, **said)
        case "checkbox":
            return forms.BooleanField(**said)
        case "date":
            return forms.CharField(widget=DayInput(), max_length=10, **said)
        case "number":
            return forms.CharField(widget=forms.TextInput(attrs={"inputmode": "decimal"}), max_length=40, **said)
        case "url":
            return forms.CharField(widget=forms.URLInput(attrs={"placeholder": "https://"}), max_length=2000, **said)
    return forms.CharField(max_length=500, **said)
