"""The sections of the review. Each is a form of its own.

A control is named by the section and the place of its word in the survey (`statuses-3`), since words may hold anything;
its value is one of the section's options.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.utils.translation import gettext as _

from apps.core.errors import Invalid
from apps.imports.choices import Choices
from apps.imports.review.offers import GUESS, Offer, Option
from apps.imports.review.specs import SPECS, Spec

# More words than this are not offered one by one: they are taken as they are.
MOST_SHOWN = 200


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


def sections(survey: Mapping[str, Any], choices: Choices, offer: Offer) -> list[Section]:
    """Everything that can be decided about an import, kinds without words left out."""
    found = [_section(spec, survey, choices, offer) for spec in SPECS]
    return [section for section in found if section.lines]


def with_section(
    name: str, data: Mapping[str, str], survey: Mapping[str, Any], choices: Choices, offer: Offer
) -> Choices:
    """The choices with those of one section as its form says.

    :raises Invalid: if the form names a section or an option that there is not
    """
    spec = next((each for each in SPECS if each.name == name), None)
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


def _section(spec: Spec, survey: Mapping[str, Any], choices: Choices, offer: Offer) -> Section:
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
