"""What a project did by itself in another FlowBoard: issues that recur, sprints that start and end by themselves, and
that it is archived.

Schedules and cadences wait until everything else is in (`begin`): what they would do goes by what is there. In a
project that keeps its own configuration, because people work in it, nothing begins by itself that nobody there began.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.core.errors import Invalid
from apps.core.tenancy import Actor, happening_at
from apps.events.services import service
from apps.imports.mapping import Mapping
from apps.imports.models import ExternalRef, ImportRun
from apps.imports.reconciliation import Reconciliation
from apps.imports.records import ProjectRecord, ScheduleRecord
from apps.imports.services.taken import TakenBack, forget, made_by
from apps.imports.services.work import Work
from apps.projects.models import Project, Status
from apps.projects.services import archive_imported_project
from apps.recurring.content import Timing
from apps.recurring.models import IssueTemplate, Schedule
from apps.recurring.services import (
    PastSchedule,
    begin_imported_schedules,
    import_schedules,
    note_imported_occurrences,
    remove_imported_schedules,
)
from apps.sprints.models import Cadence
from apps.sprints.services import (
    PastCadence,
    begin_imported_cadence,
    import_cadence,
    note_imported_slots,
    remove_imported_cadence,
)

Kind = ExternalRef.Kind
# In the `key` of what begins once everything is in.
_WAITS = "waits"


@service
def write_rhythm(
    *, actor: Actor, mapping: Mapping, source: str, row: str, about: ProjectRecord, run: ImportRun
) -> Reconciliation:
    """Give a project the cadence that an archive tells, once its sprints are there, and note whether it is archived."""
    account = Reconciliation()
    if about.archived_at is not None:
        _note_archived(account, mapping.project, row, run, about.archived_at)
    if about.cadence is None:
        return account
    work = Work(actor=actor, project=mapping.project, people=mapping.people, source=source, run=run, account=account)
    known = work.known(Kind.CADENCE, [about.key])
    if not known:
        told = dict(about.cadence)
        is_on = told.pop("is_on")
        try:
            cadence = import_cadence(actor=actor, project=mapping.project, past=PastCadence(**told))
        except Invalid as error:
            account.note(row, "cadence", str(error.detail))
            return account
        if cadence is None:
            account.note(row, "cadence", _("The project has automatic sprints of its own and keeps them."))
            return account
        begins = is_on and _takes_over(work)
        if is_on and not begins:
            account.note(row, "cadence", _("The project is in use, so its automatic sprints came switched off."))
        work.ref(Kind.CADENCE, about.key, cadence.pk, key=_WAITS if begins else "").save()
        account.counts["cadences"] += 1
    here = {external_id: mapping.plans.sprint_called(external_id) for external_id in about.slots}
    slots = {sprint.pk: about.slots[external_id] for external_id, sprint in here.items() if sprint is not None}
    note_imported_slots(actor=actor, project=mapping.project, slots=slots)
    return account


def _note_archived(account: Reconciliation, project: Project, row: str, run: ImportRun, at: datetime) -> None:
    made = made_by(run, Kind.PROJECT).filter(project=project, fingerprint="made")
    if made.exists():
        made.update(fields={"archived_at": min(at, happening_at()).isoformat()})
    elif project.archived_at is None:
        account.note(row, "archived_at", _("It is archived there. Here it was before, and stays open."))


def _takes_over(work: Work) -> bool:
    """Whether the project has its configuration from the archive, and not from people who work in it."""
    came = ExternalRef.objects.filter(project=work.project, source=work.source)
    is_made = Q(kind=Kind.PROJECT, fingerprint="made")
    return came.filter(is_made | Q(kind=Kind.CONFIGURATION, before__isnull=False)).exists()


@service
def write_schedules(
    *, actor: Actor, mapping: Mapping, source: str, run: ImportRun, rows: Sequence[tuple[str, ScheduleRecord]]
) -> Reconciliation:
    """Let issues recur as an archive tells, each row with its name. A newer archive adds which slots had their issue.

    They are made in the name of whoever started the import; those of the command in the name of whom the archive names.
    """
    work = Work(actor=actor, project=mapping.project, people=mapping.people, source=source, run=run)
    refs = work.known(Kind.SCHEDULE, [record.external_id for _row, record in rows])
    owners = _owners(work, mapping, [record for _row, record in rows])
    issues = work.issues([each.external_id for _row, record in rows for each in record.made.values() if each])
    begins = _takes_over(work)
    there = _Names(work)
    named: list[tuple[str, ScheduleRecord]] = []
    batch: list[PastSchedule] = []
    schedules = {external_id: ref.object_id for external_id, ref in refs.items()}
    for row, record in rows:
        if record.external_id in schedules:
            continue
        template = there.template(record.template)
        if template is None:
            work.account.note(row, "schedule", _("Its template “%(name)s” is not here.") % {"name": record.template})
            continue
        named.append((row, record))
        batch.append(_past(record, template, there.status(record.status), owners[record.external_id], begins=begins))
    outcomes = import_schedules(actor=actor, project=mapping.project, batch=batch)
    made = []
    for (row, record), outcome in zip(named, outcomes, strict=True):
        if isinstance(outcome, str):
            work.account.note(row, "schedule", outcome)
            continue
        schedule, is_made = outcome
        schedules[record.external_id] = schedule.pk
        made.append(work.ref(Kind.SCHEDULE, record.external_id, schedule.pk, key=_WAITS))
        if not is_made:
            # It is not this run's to take back.
            made[-1].run, made[-1].key = None, ""
            continue
        work.account.counts["schedules"] += 1
        _tell_owner(work, row, record, *owners[record.external_id])
        if not begins and record.paused_at is None:
            work.account.note(row, "schedule", _("The project is in use, so it came paused."))
    ExternalRef.objects.bulk_create(made)
    slots = {
        schedules[record.external_id]: {
            day: issues.get(issue.external_id) if issue is not None else None for day, issue in record.made.items()
        }
        for _row, record in rows
        if record.external_id in schedules
    }
    note_imported_occurrences(actor=actor, project=mapping.project, made=slots)
    return work.account


def _owners(work: Work, mapping: Mapping, records: Sequence[ScheduleRecord]) -> dict[str, tuple[User, bool]]:
    """In whose name each makes issues, by its id, and whether they are a member."""
    starter = work.run.started_by if work.run is not None else None
    if starter is not None:
        return {record.external_id: (starter, True) for record in records}
    named = [record.owner for record in records]
    mapping.people.learn(actor=work.actor, named=named)
    members = mapping.people.members(actor=work.actor, named=named)
    return {
        record.external_id: (mapping.people.known(record.owner), record.owner.handle in members) for record in records
    }


def _tell_owner(work: Work, row: str, record: ScheduleRecord, owner: User, is_member: bool) -> None:
    there = record.owner.name
    if not is_member:
        work.account.note(
            row, "schedule", _("%(name)s is no member here: it is paused until somebody resumes it.") % {"name": there}
        )
    elif owner.name != there:
        names = {"name": there, "owner": owner.name}
        work.account.note(row, "schedule", _("It made issues for %(name)s; here it makes them for %(owner)s.") % names)


class _Names:
    """What the archive's templates and statuses are here: by what was noted when they came, else by their names."""

    def __init__(self, work: Work) -> None:
        told = ExternalRef.objects.filter(project=work.project, source=work.source, kind=Kind.CONFIGURATION).first()
        self._known: dict[str, dict[str, int]] = (told.fields if told is not None else None) or {}
        self._templates = list(IssueTemplate.objects.present().filter(project=work.project))
        self._statuses = list(Status.objects.filter(project=work.project, retired_at__isnull=True))

    def template(self, name: str) -> IssueTemplate | None:
        """The template of a name."""
        found: IssueTemplate | None = _called(name, self._templates, self._known.get("recurring.issuetemplate", {}))
        return found

    def status(self, name: str) -> Status | None:
        """The status of a name."""
        found: Status | None = _called(name, self._statuses, self._known.get("projects.status", {}))
        return found


def _called(name: str, rows: Sequence[Any], known: dict[str, int]) -> Any:
    by_id = next((row for row in rows if row.pk == known.get(name)), None)
    return by_id or next((row for row in rows if row.name.casefold() == name.casefold()), None)


def _past(
    record: ScheduleRecord,
    template: IssueTemplate,
    status: Status | None,
    owner: tuple[User, bool],
    *,
    begins: bool,
) -> PastSchedule:
    user, is_member = owner
    paused_at, stop = record.paused_at, record.stop
    if not is_member:
        paused_at, stop = paused_at or happening_at(), Schedule.Stop.NO_SEAT.value
    elif not begins:
        paused_at = paused_at or happening_at()
    return PastSchedule(
        template_id=template.pk,
        owner_id=user.pk,
        timing=Timing(
            frequency=record.frequency,
            interval=record.interval,
            start_date=record.start_date,
            at=record.at,
            weekdays=record.weekdays,
            month_day=record.month_day,
            nth=record.nth,
            end_date=record.end_date,
            most=record.most,
            due_days=record.due_days,
            joins_sprint=record.joins_sprint,
            status=status,
        ),
        time_zone=record.time_zone,
        paused_at=paused_at,
        stop=stop,
    )


def begin(*, actor: Actor, run: ImportRun) -> None:
    """Let what a run brought go on by itself, now that everything is in; projects that are archived there are, too."""
    waiting = list(made_by(run, Kind.SCHEDULE, Kind.CADENCE).filter(key=_WAITS).select_related("project"))
    schedules: dict[Project, list[int]] = {}
    for ref in waiting:
        if ref.kind == Kind.SCHEDULE:
            schedules.setdefault(ref.project, []).append(ref.object_id)
    for project, ids in schedules.items():
        begin_imported_schedules(actor=actor, project=project, ids=ids)
    cadence_ids = [ref.object_id for ref in waiting if ref.kind == Kind.CADENCE]
    if cadence_ids:
        for cadence in Cadence.objects.filter(pk__in=cadence_ids, is_on=False).select_related("project"):
            begin_imported_cadence(actor=actor, cadence=cadence)
    if waiting:
        ExternalRef.objects.filter(pk__in=[ref.pk for ref in waiting]).update(key="")
    for ref in made_by(run, Kind.PROJECT).filter(fields__has_key="archived_at").select_related("project"):
        at = datetime.fromisoformat((ref.fields or {})["archived_at"])
        archive_imported_project(actor=actor, project=ref.project, at=at)
        ref.fields = None
        ref.save(update_fields=["fields"])


def _note_planned(run: ImportRun, cadence: ExternalRef, sprint_ids: Sequence[int]) -> None:
    ExternalRef.objects.bulk_create(
        [
            ExternalRef(
                org_id=cadence.org_id,
                project=cadence.project,
                source=cadence.source,
                kind=Kind.SPRINT,
                external_id=f"planned {pk}",
                object_id=pk,
                run=run,
            )
            for pk in sprint_ids
        ],
        ignore_conflicts=True,
    )


def take_back_rhythm(actor: Actor, run: ImportRun, taken: TakenBack, _limit: int) -> bool:
    """Take back what one project does by itself since a run; whether there was anything."""
    ref = made_by(run, Kind.SCHEDULE, Kind.CADENCE).select_related("project").order_by("project_id", "pk").first()
    if ref is None:
        return False
    mine = made_by(run, Kind.SCHEDULE, Kind.CADENCE).filter(project=ref.project)
    ids = [each.object_id for each in mine if each.kind == Kind.SCHEDULE]
    gone, kept = remove_imported_schedules(actor=actor, project=ref.project, run_id=run.pk, ids=ids)
    taken.counts["schedules"] += gone
    for schedule in kept:
        taken.keep(schedule.template.name, _("It was changed since the import."))
    if mine.filter(kind=Kind.CADENCE).exists():
        why, planned = remove_imported_cadence(actor=actor, project=ref.project)
        if why:
            taken.keep(_("%(project)s: automatic sprints") % {"project": ref.project}, why)
        taken.counts["cadences"] += not why
        # What it planned goes with the sprints that came.
        _note_planned(run, ref, planned)
    forget(mine.filter(object_id__in=[schedule.pk for schedule in kept], kind=Kind.SCHEDULE))
    mine.delete()
    return True
