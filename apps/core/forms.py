"""What forms share: choices that depend on the reader, and refusals said where the reader looks."""

from collections.abc import Callable, Iterable
from typing import Any

from django.forms import BaseForm, ChoiceField, DateField, DateInput

from apps.core.errors import DomainError, Forbidden


class DayInput(DateInput):
    """The browser's own way to choose a day."""

    input_type = "date"


def day_field(label: Any, *, required: bool = False, help_text: Any = "") -> DateField:
    """A field for a pure date."""
    widget = DayInput(format="%Y-%m-%d")
    return DateField(label=label, required=required, help_text=help_text, input_formats=["%Y-%m-%d"], widget=widget)


def offer(form: BaseForm, name: str, choices: Iterable[tuple[Any, Any]]) -> None:
    """Let a field of choices offer these, which depend on who asks and where."""
    field = form.fields[name]
    assert isinstance(field, ChoiceField)  # noqa: S101 (the form declares it)
    field.choices = list(choices)


def show_refusal(form: BaseForm, error: DomainError) -> None:
    """Say a service's refusal where the form's reader looks for it: at the field it names, else above the form."""
    field = error.extra.get("field") or None
    form.add_error(field if field in form.fields else None, str(error.detail or error.title))


def status_of(form: BaseForm) -> int:
    """The status of a page with this form: a refused one is no success, and leaves nothing behind."""
    return 422 if form.is_bound and form.errors else 200


def is_done(form: BaseForm, write: Callable[[dict[str, Any]], Any]) -> bool:
    """Whether what a form asks for was done: `write` gets its clean values. If a service refused, the form says why.

    :raises Forbidden: where it is not the values that were wrong
    """
    if not form.is_valid():
        return False
    try:
        write(form.cleaned_data)
    except Forbidden:
        raise
    except DomainError as error:
        show_refusal(form, error)
        return False
    return True
