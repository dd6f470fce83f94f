"""What somebody hears of, and where: pure functions of what happened, what they are to it, and what they chose."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from apps.notifications.models import Channel, Kind, Why

INBOX, MAIL, DESKTOP = Channel.INBOX.value, Channel.MAIL.value, Channel.DESKTOP.value
EVERY_CHANNEL = INBOX | MAIL | DESKTOP

# What holds for everybody who chose nothing. What names somebody reaches them everywhere; talk reaches inbox and
# mail; the rest waits in the inbox. Edits of other fields are many and seldom matter: nobody gets mail of them.
USUAL: dict[Kind, int] = {
    Kind.MENTIONED: INBOX | MAIL | DESKTOP,
    Kind.ASSIGNED: INBOX | MAIL | DESKTOP,
    Kind.COMMENTED: INBOX | MAIL,
    Kind.CREATED: INBOX,
    Kind.STATUS: INBOX | MAIL,
    Kind.PLANNED: INBOX,
    Kind.EDITED: INBOX,
}

# What names somebody reaches them although they muted the issue or its project.
BY_NAME = frozenset({Kind.MENTIONED, Kind.ASSIGNED})
EVERY_KIND: tuple[Kind, ...] = tuple(Kind)
_STRENGTH = {why: place for place, why in enumerate(Why)}


@dataclass(frozen=True, slots=True)
class Wishes:
    """What one person chose, as far as it matters for one project: channels by kind, there and in the organization."""

    in_project: Mapping[str, int]
    in_org: Mapping[str, int]
    hears_of_own: bool = False

    def channels(self, kind: Kind) -> int:
        """In which channels they want to hear of it: as chosen for the project, else for all, else as usual."""
        return self.in_project.get(kind, self.in_org.get(kind, USUAL[kind]))


NO_WISHES = Wishes({}, {})


def told(kinds: Collection[Kind], *, wishes: Wishes, is_muted: bool) -> tuple[Kind, int] | None:
    """As what, and in which channels, somebody is told a fact that is all of `kinds`; None: not at all."""
    for kind in EVERY_KIND:
        if kind in kinds and (not is_muted or kind in BY_NAME) and wishes.channels(kind):
            return kind, wishes.channels(kind)
    return None


def strongest(reasons: Collection[Why]) -> Why:
    """The reason that a person is given."""
    return min(reasons, key=_STRENGTH.__getitem__)
