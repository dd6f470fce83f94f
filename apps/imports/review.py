"""The review of an import as a page: words of the other tracker beside what they become here, and what people choose.

Each section of the page is a form of its own. A control is named by the section and the place of its word in the survey
(`statuses-3`), since words may hold anything; its value is one of the section's options.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from apps.core.errors import Invalid
from apps.imports.choices import Choices

GUESS = ""
# More words than this are not offered one by one: they are taken as they are.
MOST_SHOWN = 200


@dataclass(frozen=True, slots=True)
class Option:
    """Something that a word can become."""

    value: str
    name: str
    meaning: Any


@dataclass(frozen=True, slots=True)
class Line:
    """A word of the other tracker, how often it occurs, what it becomes, and what can be chosen instead.

    Choices are kept under its `key`: people are known by their handles.
    """

    place: int
    key: str
    word: str
    about: str
    count: int
    guess: str
    value: str
    options: Sequence[Option]


@dataclass(frozen=True, slots=True)
class Section:
    """One kind of words. `alike` are pairs of places whose words differ in spelling only; `more` are not shown."""

    name: str
    title: str
    hint: str
    lines: Sequence[Line]
    alike: Sequence[tuple[Line, Line]]
    more: int

    @property
    def chosen(self) -> int:
        """How many words somebody has decided about."""
        return sum(line.value != GUESS for line in self.lines)


# A figure's name, how much it is, and whether that is bad news.
Figure = tuple[str, int, bool]


def figures_found(survey: Mapping[str, Any]) -> list[Figure]:
    """How much is in the files; of what hangs on issues only what there is any of."""
    rows = [
        (_("rows"), "rows", False),
        (_("new issues"), "new", False),
        (_("changed"), "changed", False),
        (_("as they are here"), "same", False),
    ]
    hanging = [
        (_("cannot be read"), "failed", True),
        (_("comments"), "comments", False),
        (_("links"), "links", False),
        (_("files named"), "attachments", False),
        (_("entries of work"), "work_logs", False),
    ]
    found = [(name, survey.get(key) or 0, is_bad) for name, key, is_bad in rows]
    return found + [(name, survey[key], is_bad) for name, key, is_bad in hanging if survey.get(key)]


def previewed(survey: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The first issues as they will be, with what is stored of them in words."""
    priorities = dict(kinds()["priorities"])
    return [
        {
            **found,
            "priority": priorities.get(found["priority"], "") if found.get("priority") else "",
            "created_at": datetime.fromisoformat(found["created_at"]) if found.get("created_at") else None,
        }
        for found in survey.get("preview") or []
    ]


def figures_written(counts: Mapping[str, Any]) -> list[Figure]:
    """What came with the issues of an import, as far as there was any."""
    comments, people = counts.get("comments") or {}, counts.get("people") or {}
    found = [
        (_("comments"), comments.get("imported")),
        (_("comments updated"), comments.get("updated")),
        (_("parents"), counts.get("parents")),
        (_("links"), counts.get("links")),
        (_("sprints"), counts.get("sprints")),
        (_("versions"), counts.get("versions")),
        (_("entries of work"), counts.get("work_logs")),
        (_("files"), counts.get("attachments")),
        (_("members found"), people.get("members")),
        (_("placeholders"), people.get("placeholders")),
    ]
    return [(name, count, False) for name, count in found if count]


@dataclass(frozen=True, slots=True)
class Offer:
    """What words of each kind can become here: the project's own things as (id, name)."""

    statuses: Sequence[tuple[int, str]]
    types: Sequence[tuple[int, str]]
    people: Sequence[tuple[int, str]]
    labels: Sequence[str]
    fields: Sequence[tuple[int, str]]
    categories: Sequence[tuple[str, Any]]
    levels: Sequence[tuple[str, Any]]
    priorities: Sequence[tuple[int, Any]]
    kinds: Sequence[tuple[str, Any]]
    columns: Sequence[tuple[str, Any]]


def kinds() -> dict[str, Any]:
    """What words can become anew, whatever the project."""
    return {
        "categories": [
            ("backlog", _("Backlog")),
            ("todo", _("To do")),
            ("in_progress", _("In progress")),
            ("done", _("Done")),
            ("cancelled", _("Cancelled")),
        ],
        "levels": [("epic", _("Epic")), ("standard", _("Standard")), ("subtask", _("Sub-task"))],
        "priorities": [(4, _("Urgent")), (3, _("High")), (2, _("Medium")), (1, _("Low")), (0, _("No priority"))],
        "kinds": [
            ("text", _("Text")),
            ("number", _("Number")),
            ("date", _("Date")),
            ("select", _("One option")),
            ("multi", _("Several options")),
            ("url", _("Web address")),
        ],
        "columns": [
            ("external_id", _("Its id")),
            ("key", _("Key")),
            ("title", _("Title")),
            ("text", _("Description")),
            ("type_name", _("Type")),
            ("status_name", _("Status")),
            ("resolution", _("Resolution")),
            ("priority_name", _("Priority")),
            ("assignee", _("Assignee")),
            ("reporter", _("Reporter")),
            ("labels", _("Labels")),
            ("components", _("Components")),
            ("fix_versions", _("Version")),
            ("sprints", _("Sprint")),
            ("parent", _("Parent")),
            ("points", _("Points")),
            ("estimate_minutes", _("Estimate of time")),
            ("start_date", _("Start date")),
            ("due_date", _("Due date")),
            ("created_at", _("Created")),
            ("updated_at", _("Updated")),
            ("resolved_at", _("Resolved")),
            ("comments", _("Comments")),
            ("custom", _("A field of its own")),
            ("ignore", _("Leave it out")),
        ],
    }


def sections(survey: Mapping[str, Any], choices: Choices, offer: Offer) -> list[Section]:
    """Everything that can be decided about an import, kinds without words left out."""
    found = [_section(spec, survey, choices, offer) for spec in _SPECS]
    return [section for section in found if section.lines]


def with_section(
    name: str, data: Mapping[str, str], survey: Mapping[str, Any], choices: Choices, offer: Offer
) -> Choices:
    """The choices with those of one section as its form says.

    :raises Invalid: if the form names a section or an option that there is not
    """
    spec = next((each for each in _SPECS if each.name == name), None)
    if spec is None:
        raise Invalid(_("This part of the review does not exist."))
    section = _section(spec, survey, choices, offer)
    made = dict(getattr(choices, spec.name))
    merged = _merged(section, data.get("alike", ""))
    for line in section.lines:
        value = merged.get(line.place, data.get(f"{name}-{line.place}", line.value))
        meanings = {option.value: option.meaning for option in line.options}
        if value == GUESS:
            made.pop(line.key, None)
        elif value in meanings:
            made[line.key] = meanings[value]
        else:
            raise Invalid(_("Choose one of the offered values."), field=f"{name}-{line.place}")
    changed: dict[str, Any] = {spec.name: made}
    return replace(choices, **changed)


def _merged(section: Section, pair: str) -> dict[int, str]:
    """Which lines become what, where two words are said to mean the same: the second what the first does."""
    for first, second in section.alike:
        if pair == f"{first.place}-{second.place}":
            return {second.place: f"as-{first.place}"}
    return {}


@dataclass(frozen=True, slots=True)
class _Spec:
    """How a section is made: where its words are in the survey, and what each can become."""

    name: str
    title: Callable[[], str]
    hint: Callable[[], str]
    options: Callable[[Mapping[str, Any], Offer], list[Option]]
    guess: Callable[[Mapping[str, Any], Offer], str]
    about: Callable[[Mapping[str, Any]], str] = lambda word: ""
    word: str = "name"
    # What a second spelling becomes so that it means the same as the first, given the first's own meaning.
    as_other: Callable[[Mapping[str, Any], Any], Any] | None = None


def _section(spec: _Spec, survey: Mapping[str, Any], choices: Choices, offer: Offer) -> Section:
    words = survey.get(spec.name) or []
    stored = getattr(choices, spec.name)
    lines: list[Line] = []
    alike = {tuple(pair) for pair in (survey.get("alike") or {}).get(spec.name) or []}
    places = {word[spec.word]: place for place, word in enumerate(words[:MOST_SHOWN])}
    for place, word in enumerate(words[:MOST_SHOWN]):
        options = spec.options(word, offer)
        if spec.as_other is not None:
            for first, second in sorted(alike):
                if second == word[spec.word] and first in places:
                    other = words[places[first]]
                    meaning = spec.as_other(other, stored.get(first))
                    options.append(Option(f"as-{places[first]}", _("Same as “%(name)s”") % {"name": first}, meaning))
        value = GUESS
        if word[spec.word] in stored:
            value = next((each.value for each in options if each.meaning == stored[word[spec.word]]), GUESS)
        lines.append(
            Line(
                place=place,
                key=word[spec.word],
                word=str(word.get("name") or word[spec.word]),
                about=spec.about(word),
                count=int(word.get("count") or 0),
                guess=spec.guess(word, offer),
                value=value,
                options=options,
            )
        )
    pairs = [
        (lines[places[first]], lines[places[second]])
        for first, second in sorted(alike)
        if spec.as_other is not None and first in places and second in places
    ]
    open_pairs = [(first, second) for first, second in pairs if second.value != f"as-{first.place}"]
    return Section(spec.name, spec.title(), spec.hint(), lines, open_pairs, max(0, len(words) - MOST_SHOWN))


def _named(things: Sequence[tuple[Any, Any]], key: Any) -> str:
    return next((str(name) for each, name in things if each == key), "")


def _own(things: Sequence[tuple[int, str]]) -> list[Option]:
    return [Option(f"id-{pk}", name, pk) for pk, name in things]


def _status_options(word: Mapping[str, Any], offer: Offer) -> list[Option]:
    made = [
        Option(
            f"new-{key}", _("New status: %(category)s") % {"category": name}, {"name": word["name"], "category": key}
        )
        for key, name in offer.categories
    ]
    return [*_own(offer.statuses), *made]


def _guessed_status(word: Mapping[str, Any], offer: Offer) -> str:
    to = word.get("to") or {}
    if "id" in to:
        return _named(offer.statuses, to["id"])
    return _("“%(name)s”, new (%(category)s)") % {
        "name": to.get("name", word["name"]),
        "category": _named(offer.categories, to.get("category")),
    }


def _type_options(word: Mapping[str, Any], offer: Offer) -> list[Option]:
    made = [
        Option(f"new-{key}", _("New type: %(level)s") % {"level": name}, {"name": word["name"], "level": key})
        for key, name in offer.levels
    ]
    return [*_own(offer.types), *made]


def _guessed_type(word: Mapping[str, Any], offer: Offer) -> str:
    to = word.get("to") or {}
    if "id" in to:
        return _named(offer.types, to["id"])
    return _("“%(name)s”, new (%(level)s)") % {
        "name": to.get("name", word["name"]),
        "level": _named(offer.levels, to.get("level")),
    }


def _as_other_thing(other: Mapping[str, Any], stored: Any) -> Any:
    """What the other word was decided to be, else what it is guessed to become."""
    if stored is not None:
        return stored
    to = other.get("to") or {}
    return to["id"] if "id" in to else dict(to)


def _label_options(word: Mapping[str, Any], offer: Offer) -> list[Option]:
    known = [Option(f"label-{place}", name, name) for place, name in enumerate(offer.labels) if name != word["name"]]
    return [*known, Option("drop", _("Leave it out"), "")]


def _field_options(word: Mapping[str, Any], offer: Offer) -> list[Option]:
    made = [
        Option(f"new-{key}", _("New field: %(kind)s") % {"kind": name}, {"name": word["name"], "kind": key})
        for key, name in offer.kinds
    ]
    return [*_own(offer.fields), *made, Option("out", _("Leave it out"), None)]


def _guessed_field(word: Mapping[str, Any], offer: Offer) -> str:
    to = word.get("to") or {}
    if "id" in to:
        return _named(offer.fields, to["id"])
    return _("New field: %(kind)s") % {"kind": _named(offer.kinds, to.get("kind") or word.get("kind"))}


def _examples(word: Mapping[str, Any]) -> str:
    found = word.get("examples") or [word.get("example")]
    return ", ".join(str(example) for example in found if example)


_SPECS = (
    _Spec(
        "columns",
        title=lambda: _("Columns"),
        hint=lambda: _("What each column of the table holds. After a change the file is read anew."),
        options=lambda word, offer: [Option(key, str(name), key) for key, name in offer.columns],
        guess=lambda word, offer: _named(offer.columns, word.get("to")) or _("Left out"),
        about=_examples,
    ),
    _Spec(
        "statuses",
        title=lambda: _("Statuses"),
        hint=lambda: _("Where issues stand. What you do not choose goes where it seems to belong."),
        options=_status_options,
        guess=_guessed_status,
        as_other=_as_other_thing,
    ),
    _Spec(
        "types",
        title=lambda: _("Types"),
        hint=lambda: _("What kinds of issues there are."),
        options=_type_options,
        guess=_guessed_type,
        as_other=_as_other_thing,
    ),
    _Spec(
        "priorities",
        title=lambda: _("Priorities"),
        hint=lambda: _("How urgent issues are."),
        options=lambda word, offer: [Option(f"is-{key}", str(name), key) for key, name in offer.priorities],
        guess=lambda word, offer: _named(offer.priorities, word.get("to")),
    ),
    _Spec(
        "people",
        title=lambda: _("People"),
        hint=lambda: _(
            "Whoever is no member here is named by a placeholder; an admin can say later who it is. Nobody is told."
        ),
        options=lambda word, offer: [*_own(offer.people), Option("nobody", _("A placeholder"), 0)],
        guess=lambda word, offer: _named(offer.people, word.get("to")) or _("A placeholder"),
        about=lambda word: str(word.get("email") or (word["handle"] if word["handle"] != word.get("name") else "")),
        word="handle",
        as_other=lambda other, stored: (
            stored or other.get("to") or {"handle": other["handle"], "name": other.get("name") or other["handle"]}
        ),
    ),
    _Spec(
        "labels",
        title=lambda: _("Labels"),
        hint=lambda: _("They keep their names unless you choose another one."),
        options=_label_options,
        guess=lambda word, offer: _("Keep it"),
        as_other=lambda other, stored: stored or other["name"],
    ),
    _Spec(
        "fields",
        title=lambda: _("Fields"),
        hint=lambda: _("What the other tracker has fields of its own for."),
        options=_field_options,
        guess=_guessed_field,
        about=_examples,
    ),
)
