"""The sections of the review. Each is a form of its own.

A control is named by the section and the place of its word in the survey (`statuses-3`), since words may hold anything;
its value is one of the section's options.
"""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.core.errors import Conflict, Invalid, NotFound
from apps.imports.choices import Choices
from apps.imports.review.offers import GUESS, Offer, Option
from apps.imports.review.specs import SPECS, Spec

# More words than this are not offered one by one: they are taken as they are.
MOST_SHOWN = 200
# Begins the value of a line that is to be the same as another, by its place.
_SAME = "as-"


class SectionChanged(Conflict):
    """Between looking at a section and choosing in it, somebody else chose there, or its words became others."""

    title = gettext_lazy("Nothing of yours was kept")


class NoSuchSection(NotFound):
    """The import has no words of this kind."""

    title = gettext_lazy("There is no such part of the review")


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
    # Why it is guessed so, where that is not plain to see.
    why: str


@dataclass(frozen=True, slots=True)
class Section:
    """One kind of words. `alike` are pairs of places whose words differ in spelling only; `more` are not shown.

    `version` differs once anything is decided, named or offered otherwise.
    """

    name: str
    title: str
    hint: str
    lines: Sequence[Line]
    alike: Sequence[tuple[Line, Line]]
    more: int
    version: str

    @property
    def chosen(self) -> int:
        """How many words somebody has decided about."""
        return sum(line.value != GUESS for line in self.lines)

    @property
    def options(self) -> list[Option]:
        """What is offered for every word."""
        if not self.lines:
            return []
        common = set.intersection(*({option.value for option in line.options} for line in self.lines))
        return [option for option in self.lines[0].options if option.value in common]


def sections(survey: Mapping[str, Any], choices: Choices, offer: Offer) -> list[Section]:
    """Everything that can be decided about an import, kinds without words left out."""
    found = [_section(spec, survey, choices, offer) for spec in SPECS]
    return [section for section in found if section.lines]


def with_section(
    name: str, data: Mapping[str, str], survey: Mapping[str, Any], choices: Choices, offer: Offer
) -> Choices:
    """The choices with those of one section as its form says; all others stay.

    :raises Invalid: if the form names a section or an option that there is not
    :raises SectionChanged: if the section is not any more what the form was filled in against (`version`)
    """
    spec = next((each for each in SPECS if each.name == name), None)
    if spec is None:
        raise Invalid(_("This part of the review does not exist."))
    section = _section(spec, survey, choices, offer)
    # Pages of older releases do not say what they were filled in against.
    _refuse_other(section, data.get("version", section.version))
    merged = _merged(section, data.get("alike", ""))
    values = {
        line.place: merged.get(line.place, data.get(f"{name}-{line.place}", line.value)) for line in section.lines
    }
    return _decided(spec, values, survey, choices, offer, field=lambda line: f"{name}-{line.place}")


def section_named(name: str, survey: Mapping[str, Any], choices: Choices, offer: Offer) -> Section:
    """One of the sections.

    :raises NoSuchSection: if there are no words of this kind
    """
    return _section(_spec_of(name, survey), survey, choices, offer)


def _spec_of(name: str, survey: Mapping[str, Any]) -> Spec:
    spec = next((each for each in SPECS if each.name == name), None)
    if spec is None or not survey.get(name):
        raise NoSuchSection
    return spec


def with_words(
    name: str, values: Mapping[str, str], version: str, survey: Mapping[str, Any], choices: Choices, offer: Offer
) -> Choices:
    """The choices with those of some words of a section, by their keys; all others stay.

    :raises NoSuchSection: if there are no words of this kind
    :raises Invalid: if a word or an option is not there
    :raises SectionChanged: if the section is not any more what they were chosen against
    """
    spec = _spec_of(name, survey)
    section = _section(spec, survey, choices, offer)
    _refuse_other(section, version)
    places = {line.key: line.place for line in section.lines}
    unknown = sorted(values.keys() - places.keys())
    if unknown:
        raise Invalid(_("“%(word)s” is none of the words.") % {"word": unknown[0][:80]}, field="choices")
    chosen = {places[key]: value for key, value in values.items()}
    return _decided(spec, chosen, survey, choices, offer, field=lambda _line: "choices")


def _refuse_other(section: Section, version: str) -> None:
    """Refuse what was chosen against a section that is another by now.

    :raises SectionChanged: if it is
    """
    if version != section.version:
        raise SectionChanged(
            _(
                "“%(section)s” was decided otherwise while you chose, in another tab or by somebody else. What holds "
                "now is shown below; choose again where it is wrong."
            )
            % {"section": section.title},
        )


def _decided(
    spec: Spec,
    values: Mapping[int, str],
    survey: Mapping[str, Any],
    choices: Choices,
    offer: Offer,
    *,
    field: Callable[[Line], str],
) -> Choices:
    """The choices with a value for some lines of a section, by their places.

    What is to be the same as another word is looked at last: the other may be decided here as well.

    :param field: what a refusal calls a line
    """
    for is_same in (False, True):
        made = dict(getattr(choices, spec.name))
        for line in _section(spec, survey, choices, offer).lines:
            value = values.get(line.place)
            if value is None or value.startswith(_SAME) != is_same:
                continue
            meanings = {option.value: option.meaning for option in line.options}
            if value == GUESS:
                made.pop(line.key, None)
            elif value in meanings:
                made[line.key] = meanings[value]
            else:
                raise Invalid(_("Choose one of the offered values."), field=field(line))
        changed: dict[str, Any] = {spec.name: made}
        choices = replace(choices, **changed)
    return choices


def _merged(section: Section, pair: str) -> dict[int, str]:
    """Which lines become what, where two words are said to mean the same: the second what the first does."""
    for first, second in section.alike:
        if pair == f"{first.place}-{second.place}":
            return {second.place: f"{_SAME}{first.place}"}
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
                    options.append(
                        Option(f"{_SAME}{places[first]}", _("Same as “%(name)s”") % {"name": first}, meaning)
                    )
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
                why=spec.why(word),
            )
        )
    pairs = [
        (lines[places[first]], lines[places[second]])
        for first, second in sorted(alike)
        if spec.as_other is not None and first in places and second in places
    ]
    open_pairs = [(first, second) for first, second in pairs if second.value != f"{_SAME}{first.place}"]
    return Section(
        name=spec.name,
        title=spec.title(),
        hint=spec.hint(),
        lines=lines,
        alike=open_pairs,
        more=max(0, len(words) - MOST_SHOWN),
        version=_version(lines, stored),
    )


def _version(lines: Sequence[Line], stored: Mapping[str, Any]) -> str:
    # What is offered is the same for all lines, but for what repeats their words.
    offered = [[option.value, option.meaning] for option in lines[0].options] if lines else []
    says = json.dumps([[line.key for line in lines], offered, stored], sort_keys=True, default=str)
    return hashlib.blake2b(says.encode("utf-8", "replace"), digest_size=8).hexdigest()
