"""Values of a project's own fields: what can be stored in each, and which must be filled in."""

import re
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import urlsplit

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.core.errors import Invalid
from apps.core.tenancy import Actor
from apps.core.texts import one_line
from apps.issues.models import field_id_of
from apps.issues.selectors.values import fields_of_type
from apps.issues.services.common import clean_day, clean_text
from apps.projects.models import CustomField, IssueType, Project
from apps.projects.selectors import assignable_people, list_custom_fields

TEXT_LENGTH = 500
ADDRESS_LENGTH = 2000
# Whole digits and decimals of a number.
MOST_DIGITS, MOST_DECIMALS = 12, 6
FIRST_YEAR, LAST_YEAR = 1900, 2199
_ON, _OFF = {"1", "true", "on"}, {"", "0", "false", "off"}
_BLANK = re.compile(r"[\s\x00-\x1f\x7f]")

Kind = CustomField.Kind


class FieldEmpty(Invalid):
    """A field that must be filled in is empty."""

    title = gettext_lazy("A field must be filled in")


def named_fields(*, actor: Actor, project: Project, names: Iterable[str]) -> dict[str, Any]:
    """Those of the project's own fields that are among these names (`field_12`): one query, or none where none is."""
    wanted = {name for name in names if field_id_of(name) is not None}
    if not wanted:
        return {}
    fields = list_custom_fields(actor=actor, project=project)
    return {field.key: field for field in fields if field.key in wanted}


def refuse_wrong_type(field: Any, issue_type: IssueType) -> None:
    """Refuse a field that issues of a type do not have.

    :raises Invalid: then
    """
    if not fields_of_type([field], issue_type.pk):
        raise Invalid(
            _("A %(type)s has no field “%(name)s”.") % {"type": issue_type.name, "name": field.name}, field=field.key
        )


def learn_workers(
    *, actor: Actor, project: Project, fields: Iterable[Any], values: Iterable[Mapping[int, Any]]
) -> None:
    """Ask once for many issues which of the people that their values name work in the project; one query, or none.

    The fields know it from then on (`worker_ids`), so that reading each value asks nothing.

    :param values: of each issue, by the fields' ids
    """
    of_people = {field.pk: field for field in fields if field.kind == Kind.USER}
    named = {value for each in values for pk, value in each.items() if pk in of_people and isinstance(value, int)}
    if named:
        able = set(assignable_people(actor=actor, project=project).filter(pk__in=named).values_list("pk", flat=True))
        for field in of_people.values():
            field.worker_ids = able


def read_field_value(actor: Actor, field: CustomField, value: Any) -> Any:
    """A value of a field as it is stored; None where it is empty. `field.project` is known.

    :raises FieldEmpty: if it is, and must not be
    :raises Invalid: if it cannot be stored
    """
    stored = None if value is None else _READERS[field.kind](actor, field, value)
    if stored is None and field.is_required:
        raise FieldEmpty(_("“%(name)s” must be filled in.") % {"name": field.name}, field=field.key)
    return stored


def read_new_values(
    actor: Actor, fields: Iterable[Any], issue_type: IssueType, values: Mapping[int, Any], *, is_asked: bool
) -> dict[str, Any]:
    """What a new issue of a type has in the project's own fields, as it is stored.

    :param values: by the fields' ids
    :param is_asked: whether required ones must be filled in
    :raises FieldEmpty: if one is not
    :raises Invalid: if a value cannot be stored, or of a field that its type does not have
    """
    mine = {field.pk: field for field in fields_of_type(fields, issue_type.pk)}
    for pk, value in values.items():
        if pk not in mine and value not in (None, "", [], False):
            raise Invalid(_("A %(type)s has no such field.") % {"type": issue_type.name}, field=f"field_{pk}")
    stored = {}
    for pk, field in mine.items():
        if is_asked and field.is_required and not values:
            raise FieldEmpty(
                _("“%(name)s” must be filled in. “New issue” asks for it.") % {"name": field.name},
                field=field.key,
            )
        if pk in values or (is_asked and field.is_required):
            stored[str(pk)] = read_field_value(actor, field, values.get(pk))
    return {key: value for key, value in stored.items() if value is not None}


def _refused(field: CustomField, sentence: str) -> Invalid:
    return Invalid(sentence, field=field.key)


def _text(_actor: Actor, field: CustomField, value: Any) -> str | None:
    text = one_line(clean_text(value, field=field.key, limit=None))
    if len(text) > TEXT_LENGTH:
        raise _refused(
            field,
            _("At most %(limit)s characters; these are %(length)s.") % {"limit": TEXT_LENGTH, "length": len(text)},
        )
    return text or None


def _number(_actor: Actor, field: CustomField, value: Any) -> str | None:
    text = str(value).strip().replace(",", ".")
    if not text:
        return None
    try:
        number = Decimal(text)
        is_good = number.is_finite() and abs(number) < 10**MOST_DIGITS and number == round(number, MOST_DECIMALS)
    except InvalidOperation:
        is_good = False
    if not is_good:
        raise _refused(field, _("A number, such as 3 or 0.25, with at most 12 digits and 6 decimals."))
    return f"{number.normalize() + 0:f}"


def _date(_actor: Actor, field: CustomField, value: Any) -> str | None:
    day = clean_day(value, field.key)
    if day is not None and not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise _refused(field, _("A day from %(first)s to %(last)s.") % {"first": FIRST_YEAR, "last": LAST_YEAR})
    return day.isoformat() if day is not None else None


def _id(field: CustomField, value: Any) -> int | None:
    if value in ("", None):
        return None
    try:
        return int(str(value))
    except ValueError as error:
        raise _refused(field, _("Choose one of the offered values.")) from error


def _option(_actor: Actor, field: CustomField, value: Any) -> int | None:
    wanted = _id(field, value)
    if wanted is not None and all(each.id != wanted for each in field.choices):
        raise _refused(field, _("Choose one of the offered values."))
    return wanted


def _options(actor: Actor, field: CustomField, value: Any) -> list[int] | None:
    if value == "":
        return None
    if not isinstance(value, list | tuple):
        raise _refused(field, _("The options are a list."))
    return field.in_order(pk for each in value if (pk := _option(actor, field, each)) is not None)


def _person(actor: Actor, field: CustomField, value: Any) -> int | None:
    wanted = _id(field, value)
    if wanted is None or wanted in getattr(field, "worker_ids", ()):
        return wanted
    if not assignable_people(actor=actor, project=field.project).filter(pk=wanted).exists():
        raise _refused(field, _("Choose somebody who works in this project."))
    return wanted


def _address(_actor: Actor, field: CustomField, value: Any) -> str | None:
    text = str(value).strip()
    if not text:
        return None
    try:
        parts = urlsplit(text)
        is_good = parts.scheme in {"http", "https"} and bool(parts.hostname) and not _BLANK.search(text)
    except ValueError:  # such as [::1 without its end
        is_good = False
    if not is_good or len(text) > ADDRESS_LENGTH:
        raise _refused(field, _("An address begins with https:// or http://, and has at most 2000 characters."))
    return text


def _tick(_actor: Actor, field: CustomField, value: Any) -> bool | None:
    said = str(value).strip().casefold()
    if said not in _ON | _OFF:
        raise _refused(field, _("A checkbox is on or off."))
    return True if said in _ON else None


_READERS: dict[str, Callable[[Actor, CustomField, Any], Any]] = {
    Kind.TEXT: _text,
    Kind.NUMBER: _number,
    Kind.DATE: _date,
    Kind.SELECT: _option,
    Kind.MULTI: _options,
    Kind.USER: _person,
    Kind.URL: _address,
    Kind.CHECKBOX: _tick,
}
