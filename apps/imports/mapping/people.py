"""Who is meant by the handles of a tracker."""

from collections.abc import Collection, Iterable

from apps.accounts.models import User
from apps.core.tenancy import Actor
from apps.imports import guessing
from apps.imports.choices import Choices
from apps.imports.models import ClaimedPerson
from apps.imports.records import Person
from apps.orgs.placeholders import ensure_placeholders
from apps.orgs.selectors import people as people_of

# Somebody must have worked the time of an entry without an author.
NOBODY = Person(handle="", name="")


class People:
    """Who is meant by the handles of a tracker, in one organization."""

    def __init__(self, source: str, choices: Choices | None = None) -> None:
        self.source = source
        self._chosen = choices.people if choices is not None else {}
        self._known: dict[str, User] = {}

    def learn(self, *, actor: Actor, named: Iterable[Person]) -> tuple[int, int]:
        """Find members as people chose, else by their address; let a placeholder stand in for everybody else.

        :returns: how many members and placeholders were not known before
        """
        strangers: dict[str, Person] = {}
        doubles: dict[str, str] = {}
        for person in named:
            if person.handle in self._known:
                continue
            same = self._same(person)
            if same is not person:
                doubles[person.handle] = same.handle
            if same.handle not in self._known:
                # Somebody who was renamed is called as they were met first.
                strangers.setdefault(same.handle, same)
        found = self._find(actor, strangers) if strangers else (0, 0)
        self._known |= {handle: self._known[other] for handle, other in doubles.items()}
        return found

    def _same(self, person: Person) -> Person:
        """Somebody, or whom people said to be the same."""
        found = guessing.chosen(self._chosen, person.handle)
        return Person(handle=found["handle"], name=found["name"]) if isinstance(found, dict) else person

    def _find(self, actor: Actor, strangers: dict[str, Person]) -> tuple[int, int]:
        chosen = {handle: pk for handle in strangers if (pk := self._choice(handle)) is not None}
        addresses = {
            person.email: handle for handle, person in strangers.items() if person.email and handle not in chosen
        }
        members = people_of(actor=actor).filter(kind=User.Kind.PERSON)
        if any(chosen.values()):
            by_id = members.in_bulk([pk for pk in chosen.values() if pk])
            self._known |= {handle: by_id[pk] for handle, pk in chosen.items() if pk in by_id}
        for user in members.filter(email__in=addresses) if addresses else ():
            self._known[addresses[user.email]] = user
        names = {handle: person.name for handle, person in strangers.items() if handle not in self._known}
        stand_ins = ensure_placeholders(actor=actor, source=self.source, names=names)
        claimed = {
            claim.placeholder_id: claim.member
            for claim in ClaimedPerson.objects.filter(placeholder__in=stand_ins.values()).select_related("member")
        }
        self._known |= {handle: claimed.get(user.pk, user) for handle, user in stand_ins.items()}
        return len(strangers) - len(names) + len(claimed), len(names) - len(claimed)

    def members(self, *, actor: Actor, named: Collection[Person]) -> dict[str, User]:
        """Those of these people who are members here, by their handles, as people chose or else by their address.

        Nobody is stood in for.
        """
        chosen = {person.handle: self._choice(person.handle) for person in named}
        wanted = {person.handle: person.email for person in named if person.email and chosen[person.handle] is None}
        members = people_of(actor=actor).filter(kind=User.Kind.PERSON)
        by_id = members.in_bulk([pk for pk in chosen.values() if pk])
        by_email = {user.email: user for user in members.filter(email__in=set(wanted.values()))}
        found = {handle: by_id[pk] for handle, pk in chosen.items() if pk in by_id}
        return found | {handle: by_email[email] for handle, email in wanted.items() if email in by_email}

    def _choice(self, handle: str) -> int | None:
        found = guessing.chosen(self._chosen, handle)
        return found if isinstance(found, int) else None

    def who(self, person: Person | None) -> User | None:
        """The person here, if anybody was named."""
        return self.known(person) if person is not None else None

    def known(self, person: Person) -> User:
        """Somebody who was met (`learn`)."""
        return self._known[person.handle]
