"""Forms of boards over several projects."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.boards.forms import AskingForm, BoardForm, CardsForm
from apps.boards.selectors.across import COLUMNS_BY, LANES
from apps.core.forms import offer


class AcrossForm(BoardForm):
    """What such a board is called, which projects it shows, and what its columns stand for."""

    projects = forms.TypedMultipleChoiceField(
        label=_("Projects"),
        coerce=int,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Choose at least one project.")},
    )
    by = forms.ChoiceField(label=_("Columns"), choices=COLUMNS_BY, initial="status")

    def __init__(self, *args: Any, projects: list[tuple[int, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, "projects", projects)

    def values(self) -> dict[str, Any]:
        """As the services take them."""
        data = self.cleaned_data
        return {"name": data["name"], "by": data["by"], "project_ids": data["projects"]}


class AcrossSettingsForm(AcrossForm, CardsForm):
    """The same, what its cards show, and its lanes."""

    grouping = forms.ChoiceField(label=_("Lanes"), choices=LANES)

    def values(self) -> dict[str, Any]:
        """As `services.across.edit_across` takes them."""
        return CardsForm.values(self) | AcrossForm.values(self) | {"grouping": self.cleaned_data["grouping"]}


class AcrossQuickForm(AskingForm):
    """A quick filter of such a board: types and labels go by their names, which several projects may have."""

    def __init__(self, *args: Any, types: Iterable[str], labels: Iterable[str], **kwargs: Any) -> None:
        named = {"types": [(name, name) for name in types], "labels": [(name, name) for name in labels]}
        super().__init__(*args, **named, **kwargs)
