"""The sections of the review. Each is a form of its own.

A control is named by the section and the place of its word in the survey (`statuses-3`), since words may hold anything;
its value is one of the section's options, or the name of one.
"""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.core.errors import Conflict, Invalid, NotFound
from apps.core.paging import Page, read_values
from apps.imports.choices import Choices
from apps.imports.review.offers import GUESS, Offer, Option
from apps.imports.review.specs import SPECS, Spec

# As many words are on a page.
LINES_ON_A_PAGE = 50
# Beyond this a list helps nobody who writes.
MOST_LISTED = 5_000
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
    # What its field says if it is written.
    written: str
    options: Sequence[Option]
    # Why it is guessed so, where that is not plain to see.
    why: str
    # Whether it is decided or found, so that it can stand behind those that are not.
    is_settled: bool

    def holds(self, q: str) -> bool:
        """Whether all of some words are in it or in what is told of it."""
        text = f"{self.word} {self.about} {self.key}".casefold()
        return all(word in text for word in q.casefold().split())


@dataclass(frozen=True, slots=True)
class Section:
    """One kind of words. `alike` are pairs of places whose words differ in spelling only.

    `version` differs once anything is decided, named or offered otherwise. `shared` is what all its words can become,
    if they are written; else each line has its own options.
    """

    name: str
    title: str
    hint: str
    lines: Sequence[Line]
    alike: Sequence[tuple[Line, Line]]
    shared: Sequence[Option]
    is_written: bool
    version: str

    @property
    def chosen(self) -> int:
        """How many words somebody has decided about."""
        return sum(line.value != GUESS for line in self.lines)

    @property
    def undecided(self) -> int:
        """How many words are neither decided nor found."""
        return sum(not line.is_settled for line in self.lines)

    @property
    def options(self) -> Sequence[Option]:
        """What is offered for every word."""
        if self.is_written or not self.lines:
            return self.shared
        common = set.intersection(*({option.value for option in line.options} for line in self.lines))
        return [option for option in self.lines[0].options if option.value in common]

    @property
    def listed(self) -> Sequence[Option]:
        """What the list offers to whoever writes."""
        return self.shared[:MOST_LISTED]

    def page(self, *, q: str = "", after: Sequence[Any] | None = None, size: int = LINES_ON_A_PAGE) -> Page[Line]:
        """Some of its words, those to be decided first if they are written: the ones that hold `q`, behind a mark.

        :raises Invalid: if the mark is another order's
        """
        found = [(self.is_written and line.is_settled, line.place, line) for line in self.lines if line.holds(q)]
        found.sort(key=lambda each: each[:2])
        if after is not None:
            mark = tuple(read_values(after, [bool, int]))
            found = [each for each in found if each[:2] > mark]
        rows, more = found[:size], len(found) > size
        return Page([line for *_order, line in rows], next_after=rows[-1][:2] if more else None)

    def sent(self, data: Mapping[str, str]) -> list[Line]:
        """The words of a form, with what somebody wrote there."""
        return [
            replace(line, value=data[name], written=data[name])
            for line in self.lines
            if (name := f"{self.name}-{line.place}") in data
        ]


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
    :raises Invalid: if a value is none of the options
    """
    for is_same in (False, True):
        made = dict(getattr(choices, spec.name))
        section = _section(spec, survey, choices, offer)
        reader = _Reader(section)
        for line in section.lines:
            value = values.get(line.place)
            if value is None or value.startswith(_SAME) != is_same:
                continue
            said = value.strip()
            if said == GUESS:
                made.pop(line.key, None)
            elif said not in (line.value, line.written):
                made[line.key] = reader.meaning(line, said, field(line))
        changed: dict[str, Any] = {spec.name: made}
        choices = replace(choices, **changed)
    return choices


class _Reader:
    """What people chose or wrote, as what it means."""

    def __init__(self, section: Section) -> None:
        self.section = section
        self._by_value = {option.value: option for option in section.shared}
        self._by_name: dict[str, list[Option]] = {}
        for option in section.shared:
            for name in {option.name.casefold(), *(each.casefold() for each in option.also)}:
                self._by_name.setdefault(name, []).append(option)

    def meaning(self, line: Line, said: str, field: str) -> Any:
        """What a word becomes.

        :raises Invalid: if nothing is called that, or several are
        """
        own = {option.value: option for option in line.options}
        option = own.get(said) or self._by_value.get(said)
        if option is not None:
            return option.meaning
        if not self.section.is_written:
            raise Invalid(_("Choose one of the offered values."), field=field)
        named = [each for each in line.options if each.name == said] or self._by_name.get(said.casefold(), [])
        if len(named) == 1:
            return named[0].meaning
        if named:
            first, second, *_more = named
            raise Invalid(
                _("Several are called “%(said)s”, such as %(one)s and %(other)s. Write which of them.")
                % {"said": said, "one": first.name, "other": second.name},
                field=field,
            )
        raise Invalid(
            _("Nothing here is called “%(said)s”. Pick one from the list for “%(word)s”, or leave it empty.")
            % {"said": said, "word": line.word},
            field=field,
        )


def _merged(section: Section, pair: str) -> dict[int, str]:
    """Which lines become what, where two words are said to mean the same: the second what the first does."""
    for first, second in section.alike:
        if pair == f"{first.place}-{second.place}":
            return {second.place: f"{_SAME}{first.place}"}
    return {}


def _section(spec: Spec, survey: Mapping[str, Any], choices: Choices, offer: Offer) -> Section:
    words = survey.get(spec.name) or []
    stored = getattr(choices, spec.name)
    shared = spec.shared(offer) if spec.shared is not None and words else []
    by_meaning = {option.meaning: option for option in reversed(shared)}
    pairs = [(first, second) for first, second in (survey.get("alike") or {}).get(spec.name) or []]
    places = {word[spec.word]: place for place, word in enumerate(words)}
    lines: list[Line] = []
    for place, word in enumerate(words):
        options = spec.options(word, offer)
        if spec.as_other is not None:
            for first, second in sorted(pairs):
                if second == word[spec.word] and first in places:
                    other = words[places[first]]
                    meaning = spec.as_other(other, stored.get(first))
                    name = _("Same as “%(name)s”") % {"name": other.get("name") or first}
                    options.append(Option(f"{_SAME}{places[first]}", name, meaning))
        taken = _taken(stored[word[spec.word]], options, by_meaning) if word[spec.word] in stored else None
        lines.append(
            Line(
                place=place,
                key=word[spec.word],
                word=str(word.get("name") or word[spec.word]),
                about=spec.about(word),
                count=int(word.get("count") or 0),
                guess=spec.guess(word, offer),
                value=taken.value if taken is not None else GUESS,
                written=taken.name if taken is not None else "",
                options=options,
                why=spec.why(word),
                is_settled=taken is not None or spec.is_found(word, offer),
            )
        )
    alike = [
        (lines[places[first]], lines[places[second]])
        for first, second in sorted(pairs)
        if spec.as_other is not None and first in places and second in places
    ]
    return Section(
        name=spec.name,
        title=spec.title(),
        hint=spec.hint(),
        lines=lines,
        alike=[(first, second) for first, second in alike if second.value != f"{_SAME}{first.place}"],
        shared=shared,
        is_written=spec.shared is not None,
        version=_version(lines, shared, stored),
    )


def _taken(meaning: Any, options: Sequence[Option], by_meaning: Mapping[Any, Option]) -> Option | None:
    """Which option was decided for; None if it is not offered any more."""
    own = next((option for option in options if option.meaning == meaning), None)
    # Of a word that is like another one the decision is kept whole.
    return own if own is not None or isinstance(meaning, dict) else by_meaning.get(meaning)


def _version(lines: Sequence[Line], shared: Sequence[Option], stored: Mapping[str, Any]) -> str:
    # What is offered is the same for all lines, but for what repeats their words.
    offered = [[option.value, option.meaning] for option in [*shared, *(lines[0].options if lines else ())]]
    says = json.dumps([[line.key for line in lines], offered, stored], sort_keys=True, default=str)
    return hashlib.blake2b(says.encode("utf-8", "replace"), digest_size=8).hexdigest()
