"""Taking an import back: what it made goes for good, what it changed is as before; what people changed since stays."""

from collections.abc import Callable, Sequence
from typing import Any

from django.db import connection
from django.db.models import Max, Q
from django.utils.translation import gettext as _

from apps.core.errors import Forbidden
from apps.core.tenancy import Actor, Origin
from apps.core.tenancy.doors import remove_imported
from apps.events.facts import Subject
from apps.events.models import Change, Event
from apps.events.services import record, retold, service
from apps.imports.models import ExternalRef, ImportRun, PendingReference
from apps.imports.services.configuring import take_back_configuration
from apps.imports.services.definitions import take_back_definitions
from apps.imports.services.options import take_back_options
from apps.imports.services.past import has_history, leave_history, take_back_history, take_back_ledgers
from apps.imports.services.references import follow_versions
from apps.imports.services.rhythm import take_back_rhythm
from apps.imports.services.taken import TakenBack, forget, made_by
from apps.issues.facts import IssueRetold
from apps.issues.models import Attachment, Comment, FormerIssueKey, Issue, IssueLink, WorkLog
from apps.issues.services import (
    remove_imported_comments,
    remove_imported_files,
    remove_imported_issues,
    remove_imported_links,
    remove_imported_work,
    restore_issues,
)
from apps.issues.services.common import key_of
from apps.projects import facts as projects
from apps.projects.models import Project

Kind = ExternalRef.Kind
MOST_AT_ONCE = 200
# What people do with an issue without changing it.
_HARMLESS = ("issue.watched", "issue.starred", "issue.previewed", "reaction.changed")


@service
def note_project(*, actor: Actor, run: ImportRun, project: Project, source: str, is_made: bool) -> None:
    """Remember that a run writes into a project, before it does: which numbers were taken, and whether it made it.

    The second time says nothing new.
    """
    last_number = Issue.objects.filter(project=project).aggregate(last=Max("number"))["last"] or 0
    ExternalRef.objects.bulk_create(
        [
            ExternalRef(
                org_id=actor.org_id,
                project=project,
                source=source,
                kind=Kind.PROJECT,
                external_id=f"run {run.pk}",
                object_id=project.pk,
                fingerprint="made" if is_made else "",
                run=run,
                version=max(last_number, _last_given(project)),
            )
        ],
        ignore_conflicts=True,
    )


def is_of_tracker(*, project: Project, source: str) -> bool:
    """Whether imports from this tracker made the project."""
    return ExternalRef.objects.filter(project=project, source=source, kind=Kind.PROJECT, fingerprint="made").exists()


def _last_given(project: Project) -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT last_number FROM issues_issuecounter WHERE project_id = %s", [project.pk])
        row: tuple[int] | None = cursor.fetchone()
    return row[0] if row else 0


@service
def take_back_batch(*, actor: Actor, run: ImportRun, limit: int = MOST_AT_ONCE) -> TakenBack:
    """Take the next things of a run back, in a constant number of statements. To be called until it says it is done.

    It may be stopped anywhere: what is left is what is still noted as the run's. What people changed since stays, and
    is theirs from then on.

    :raises Forbidden: for anybody but FlowBoard itself
    """
    if not actor.is_system:
        raise Forbidden
    taken = TakenBack()
    for step in _STEPS:
        if step(actor, run, taken, limit):
            return taken
    taken.is_done = True
    return taken


# Each takes some back, and says whether there was anything to do.
_Step = Callable[[Actor, ImportRun, TakenBack, int], bool]


def _unfollowed(_actor: Actor, run: ImportRun, _taken: TakenBack, limit: int) -> bool:
    pks = list(PendingReference.objects.filter(run=run).order_by("pk").values_list("pk", flat=True)[: limit * 10])
    PendingReference.objects.filter(pk__in=pks).delete()
    return bool(pks)


def _links(actor: Actor, run: ImportRun, taken: TakenBack, limit: int) -> bool:
    refs = list(made_by(run, Kind.LINK).order_by("pk")[:limit])
    if not refs:
        return False
    ids = [ref.object_id for ref in refs]
    ends = IssueLink.objects.filter(pk__in=ids).values_list("source_id", "target_id")
    issue_ids = {pk for pair in ends for pk in pair}
    taken.counts["links"] += remove_imported_links(actor=actor, link_ids=ids)
    follow_versions(issue_ids)
    ExternalRef.objects.filter(pk__in=[ref.pk for ref in refs]).delete()
    return True


# ---- what a newer export changed


def _updates(actor: Actor, run: ImportRun, taken: TakenBack, limit: int) -> bool:
    refs = list(
        ExternalRef.objects.filter(org_id=run.org_id, updated_by=run, kind=Kind.ISSUE)
        .select_related("project")
        .order_by("project_id", "pk")[:limit]
    )
    if not refs:
        return False
    # Of one project at a time: values are looked up in it.
    refs = [ref for ref in refs if ref.project_id == refs[0].project_id]
    project = refs[0].project
    issues = Issue.objects.select_related("project").in_bulk([ref.object_id for ref in refs])
    told: dict[int, list[Event]] = {}
    facts = Event.objects.filter(issue_id__in=issues, origin=Origin.IMPORT).exclude(kind=IssueRetold.kind)
    for event in facts.prefetch_related("changes").order_by("pk"):
        told.setdefault(event.issue_id or 0, []).append(event)
    kept: list[int] = []
    old: dict[int, dict[str, Any]] = {}
    for ref in refs:
        issue = issues.get(ref.object_id)
        was = (ref.before or {}).get("was", 0)
        if issue is None or issue.deleted_at is not None:
            continue
        if issue.version != ref.version or issue.project_id != project.pk:
            taken.keep(key_of(issue), _("It was changed since the import."))
            kept.append(issue.pk)
            continue
        values: dict[str, Any] = {}
        for event in told.get(issue.pk, ()):
            if event.data.get("v", 0) > was and event.kind in {"issue.edited", "issue.moved"}:
                changed = {change.field: change.old for change in event.changes.all()}
                values = {**changed, **event.data.get("retold", {}), **values}
        old[issue.pk] = values
    leave_history(run, kept)
    with retold(has_history(run, list(old))):
        restored = {issue.pk: issue for issue in restore_issues(actor=actor, project=project, old=old)}
    taken.counts["updates"] += len(restored)
    for ref in refs:
        before = ref.before or {}
        fresh = restored.get(ref.object_id)
        if fresh is not None:
            ref.version = fresh.version
            ref.fingerprint, ref.fields = before.get("fingerprint", ""), before.get("fields")
        ref.updated_by, ref.before = None, None
    ExternalRef.objects.bulk_update(refs, ["version", "fingerprint", "fields", "updated_by", "before"])
    made_by(run, Kind.PARENT).filter(
        project=project, external_id__in=[ref.external_id for ref in refs if ref.object_id in restored]
    ).delete()
    return True


# ---- what was made


def _issues(actor: Actor, run: ImportRun, taken: TakenBack, limit: int) -> bool:
    """Issues, those below others first."""
    made = made_by(run, Kind.ISSUE)
    mine = Issue.objects.filter(org_id=run.org_id, pk__in=made.values("object_id"))
    issues = list(mine.select_related("project", "type").order_by("type__level", "pk")[:limit])
    if not issues:
        # Those that are gone already leave nothing behind.
        return bool(made.delete()[0])
    refs = {ref.object_id: ref for ref in made.filter(object_id__in=[issue.pk for issue in issues])}
    reasons = _reasons_to_keep(run, issues, refs)
    kept = [issue for issue in issues if issue.pk in reasons]
    for issue in kept:
        taken.keep(key_of(issue), reasons[issue.pk])
    going = [issue for issue in issues if issue.pk not in reasons]
    by_project: dict[int, list[str]] = {}
    for issue in going:
        by_project.setdefault(refs[issue.pk].project_id, []).append(refs[issue.pk].external_id)
    for project_id, external_ids in by_project.items():
        made_by(run, Kind.PARENT).filter(project_id=project_id, external_id__in=external_ids).delete()
    taken.counts["comments"] += Comment.objects.filter(issue__in=going).count()
    taken.counts["issues"] += remove_imported_issues(actor=actor, run_id=run.pk, issues=going)
    _leave(run, kept, [refs[issue.pk] for issue in kept])
    return True


def _reasons_to_keep(run: ImportRun, issues: Sequence[Issue], refs: dict[int, ExternalRef]) -> dict[int, str]:
    ids = [issue.pk for issue in issues]
    # What an update left is no sign that nobody changed it before that: the log knows.
    told = Event.objects.filter(issue_id__in=ids).exclude(kind__in=_HARMLESS)
    touched = set(told.exclude(origin=Origin.IMPORT).values_list("issue_id", flat=True))
    changed = Change.objects.filter(issue_id__in=ids).exclude(event__origin=Origin.IMPORT)
    touched |= set(changed.values_list("issue_id", flat=True))
    above = set(Issue.objects.filter(parent_id__in=ids).exclude(pk__in=ids).values_list("parent_id", flat=True))
    hung = _hung_by_others(run, ids)
    reasons: dict[int, str] = {}
    for issue in issues:
        if issue.version != refs[issue.pk].version or issue.pk in touched:
            reasons[issue.pk] = _("It was changed since the import.")
        elif issue.pk in hung:
            reasons[issue.pk] = _("Something was added to it since the import.")
        elif issue.pk in above:
            reasons[issue.pk] = _("Issues that stay are below it.")
    # What is above something that stays, stays as well.
    parents = {issue.pk: issue.parent_id for issue in issues}
    for pk in list(reasons):
        parent = parents[pk]
        while parent in parents and parent not in reasons:
            reasons[parent] = _("Issues that stay are below it.")
            parent = parents[parent]
    return reasons


def _hung_by_others(run: ImportRun, ids: list[int]) -> set[int]:
    """The issues on which something hangs that the import did not bring."""
    found: set[int] = set()
    for model, kind in ((Comment, Kind.COMMENT), (WorkLog, Kind.WORK_LOG), (Attachment, Kind.ATTACHMENT)):
        rows = model.objects.filter(issue_id__in=ids)
        found |= set(rows.exclude(pk__in=made_by(run, kind).values("object_id")).values_list("issue_id", flat=True))
    for link in IssueLink.objects.filter(Q(source_id__in=ids) | Q(target_id__in=ids)):
        found |= {link.source_id, link.target_id}
    return found


def _leave(run: ImportRun, issues: Sequence[Issue], refs: Sequence[ExternalRef]) -> None:
    """Leave issues, and what hangs on them, to the people who changed them."""
    if not issues:
        return
    forget(refs)
    leave_history(run, [issue.pk for issue in issues])
    for model, kind in ((Comment, Kind.COMMENT), (WorkLog, Kind.WORK_LOG), (Attachment, Kind.ATTACHMENT)):
        hanging: Any = model.objects.filter(issue__in=issues).values("pk")
        made_by(run, kind).filter(object_id__in=hanging).update(run=None)
    made_by(run, Kind.PARENT).filter(
        project_id__in={ref.project_id for ref in refs}, external_id__in=[ref.external_id for ref in refs]
    ).update(run=None)


def _hanging(actor: Actor, run: ImportRun, taken: TakenBack, limit: int) -> bool:
    """What the run added to issues that were there before."""
    removers: tuple[tuple[str, str, Any], ...] = (
        (Kind.COMMENT, "comments", remove_imported_comments),
        (Kind.WORK_LOG, "work_logs", remove_imported_work),
        (Kind.ATTACHMENT, "attachments", remove_imported_files),
    )
    for kind, name, remove in removers:
        # Replies, which came later, go before what they answer.
        refs = list(made_by(run, kind).order_by("-pk")[:limit])
        if refs:
            # What another export has as well is its, too.
            shared = ExternalRef.objects.filter(
                project__in={ref.project_id for ref in refs}, kind=kind, object_id__in=[ref.object_id for ref in refs]
            ).exclude(run=run)
            stays = set(shared.values_list("object_id", flat=True))
            ids = [ref.object_id for ref in refs if ref.object_id not in stays]
            taken.counts[name] += remove(actor=actor, run_id=run.pk, ids=ids)
            # What somebody answered stays as well.
            forget(refs)
            return True
    return False


# ---- the projects themselves


def _projects(actor: Actor, run: ImportRun, taken: TakenBack, _limit: int) -> bool:
    ref = made_by(run, Kind.PROJECT).select_related("project").order_by("pk").first()
    if ref is None:
        return False
    project = ref.project
    is_made = ref.fingerprint == "made"
    subject = Subject(model="projects.project", id=project.pk, name=str(project), action="delete")
    if is_made and remove_imported(run_id=run.pk, kind=Kind.PROJECT, ids=[project.pk]):
        taken.counts["projects"] += 1
        # A fact of the organization: the project's own log is gone.
        record(projects.ProjectPurged(subjects=(subject,)), actor=actor)
        return True
    if is_made:
        taken.keep(str(project), _("Issues that stay are in it."))
    _lower_counter(project, ref.version or 0)
    ref.delete()
    return True


def _lower_counter(project: Project, before: int) -> None:
    """Give the numbers again that only the import had."""
    taken = Issue.objects.filter(project=project).aggregate(last=Max("number"))["last"] or 0
    former = FormerIssueKey.objects.filter(project=project).aggregate(last=Max("number"))["last"] or 0
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE issues_issuecounter SET last_number = least(last_number, %s) WHERE project_id = %s",
            [max(before, taken, former), project.pk],
        )


_STEPS: tuple[_Step, ...] = (
    _unfollowed,
    _links,
    take_back_rhythm,
    take_back_ledgers,
    _updates,
    _issues,
    take_back_history,
    _hanging,
    take_back_configuration,
    take_back_options,
    take_back_definitions,
    _projects,
)
