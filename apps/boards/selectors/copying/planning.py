"""What would become of a project if another one's configuration were copied onto it.

Nothing that is there goes, but for transitions where somebody wants them replaced. What has the name of something that
is there already becomes that, and only what is missing is added.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.db.models import ForeignKey, Model
from django.utils.translation import gettext as _

from apps.boards.models import Board, Column, ColumnStatus, LaneLimit, QuickFilter
from apps.core.errors import Forbidden, NotFound
from apps.core.tenancy import Actor
from apps.issues.models import Grouping
from apps.issues.selectors import Spot, load_by_status
from apps.projects import policies
from apps.projects.models import CustomField, CustomFieldType, IssueType, Label, Project, Status, Transition
from apps.projects.selectors import assignable_people, list_projects
from apps.recurring.models import IssueTemplate, TemplateLabel
from apps.sprints.models import Cadence

from .parts import PARTS
from .plan import PART_OF, ArchivedProject, CopyPlan, LeftOut, SameProject, names


def copy_sources(*, actor: Actor, project: Project | None = None) -> list[Project]:
    """The projects whose configuration can be copied by the actor, by name, without the one that is to get it."""
    everywhere = list_projects(actor=actor)
    return [each for each in everywhere if each != project and policies.can_see(actor, each)]


def copy_plan(*, actor: Actor, source: Project, target: Project) -> CopyPlan:
    """What copying would do now: a constant number of queries, however much there is.

    :raises NotFound: if the actor may not know of the source
    :raises Forbidden: for people who do not administer the target
    :raises SameProject: if the two are one
    :raises ArchivedProject: if the target is archived
    """
    if source.org_id != actor.org_id or not policies.can_see(actor, source) or source.deleted_at is not None:
        raise NotFound
    if not policies.can_configure(actor, target):
        raise Forbidden
    if source == target:
        raise SameProject(_("Choose another project: this one is like itself already."), field="from")
    if target.archived_at is not None:
        raise ArchivedProject(_("This project is archived. Bring it back before you change its configuration."))
    rows = {part.model: part.rows(actor=actor, project=source) for part in PARTS}
    return _Planner(actor, source, target, rows).plan()


def plan_of(*, actor: Actor, rows: Mapping[type[Model], Sequence[Any]], settings: Project, target: Project) -> CopyPlan:
    """The same for a configuration that is no project's: rows that are not stored, with ids that tell them apart.

    :param settings: a project that is not stored, for what is switched on
    :raises Forbidden: for people who do not administer the target
    """
    if not policies.can_configure(actor, target):
        raise Forbidden
    return _Planner(actor, settings, target, rows).plan()


class _Gone(Exception):
    """A row refers to something that is not copied."""


def _by_nothing(_row: Any) -> dict[str, Any]:
    return {}


class _Planner:
    """Goes through the parts in their order, and remembers what each row of the source becomes: its twin."""

    def __init__(
        self, actor: Actor, source: Project, target: Project, rows: Mapping[type[Model], Sequence[Any]]
    ) -> None:
        self.actor = actor
        self.source = {part.model: rows.get(part.model, ()) for part in PARTS}
        self.present = {part.model: part.rows(actor=actor, project=target) for part in PARTS}
        self.result = CopyPlan(source=source, target=target, present=self.present)
        self.twins: dict[type[Model], dict[int, Any]] = {part.model: {} for part in PARTS}
        self.people = set(assignable_people(actor=actor, project=target).values_list("pk", flat=True))
        self.met: set[tuple[type[Model], int]] = set()

    def plan(self) -> CopyPlan:
        self._take_named(IssueType)
        self._take_named(Status)
        self._take_named(Label)
        self._take_named(CustomField)
        self._take_types_of_fields()
        self._take_ways()
        self._take_named(Board)
        self._take_columns()
        self._take_by_board(LaneLimit)
        self._take_by_board(QuickFilter)
        self._take_templates()
        if not self.present[Cadence]:
            for row in self.source[Cadence]:
                self._add(row)
        self._take_settings()
        self._leave_broken_limits()
        return self.result

    def _take_settings(self) -> None:
        """What is switched on there and off here, with what goes with it."""
        source, target = self.result.source, self.result.target
        for switch, others in (("has_triage", ()), ("has_time_tracking", ("minutes_a_day", "days_a_week"))):
            if getattr(source, switch) and not getattr(target, switch):
                differing = [name for name in (switch, *others) if getattr(source, name) != getattr(target, name)]
                self.result.settings |= {name: getattr(source, name) for name in differing}
                self.result.settings_now |= {name: getattr(target, name) for name in differing}

    def _copy(self, row: Any, **values: Any) -> Any:
        """A row like this one in the target, not stored yet.

        :raises _Gone: if it refers to something that is not copied
        """
        model = type(row)
        part = PART_OF[model]
        copied: dict[str, Any] = dict(part.fixed)
        for each in part.fields:
            value = getattr(row, each.attname)
            if each.name in part.people:
                if value in self.people:
                    copied[each.attname] = value
                elif value is not None:
                    other, instead = part.people[each.name]
                    values = {other: instead} | values
                    self._leave(
                        str(row), _("Whoever it is assigned to does not work here, so it is assigned to nobody.")
                    )
            elif isinstance(each, ForeignKey) and value is not None:
                twin = self.twins[each.remote_field.model].get(value)
                if twin is None:
                    raise _Gone
                copied[each.name] = twin
            elif not isinstance(each, ForeignKey):
                copied[each.name] = value
        target = self.result.target
        return model(**(copied | values), org_id=target.org_id, project=target)

    def _add(self, row: Any, **values: Any) -> Any:
        copy = self._copy(row, **values)
        self.result.added[type(row)].append(copy)
        self.twins[type(row)][row.pk] = copy
        return copy

    def _add_or_leave(self, row: Any, **values: Any) -> None:
        try:
            self._add(row, **values)
        except _Gone:
            self._leave(row.name, _("It asks for a type or a label that is gone."))

    def _keep(self, row: Any, twin: Any) -> None:
        self.twins[type(row)][row.pk] = twin
        if (place := (type(row), twin.pk)) not in self.met:
            self.met.add(place)
            self.result.kept[type(row)].append(twin)

    def _take_named(self, model: type[Model], differs: Callable[[Any], dict[str, Any]] = _by_nothing) -> None:
        """What has a name that is there becomes that. Rows that name one that is gone are left out and named."""
        present = self.present[model]
        named = _by_name(present)
        numbered = [each.position for each in present if hasattr(each, "position")]
        after = max(numbered) + 1 if numbered else None
        for row in self.source[model]:
            twin = named.get(row.name) or named.get(row.name.casefold())
            if twin is not None:
                self._keep(row, twin)
                continue
            values = differs(row)
            if after is not None:
                values["position"], after = after, after + 1
            if present and model is Status:
                values["is_initial"] = False
            self._add_or_leave(row, **values)

    def _take_types_of_fields(self) -> None:
        """Of which types the added fields are. Two types that became one have a field once."""
        taken: set[tuple[int, int]] = set()
        for row in self.source[CustomFieldType]:
            field = self.twins[CustomField][row.field_id]
            spot = (row.field_id, id(self.twins[IssueType][row.type_id]))
            if field.pk is None and spot not in taken:
                taken.add(spot)
                self._add(row)

    def _take_ways(self) -> None:
        """Transitions: those from and to what is added; and if the others are replaced, all."""
        statuses = self.twins[Status]
        there = {(each.source_id, each.target_id): each for each in self.present[Transition]}
        wanted: dict[tuple[int | None, int], Transition] = {}
        seen: set[tuple[int, int]] = set()
        for row in self.source[Transition]:
            copy = self._copy(row)
            ends = (id(copy.source), id(copy.target))
            # Two statuses that became one: from itself nothing leads to it, and each way is there once.
            if copy.source is copy.target or ends in seen:
                continue
            seen.add(ends)
            if copy.target.pk is None or (copy.source is not None and copy.source.pk is None):
                self.result.added[Transition].append(copy)
            else:
                wanted[copy.source_id, copy.target_id] = copy
        known = {twin.pk for twin in statuses.values() if twin.pk is not None}
        for ends, present in there.items():
            is_spoken_of = ends[1] in known and (ends[0] is None or ends[0] in known)
            if not is_spoken_of or (ends in wanted and _says(wanted[ends]) == _says(present)):
                wanted.pop(ends, None)
                self.result.kept[Transition].append(present)
            else:
                self.result.going.append(present)
        self.result.coming = [*wanted.values(), *self._ways_out(known, there)]

    def _ways_out(self, known: set[int], there: Mapping[tuple[int | None, int], Transition]) -> list[Transition]:
        """Statuses that the source does not have keep the ways that led from anywhere: nothing in them gets stuck."""
        own = [each for each in self.present[Status] if each.pk not in known]
        kept = [each.attname for each in PART_OF[Transition].fields if each.name != "source"]
        return [
            Transition(
                org_id=way.org_id,
                project_id=way.project_id,
                source=status,
                **{name: getattr(way, name) for name in kept},
            )
            for way in self.result.going
            if way.source_id is None
            for status in own
            if (status.pk, way.target_id) not in there
        ]

    def _take_columns(self) -> None:
        """All of an added board; of one that is there those that the added statuses need."""
        shown = self.source[ColumnStatus]
        needed = {each.column_id for each in shown if self._is_added(Status, each.status_id)}
        present: dict[int, dict[str, Any]] = {}
        after: dict[int, int] = {}
        for column in self.present[Column]:
            present.setdefault(column.board_id, {}).setdefault(column.name.casefold(), column)
            after[column.board_id] = column.position + 1
        for row in self.source[Column]:
            board = self.twins[Board][row.board_id]
            twin = present.get(board.pk, {}).get(row.name.casefold())
            if board.pk is None:
                self._add(row)
            elif row.pk in needed and twin is None:
                # Its limit is the other board's: this one has its own.
                place = after.get(board.pk, 0)
                after[board.pk] = place + 1
                self._add(row, position=place, wip_limit=None)
            elif row.pk in needed:
                self.twins[Column][row.pk] = twin
        taken: set[tuple[int, int]] = set()
        for row in shown:
            board, status = self.twins[Board][row.board_id], self.twins[Status][row.status_id]
            spot = (id(board), id(status))
            if row.column_id in self.twins[Column] and spot not in taken and (board.pk is None or status.pk is None):
                taken.add(spot)
                self._add(row)

    def _take_by_board(self, model: type[Model]) -> None:
        """Limits of an added board; quick filters as well where one that is there has none of the name."""
        named = {(each.board_id, each.name.casefold()) for each in self.present[QuickFilter]}
        for row in self.source[model]:
            board = self.twins[Board][row.board_id]
            if board.pk is not None and (model is LaneLimit or (board.pk, row.name.casefold()) in named):
                continue
            self._add_or_leave(row)

    def _take_templates(self) -> None:
        """Templates of other names, for types that are copied. One of a type is filled in by itself, and stays that."""
        defaults: set[int] = {each.type_id for each in self.present[IssueTemplate] if each.is_default}

        def differs(row: Any) -> dict[str, Any]:
            twin = self.twins[IssueType].get(row.type_id)
            if twin is None or twin.pk is None or not row.is_default:
                return {}
            is_first = twin.pk not in defaults
            defaults.add(twin.pk)
            return {"is_default": is_first}

        self._take_named(IssueTemplate, differs)
        carried: set[tuple[int, int]] = set()
        for row in self.source[TemplateLabel]:
            template = self.twins[IssueTemplate].get(row.template_id)
            spot = (row.template_id, id(self.twins[Label].get(row.label_id)))
            # Two labels that became one are carried once.
            if template is not None and template.pk is None and spot not in carried:
                carried.add(spot)
                self._add(row)

    def _is_added(self, model: type[Model], pk: int) -> bool:
        return self.twins[model][pk].pk is None

    def _leave(self, name: str, why: str) -> None:
        self.result.left.append(LeftOut(name, why))

    def _leave_broken_limits(self) -> None:
        """Limits that more is in than they allow are not set, as nobody could set them by hand."""
        limited = [column for column in self.result.added[Column] if column.wip_limit is not None]
        lanes = self.result.added[LaneLimit]
        kinds = sorted({Grouping.NONE.value for _each in limited} | {each.by for each in lanes})
        target = self.result.target
        loads = {by: load_by_status(actor=self.actor, project=target, by=by) for by in kinds}
        shown: dict[int, list[Any]] = defaultdict(list)
        for place in self.result.added[ColumnStatus]:
            shown[id(place.column)].append(place.status)
            shown[id(place.board)].append(place.status)
        for column in limited:
            inside = _most(loads[Grouping.NONE], shown[id(column)], column.wip_unit)
            if inside > column.wip_limit:
                column.wip_limit = None
                self._leave(names([column])[0], _("Its limit is below what is in it here, so it has none."))
        for limit in list(lanes):
            working = [each for each in shown[id(limit.board)] if each.category == Status.Category.IN_PROGRESS]
            if _most(loads[limit.by], working, limit.unit, limit.priority) > limit.at:
                lanes.remove(limit)
                name = _("%(board)s: limit by %(what)s") % {"board": limit.board.name, "what": limit.get_by_display()}
                self._leave(name, _("More is in work here than it allows."))


def _by_name(rows: Iterable[Any]) -> dict[str, Any]:
    """Rows by their very name, and where nobody else has it by its small letters."""
    found: dict[str, Any] = {}
    for row in rows:
        found.setdefault(row.name.casefold(), row)
    return found | {row.name: row for row in rows}


def _says(way: Transition) -> list[Any]:
    """All that a transition says. A label that is not stored yet is none that another one adds."""
    is_new = way.adds_label_id is None and Transition.adds_label.is_cached(way) and way.adds_label is not None
    return [is_new, *(getattr(way, each.attname) for each in PART_OF[Transition].fields)]


def _most(
    loads: Sequence[tuple[int, Spot, int, Decimal]], statuses: Iterable[Any], unit: str, lane: int | None = None
) -> Decimal:
    """How much is in these statuses, where it is most."""
    ids = {each.pk for each in statuses}
    sums: dict[Spot, Decimal] = defaultdict(Decimal)
    for status_id, spot, issues, points in loads:
        if status_id in ids and lane in {None, spot.value}:
            sums[spot] += points if unit == Column.LimitUnit.POINTS else issues
    return max(sums.values(), default=Decimal(0))
