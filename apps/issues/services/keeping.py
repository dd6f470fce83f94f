"""What people keep for themselves, to find issues again: their favourites, and what they looked at last."""

from collections.abc import Callable

from apps.core.errors import NotFound
from apps.core.tenancy import Actor, happening_at
from apps.events.services import record, service
from apps.issues.facts import IssueStarred
from apps.issues.models import Issue, IssueStar, Visit
from apps.projects import policies

# Of how many issues we remember that a person looked at them.
MOST_VISITS = 50


@service
def set_issue_starred(*, actor: Actor, issue: Issue, is_starred: bool) -> None:
    """Take an issue among one's favourites, or out of them.

    :raises Forbidden: for FlowBoard itself, which has none
    :raises NotFound: if the actor may not know of the issue
    """
    if not policies.can_see(actor, issue.project):
        raise NotFound
    mine = IssueStar.objects.filter(org_id=actor.org_id, issue=issue, user_id=actor.person_id)
    if mine.exists() == is_starred:
        return
    if is_starred:
        star = IssueStar(org_id=actor.org_id, project_id=issue.project_id, issue=issue, user_id=actor.person_id)
        IssueStar.objects.bulk_create([star], ignore_conflicts=True)
    else:
        mine.delete()
    record(
        IssueStarred(
            project_id=issue.project_id,
            issue_id=issue.pk,
            person_id=actor.person_id,
            v=issue.version,
            is_starred=is_starred,
        ),
        actor=actor,
    )


# What else follows when somebody looked at an issue, in the same transaction. Registered by `AppConfig.ready`.
_on_visit: list[Callable[[Actor, int], None]] = []


def with_every_visit(react: Callable[[Actor, int], None]) -> None:
    """Do something whenever somebody looked at an issue (the actor, its id), from now on."""
    _on_visit.append(react)


@service
def note_visit(*, actor: Actor, issue: Issue) -> None:
    """Remember that the actor looked at an issue; of older visits only the newest `MOST_VISITS` are kept.

    It records no fact: nothing happened to anything, and the log would hold little else.

    :raises Forbidden: for FlowBoard itself
    :raises NotFound: if the actor may not know of the issue
    """
    if not policies.can_see(actor, issue.project):
        raise NotFound
    Visit.objects.bulk_create(
        [
            Visit(
                org_id=actor.org_id,
                project_id=issue.project_id,
                issue=issue,
                user_id=actor.person_id,
                seen_at=happening_at(),
            )
        ],
        update_conflicts=True,
        unique_fields=["user", "issue"],
        update_fields=["seen_at"],
    )
    mine = Visit.objects.filter(org_id=actor.org_id, user_id=actor.person_id)
    oldest_kept = mine.order_by("-seen_at", "-id")[MOST_VISITS - 1 : MOST_VISITS].values_list("seen_at", flat=True)
    mine.filter(seen_at__lt=oldest_kept).delete()
    for react in _on_visit:
        react(actor, issue.pk)
