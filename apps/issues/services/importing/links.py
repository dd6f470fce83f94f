"""Links of imported issues, many at once."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db import connection
from django.db.models import F

from apps.core.errors import Forbidden
from apps.core.tenancy import Actor, happening_at
from apps.events.services import service
from apps.issues.models import Issue, IssueLink
from apps.issues.services.common import key_of
from apps.issues.services.linking import lock_blocking, tell_link

Kind = IssueLink.Kind


@dataclass(frozen=True, slots=True)
class PastLink:
    """That one issue blocks, duplicates or belongs beside another one. The same both ways where the kind says so."""

    source_id: int
    target_id: int
    kind: str

    @property
    def stored(self) -> "PastLink":
        """As it is stored: what says the same both ways is stored one way."""
        if self.kind == Kind.RELATES and self.source_id > self.target_id:
            return PastLink(self.target_id, self.source_id, self.kind)
        return self


@service
def import_links(*, actor: Actor, links: Sequence[PastLink]) -> list[IssueLink | str]:
    """Link issues of the organization as another tracker had them. Only FlowBoard itself may.

    A constant number of statements, however many they are. What is linked already stays as it is.

    :returns: for each its link, or why there is none
    :raises Forbidden: for anybody else
    """
    if not actor.is_system:
        raise Forbidden
    wanted = [link.stored for link in links]
    blocks = [link for link in wanted if link.kind == Kind.BLOCKS]
    if blocks:
        lock_blocking(actor)
    ids = {pk for link in wanted for pk in (link.source_id, link.target_id)}
    rows = Issue.objects.select_for_update(no_key=True, of=("self",)).filter(org_id=actor.org_id, pk__in=ids)
    issues = rows.select_related("project").order_by("pk").in_bulk()
    present = {
        PastLink(link.source_id, link.target_id, link.kind): link
        for link in IssueLink.objects.filter(source_id__in=ids, target_id__in=ids)
    }
    edges = _blocking_edges(ids) if blocks else {}
    made: dict[PastLink, IssueLink] = {}
    outcome: list[IssueLink | str] = []
    for link in wanted:
        source, target = issues.get(link.source_id), issues.get(link.target_id)
        known = present.get(link) or made.get(link)
        if source is None or target is None:
            outcome.append("One of the two is gone.")
        elif source == target:
            outcome.append("An issue cannot be linked to itself.")
        elif known is not None:
            outcome.append(known)
        elif link.kind == Kind.BLOCKS and _leads(edges, link.target_id, link.source_id):
            outcome.append(f"{key_of(target)} already blocks {key_of(source)}, directly or through others.")
        else:
            made[link] = IssueLink(
                org_id=actor.org_id,
                project_id=source.project_id,
                source=source,
                target_project_id=target.project_id,
                target=target,
                kind=link.kind,
                created_at=happening_at(),
            )
            outcome.append(made[link])
            if link.kind == Kind.BLOCKS:
                edges.setdefault(link.source_id, set()).add(link.target_id)
    _store(actor, list(made.values()))
    return outcome


@service
def remove_imported_links(*, actor: Actor, link_ids: Iterable[int]) -> int:
    """Take links away that an import made; how many there still were. Only FlowBoard itself may.

    :raises Forbidden: for anybody else
    """
    if not actor.is_system:
        raise Forbidden
    rows = IssueLink.objects.filter(org_id=actor.org_id, pk__in=list(link_ids))
    links = list(rows.select_related("source__project", "target__project"))
    IssueLink.objects.filter(pk__in=[link.pk for link in links]).delete()
    _count_versions(links)
    for link in links:
        tell_link(actor, link, is_linked=False)
    return len(links)


def _store(actor: Actor, links: Sequence[IssueLink]) -> None:
    IssueLink.objects.bulk_create(links)
    _count_versions(links)
    for link in links:
        tell_link(actor, link, is_linked=True)


def _count_versions(links: Sequence[IssueLink]) -> None:
    """One version more for the issues on both sides, whose times stay those of their tracker."""
    ends = {issue.pk: issue for link in links for issue in (link.source, link.target)}
    Issue.objects.filter(pk__in=ends).update(version=F("version") + 1)
    for issue in ends.values():
        issue.version += 1
    for link in links:
        link.source, link.target = ends[link.source_id], ends[link.target_id]


def _blocking_edges(ids: Iterable[int]) -> dict[int, set[int]]:
    """What blocks what, as far as it can be reached from these issues."""
    edges: dict[int, set[int]] = {}
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH RECURSIVE found(source_id, target_id) AS (
                SELECT source_id, target_id FROM issues_issuelink WHERE kind = 'blocks' AND source_id = ANY(%s)
                UNION
                SELECT link.source_id, link.target_id
                  FROM issues_issuelink link JOIN found ON link.source_id = found.target_id
                 WHERE link.kind = 'blocks'
            )
            SELECT source_id, target_id FROM found
            """,
            [sorted(ids)],
        )
        for source_id, target_id in cursor.fetchall():
            edges.setdefault(source_id, set()).add(target_id)
    return edges


def _leads(edges: dict[int, set[int]], start: int, end: int) -> bool:
    """Whether the edges lead from one issue to another."""
    seen, ahead = {start}, [start]
    while ahead:
        for pk in edges.get(ahead.pop(), ()):
            if pk == end:
                return True
            if pk not in seen:
                seen.add(pk)
                ahead.append(pk)
    return False
