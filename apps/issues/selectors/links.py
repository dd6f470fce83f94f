"""What an issue is linked to, told from its own side."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import BooleanField, CharField, ExpressionWrapper, OuterRef, Q, Value
from django.db.models.functions import Cast, Concat, JSONObject
from django.utils.translation import gettext_lazy as _

from apps.core.errors import NotFound
from apps.core.tenancy import Actor
from apps.issues.models import Issue, IssueLink, IssueQuerySet
from apps.projects import policies
from apps.projects.models import Status

Kind = IssueLink.Kind
# What each kind is called from its target's side.
_INVERSE = {Kind.BLOCKS: _("is blocked by"), Kind.DUPLICATES: _("is duplicated by"), Kind.RELATES: _("relates to")}
# What holds work up comes first, and what blocks an issue before what it blocks.
_ORDER = {Kind.BLOCKS: 0, Kind.DUPLICATES: 1, Kind.RELATES: 2}
# What people choose from: the kind as the issue at hand says it, as (value, words). `-in` turns it around.
LINK_KINDS: list[tuple[str, Any]] = [
    *((kind.value, kind.label) for kind in Kind),
    *((f"{kind.value}-in", _INVERSE[kind]) for kind in (Kind.BLOCKS, Kind.DUPLICATES)),
]


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkView:
    """A link as the issue's page shows it: the other issue, and what it is to this one.

    `is_source` says that the link leads from this one to the other.
    """

    id: int
    kind: str
    is_source: bool
    name: Any
    issue_id: int
    key: str
    title: str
    status: Status
    is_open: bool


def list_links(*, actor: Actor, issue: Issue) -> list[LinkView]:
    """An issue's links to others that the actor may know of, blockers first: one query."""
    return links_of_issues(actor=actor, issue_ids=[issue.pk])[issue.pk]


def links_of_issues(*, actor: Actor, issue_ids: Collection[int]) -> dict[int, list[LinkView]]:
    """The same of several issues that the actor has fetched already, by their ids: one query as well."""
    rows = (
        IssueLink.objects.filter(org_id=actor.org_id, source_id__in=issue_ids)
        .union(IssueLink.objects.filter(org_id=actor.org_id, target_id__in=issue_ids))
        .values_list("pk")
    )
    links = (
        IssueLink.objects.filter(pk__in=rows, source__deleted_at__isnull=True, target__deleted_at__isnull=True)
        .exclude(project_id__in=actor.hidden_project_ids)
        .exclude(target_project_id__in=actor.hidden_project_ids)
        .select_related("source__project", "source__status", "target__project", "target__status")
    )
    found: dict[int, list[LinkView]] = {pk: [] for pk in issue_ids}
    ends = [(end, link) for link in links for end in (link.source_id, link.target_id) if end in found]
    ends.sort(key=lambda each: (_ORDER[Kind(each[1].kind)], each[1].source_id == each[0], each[1].pk))
    for end, link in ends:
        is_source = link.source_id == end
        other = link.target if is_source else link.source
        if policies.can_see(actor, other.project):
            found[end].append(_view(link, other, is_source=is_source))
    return found


def _view(link: IssueLink, other: Issue, *, is_source: bool) -> LinkView:
    kind = Kind(link.kind)
    return LinkView(
        id=link.pk,
        kind=link.kind,
        is_source=is_source,
        name=kind.label if is_source else _INVERSE[kind],
        issue_id=other.pk,
        key=f"{other.project.key}-{other.number}",
        title=other.title,
        status=other.status,
        is_open=not other.status.is_closed,
    )


def with_blockers(*, actor: Actor, issues: IssueQuerySet) -> IssueQuerySet:
    """Issues with what blocks them (`blockers_found`, for `cards`), as far as the actor may know of it: no query more.

    Blockers that are done come along too, so that a page knows what to look at when one of them is reopened.
    """
    links = (
        IssueLink.objects.filter(
            org_id=actor.org_id,
            kind=Kind.BLOCKS,
            target_id=OuterRef("pk"),
            source__deleted_at__isnull=True,
            source__archived_at__isnull=True,
        )
        .exclude(project_id__in=actor.hidden_project_ids)
        .order_by("source_id")
    )
    is_open = ~Q(source__status__category__in=Status.CLOSED)
    key = Concat("source__project__key", Value("-"), Cast("source__number", CharField()), output_field=CharField())
    blocker = JSONObject(id="source_id", key=key, is_open=ExpressionWrapper(is_open, BooleanField()))
    return issues.annotate(blockers_found=ArraySubquery(links.values(found=blocker)))


def blocking_links(*, actor: Actor, issue_ids: Collection[int]) -> list[tuple[int, Issue]]:
    """What blocks some issues, as far as the actor may know of it: pairs of the blocked one's id and the blocker, with
    its project and status. One query."""
    links = (
        IssueLink.objects.filter(
            org_id=actor.org_id,
            kind=Kind.BLOCKS,
            target_id__in=issue_ids,
            source__deleted_at__isnull=True,
            source__archived_at__isnull=True,
        )
        .exclude(project_id__in=actor.hidden_project_ids)
        .select_related("source__project", "source__status")
        .order_by("source_id")
    )
    return [(link.target_id, link.source) for link in links]


def blocked_by_issues(*, actor: Actor, issue_ids: Collection[int]) -> list[int]:
    """The ids of what some issues block, whatever became of these: one query."""
    links = IssueLink.objects.filter(org_id=actor.org_id, kind=Kind.BLOCKS, source_id__in=issue_ids)
    return list(links.exclude(target_project_id__in=actor.hidden_project_ids).values_list("target_id", flat=True))


def get_link(*, actor: Actor, link_id: int) -> IssueLink:
    """A link by its id.

    :raises NotFound: if there is none, or the actor may not know of one of its issues
    """
    link = (
        IssueLink.objects.filter(
            org_id=actor.org_id, pk=link_id, source__deleted_at__isnull=True, target__deleted_at__isnull=True
        )
        .exclude(project_id__in=actor.hidden_project_ids)
        .exclude(target_project_id__in=actor.hidden_project_ids)
        .select_related("source__project", "target__project")
        .first()
    )
    if link is None or not all(policies.can_see(actor, end.project) for end in (link.source, link.target)):
        raise NotFound
    return link
