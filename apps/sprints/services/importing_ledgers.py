"""The scope ledgers that sprints bring along from another FlowBoard. Only FlowBoard itself may store them."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db.models import Count

from apps.core.errors import Forbidden
from apps.core.tenancy import Actor
from apps.core.tenancy.doors import remove_ledger
from apps.events.facts import FieldChange
from apps.events.services import service
from apps.projects.models import Project
from apps.sprints import facts
from apps.sprints.models import ScopeEntry, Sprint
from apps.sprints.services.common import tell
from apps.sprints.services.importing import PastSprint
from apps.sprints.services.ledger import settle

_STORED = ("name", "goal", "state", "start_date", "end_date", "time_zone", "run", "carried_to_id")
_DATES = ("start_date", "end_date")


@dataclass(frozen=True, slots=True, kw_only=True)
class PastScope:
    """A line of a ledger as an archive tells it. What is not here any more has its key and no id."""

    run: int
    kind: str
    at: datetime
    issue_id: int | None
    issue_key: str
    points: Decimal | None
    is_in: bool
    is_done: bool
    end_date: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PastLedger:
    """A sprint with its ledger; `known` of its lines came before."""

    sprint_id: int
    past: PastSprint
    run: int
    time_zone: str
    carried_to_id: int | None
    known: int = 0
    lines: Sequence[PastScope] = field(default_factory=tuple)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What became of a ledger: how many lines of it are here, and what the sprint was before."""

    lines: int
    before: dict[str, Any]


@service
def import_ledgers(*, actor: Actor, project: Project, batch: Sequence[PastLedger]) -> list[Kept | None]:
    """Let sprints have the ledgers that came along, and what goes with them, in a constant number of statements.

    :returns: for each what became of it; None where the sprint went its own way here, which it then keeps
    :raises Forbidden: for anybody but FlowBoard itself
    """
    if not actor.is_system:
        raise Forbidden
    sprints, counts = _held(project, [ledger.sprint_id for ledger in batch])
    kept: list[Kept | None] = []
    lines: list[ScopeEntry] = []
    for ledger in batch:
        sprint = sprints.get(ledger.sprint_id)
        if sprint is None or counts.get(sprint.pk, 0) != ledger.known or (sprint.run and not ledger.known):
            kept.append(None)
            continue
        before = _as_json(sprint)
        if len(ledger.lines) > ledger.known:
            _put(actor, sprint, ledger)
        lines += [
            ScopeEntry(org_id=project.org_id, project=project, sprint=sprint, **asdict(line))
            for line in ledger.lines[ledger.known :]
        ]
        kept.append(Kept(lines=max(ledger.known, len(ledger.lines)), before=before))
    ScopeEntry.objects.bulk_create(lines, batch_size=1000)
    Sprint.objects.bulk_update(sprints.values(), _STORED)
    _settle(project, sprints)
    return kept


@service
def take_ledgers_back(
    *, actor: Actor, project: Project, run_id: int, ledgers: dict[int, tuple[int, int, dict[str, Any]]]
) -> set[int]:
    """Take away the lines that an import brought, of sprints by their ids: how many it left, how many were there
    before, and what the sprint was then.

    :returns: the sprints that went their own way since, and keep all
    :raises Forbidden: for anybody but FlowBoard itself
    """
    if not actor.is_system:
        raise Forbidden
    sprints, counts = _held(project, list(ledgers))
    going = {pk: sprint for pk, sprint in sprints.items() if counts.get(pk, 0) == ledgers[pk][0]}
    remove_ledger(run_id=run_id, kept={pk: ledgers[pk][1] for pk in going})
    for pk, sprint in going.items():
        was = ledgers[pk][2]
        _change(actor, sprint, {name: _read(name, was.get(name)) for name in _STORED if name in was})
    Sprint.objects.bulk_update(going.values(), _STORED)
    return sprints.keys() - going.keys()


def _held(project: Project, ids: Sequence[int]) -> tuple[dict[int, Sprint], dict[int, int]]:
    """Sprints, locked, and how many lines each has."""
    rows = Sprint.objects.select_for_update(no_key=True).filter(project=project, pk__in=ids).order_by("pk")
    sprints = {sprint.pk: sprint for sprint in rows}
    for sprint in sprints.values():
        sprint.project = project
    lines = ScopeEntry.objects.filter(sprint__in=sprints).order_by().values_list("sprint_id")
    return sprints, dict(lines.annotate(Count("id")))


def _put(actor: Actor, sprint: Sprint, ledger: PastLedger) -> None:
    values = ledger.past.values()
    if ledger.known:
        # What it is called and for is whoever's changed it last.
        values = {name: value for name, value in values.items() if name not in {"name", "goal"}}
    own = {"time_zone": ledger.time_zone, "run": ledger.run, "carried_to_id": ledger.carried_to_id}
    _change(actor, sprint, values | own)


def _change(actor: Actor, sprint: Sprint, values: dict[str, Any]) -> None:
    old = _as_json(sprint)
    for name, value in values.items():
        setattr(sprint, name, value)
    new = _as_json(sprint)
    changes = [FieldChange(name, old[name], new[name]) for name in _STORED if old[name] != new[name]]
    if changes:
        tell(actor, sprint, facts.SprintEdited, *changes)


def _as_json(sprint: Sprint) -> dict[str, Any]:
    found = {name: getattr(sprint, name) for name in _STORED}
    return found | {name: found[name].isoformat() if found[name] else None for name in _DATES}


def _read(name: str, value: Any) -> Any:
    return date.fromisoformat(value) if name in _DATES and value else value


def _settle(project: Project, sprints: dict[int, Sprint]) -> None:
    """Write down what is otherwise here than the last line says: it was not settled while issues came."""
    if any(sprint.state == Sprint.State.ACTIVE and sprint.run for sprint in sprints.values()):
        settle(org_id=project.org_id)
