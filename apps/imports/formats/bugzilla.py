"""What Bugzilla's three formats share: what its statuses, severities and relations mean."""

from dataclasses import dataclass

from apps.imports.records import LinkRecord, Ref, Relation
from apps.imports.texts import words
from apps.projects.models import Status

SOURCE = "bugzilla"

_CATEGORIES = {
    **dict.fromkeys(("UNCONFIRMED", "NEW", "CONFIRMED", "REOPENED"), Status.Category.TODO),
    **dict.fromkeys(
        ("ASSIGNED", "IN_PROGRESS", "NEEDINFO", "MODIFIED", "POST", "ON_DEV", "ON_QA", "PASSES_QA", "RELEASE_PENDING"),
        Status.Category.IN_PROGRESS,
    ),
    **dict.fromkeys(("RESOLVED", "CLOSED"), Status.Category.DONE),
}
# Nothing was chosen.
_EMPTY = {"", "---", "--", "unspecified"}


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a bug stands."""

    status: str
    category: str | None
    resolution: str


def standing(status: str, resolution: str = "") -> Standing:
    """A status, with the resolution that some lists write behind it (“CLOSED-ERRATA”)."""
    name, found = words(status)[:60], chosen(resolution)
    head, _dash, tail = name.partition("-")
    if head in _CATEGORIES or head == "VERIFIED":
        name, found = head, found or chosen(tail)
    category = _CATEGORIES.get(name)
    if name == "VERIFIED":
        # Some verify what is fixed, others what is to be: then there is no resolution yet.
        category = Status.Category.DONE if found else Status.Category.IN_PROGRESS
    return Standing(name, category, found)


def chosen(value: str) -> str:
    """A word that somebody chose; "" for those that say that nobody did."""
    word = words(value)[:60]
    return "" if word in _EMPTY else word


def priority(of_its_own: str, severity: str) -> str:
    """The priority, or where nobody gave one, the severity, which is a guess at it."""
    return chosen(of_its_own) or chosen(severity)


def links(depends_on: list[str], blocks: list[str], duplicate_of: str) -> list[LinkRecord]:
    """Links by the numbers of bugs."""
    return [
        LinkRecord(relation, Ref(number, number), said)
        for relation, said, numbers in (
            (Relation.BLOCKED_BY, "depends on", depends_on),
            (Relation.BLOCKS, "blocks", blocks),
            (Relation.DUPLICATES, "duplicate of", [duplicate_of]),
        )
        for number in numbers
        if number
    ]
