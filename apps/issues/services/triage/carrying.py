"""Carrying links from one issue to another one: what a duplicate hangs on, to what it repeats, and back."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.db.models import Q, QuerySet

from apps.core.tenancy import Actor, happening_at
from apps.events.facts import FieldChange
from apps.events.services import record
from apps.issues.facts import IssueLinked
from apps.issues.models import Issue, IssueLink
from apps.issues.services.common import subject_of
from apps.issues.services.linking import MOST_LINKS, blocked_by, blocking
from apps.projects import policies

Kind = IssueLink.Kind


def links_of(actor: Actor, issue: Issue) -> "QuerySet[IssueLink]":
    """Every link of an issue that the actor may know of."""
    ends = Q(source_id=issue.pk) | Q(target_id=issue.pk)
    return IssueLink.objects.filter(ends, org_id=actor.org_id).order_by("pk")


def ends_of(links: Iterable[IssueLink]) -> set[int]:
    """The issues that some links connect."""
    return {end for link in links for end in (link.source_id, link.target_id)}


@dataclass(frozen=True, slots=True)
class Carried:
    """A link that has another end now: what it is called, and seen from whom."""

    link: IssueLink
    other_id: int
    is_source: bool

    @property
    def name(self) -> str:
        """What the log calls it at the end that changed."""
        return self.link.kind if self.is_source else f"{self.link.kind}_in"

    @property
    def inverse(self) -> str:
        """The same from the other end."""
        return f"{self.link.kind}_in" if self.is_source else self.link.kind


def carry(
    actor: Actor, links: Iterable[IssueLink], *, away: Issue, to: Issue, locked: Mapping[int, Issue]
) -> list[Carried]:
    """Give links another end: `to` instead of `away`; those that went. Three reads and one write, however many.

    A link that is there already, that would lead to itself or in a circle, that would be one too many, or whose other
    end the actor may not edit, stays.
    """
    links = list(links)
    present = list(links_of(actor, to))
    taken = {(link.kind, link.source_id, link.target_id) for link in present}
    has_blocks = any(link.kind == Kind.BLOCKS for link in links)
    above, below = (blocking(to.pk), blocked_by(to.pk)) if has_blocks else (set(), set())
    carried: list[Carried] = []
    for link in links:
        is_source = link.source_id == away.pk
        other_id = link.target_id if is_source else link.source_id
        other = locked.get(other_id)
        if other is None or other_id == to.pk or not policies.can_edit_issues(actor, other.project):
            continue
        source, target = (to, other) if is_source else (other, to)
        if link.kind == Kind.RELATES and source.pk > target.pk:
            source, target = target, source
        is_circle = link.kind == Kind.BLOCKS and other_id in (above if is_source else below)
        if is_circle or (link.kind, source.pk, target.pk) in taken or len(present) + len(carried) >= MOST_LINKS:
            continue
        link.source, link.project_id = source, source.project_id
        link.target, link.target_project_id = target, target.project_id
        carried.append(Carried(link, other_id, is_source))
    IssueLink.objects.bulk_update(
        [each.link for each in carried], ["source", "project", "target", "target_project"], batch_size=MOST_LINKS
    )
    return carried


def lost(carried: Iterable[Carried]) -> list[FieldChange]:
    """What the issue that they were taken from does not have any more."""
    return [FieldChange(each.name, each.other_id, None) for each in carried]


def gained(carried: Iterable[Carried]) -> list[FieldChange]:
    """What the issue that they were given to has now."""
    return [FieldChange(each.name, None, each.other_id) for each in carried]


def tell(
    actor: Actor,
    carried: Iterable[Carried],
    *,
    away: Issue,
    to: Issue,
    original: Issue,
    changed: Iterable[FieldChange],
    locked: Mapping[int, Issue],
) -> None:
    """A fact for each other issue whose links are different now: it stands in its history, and its card is drawn again.

    :param original: the one of the two that is the canonical one; the fact about the other one is its decision
    :param changed: what became of it
    """
    changes: dict[int, list[FieldChange]] = defaultdict(list, {original.pk: list(changed)})
    for each in carried:
        changes[each.other_id] += [FieldChange(each.inverse, away.pk, None), FieldChange(each.inverse, None, to.pk)]
    issues = [locked[pk] for pk in sorted(changes)]
    for issue in issues:
        issue.version += 1
        issue.updated_at = happening_at()
    Issue.objects.bulk_update(issues, ["version", "updated_at"])
    for issue in issues:
        record(
            IssueLinked(
                project_id=issue.project_id,
                issue_id=issue.pk,
                v=issue.version,
                is_linked=original is to,
                subjects=(subject_of(issue),),
                changes=tuple(changes[issue.pk]),
            ),
            actor=actor,
        )
