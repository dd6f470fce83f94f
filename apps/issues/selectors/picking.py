"""Finding the one thing that somebody named in a few words, or saying which ones it could be."""

from collections.abc import Sequence
from typing import Any, TypeVar

from django.utils.translation import gettext as _

from apps.issues.quick_actions import Command, refusal

Named = TypeVar("Named")
# As many as a refusal lists.
_MOST_CHOICES = 8


def pick(
    command: Command,
    words: str,
    things: Sequence[tuple[Named, Sequence[str]]],
    nothing: str,
    *,
    is_listed: bool = True,
) -> Named:
    """The one thing that is called so, or else whose name, or a word of it, begins so. Capitals do not matter.

    :param is_listed: whether a refusal may list all things there are
    """
    said = words.casefold()

    def fits(name: str) -> bool:
        return name.casefold().startswith(said) or f" {said}" in name.casefold()

    whole = [thing for thing in things if said in {name.casefold() for name in thing[1]}]
    alike = whole or [thing for thing in things if said and any(fits(name) for name in thing[1])]
    if not alike and is_listed and things:
        nothing = _("%(nothing)s There are: %(choices)s.") % {"nothing": nothing, "choices": _listed(things)}
    return only(command, alike, nothing)


def only(command: Command, things: Sequence[tuple[Named, Sequence[str]]], nothing: str) -> Named:
    """The only one of some things.

    :raises Invalid: if there is none, or several: it says which
    """
    if not things:
        raise refusal(command, nothing)
    if len(things) > 1:
        raise refusal(command, _("That could be: %(choices)s. Say which.") % {"choices": _listed(things)})
    return things[0][0]


def _listed(things: Sequence[tuple[Any, Sequence[str]]]) -> str:
    names = [names[-1] if len(names) > 1 and names[-1] else names[0] for _thing, names in things[:_MOST_CHOICES]]
    return ", ".join(names) + ("…" if len(things) > _MOST_CHOICES else "")
