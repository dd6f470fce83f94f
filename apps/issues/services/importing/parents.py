"""Parents of imported issues."""

from collections.abc import Mapping

from apps.core.errors import Forbidden
from apps.core.tenancy import Actor
from apps.events.facts import FieldChange
from apps.events.services import record, service
from apps.issues.facts import IssueEdited
from apps.issues.models import Issue
from apps.issues.services.common import subject_of


@service
def link_parents(*, actor: Actor, parents: Mapping[int, int]) -> dict[int, str]:
    """Put imported issues under their parents, once all of them are there.

    :param parents: the parent's id for each issue's
    :returns: why not, for those that could not be put there
    :raises Forbidden: for anybody but FlowBoard itself
    """
    if not actor.is_system:
        raise Forbidden
    refused: dict[int, str] = {}
    changed: list[tuple[Issue, FieldChange]] = []
    issues = (
        Issue.objects.select_for_update(no_key=True, of=("self",))
        .filter(org_id=actor.org_id, pk__in={*parents, *parents.values()})
        .select_related("project", "type")
        .order_by("pk")
        .in_bulk()
    )
    for issue_id, parent_id in parents.items():
        issue, parent = issues.get(issue_id), issues.get(parent_id)
        if issue is None or parent is None:
            refused[issue_id] = "One of the two is gone."
        elif parent.type.level <= issue.type.level:
            refused[issue_id] = f"A {parent.type.name} cannot hold a {issue.type.name}."
        elif issue.parent_id != parent_id:
            changed.append((issue, FieldChange("parent", issue.parent_id, parent_id)))
            issue.parent = parent
            issue.version += 1
    Issue.objects.bulk_update([issue for issue, _change in changed], ["parent", "version"], batch_size=500)
    for issue, change in changed:
        record(
            IssueEdited(
                project_id=issue.project_id,
                issue_id=issue.pk,
                v=issue.version,
                f=("parent",),
                occurred_at=issue.created_at,
                subjects=(subject_of(issue),),
                changes=(change,),
            ),
            actor=actor,
        )
    return refused
