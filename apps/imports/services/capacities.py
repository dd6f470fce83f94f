"""How many points people take on in the sprints that an import makes."""

from collections.abc import Sequence
from decimal import Decimal

from django.utils.translation import gettext as _

from apps.core.tenancy import Actor
from apps.events.services import service
from apps.imports.mapping import Mapping
from apps.imports.mapping.plans import sprint_id
from apps.imports.models import ExternalRef, ImportRun
from apps.imports.reconciliation import Reconciliation
from apps.imports.records import LedgerRecord
from apps.imports.services.taken import made_by
from apps.sprints.models import Capacity, Sprint
from apps.sprints.services import import_capacities

Kind = ExternalRef.Kind
# So many people are called by their names.
_NAMED = 5


@service
def write_capacities(
    *, actor: Actor, mapping: Mapping, run: ImportRun, rows: Sequence[tuple[str, LedgerRecord]]
) -> Reconciliation:
    """Let sprints that a run made have the capacities that an archive tells, each row with its name.

    They are of members who can be given issues in the project. What does not come is told; as many statements, however
    many sprints.
    """
    account = Reconciliation()
    told = [(row, record, _sprint(mapping, record)) for row, record in rows if record.capacities]
    there = [(row, record, sprint) for row, record, sprint in told if sprint is not None]
    if not there:
        return account
    ids = [sprint.pk for _row, _record, sprint in there]
    made = set(made_by(run, Kind.SPRINT).filter(object_id__in=ids).values_list("object_id", flat=True))
    named = [person for _row, record, _sprint in there for person, _points in record.capacities]
    members = {handle: user.pk for handle, user in mapping.people.members(actor=actor, named=named).items()}
    wanted = {sprint.pk: _by_ids(record, members) for _row, record, sprint in there}
    strangers = import_capacities(
        actor=actor, project=mapping.project, points={pk: points for pk, points in wanted.items() if pk in made}
    )
    held = Capacity.objects.filter(sprint__in=[pk for pk in ids if pk not in made])
    here = {(pk, user_id): points for pk, user_id, points in held.values_list("sprint_id", "user_id", "points")}
    for row, record, sprint in there:
        left = [each.name for each, _points in record.capacities if members.get(each.handle) in {None, *strangers}]
        if left:
            _tell_strangers(account, row, sprint, left)
        if sprint.pk in made:
            continue
        if any(here.get((sprint.pk, user_id)) != points for user_id, points in wanted[sprint.pk].items()):
            sentence = _("“%(name)s” was here before: how many points people take on in it stays as it was.")
            account.note(row, "capacity", sentence % {"name": sprint.name})
    return account


def _sprint(mapping: Mapping, record: LedgerRecord) -> Sprint | None:
    return mapping.plans.sprint_called(sprint_id(record.sprint))


def _by_ids(record: LedgerRecord, members: dict[str, int]) -> dict[int, Decimal]:
    return {members[person.handle]: points for person, points in record.capacities if person.handle in members}


def _tell_strangers(account: Reconciliation, row: str, sprint: Sprint, names: Sequence[str]) -> None:
    who = ", ".join(names[:_NAMED]) + (", …" if len(names) > _NAMED else "")
    sentence = _("What these take on in “%(name)s” was left out, since they cannot be given issues here: %(who)s.")
    account.note(row, "capacity", sentence % {"name": sprint.name, "who": who})
