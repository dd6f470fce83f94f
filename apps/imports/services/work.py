"""What the writing of an import goes along with: who, from where, into which project, in which run."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from apps.core.tenancy import Actor
from apps.imports.mapping import People
from apps.imports.models import ExternalRef, ImportRun
from apps.imports.reach import reachable_project_ids
from apps.imports.reconciliation import Reconciliation
from apps.issues.models import Issue
from apps.projects.models import Project

# Opens a file of the export by its path there: its content, to be read from the beginning; None if there is none.
OpenFile = Callable[[str], Any]


@dataclass(slots=True, kw_only=True)
class Work:
    """Everything that is the same for a batch."""

    actor: Actor
    project: Project
    people: People
    source: str
    run: ImportRun | None
    open_file: OpenFile | None = None
    account: Reconciliation = field(default_factory=Reconciliation)

    def ref(
        self, kind: ExternalRef.Kind, external_id: str, object_id: int, fingerprint: str = "", **more: Any
    ) -> ExternalRef:
        """Where something here came from. Not stored yet."""
        return ExternalRef(
            org_id=self.project.org_id,
            project=self.project,
            source=self.source,
            kind=kind,
            external_id=external_id[:120],
            object_id=object_id,
            fingerprint=fingerprint,
            run=self.run,
            **more,
        )

    def known(self, kind: ExternalRef.Kind, external_ids: list[str]) -> dict[str, ExternalRef]:
        """What came already of these ids."""
        if not external_ids:
            return {}
        refs = ExternalRef.objects.filter(
            project=self.project, source=self.source, kind=kind, external_id__in=external_ids
        )
        return {ref.external_id: ref for ref in refs}

    def issues(self, external_ids: Iterable[str]) -> dict[str, int]:
        """The issues here of these ids, of all the projects that whoever started the import may work in."""
        elsewhere = reachable_project_ids(actor=self.actor, run=self.run) if self.run else ()
        reachable = {self.project.pk, *elsewhere}
        found = ExternalRef.objects.filter(
            project_id__in=reachable, source=self.source, kind=ExternalRef.Kind.ISSUE, external_id__in=set(external_ids)
        )
        named = dict(found.values_list("external_id", "object_id"))
        there = set(
            Issue.objects.filter(org_id=self.project.org_id, pk__in=named.values()).values_list("pk", flat=True)
        )
        return {external_id: pk for external_id, pk in named.items() if pk in there}


def at(moment: datetime | None, otherwise: datetime) -> datetime:
    """When something happened, as far as the export tells."""
    return moment or otherwise
