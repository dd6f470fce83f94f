"""What rows say of other rows, once all of them are in."""

from collections.abc import Sequence
from dataclasses import dataclass

from apps.core.tenancy import Actor
from apps.events.services import service
from apps.imports.models import ExternalRef
from apps.imports.reconciliation import Reconciliation
from apps.imports.records import Ref
from apps.issues.services import link_parents

Kind = ExternalRef.Kind


@dataclass(frozen=True, slots=True)
class Link:
    """That one issue of the other tracker stands above another."""

    row: str
    child: str
    parent: Ref


@service
def write_links(
    *, actor: Actor, project_ids: Sequence[int], all_project_ids: Sequence[int], source: str, links: Sequence[Link]
) -> Reconciliation:
    """Put issues that were imported into these projects under their parents, each once.

    :param project_ids: of the projects that this import writes to
    :param all_project_ids: of every project of the organization; a parent may be in any of them
    """
    account = Reconciliation()
    wanted = {link.child: link for link in links}
    done = _refs(project_ids, source, Kind.PARENT, wanted)
    children = {key: ref for key, ref in _refs(project_ids, source, Kind.ISSUE, wanted).items() if key not in done}
    named = {link.parent.external_id or link.parent.key for link in links}
    parents = _refs(all_project_ids, source, Kind.ISSUE, named)
    parents |= _refs(project_ids, source, Kind.ISSUE, named)
    pairs: dict[int, int] = {}
    made: list[tuple[ExternalRef, ExternalRef]] = []
    for external_id, child in children.items():
        link = wanted[external_id]
        parent = parents.get(link.parent.external_id or link.parent.key)
        if parent is None:
            account.note(link.row, "parent", f"{link.parent} was not imported, so the issue has no parent.")
        else:
            pairs[child.object_id] = parent.object_id
            made.append((child, parent))
    refused = link_parents(actor=actor, parents=pairs)
    for child, _parent in made:
        if child.object_id in refused:
            account.note(wanted[child.external_id].row, "parent", refused[child.object_id])
    ExternalRef.objects.bulk_create(
        ExternalRef(
            org_id=child.org_id,
            project_id=child.project_id,
            source=source,
            kind=Kind.PARENT,
            external_id=child.external_id,
            object_id=parent.object_id,
            fingerprint=parent.external_id,
        )
        for child, parent in made
        if child.object_id not in refused
    )
    return account


def _refs(
    project_ids: Sequence[int], source: str, kind: ExternalRef.Kind, external_ids: "set[str] | dict[str, Link]"
) -> dict[str, ExternalRef]:
    found = ExternalRef.objects.filter(
        project_id__in=project_ids, source=source, kind=kind, external_id__in=list(external_ids)
    )
    return {ref.external_id: ref for ref in found}
