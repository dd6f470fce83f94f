"""Who reacted to an issue and to its comments."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.core.tenancy import Actor
from apps.issues.models import Issue, Reaction

# The signs on offer, with their names.
EMOJI = Reaction.Emoji.choices
# So many people are named; the others are counted.
MOST_NAMED = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Reacted:
    """One sign under an issue or a comment: how often, by whom, and whether the reader is among them."""

    emoji: str
    name: str
    count: int
    who: str
    is_mine: bool


# By the id of the comment; those of the issue itself by None.
Reactions = Mapping[int | None, Sequence[Reacted]]


def reactions_of(*, actor: Actor, issue: Issue) -> Reactions:
    """All reactions to an issue that the actor has fetched already, and to its comments: one query."""
    rows = (
        Reaction.objects.filter(org_id=actor.org_id, issue=issue)
        .order_by("id")
        .values_list("comment_id", "emoji", "user_id", "user__name")
    )
    people: dict[tuple[int | None, str], dict[int, str]] = {}
    for comment_id, emoji, user_id, name in rows:
        people.setdefault((comment_id, emoji), {})[user_id] = name
    found: dict[int | None, list[Reacted]] = {}
    order = {value: place for place, value in enumerate(Reaction.Emoji.values)}
    for (about, emoji), names in sorted(people.items(), key=lambda item: order[item[0][1]]):
        found.setdefault(about, []).append(
            Reacted(
                emoji=emoji,
                name=str(Reaction.Emoji(emoji).label),
                count=len(names),
                who=_who(list(names.values())),
                is_mine=actor.user_id in names,
            )
        )
    return found


def _who(names: Sequence[str]) -> str:
    """`Ada`, `Ada and Mateo`, `Ada, Mateo and 3 others`."""
    others = len(names) - MOST_NAMED
    if others > 0:
        named = ", ".join(names[:MOST_NAMED])
        return ngettext("%(names)s and %(num)s other", "%(names)s and %(num)s others", others) % {
            "names": named,
            "num": others,
        }
    if len(names) == 1:
        return names[0]
    return _("%(names)s and %(last)s") % {"names": ", ".join(names[:-1]), "last": names[-1]}
