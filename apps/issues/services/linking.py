"""Links between issues: what blocks, duplicates or belongs beside what."""

from django.db import connection
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.core.errors import Conflict, Invalid, NotFound
from apps.core.tenancy import Actor, happening_at
from apps.events.facts import FieldChange
from apps.events.services import record, service
from apps.issues.facts import IssueLinked
from apps.issues.models import Issue, IssueLink
from apps.issues.services.common import key_of, lock, require_edit, subject_of, touch

# As many as an issue page can show and a person can mean.
MOST_LINKS = 100


class BlocksInACircle(Conflict):
    """The link would make an issue wait for itself."""

    title = gettext_lazy("They would wait for each other")


@service
def link_issues(*, actor: Actor, source: Issue, target: Issue, kind: str) -> IssueLink:
    """Let one issue block, duplicate or relate to another one of the organization. A second time changes nothing.

    :raises Forbidden: for people who may not edit issues of both projects
    :raises NotFound: if one of the two is gone
    :raises Invalid: if there is no such kind, for an issue and itself, or beyond `MOST_LINKS`
    :raises BlocksInACircle: if the target already blocks the source, directly or through others that the actor sees
    """
    if kind not in IssueLink.Kind.values:
        raise Invalid(_("Choose one of the offered values."), field="kind")
    if source.pk == target.pk:
        raise Invalid(_("An issue cannot be linked to itself."), field="target")
    for issue in (source, target):
        require_edit(actor, issue.project)
    if kind == IssueLink.Kind.RELATES and source.pk > target.pk:
        # It says the same both ways, so it is stored one way.
        source, target = target, source
    if kind == IssueLink.Kind.BLOCKS:
        lock_blocking(actor)
    locked = {issue.pk: issue for issue in lock(actor, [source.pk, target.pk])}
    source, target = locked[source.pk], locked[target.pk]
    present = IssueLink.objects.filter(source=source, target=target, kind=kind).first()
    if present is not None:
        return present
    if IssueLink.objects.filter(source=source).count() + IssueLink.objects.filter(target=target).count() >= MOST_LINKS:
        raise Invalid(_("An issue has at most %(limit)s links.") % {"limit": MOST_LINKS}, field="target")
    if kind == IssueLink.Kind.BLOCKS and _blocks(target.pk, source.pk):
        raise BlocksInACircle(
            _("%(target)s already blocks %(source)s, directly or through others.")
            % {"target": key_of(target), "source": key_of(source)},
            field="target",
        )
    link = IssueLink.objects.create(
        org_id=actor.org_id,
        project_id=source.project_id,
        source=source,
        target_project_id=target.project_id,
        target=target,
        kind=kind,
        created_at=happening_at(),
    )
    _tell(actor, link, is_linked=True)
    return link


@service
def unlink_issues(*, actor: Actor, link: IssueLink) -> None:
    """Take a link away.

    :raises Forbidden: for people who may not edit issues of both projects
    :raises NotFound: if it is gone already, or one of the issues is
    """
    for issue in (link.source, link.target):
        require_edit(actor, issue.project)
    locked = {issue.pk: issue for issue in lock(actor, [link.source_id, link.target_id])}
    deleted, _by_model = IssueLink.objects.filter(org_id=actor.org_id, pk=link.pk).delete()
    if not deleted:
        raise NotFound
    link.source, link.target = locked[link.source_id], locked[link.target_id]
    _tell(actor, link, is_linked=False)


def blocking(issue_id: int) -> set[int]:
    """Everything that blocks an issue, directly or through others."""
    return _closure(
        """
        WITH RECURSIVE found(id) AS (
            SELECT source_id FROM issues_issuelink WHERE kind = 'blocks' AND target_id = %s
            UNION
            SELECT link.source_id FROM issues_issuelink link JOIN found ON link.target_id = found.id
             WHERE link.kind = 'blocks'
        )
        SELECT id FROM found
        """,
        issue_id,
    )


def blocked_by(issue_id: int) -> set[int]:
    """Everything that an issue blocks, directly or through others."""
    return _closure(
        """
        WITH RECURSIVE found(id) AS (
            SELECT target_id FROM issues_issuelink WHERE kind = 'blocks' AND source_id = %s
            UNION
            SELECT link.target_id FROM issues_issuelink link JOIN found ON link.source_id = found.id
             WHERE link.kind = 'blocks'
        )
        SELECT id FROM found
        """,
        issue_id,
    )


def _closure(statement: str, issue_id: int) -> set[int]:
    with connection.cursor() as cursor:
        cursor.execute(statement, [issue_id])
        return {row[0] for row in cursor.fetchall()}


def _tell(actor: Actor, link: IssueLink, *, is_linked: bool) -> None:
    """Both issues have one version more; see `tell_link`."""
    for issue in (link.source, link.target):
        touch(issue)
    tell_link(actor, link, is_linked=is_linked)


def tell_link(actor: Actor, link: IssueLink, *, is_linked: bool) -> None:
    """A fact for each side: it stands in both histories, and both cards are drawn again."""
    for issue, other, field in (
        (link.source, link.target, link.kind),
        (link.target, link.source, f"{link.kind}_in"),
    ):
        change = FieldChange(field, None if is_linked else other.pk, other.pk if is_linked else None)
        record(
            IssueLinked(
                project_id=issue.project_id,
                issue_id=issue.pk,
                v=issue.version,
                is_linked=is_linked,
                subjects=(subject_of(issue),),
                changes=(change,),
            ),
            actor=actor,
        )


def lock_blocking(actor: Actor) -> None:
    """Let one at a time say what blocks what in an organization: two links made at once could close a circle."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('issues.blocks'), %s)", [actor.org_id % 2**31])


def _blocks(source_id: int, target_id: int) -> bool:
    """Whether an issue blocks another one, directly or through others."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH RECURSIVE blocked(id) AS (
                SELECT %s::bigint
                UNION
                SELECT link.target_id
                  FROM issues_issuelink link JOIN blocked ON link.source_id = blocked.id
                 WHERE link.kind = 'blocks'
            )
            SELECT EXISTS (SELECT FROM blocked WHERE id = %s)
            """,
            [source_id, target_id],
        )
        row: tuple[bool] = cursor.fetchone()
    return row[0]
