"""The order of imported issues."""

from collections.abc import Sequence

from django.db.models import CharField, Value
from django.db.models.functions import Cast, Concat

from apps.core.errors import Forbidden
from apps.core.tenancy import Actor
from apps.events.services import record, service
from apps.issues.facts import RanksRebalanced
from apps.issues.models import Issue
from apps.projects.models import Project


@service
def order_imported_issues(*, actor: Actor, project: Project, issue_ids: Sequence[int]) -> bool:
    """Let issues of a project stand in this order, in the places that they have among them; whether that is new.

    Takes their locks all at once. Clients hear one fact and read their board again.

    :raises Forbidden: for anybody but FlowBoard itself
    """
    if not actor.is_system:
        raise Forbidden
    mine = Issue.objects.filter(project=project, pk__in=issue_ids)
    issues = {issue.pk: issue for issue in mine.select_for_update(no_key=True).only("pk", "rank").order_by("pk")}
    ordered = [issues[pk] for pk in issue_ids if pk in issues]
    ranks = [issue.rank for issue in ordered]
    if ranks == sorted(ranks):
        return False
    # Two passes, since a new rank is another row's old one; no generated rank holds a tilde.
    mine.update(rank=Concat(Value("~"), Cast("id", CharField())))
    for issue, rank in zip(ordered, sorted(ranks), strict=True):
        issue.rank = rank
    Issue.objects.bulk_update(ordered, ["rank"], batch_size=500)
    record(RanksRebalanced(project_id=project.pk), actor=actor)
    return True
