"""The rhythm of sprints that a project had in another FlowBoard. Only FlowBoard itself may."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from zoneinfo import available_timezones

from django.utils.translation import gettext as _

from apps.core.errors import Forbidden, Invalid
from apps.core.tenancy import Actor, Origin
from apps.events.facts import FieldChange
from apps.events.models import Event
from apps.events.services import service
from apps.projects.models import Project
from apps.sprints import facts
from apps.sprints.models import Cadence, Sprint
from apps.sprints.services.cadence import check_rhythm, tell_cadence

State = Sprint.State


@dataclass(frozen=True, slots=True, kw_only=True)
class PastCadence:
    """A cadence as an archive tells it."""

    weeks: int
    weekday: int
    cooldown_weeks: int
    ahead: int
    rolls_over: bool
    anchor_date: date
    time_zone: str


@service
def import_cadence(*, actor: Actor, project: Project, past: PastCadence) -> Cadence | None:
    """Give a project without a rhythm the one that it had elsewhere, switched off until `begin_imported_cadence`.

    :returns: None where it has one of its own, which it keeps
    :raises Forbidden: for anybody but FlowBoard itself
    :raises Invalid: for a value out of bounds
    """
    if not actor.is_system:
        raise Forbidden
    check_rhythm(asdict(past))
    if past.time_zone not in available_timezones():
        raise Invalid(_("Choose one of the offered values."), field="time_zone")
    Project.objects.select_for_update(no_key=True).get(pk=project.pk)
    if Cadence.objects.filter(project=project).exists():
        return None
    cadence = Cadence.objects.create(org_id=project.org_id, project=project, is_on=False, **asdict(past))
    changes = [FieldChange(name, None, value) for name, value in asdict(past).items() if name != "anchor_date"]
    tell_cadence(actor, cadence, *changes, action="create")
    return cadence


@service
def note_imported_slots(*, actor: Actor, project: Project, slots: Mapping[int, date]) -> None:
    """Remember which slots sprints, by their ids, fill: the cadence makes no other ones for these.

    :raises Forbidden: for anybody but FlowBoard itself
    """
    if not actor.is_system:
        raise Forbidden
    sprints = Sprint.objects.select_for_update(no_key=True).filter(project=project)
    taken = set(sprints.filter(slot_date__isnull=False).values_list("slot_date", flat=True))
    placed = []
    for sprint in sprints.filter(pk__in=slots, slot_date__isnull=True).order_by("pk"):
        if slots[sprint.pk] not in taken:
            taken.add(slots[sprint.pk])
            sprint.slot_date = slots[sprint.pk]
            placed.append(sprint)
    Sprint.objects.bulk_update(placed, ["slot_date"])


@service
def begin_imported_cadence(*, actor: Actor, cadence: Cadence) -> None:
    """Let an imported cadence plan, start and end sprints from now on.

    :raises Forbidden: for anybody but FlowBoard itself
    """
    if not actor.is_system:
        raise Forbidden
    Cadence.objects.filter(pk=cadence.pk).update(is_on=True)
    tell_cadence(actor, cadence, FieldChange("is_on", False, True))


@service
def remove_imported_cadence(*, actor: Actor, project: Project) -> tuple[str, list[int]]:
    """Take a cadence away that an import gave a project.

    :returns: why it stays, "" if it is gone; and the ids of the sprints that it has planned since and not started
    :raises Forbidden: for anybody but FlowBoard itself
    """
    if not actor.is_system:
        raise Forbidden
    cadence = Cadence.objects.select_for_update(no_key=True).filter(project=project).first()
    if cadence is None:
        return "", []
    said = Event.objects.filter(org_id=actor.org_id, project=project, kind=facts.CadenceChanged.kind)
    if said.exclude(origin=Origin.IMPORT).exists():
        return _("It was changed since the import."), []
    cadence.project = project
    mine = Sprint.objects.filter(project=project, slot_date__isnull=False)
    # What it planned it planned as FlowBoard: neither people nor an import made it.
    made = Event.objects.filter(
        org_id=actor.org_id, project=project, kind=facts.SprintCreated.kind, origin=Origin.SYSTEM
    ).values_list("data__sprint_id", flat=True)
    planned = list(mine.filter(pk__in=list(made), state=State.PLANNED, run=0).values_list("pk", flat=True))
    mine.update(slot_date=None)
    tell_cadence(actor, cadence, FieldChange("is_on", cadence.is_on, False), action="delete")
    cadence.delete()
    return "", planned
