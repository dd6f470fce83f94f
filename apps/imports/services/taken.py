"""What became of an import that is taken back, and what is noted as its."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from django.db.models import QuerySet

from apps.imports.models import ExternalRef, ImportRun


@dataclass(slots=True)
class TakenBack:
    """What became of a step: how many things of each kind went or are as before, and what was kept, with the reason."""

    counts: Counter[str] = field(default_factory=Counter)
    kept: list[dict[str, str]] = field(default_factory=list)
    is_done: bool = False

    def keep(self, key: str, reason: str) -> None:
        """Say that something stays."""
        self.kept.append({"key": key, "reason": reason})


def made_by(run: ImportRun, *kinds: str) -> "QuerySet[ExternalRef]":
    """What is noted as made by a run, and was not left to people."""
    return ExternalRef.objects.filter(org_id=run.org_id, run=run, kind__in=kinds)


def forget(refs: Iterable[ExternalRef]) -> None:
    """What people made theirs is no import's to take back any more."""
    ExternalRef.objects.filter(pk__in=[ref.pk for ref in refs]).update(run=None)
