"""Taking back what an import told of the past: history, and the ledgers of sprints."""

from collections.abc import Sequence
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _

from apps.core.tenancy import Actor
from apps.core.tenancy.doors import remove_history
from apps.imports.models import ExternalRef, ImportRun
from apps.imports.services.taken import TakenBack
from apps.issues.models import Issue
from apps.sprints.models import Sprint
from apps.sprints.services import take_ledgers_back

Kind = ExternalRef.Kind


def _told_by(run: ImportRun, kind: str) -> Any:
    """What a run told first, or added to."""
    return ExternalRef.objects.filter(Q(run=run) | Q(updated_by=run), org_id=run.org_id, kind=kind)


def has_history(run: ImportRun, issue_ids: Sequence[int]) -> bool:
    """Whether a run told history of some of these issues."""
    return bool(_told_by(run, Kind.HISTORY).filter(object_id__in=issue_ids).exists())


def leave_history(run: ImportRun, issue_ids: Sequence[int]) -> None:
    """Leave what a run told of issues to the people who changed them since."""
    mine = _told_by(run, Kind.HISTORY).filter(object_id__in=issue_ids)
    mine.filter(run=run).update(run=None)
    mine.filter(updated_by=run).update(updated_by=None, before=None)


def take_back_history(_actor: Actor, run: ImportRun, taken: TakenBack, limit: int) -> bool:
    """Take the next history of a run back; whether there was any."""
    refs = list(_told_by(run, Kind.HISTORY).order_by("pk")[:limit])
    if not refs:
        return False
    ids = [ref.object_id for ref in refs]
    taken.counts["history"] += remove_history(run_id=run.pk, issue_ids=ids)
    there = set(Issue.objects.filter(pk__in=ids).values_list("pk", flat=True))
    # A later import may have told more of it.
    is_last = {ref.pk: ref.run_id == run.pk and ref.updated_by_id is None for ref in refs}
    gone = [ref for ref in refs if is_last[ref.pk] or ref.object_id not in there]
    ExternalRef.objects.filter(pk__in=[ref.pk for ref in gone]).delete()
    stay = [ref for ref in refs if ref not in gone]
    for ref in stay:
        if ref.updated_by_id == run.pk:
            ref.key, ref.updated_by, ref.before = (ref.before or {}).get("key", ref.key), None, None
        else:
            ref.run = None
    ExternalRef.objects.bulk_update(stay, ["key", "run", "updated_by", "before"])
    return True


def take_back_ledgers(actor: Actor, run: ImportRun, taken: TakenBack, limit: int) -> bool:
    """Take the next ledgers of a run back, those of one project at a time; whether there were any."""
    refs = list(_told_by(run, Kind.LEDGER).select_related("project").order_by("project_id", "pk")[:limit])
    refs = [ref for ref in refs if ref.project_id == refs[0].project_id]
    if not refs:
        return False
    was = {ref.pk: _before(run, ref) for ref in refs}
    ledgers = {ref.object_id: (ref.version or 0, was[ref.pk]["lines"], was[ref.pk]["sprint"]) for ref in refs}
    kept = take_ledgers_back(actor=actor, project=refs[0].project, run_id=run.pk, ledgers=ledgers)
    for sprint in Sprint.objects.filter(pk__in=kept).order_by("pk"):
        taken.keep(str(sprint), _("It went on since the import, so its ledger stays."))
    taken.counts["ledgers"] += len(refs) - len(kept)
    gone = [ref for ref in refs if ref.run_id == run.pk]
    ExternalRef.objects.filter(pk__in=[ref.pk for ref in gone]).delete()
    stay = [ref for ref in refs if ref not in gone]
    for ref in stay:
        if ref.object_id not in kept:
            ref.version = was[ref.pk]["lines"]
        ref.updated_by, ref.before, ref.fields = None, ref.fields, None
    ExternalRef.objects.bulk_update(stay, ["version", "updated_by", "before", "fields"])
    return True


def _before(run: ImportRun, ref: ExternalRef) -> dict[str, Any]:
    """How many lines there were before a run, and what the sprint was."""
    # What it was before the first run stands aside once a later one added to it.
    first = ref.run_id == run.pk and ref.updated_by_id is not None
    found: dict[str, Any] = (ref.fields if first else ref.before) or {"lines": 0, "sprint": {}}
    return found
