"""What the words of the other tracker can become in an import's project."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from apps.imports.review.offers import Offer, kinds
from apps.orgs.selectors import list_members
from apps.projects import selectors as projects

if TYPE_CHECKING:
    from apps.core.tenancy import Actor
    from apps.imports.models import ImportRun


def offer_for(*, actor: "Actor", run: "ImportRun") -> Offer:
    """What words can become in the import's project, or in one that is yet to be made."""
    project = run.project
    own: dict[str, Any] = {"statuses": [], "types": [], "labels": [], "fields": []}
    if project is not None:
        own = {
            "statuses": _named(projects.list_statuses(actor=actor, project=project)),
            "types": _named(projects.list_issue_types(actor=actor, project=project)),
            "labels": [each.name for each in projects.list_labels(actor=actor, project=project)],
            "fields": _named(projects.list_custom_fields(actor=actor, project=project)),
        }
    people = {each.user_id: (each.user.name, each.user.handle or "") for each in list_members(actor=actor)}
    return Offer(people=people, **own, **kinds())


def _named(things: Iterable[Any]) -> list[tuple[int, str]]:
    return [(each.pk, each.name) for each in things]
