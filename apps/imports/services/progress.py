"""How far an import is: what a worker notes while it reads, writes and takes back. Only FlowBoard itself does so."""

from datetime import timedelta
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from apps.core.errors import Forbidden
from apps.core.tenancy import Actor
from apps.events.services import record, service
from apps.imports import facts
from apps.imports.models import ImportProblem, ImportRun
from apps.imports.reconciliation import Reconciliation
from apps.imports.services.runs import tell
from apps.imports.texts import storable
from apps.orgs.facts import WorkEnded

State = ImportRun.State
# So often a worker may end over the same rows; then it is these rows that end it.
MOST_TRIES = 5
# Whoever was silent for so long is gone (`flowboard_waiting_imports`).
PATIENCE = timedelta(seconds=60)
_COUNTS = ("imported", "updated", "skipped", "failed")


def _by_itself(actor: Actor) -> None:
    if not actor.is_system:
        raise Forbidden


@service
def take_up(*, actor: Actor, run_id: int) -> ImportRun | None:
    """Let a worker begin, or go on with, an import; None if there is nothing to do for it.

    One that was taken up again and again without getting any further is stopped, and says so.

    :raises Forbidden: for anybody but FlowBoard itself
    """
    _by_itself(actor)
    run = (
        ImportRun.objects.select_for_update(no_key=True, of=("self",))
        .select_related("project", "org")
        .filter(pk=run_id)
        .first()
    )
    if run is None or not run.is_at_work:
        return None
    now = timezone.now()
    if run.tries >= MOST_TRIES:
        end(
            actor,
            run,
            State.FAILED,
            _("It stopped %(tries)s times behind row %(row)s without saying why. Tell whoever runs this server.")
            % {"tries": run.tries, "row": run.rows_done},
        )
        return None
    run.tries, run.beat_at = run.tries + 1, now
    if run.state == State.QUEUED:
        run.state, run.began_at = State.RUNNING, now
    run.save(update_fields=["tries", "beat_at", "state", "began_at"])
    return run


@service
def put_down(*, actor: Actor, run: ImportRun, is_next: bool) -> None:
    """Let an import wait for its next turn: nothing went wrong.

    :param is_next: it can be taken up at once, behind those that wait longer; else in a while
    """
    now = timezone.now()
    ImportRun.objects.filter(pk=run.pk).update(tries=0, beat_at=now - PATIENCE if is_next else now)


@service
def note_beat(*, actor: Actor, run: ImportRun, rows_read: int | None = None) -> bool:
    """Say that a worker is still at it; whether anybody still waits for that.

    :param rows_read: while files are looked through
    """
    fields: dict[str, Any] = {"beat_at": timezone.now()}
    if rows_read is not None:
        fields["survey"] = {"rows": rows_read}
    mine = ImportRun.objects.filter(pk=run.pk, state=run.state, cancelled_at__isnull=True)
    return bool(mine.update(**fields))


@service
def store_survey(*, actor: Actor, run: ImportRun, survey: dict[str, Any]) -> bool:
    """Keep what was found in the files, and let it be reviewed; whether somebody still waits for that."""
    mine = ImportRun.objects.filter(pk=run.pk, state=State.SURVEYING)
    return bool(
        mine.update(
            survey=storable(survey), rows_total=survey["rows"], state=State.REVIEW, tries=0, beat_at=timezone.now()
        )
    )


@service
def store_progress(*, actor: Actor, run: ImportRun, account: Reconciliation) -> None:
    """Keep what became of some rows, in the transaction that wrote them; `account.read` of them were read.

    :raises Forbidden: for anybody but FlowBoard itself
    """
    _by_itself(actor)
    run.rows_done += account.read
    for name in _COUNTS:
        setattr(run, name, getattr(run, name) + getattr(account, name))
    run.counts = storable(added(run.counts, account))
    run.tries, run.beat_at = 0, timezone.now()
    failures = {id(problem) for problem in account.failures}
    ImportProblem.objects.bulk_create(
        [
            ImportProblem(
                org_id=run.org_id,
                run=run,
                row=storable(problem["row"])[:300],
                field=storable(problem["field"])[:80],
                reason=storable(problem["reason"]),
                is_failure=id(problem) in failures,
            )
            for problem in account.problems
        ],
        batch_size=1000,
    )
    run.save(update_fields=["project", "rows_done", *_COUNTS, "counts", "tries", "beat_at"])


def added(counts: dict[str, Any], account: Reconciliation) -> dict[str, Any]:
    """What an import has counted beside its rows, with what came of some more."""
    found: dict[str, Any] = dict(counts)
    found["left_out"] = dict(counts.get("left_out", {}))
    for reason, number in account.left_out.items():
        found["left_out"][reason] = found["left_out"].get(reason, 0) + number
    found["comments"] = {"imported": 0, "updated": 0} | counts.get("comments", {})
    found["people"] = {"members": 0, "placeholders": 0} | counts.get("people", {})
    for kind, number in account.comments.items():
        found["comments"][kind] = found["comments"].get(kind, 0) + number
    for kind, number in account.counts.items():
        place = found["people"] if kind in found["people"] else found
        place[kind] = place.get(kind, 0) + number
    return found


@service
def end_import(*, actor: Actor, run: ImportRun, state: str, fault: str = "") -> None:
    """Let an import be over: done, cancelled, or stopped by a fault.

    :raises Forbidden: for anybody but FlowBoard itself
    """
    _by_itself(actor)
    end(actor, run, state, fault)


def end(actor: Actor, run: ImportRun, state: str, fault: str = "") -> None:
    """The same, within a service."""
    run.state, run.fault, run.ended_at = state, fault, timezone.now()
    run.save(update_fields=["state", "fault", "ended_at"])
    counts = {name: getattr(run, name) for name in _COUNTS}
    tell(facts.ImportEnded, actor, run, action="update", state=state, **counts)
    if state != State.CANCELLED:
        _tell_who_started_it(actor, run, "import", is_done=state == State.DONE)


def _tell_who_started_it(actor: Actor, run: ImportRun, what: str, *, is_done: bool) -> None:
    if run.started_by_id is None:
        return
    told = WorkEnded(
        person_id=run.started_by_id,
        project_id=run.project_id,
        is_done=is_done,
        page="import_run",
        page_id=run.pk,
        what=what,
    )
    record(told, actor=actor)


@service
def store_taken_back(*, actor: Actor, run: ImportRun, taken: Any) -> None:
    """Keep what was taken back so far, in the transaction that took it back."""
    counts = dict(run.counts)
    counts["taken_back"] = dict(counts.get("taken_back", {}))
    for kind, number in taken.counts.items():
        counts["taken_back"][kind] = counts["taken_back"].get(kind, 0) + number
    counts["kept"] = [*counts.get("kept", []), *taken.kept]
    run.counts, run.tries, run.beat_at = counts, 0, timezone.now()
    run.save(update_fields=["counts", "tries", "beat_at"])


@service
def end_taking_back(*, actor: Actor, run: ImportRun) -> None:
    """Let an import be taken back."""
    # Its project may have gone with it.
    run.refresh_from_db(fields=["project"])
    run.state, run.ended_at = State.REVERTED, timezone.now()
    run.save(update_fields=["state", "ended_at"])
    tell(facts.ImportTakenBack, actor, run, action="update")
    _tell_who_started_it(actor, run, "return", is_done=True)
