"""The configuration that an archive tells, for a project that an import writes into. Only FlowBoard itself may."""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.core import serializers
from django.db.models import Model, QuerySet
from django.utils.translation import gettext as _

from apps.boards.facts import ConfigurationImported, ConfigurationTakenBack
from apps.boards.models import Board, Column, QuickFilter
from apps.boards.selectors.copying import PARTS, SETTINGS, CopyPlan, LeftOut, Part, Ways, plan_of
from apps.boards.services.copying import CHANGES, hold_configuration, store_plan, uses
from apps.boards.services.describing import Described, describe
from apps.core.errors import Forbidden
from apps.core.tenancy import Actor, Origin
from apps.events.facts import FieldChange
from apps.events.models import Event
from apps.events.services import record, service
from apps.issues.models import Issue
from apps.projects.models import CustomField, FieldOption, IssueType, Label, Project, Status
from apps.projects.services import MOST_OPTIONS, add_options, give_roles
from apps.projects.services.common import subject_of
from apps.recurring.models import IssueTemplate, Schedule
from apps.sprints.models import Cadence

# What archives tell of it at once. The rhythm of sprints comes once the sprints are there.
_PARTS: tuple[Part, ...] = tuple(part for part in PARTS if part.model is not Cadence)
# Where the words have what others refer to by its name.
_NAMED: dict[str, type[Any]] = {
    "types": IssueType,
    "statuses": Status,
    "labels": Label,
    "custom_fields": CustomField,
    "boards": Board,
    "issue_templates": IssueTemplate,
}
_Rows = Mapping[type[Model], list[Any]]


@dataclass(frozen=True, slots=True)
class Imported:
    """What came of it. `before` is what went for it, to be brought back; None where all that was there stays.

    `roles` is how many people got one, `options` what fields that were there offer besides. `names` are the ids of
    what the archive's words stand for, by table and name.
    """

    plan: CopyPlan
    before: dict[str, Any] | None
    roles: int
    names: dict[str, dict[str, int]]
    left: list[LeftOut] = field(default_factory=list)
    options: list[tuple[CustomField, FieldOption]] = field(default_factory=list)

    @property
    def is_replaced(self) -> bool:
        """Whether the project is as the archive says."""
        return self.before is not None


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What would come of a configuration: whether the project takes it over, how much there is of each part (by
    the name of its table), what it begins with then, the kinds of its fields by their names, and what could not be."""

    is_replaced: bool
    counts: list[tuple[str, int]]
    types: list[IssueType]
    statuses: list[Status]
    kinds: dict[str, str]
    left: list[LeftOut]


def foresee_configuration(*, actor: Actor, project: Project | None, words: Mapping[str, Any]) -> Foreseen:
    """What `import_configuration` would do now; nothing is stored.

    :param project: None for one that is to be made
    """
    found = describe(words)
    is_free = found.is_whole
    if project is not None and is_free:
        is_free = not _is_in_use(project, {part.model: part.rows(actor=actor, project=project) for part in _PARTS})
    for row in [*found.rows[IssueType], *found.rows[Status]]:
        row.pk = None
    return Foreseen(
        is_replaced=is_free,
        counts=[
            (part.model._meta.label_lower, len(rows))
            for part in _PARTS
            # What people know by a name.
            if (rows := found.rows[part.model]) and hasattr(part.model, "name")
        ],
        types=found.rows[IssueType],
        statuses=found.rows[Status],
        kinds={each.name: each.kind for each in found.rows[CustomField]},
        left=found.left,
    )


@service
def import_configuration(
    *,
    actor: Actor,
    project: Project,
    words: Mapping[str, Any],
    roles: Mapping[int, str] | None = None,
    lead_id: int | None = None,
    keeps_own: bool = False,
    known: Mapping[str, Mapping[str, int]] | None = None,
) -> Imported:
    """Give a project the configuration that an archive tells.

    One that has no issues and no schedules takes it over: what it had goes. One that has keeps all that it has, and
    gets what it lacks, as in copying (ADR 31). What cannot be is left out alone, with the reason.

    :param words: see `describe`
    :param roles: what people, by their ids, are to be in the project, if it takes the configuration over
    :param lead_id: who leads the project, if it takes the configuration over and nobody leads it
    :param known: the `names` of an earlier import: what was renamed here since is still that, and what was taken away
        does not come back
    :param keeps_own: what the project has stays, even if no issue needs it
    :raises Forbidden: for anybody but FlowBoard itself
    """
    if not actor.is_system:
        raise Forbidden
    project = hold_configuration(actor, project)
    present = {part.model: part.rows(actor=actor, project=project) for part in _PARTS}
    found = describe(words)
    is_free = not keeps_own and found.is_whole and not _is_in_use(project, present)
    before, given = None, 0
    if is_free:
        before = _picture(project, present)
        _clear(project, present)
        # First the people: what is described may name them.
        given = give_roles(actor=actor, project=project, roles=roles or {})
    else:
        why = [] if found.is_whole else [LeftOut(_("Configuration"), _("It is not whole, so what is here stays."))]
        names = {model: [row.name for row in rows if hasattr(row, "name")] for model, rows in present.items()}
        found = describe(_without_gone(words, present, known or {}), present=names)
        found.left = [*why, *found.left]
    said = {model: [(row, row.name) for row in found.rows[model]] for model in _NAMED.values()}
    if not is_free:
        _rename(found, present, known or {})
    plan = plan_of(actor=actor, rows=found.rows, settings=Project(), target=project)
    if is_free:
        wanted = found.settings if project.lead_id is not None else {**found.settings, "lead_id": lead_id}
        differing = {name: value for name, value in wanted.items() if getattr(project, name) != value}
        plan.settings, plan.settings_now = differing, {name: getattr(project, name) for name in differing}
    store_plan(plan, Ways.KEEP)
    options: list[tuple[CustomField, FieldOption]] = []
    if not is_free:
        _tell_differing(found, present)
        options = _offer_more(actor, found, present[CustomField], plan)
    if is_free or options or plan.does_something(Ways.KEEP):
        _tell(actor, plan, is_replaced=is_free)
    there = plan.added if is_free else {model: [*present[model], *plan.added[model]] for model in said}
    return Imported(plan, before, given, _names(said, there, known or {}), [*found.left, *plan.left], options)


def _without_gone(
    words: Mapping[str, Any], present: _Rows, known: Mapping[str, Mapping[str, int]]
) -> Mapping[str, Any]:
    """The words without those for what was taken away here since it came."""
    left = dict(words)
    for key, model in _NAMED.items():
        ids = {row.pk for row in present[model]}
        gone = {name for name, pk in known.get(model._meta.label_lower, {}).items() if pk not in ids}
        if gone and isinstance(words.get(key), list):
            left[key] = [
                each for each in words[key] if not (isinstance(each, dict) and str(each.get("name")).strip() in gone)
            ]
    return left


def _rename(found: Described, present: _Rows, known: Mapping[str, Mapping[str, int]]) -> None:
    """Call what came before as it is called here by now."""
    for model in _NAMED.values():
        called = {row.pk: row.name for row in present[model]}
        ids = known.get(model._meta.label_lower, {})
        for row in found.rows[model]:
            row.name = called.get(ids.get(row.name, 0), row.name)


def _names(
    said: Mapping[type[Model], list[tuple[Any, str]]], there: _Rows, known: Mapping[str, Mapping[str, int]]
) -> dict[str, dict[str, int]]:
    found = {}
    for model, rows in said.items():
        folded = {row.name.casefold(): row.pk for row in there[model]}
        exact = {row.name: row.pk for row in there[model]}
        ids = {name: exact.get(row.name, folded.get(row.name.casefold(), 0)) for row, name in rows}
        label = model._meta.label_lower
        found[label] = {**known.get(label, {}), **{name: pk for name, pk in ids.items() if pk}}
    return found


@service
def take_configuration_back(*, actor: Actor, project: Project, before: Mapping[str, Any]) -> str:
    """Give a project again what it had before `import_configuration`: all of it, or nothing.

    :param before: as it was returned then
    :returns: why the imported one stays; "" if it is gone
    :raises Forbidden: for anybody but FlowBoard itself
    """
    if not actor.is_system:
        raise Forbidden
    project = hold_configuration(actor, project)
    present = {part.model: part.rows(actor=actor, project=project) for part in _PARTS}
    if _is_in_use(project, present):
        return _("What stays needs the project’s configuration, so that stays as well.")
    if _changes_since(actor, project).exists():
        return _("The project’s configuration was changed since, so it stays.")
    _clear(project, present)
    rows: dict[type[Model], list[Any]] = {part.model: [] for part in _PARTS}
    for each in serializers.deserialize("python", before["rows"]):
        rows[type(each.object)].append(each.object)
    for model, found in rows.items():
        model._default_manager.bulk_create(found)
    settings = {name: value for name, value in before["settings"].items() if getattr(project, name) != value}
    changes = tuple(FieldChange(name, getattr(project, name), value) for name, value in settings.items())
    for name, value in settings.items():
        setattr(project, name, value)
    project.save(update_fields=list(settings))
    record(ConfigurationTakenBack(project_id=project.pk, subjects=(subject_of(project),), changes=changes), actor=actor)
    return ""


def _changes_since(actor: Actor, project: Project) -> QuerySet[Event]:
    """What people did to the configuration since the last import of one."""
    told = Event.objects.filter(org_id=actor.org_id, project=project)
    last = told.filter(kind=ConfigurationImported.kind).order_by("-pk").values_list("pk", flat=True).first() or 0
    return told.filter(pk__gt=last, kind__in=CHANGES).exclude(origin=Origin.IMPORT)


def _is_in_use(project: Project, present: _Rows) -> bool:
    """Whether anything needs the configuration as it is: an issue, one in the bin too, or a schedule."""
    if Issue.objects.filter(project=project).exists():
        return True
    return any(uses({model: [row.pk for row in rows] for model, rows in present.items()}))


def _picture(project: Project, present: _Rows) -> dict[str, Any]:
    """The configuration as it is, as JSON has it."""
    rows = [row for found in present.values() for row in found]
    settings = {name: getattr(project, name) for name in (*SETTINGS, "lead_id")}
    return {"rows": json.loads(serializers.serialize("json", rows)), "settings": settings}


def _clear(project: Project, present: _Rows) -> None:
    for part in reversed(_PARTS):
        ids = [row.pk for row in present[part.model]]
        part.model._default_manager.filter(project=project, pk__in=ids).delete()


def _tell_differing(found: Described, present: _Rows) -> None:
    """Say of what stays where it is something else than the archive's of the same name."""
    for model, name, sentence in (
        (Status, "category", _("It means something else here: %(what)s. It stays so.")),
        (CustomField, "kind", _("It is a field of another kind here: %(what)s. It stays so.")),
        (IssueType, "level", _("It stands at another level here: %(what)s. It stays so.")),
    ):
        mine = {each.name.casefold(): each for each in present[model]}
        for row in found.rows[model]:
            own = mine.get(row.name.casefold())
            if own is not None and getattr(own, name) != getattr(row, name):
                what = getattr(own, f"get_{name}_display")()
                found.left.append(LeftOut(row.name, sentence % {"what": what}))


def _offer_more(
    actor: Actor, found: Described, present: list[CustomField], plan: CopyPlan
) -> list[tuple[CustomField, FieldOption]]:
    """Let fields that were there offer what the archive's offer besides; the options that came."""
    mine = {each.name.casefold(): each for each in present}
    came = []
    for row in found.rows[CustomField]:
        own = mine.get(row.name.casefold())
        if own is None or not row.has_options or own.kind != row.kind:
            continue
        known = {each.name.casefold() for each in own.choices}
        missing = [each.name for each in row.choices if each.name.casefold() not in known]
        room = max(0, MOST_OPTIONS - len(known))
        if missing[:room]:
            own.project = plan.target
            fresh = add_options(actor=actor, field=own, names=missing[:room])
            came += [(own, each) for each in fresh.choices if each.name.casefold() not in known]
        if missing[room:]:
            found.left.append(LeftOut(row.name, _("It offers as many options as it can, so some were left out.")))
    return came


def _tell(actor: Actor, plan: CopyPlan, *, is_replaced: bool) -> None:
    stored = {model._meta.label_lower: rows for model, rows in plan.added.items() if rows}
    changes = [FieldChange(label, None, [row.pk for row in rows]) for label, rows in stored.items()]
    changes += [FieldChange(name, plan.settings_now[name], value) for name, value in plan.settings.items()]
    record(
        ConfigurationImported(
            project_id=plan.target.pk,
            is_replaced=is_replaced,
            added={label: len(rows) for label, rows in stored.items()},
            subjects=(subject_of(plan.target),),
            changes=tuple(changes),
        ),
        actor=actor,
    )


# ---- taking back what was added to a project that kept its own


@service
def remove_imported_parts(
    *, actor: Actor, project: Project, templates: Collection[int], boards: Collection[int], columns: Collection[int],
    quick_filters: Collection[int],
) -> tuple[int, list[str]]:  # fmt: skip
    """Take away what an import added, by ids, as far as nobody has changed it since.

    :returns: how much went, and the names of what stays
    :raises Forbidden: for anybody but FlowBoard itself
    """
    if not actor.is_system:
        raise Forbidden
    hold_configuration(actor, project)
    said = list(_changes_since(actor, project).values_list("data", flat=True))
    edited = {each["template_id"] for each in said if "template_id" in each}
    edited |= set(Schedule.objects.filter(template__in=templates).values_list("template_id", flat=True))
    touched = {each["board_id"] for each in said if "board_id" in each}
    mine: dict[str, Any] = {"org_id": actor.org_id, "project": project}
    gone: list[FieldChange] = []
    kept: list[str] = []
    for rows in (
        IssueTemplate.objects.present().filter(**mine, pk__in=templates),
        QuickFilter.objects.filter(**mine, pk__in=quick_filters),
        Column.objects.filter(**mine, pk__in=columns),
        Board.objects.filter(**mine, pk__in=boards, deleted_at__isnull=True),
    ):
        for row in rows.order_by("pk"):
            is_theirs = row.pk in edited if isinstance(row, IssueTemplate) else _board_of(row) in touched
            if is_theirs:
                kept.append(row.name)
            else:
                gone.append(FieldChange(row._meta.label_lower, [row.pk, row.name], None))
                row.delete()
    if gone:
        fact = ConfigurationTakenBack(project_id=project.pk, subjects=(subject_of(project),), changes=tuple(gone))
        record(fact, actor=actor)
    return len(gone), kept


def _board_of(row: Board | Column | QuickFilter) -> int:
    return row.pk if isinstance(row, Board) else row.board_id
