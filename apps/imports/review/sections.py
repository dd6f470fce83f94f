"""The sections of the review. Each is a form of its own.

A control is named by the section and the place of its word in the survey (`statuses-3`), since words may hold anything;
its value is one of the section's options.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.core.errors import Conflict, Invalid
from apps.imports.choices import Choices
from apps.imports.review.offers import GUESS, Offer, Option
from apps.imports.review.specs import SPECS, Spec

# More words than this are not offered one by one: they are taken as they are.
MOST_SHOWN = 200


class SectionChanged(Conflict):
    """Between looking at a section and choosing in it, somebody else chose there, or its words became others."""

    title = gettext_lazy("Nothing of yours was kept")


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
    if data.get("version", section.version) != section.version:
        raise SectionChanged(
            _(
                "“%(section)s” was decided otherwise while you chose, in another tab or by somebody else. What holds "
                "now is shown below; choose again where it is wrong."
            )
            % {"section": section.title},
        )
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
                why=spec.why(word),
            )
        )
    pairs = [
        (lines[places[first]], lines[places[second]])
        for first, second in sorted(alike)
        if spec.as_other is not None and first in places and second in places
    ]
    open_pairs = [(first, second) for first, second in pairs if second.value != f"as-{first.place}"]
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
