"""How each section of the review is made."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from apps.imports.review.offers import Offer, Option
from apps.projects.selectors import FIELD_KINDS
from apps.projects.services import MOST_OPTIONS


@dataclass(frozen=True, slots=True)
class Spec:
    """How a section is made: where its words are in the survey, and what each can become."""

    name: str
    title: Callable[[], str]
    hint: Callable[[], str]
    options: Callable[[Mapping[str, Any], Offer], list[Option]]
    guess: Callable[[Mapping[str, Any], Offer], str]
    about: Callable[[Mapping[str, Any]], str] = lambda word: ""
    why: Callable[[Mapping[str, Any]], str] = lambda word: ""
    word: str = "name"
    # What every word of the kind can become. It may be thousands of things: it is written, with a list that all share.
    shared: Callable[[Offer], list[Option]] | None = None
    # Whether a guess is as good as a decision, so that nobody need look at it first.
    is_found: Callable[[Mapping[str, Any], Offer], bool] = lambda word, offer: False
    # What a second spelling becomes so that it means the same as the first, given the first's own meaning.
    as_other: Callable[[Mapping[str, Any], Any], Any] | None = None


def _named(things: Sequence[tuple[Any, Any]], key: Any) -> str:
    return next((str(name) for each, name in things if each == key), "")


def _own(things: Sequence[tuple[int, str]]) -> list[Option]:
    return [Option(f"id-{pk}", name, pk) for pk, name in things]


@dataclass(frozen=True, slots=True)
class _Kind:
    """A kind of the project's own things: a word becomes one of them, or a new one that is of one sort or another."""

    things: Callable[[Offer], Sequence[tuple[int, str]]]
    # Which sorts there are, and how choices call what tells them apart.
    sorts: Callable[[Offer], Sequence[tuple[str, Any]]]
    sort: str
    offered: Callable[[Any], str]
    guessed: Callable[[str, str], str]
    # Sorts that only an archive tells, and nobody chooses.
    told: Sequence[tuple[str, Any]] = ()

    def options(self, word: Mapping[str, Any], offer: Offer) -> list[Option]:
        """What a word can become."""
        made = [
            Option(f"new-{key}", self.offered(name), {"name": word["name"], self.sort: key})
            for key, name in self.sorts(offer)
        ]
        return [*_own(self.things(offer)), *made]

    def guess(self, word: Mapping[str, Any], offer: Offer) -> str:
        """What it becomes unless somebody chooses."""
        to = word.get("to") or {}
        if "id" in to:
            return _named(self.things(offer), to["id"])
        sort = _named([*self.sorts(offer), *self.told], to.get(self.sort) or word.get(self.sort))
        return self.guessed(to.get("name", word["name"]), sort)


_STATUSES = _Kind(
    things=lambda offer: offer.statuses,
    sorts=lambda offer: offer.categories,
    sort="category",
    offered=lambda name: _("New status: %(category)s") % {"category": name},
    guessed=lambda name, sort: _("“%(name)s”, new (%(sort)s)") % {"name": name, "sort": sort},
)
_TYPES = _Kind(
    things=lambda offer: offer.types,
    sorts=lambda offer: offer.levels,
    sort="level",
    offered=lambda name: _("New type: %(level)s") % {"level": name},
    guessed=lambda name, sort: _("“%(name)s”, new (%(sort)s)") % {"name": name, "sort": sort},
)
_FIELDS = _Kind(
    things=lambda offer: offer.fields,
    sorts=lambda offer: offer.kinds,
    sort="kind",
    offered=lambda name: _("New field: %(kind)s") % {"kind": name},
    guessed=lambda name, sort: _("New field: %(kind)s") % {"kind": sort},
    told=FIELD_KINDS,
)


def _as_other_thing(other: Mapping[str, Any], stored: Any) -> Any:
    """What the other word was decided to be, else what it is guessed to become."""
    if stored is not None:
        return stored
    to = other.get("to") or {}
    return to["id"] if "id" in to else dict(to)


def _no_options(word: Mapping[str, Any], offer: Offer) -> list[Option]:
    """For kinds that share all of theirs."""
    return []


def _labels(offer: Offer) -> list[Option]:
    known = [Option(f"label-{place}", name, name) for place, name in enumerate(offer.labels)]
    return [Option("drop", _("Leave it out"), ""), *known]


def _people(offer: Offer) -> list[Option]:
    # Names are not unique, handles are.
    members = [
        Option(f"id-{pk}", f"{name} (@{handle})", pk, also=(name, handle, f"@{handle}"))
        for pk, (name, handle) in offer.people.items()
    ]
    return [Option("nobody", _("A placeholder"), 0), *members]


def _member(word: Mapping[str, Any], offer: Offer) -> str:
    """Who of the members it is by the address that the files name; nothing if nobody is."""
    name, _handle = offer.people.get(word.get("to") or 0, ("", ""))
    return name


def _why_text(word: Mapping[str, Any]) -> str:
    """Why what looks like options is text, or will be text as well."""
    if word.get("is_full"):
        return _("It cannot offer all of these as options. Issues that have others get all of theirs in a text field.")
    if word.get("is_crowded"):
        return _("It has more than %(most)s different values, more than a field of options can offer.") % {
            "most": MOST_OPTIONS
        }
    return ""


def _examples(word: Mapping[str, Any]) -> str:
    found = word.get("examples") or [word.get("example")]
    return ", ".join(str(example) for example in found if example)


SPECS = (
    Spec(
        "columns",
        title=lambda: _("Columns"),
        hint=lambda: _("What each column of the table holds. After a change the file is read anew."),
        options=lambda word, offer: [Option(key, str(name), key) for key, name in offer.columns],
        guess=lambda word, offer: _named(offer.columns, word.get("to")) or _("Left out"),
        about=_examples,
    ),
    Spec(
        "statuses",
        title=lambda: _("Statuses"),
        hint=lambda: _(
            "Where issues stand. What you do not choose goes where it seems to belong; issues closed for another "
            "reason than that their work was done are cancelled."
        ),
        options=_STATUSES.options,
        guess=_STATUSES.guess,
        as_other=_as_other_thing,
    ),
    Spec(
        "types",
        title=lambda: _("Types"),
        hint=lambda: _("What kinds of issues there are."),
        options=_TYPES.options,
        guess=_TYPES.guess,
        as_other=_as_other_thing,
    ),
    Spec(
        "priorities",
        title=lambda: _("Priorities"),
        hint=lambda: _("How urgent issues are."),
        options=lambda word, offer: [Option(f"is-{key}", str(name), key) for key, name in offer.priorities],
        guess=lambda word, offer: _named(offer.priorities, word.get("to")),
    ),
    Spec(
        "people",
        title=lambda: _("People"),
        hint=lambda: _(
            "Whoever is no member here is named by a placeholder; an admin can say later who it is. Nobody is told. "
            "Write a member's name or @handle; what is left empty becomes what its field suggests."
        ),
        options=_no_options,
        shared=_people,
        guess=lambda word, offer: _member(word, offer) or _("A placeholder"),
        is_found=lambda word, offer: bool(_member(word, offer)),
        about=lambda word: str(word.get("email") or (word["handle"] if word["handle"] != word.get("name") else "")),
        word="handle",
        as_other=lambda other, stored: (
            stored or other.get("to") or {"handle": other["handle"], "name": other.get("name") or other["handle"]}
        ),
    ),
    Spec(
        "labels",
        title=lambda: _("Labels"),
        hint=lambda: _("They keep their names unless you write that of another label here, or “Leave it out”."),
        options=_no_options,
        shared=_labels,
        guess=lambda word, offer: _("Keep it"),
        as_other=lambda other, stored: stored or other["name"],
    ),
    Spec(
        "fields",
        title=lambda: _("Fields"),
        hint=lambda: _("What the other tracker has fields of its own for."),
        options=lambda word, offer: [*_FIELDS.options(word, offer), Option("out", _("Leave it out"), None)],
        guess=_FIELDS.guess,
        about=_examples,
        why=_why_text,
    ),
)
