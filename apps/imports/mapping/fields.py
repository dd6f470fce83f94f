"""The other tracker's own fields as fields of the project."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import date
from decimal import Decimal
from typing import Any

from apps.core.errors import Invalid
from apps.core.tenancy import Actor
from apps.core.texts import one_line
from apps.imports import guessing
from apps.imports.choices import Choices
from apps.imports.mapping.people import People
from apps.imports.records import IssueRecord, Person
from apps.imports.texts import NAME_LENGTH, Notes
from apps.issues.selectors.values import fields_of_type
from apps.issues.services.values import MOST_DECIMALS, TEXT_LENGTH, read_field_value
from apps.projects.models import CustomField, FieldOption, Project
from apps.projects.selectors import assignable_people, list_custom_fields
from apps.projects.services.fields import MOST_FIELDS, MOST_OPTIONS, add_options, create_field

Kind = CustomField.Kind
COMPONENTS = "Components"
RESOLUTION = "Resolution"
# What follows the name of a field of options in that of the text field beside it.
_BESIDE = " (all)"
# Options are counted project by project, in so many of those that an import names.
_MOST_PROJECTS = 50


def custom_of(record: IssueRecord) -> dict[str, Any]:
    """What a record has for fields of the project's own: those of its tracker, its components, why it was cancelled."""
    found = {one_line(name)[:NAME_LENGTH].strip(): value for name, value in record.custom.items()}
    found.pop("", None)
    if record.components:
        found.setdefault(COMPONENTS, list(record.components))
    if guessing.is_cancelling(record.resolution):
        found.setdefault(RESOLUTION, record.resolution)
    return {name: value for name, value in found.items() if value not in (None, "", [])}


class Shape:
    """What the values of one of the tracker's fields are, noted one by one; for many in no more memory than for few."""

    def __init__(self, name: str) -> None:
        self._is_of_options = name == RESOLUTION
        self._is_list = False
        self._types: set[type] = set()
        self._options: dict[str, set[str]] = {}

    def note(self, value: Any, project_key: str = "") -> None:
        """Take one more value into account.

        :param project_key: of the project whose field it goes into: each offers options of its own
        """
        is_list = isinstance(value, list | tuple)
        self._is_list = self._is_list or is_list
        self._types.add(type(value))
        if (is_list or self._is_of_options) and (project_key in self._options or len(self._options) < _MOST_PROJECTS):
            options = self._options.setdefault(project_key, set())
            if len(options) <= MOST_OPTIONS:
                options.update(name.casefold() for name in _names(value))

    @property
    def is_crowded(self) -> bool:
        """Whether these are more different values than a field can offer as options."""
        return any(len(options) > MOST_OPTIONS for options in self._options.values())

    def overflows(self, field: Any, project_key: str) -> bool:
        """Whether a field of a project that offers some options already cannot offer these as well."""
        if not field.has_options:
            return False
        present = {each.name.casefold() for each in field.choices}
        return len(present | self._options.get(project_key, set())) > MOST_OPTIONS

    @property
    def kind(self) -> str:
        """What holds them: where they differ, or are too many for options, text does."""
        if self._is_list or self._is_of_options:
            return Kind.TEXT if self.is_crowded else Kind.MULTI if self._is_list else Kind.SELECT
        if self._types == {bool}:
            return Kind.CHECKBOX
        if self._types <= {int, Decimal}:
            return Kind.NUMBER
        return Kind.DATE if all(issubclass(each, date) for each in self._types) else Kind.TEXT


def _shape(name: str, values: Iterable[Any]) -> Shape:
    shape = Shape(name)
    for value in values:
        shape.note(value)
    return shape


class Fields:
    """The fields of one project that records have values for. `prepare` makes what is missing, `values` looks up.

    What a field of options has no room for goes on in a text field beside it, so that nothing is lost.

    :param surveyed: what a look through all rows found of the tracker's fields, by name: the rows at hand do not tell
        what those to come hold
    """

    def __init__(
        self, project: Project, choices: Choices, people: People, surveyed: Mapping[str, Mapping[str, Any]]
    ) -> None:
        self.project = project
        self.choices = choices
        self.people = people
        self._workers: set[int] = set()
        # What is to be told of fields as a whole: (field, reason).
        self.notes: Notes = []
        # Options that were added, for whoever notes them.
        self.offered: list[tuple[CustomField, FieldOption]] = []
        self._surveyed = surveyed
        self._present: list[Any] = []
        self._is_loaded = False
        # By the tracker's name; None for what is left out.
        self._known: dict[str, Any] = {}
        self._options: dict[int, dict[str, int]] = {}

    def prepare(self, *, actor: Actor, records: Iterable[IssueRecord]) -> list[tuple[str, CustomField]]:
        """Make sure that there is a field, with its options, for what these records have; what was made, by name."""
        self._actor = actor
        self._load(actor)
        values: dict[str, list[Any]] = {}
        for record in records:
            for name, value in custom_of(record).items():
                values.setdefault(name, []).append(value)
        made = []
        for name, found in values.items():
            if name not in self._known:
                field, is_made = self._find(actor, name, found)
                self._known[name] = field
                made += [(name, field)] if is_made else []
            field = self._known[name]
            if field is not None and field.has_options and not self._offer(actor, field, found):
                made += self._keep_beside(actor, name, field)
        return made

    def _load(self, actor: Actor) -> None:
        if not self._is_loaded:
            self._present = list_custom_fields(actor=actor, project=self.project)
            for field in self._present:
                field.project = self.project
            if any(field.kind == Kind.USER for field in self._present):
                workers = assignable_people(actor=actor, project=self.project)
                self._workers = set(workers.values_list("pk", flat=True))
            self._is_loaded = True

    def _find(self, actor: Actor, name: str, values: list[Any]) -> tuple[Any, bool]:
        """The field that a name stands for, made if there is none yet; and whether it was."""
        field = self._present_one(name)
        if field is not None or self._is_unwanted(name) or len(self._present) >= MOST_FIELDS:
            return field, False
        chosen = self._choice(name)
        if isinstance(chosen, int):
            # It was taken away since it was chosen: what it should have held is told.
            return None, False
        kind, is_crowded = self._kind(name, values)
        if is_crowded and not chosen.get("kind"):
            self.notes.append(
                (name, f"It has more than {MOST_OPTIONS} different values, too many for options: it is a text field.")
            )
        return self._make(actor, self._wanted(name), chosen.get("kind") or kind), True

    def _kind(self, name: str, values: list[Any]) -> tuple[str, bool]:
        """What a field is, and whether it is text only because its values are so many."""
        if name in self._surveyed:
            return self._surveyed[name]["kind"], bool(self._surveyed[name].get("is_crowded"))
        shape = _shape(name, values)
        return shape.kind, shape.is_crowded

    def _make(self, actor: Actor, name: str, kind: str) -> Any:
        made: Any = create_field(actor=actor, project=self.project, name=name, kind=kind)
        made.type_ids, made.project = [], self.project
        self._present.append(made)
        return made

    def _beside(self, field: Any) -> Any:
        """The text field that keeps what a field of options has no room for, if there is one."""
        return next(
            (each for each in self._present if each.name == _name_beside(field) and each.kind == Kind.TEXT), None
        )

    def _keep_beside(self, actor: Actor, name: str, field: Any) -> list[tuple[str, CustomField]]:
        """Let there be a text field beside a full one; it, if it had to be made. Without room for one, rows tell."""
        if any(each.name == _name_beside(field) for each in self._present) or len(self._present) >= MOST_FIELDS:
            return []
        made = self._make(actor, _name_beside(field), Kind.TEXT)
        self.notes.append(
            (
                name,
                f"“{field.name}” offers {MOST_OPTIONS} options and no more; issues that have others have all of theirs "
                f"in the text field “{made.name}”.",
            )
        )
        return [(made.name, made)]

    def called(self, name: str) -> Any:
        """The field that stands for one of the tracker, if there is one."""
        return self._present_one(name)

    def _choice(self, name: str) -> Any:
        return self.choices.fields.get(name, self.choices.fields.get(name.casefold(), {}))

    def _wanted(self, name: str) -> str:
        return one_line(str(self._choice(name).get("name") or name))[:NAME_LENGTH].strip()

    def _present_one(self, name: str) -> Any:
        """The field that a name stands for, if there is one: the chosen one, else the one of that name."""
        chosen = self._choice(name)
        if chosen is None:
            return None
        if isinstance(chosen, int):
            return next((field for field in self._present if field.pk == chosen), None)
        wanted = self._wanted(name).casefold()
        return next((field for field in self._present if field.name.casefold() == wanted), None)

    def _offer(self, actor: Actor, field: Any, values: list[Any]) -> bool:
        """Let a field of options offer what these records have, as far as it can; whether it could."""
        known = self._options_of(field)
        wanted: dict[str, str] = {}
        for value in values:
            for option in _names(value):
                if option.casefold() not in known:
                    wanted.setdefault(option.casefold(), option)
        room = max(0, MOST_OPTIONS - len(known))
        missing = list(wanted.values())[:room]
        if missing:
            fresh = add_options(actor=actor, field=field, names=missing)
            field.options = fresh.options
            self.offered += [(field, each) for each in fresh.choices if each.name.casefold() not in known]
            del self._options[field.pk]
        return len(wanted) <= room

    def _options_of(self, field: Any) -> dict[str, int]:
        if field.pk not in self._options:
            self._options[field.pk] = {each.name.casefold(): each.id for each in field.choices}
        return self._options[field.pk]

    def values(
        self, record: IssueRecord, type_id: int, notes: Notes, names: Collection[str] | None = None
    ) -> Mapping[int, Any]:
        """What an issue of a type has in the project's fields, by their ids; None takes a value away.

        :param names: of the tracker's fields that matter; without it all that the record has
        """
        stored: dict[int, Any] = {}
        custom = custom_of(record)
        for name in custom if names is None else names:
            value = custom.get(name)
            # What a newer export has nothing of any more was not met in it.
            field = self._known[name] if name in self._known else self._present_one(name)
            if field is None:
                if value is not None and not self._is_unwanted(name):
                    notes.append((name, f"There is no room for one more field, so “{_shown(value)}” was left out."))
            elif not fields_of_type([field], type_id):
                notes.append((name, f"Issues of this type have no such field, so “{_shown(value)}” was left out."))
            elif field.has_options:
                stored |= self._choose(field, name, value, type_id, notes)
            else:
                stored[field.pk] = None if value is None else self._convert(field, name, value, notes)
        return stored

    def _is_unwanted(self, name: str) -> bool:
        return self._choice(name) is None

    def _convert(self, field: Any, name: str, value: Any, notes: Notes) -> Any:
        """A value as the field takes it; what it cannot take is told and left out."""
        if field.kind == Kind.USER and isinstance(value, Person):
            return self._name_worker(field, name, value, notes)
        text = _line(value)
        if field.kind == Kind.TEXT and len(text) > TEXT_LENGTH:
            notes.append((name, f"The text has {len(text)} characters and was cut to {TEXT_LENGTH}."))
            text = text[:TEXT_LENGTH]
        stored = None
        if field.kind != Kind.USER:
            with suppress(Invalid, ArithmeticError):
                stored = read_field_value(self._actor, field, _SHAPES.get(field.kind, str)(text))
        if stored is None and field.kind != Kind.CHECKBOX:
            notes.append((name, f"“{_shown(value)}” does not fit the field “{field.name}” and was left out."))
        return stored

    def _name_worker(self, field: Any, name: str, value: Person, notes: Notes) -> int | None:
        """Somebody who works in the project: fields name nobody else."""
        user = self.people.who(value)
        if user is not None and user.pk in self._workers:
            return user.pk
        notes.append((name, f"“{_shown(value)}” does not work here, so the field “{field.name}” names nobody."))
        return None

    def _choose(self, field: Any, name: str, value: Any, type_id: int, notes: Notes) -> dict[int, Any]:
        """A value as options, and, where these are not all of it, as text beside them."""
        known = self._options_of(field)
        texts = _names(value)
        found = [known[text.casefold()] for text in texts if text.casefold() in known]
        taken = found if field.kind == Kind.MULTI else found[:1]
        stored: dict[int, Any] = {
            field.pk: (taken or None) if field.kind == Kind.MULTI else next(iter(taken), None),
        }
        is_whole = len(taken) == len(texts)
        beside = self._beside(field)
        if beside is not None and fields_of_type([beside], type_id):
            stored[beside.pk] = None if is_whole else self._convert(beside, name, value, notes)
        elif not is_whole:
            notes.append((name, f"“{field.name}” cannot hold all of “{_shown(value)}”."))
        return stored


def _name_beside(field: Any) -> str:
    """What the text field is called that keeps what a field has no room for."""
    return f"{field.name[: NAME_LENGTH - len(_BESIDE)]}{_BESIDE}"


def _line(value: Any) -> str:
    """A value as one line of text."""
    several = value if isinstance(value, list | tuple) else [value]
    return ", ".join(text for each in several if (text := one_line(str(each).replace("\x00", "\ufffd"))))


def _names(value: Any) -> list[str]:
    """A value as names of options, each once."""
    several: Sequence[Any] = [] if value is None else value if isinstance(value, list | tuple) else [value]
    return list(dict.fromkeys(name for each in several if (name := _line(each)[:NAME_LENGTH].strip())))


def _shown(value: Any) -> str:
    return _line(value)[:80]


def _number(text: str) -> str:
    return str(round(Decimal(text.replace(",", ".")), MOST_DECIMALS))


def _tick(text: str) -> str:
    return "1" if text.casefold() in {"1", "true", "on", "yes", "x"} else ""


# What is made of a text before a field of the kind reads it.
_SHAPES: dict[str, Callable[[str], str]] = {
    Kind.NUMBER: _number,
    Kind.DATE: lambda text: text[:10],
    Kind.CHECKBOX: _tick,
}
