"""A configuration in words, as archives have it (docs/export-format.md), made into rows that are not stored.

The words may be anybody's: what cannot be is left out alone, with the sentence that a form would answer it with.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import Any

from django.db.models import Model
from django.utils.translation import gettext as _

from apps.boards.models import Board, Column, ColumnStatus, LaneLimit, QuickFilter
from apps.boards.selectors.copying import SETTINGS, LeftOut
from apps.boards.services.columns import MOST_COLUMNS, Limit
from apps.boards.services.columns import NAME_LENGTH as COLUMN_NAME_LENGTH
from apps.boards.services.common import clean_name as clean_board_name
from apps.boards.services.configuring import MOST_BOARDS, clean_cards
from apps.boards.services.configuring import NAME_LENGTH as BOARD_NAME_LENGTH
from apps.boards.services.quick_filters import MOST_QUICK_FILTERS, Asked, refuse_nonsense
from apps.boards.services.quick_filters import NAME_LENGTH as FILTER_NAME_LENGTH
from apps.core.errors import Invalid
from apps.core.texts import one_line
from apps.issues.models import Grouping, Priority
from apps.projects.models import CustomField, CustomFieldType, IssueType, Label, Project, Status, Transition
from apps.projects.selectors import TYPE_ICONS
from apps.projects.services import MOST_FIELDS, MOST_OPTIONS, MOST_STATUSES, Rules
from apps.projects.services.fields import clean_field, with_options
from apps.projects.services.labels import clean_label
from apps.projects.services.workflow import clean_hue, clean_name, clean_rules
from apps.recurring.content import Content
from apps.recurring.models import IssueTemplate, TemplateLabel
from apps.recurring.services import MOST_SUBTASKS, MOST_TEMPLATES
from apps.recurring.services.templates import set_words

from .described import Described
from .words import Words

# Nobody has so many; a document that does is not read to its end.
MOST_TYPES = 100
MOST_LABELS = 2000
_MOST_TRANSITIONS = MOST_STATUSES * (MOST_STATUSES + 1)
_MOST_LIMITS = 20
# As many as are told one by one.
MOST_LEFT = 200
_SHOWN = 60
_LEVELS = {"epic": IssueType.Level.EPIC, "standard": IssueType.Level.STANDARD, "subtask": IssueType.Level.SUBTASK}
_SIGNS = {IssueType.Level.EPIC: "zap", IssueType.Level.STANDARD: "square-check", IssueType.Level.SUBTASK: "list-tree"}
_MOST: dict[type[Model], int] = {
    IssueType: MOST_TYPES,
    Status: MOST_STATUSES,
    Label: MOST_LABELS,
    CustomField: MOST_FIELDS,
    Board: MOST_BOARDS,
    IssueTemplate: MOST_TEMPLATES,
}


def describe(words: Mapping[str, Any], *, present: Mapping[type[Model], Collection[str]] | None = None) -> Described:
    """The configuration that a document tells.

    :param words: as `project.json` of an archive; an assignee of a template is somebody's id here, or None
    :param present: names that the project has of each kind and keeps, so that it does not get more than it can have
    """
    return _Describer(words, present or {}).describe()


class _Describer:
    def __init__(self, words: Mapping[str, Any], present: Mapping[type[Model], Collection[str]]) -> None:
        self._words = words
        self._present = {model: {name.casefold() for name in names} for model, names in present.items()}
        self._more = dict.fromkeys(_MOST, 0)
        self._named: dict[type[Model], dict[str, Any]] = {model: {} for model in _MOST}
        self._ways: set[tuple[int | None, int]] = set()
        self._project = Project()
        self.found = Described()

    def describe(self) -> Described:
        for key, name, most, make in (
            ("types", _("Issue types"), MOST_TYPES, self._type),
            ("statuses", _("Statuses"), MOST_STATUSES, self._status),
            ("labels", _("Labels"), MOST_LABELS, self._label),
            ("custom_fields", _("Fields"), MOST_FIELDS, self._field),
            ("transitions", _("Transitions"), _MOST_TRANSITIONS, self._transition),
            ("boards", _("Boards"), MOST_BOARDS, self._board),
            ("issue_templates", _("Issue templates"), MOST_TEMPLATES, self._template),
        ):
            self._each(self._words.get(key), name, most, make)
        self._begin_somewhere()
        self._set()
        return self.found

    def _each(self, found: Any, kind: str, most: int, make: Callable[[Words], None], of: str = "") -> None:
        """Make the things of one list; each that cannot be is left out by itself."""
        if not isinstance(found, list):
            if found is not None:
                self._leave(kind, _("They are not as FlowBoard writes them."), of)
            return
        for each in found[:most]:
            said = each.get("name") if isinstance(each, dict) else None
            with self._telling(said if isinstance(said, str) and said.strip() else kind, of):
                make(Words(each))
        if len(found) > most:
            sentence = _("There are %(count)s; at most %(limit)s are possible.")
            self._leave(kind, sentence % {"count": len(found), "limit": most}, of)

    @contextmanager
    def _telling(self, name: str, of: str = "") -> Iterator[None]:
        try:
            yield
        except Invalid as error:
            self._leave(name, str(error.detail), of)

    def _leave(self, name: str, why: str, of: str = "") -> None:
        if len(self.found.left) < MOST_LEFT:
            self.found.left.append(LeftOut((f"{of[:_SHOWN]}: " if of else "") + name[:_SHOWN], why))

    def _add(self, model: type[Model], **values: Any) -> Any:
        """A row that is told from the others of its kind by a made-up id."""
        rows = self.found.rows[model]
        row = model(id=len(rows) + 1, **values)
        rows.append(row)
        return row

    def _add_named(self, model: type[Model], *, name: str, **values: Any) -> Any:
        """The same for what others refer to by its name.

        :raises Invalid: if there is one of this name, or the project would have more than it can
        """
        named, present = self._named[model], self._present.get(model, set())
        # Boards may share a name: nothing refers to them by it.
        if name in named and model is not Board:
            raise Invalid(_("There is already one called “%(name)s”.") % {"name": name})
        if name.casefold() not in present:
            if len(present) + self._more[model] >= _MOST[model]:
                raise Invalid(_("There is no room for it: a project has at most %(limit)s.") % {"limit": _MOST[model]})
            self._more[model] += 1
        named[name] = row = self._add(model, name=name, **values)
        return row

    def _one(self, model: type[Model], name: str) -> Any:
        """What a name stands for.

        :raises Invalid: if nothing of this kind is called so
        """
        row = self._named[model].get(one_line(name))
        if row is None:
            raise Invalid(_("It refers to “%(name)s”, which is not there.") % {"name": name[:_SHOWN]})
        return row

    def _of_name(self, model: type[Model], name: str) -> int | None:
        return self._one(model, name).pk if name else None

    # ---- the parts

    def _type(self, words: Words) -> None:
        level = _LEVELS.get(words.text("level"))
        if level is None:
            raise Invalid(_("Choose one of the offered values."), field="level")
        sign = words.text("icon")
        self._add_named(
            IssueType,
            name=clean_name(words.line("name")),
            icon=sign if sign in dict(TYPE_ICONS) else _SIGNS[level],
            hue=clean_hue(words.number("hue")) or 0,
            level=level,
            position=len(self.found.rows[IssueType]),
        )

    def _status(self, words: Words) -> None:
        category = words.text("category")
        if category not in Status.Category.values:
            raise Invalid(_("Choose one of the offered values."), field="category")
        self._add_named(
            Status,
            name=clean_name(words.line("name")),
            category=category,
            hue=clean_hue(words.number("hue")),
            position=len(self.found.rows[Status]),
            is_initial=words.is_set("is_initial"),
        )

    def _begin_somewhere(self) -> None:
        """New issues begin in one status, in which work is not over yet."""
        is_taken = False
        for status in self.found.rows[Status]:
            status.is_initial = status.is_initial and not status.is_closed and not is_taken
            is_taken = is_taken or status.is_initial

    def _label(self, words: Words) -> None:
        self._add_named(Label, name=clean_label(words.line("name")), hue=clean_hue(words.number("hue")) or 0)

    def _field(self, words: Words) -> None:
        values = clean_field(
            name=words.line("name"),
            kind=words.text("kind"),
            help_text=words.line("help_text"),
            is_required=words.is_set("is_required"),
        )
        options = words.lines("options", MOST_OPTIONS)
        types = [self._one(IssueType, name).pk for name in words.lines("types", MOST_TYPES)]
        row = self._add_named(
            CustomField,
            **values,
            on_cards=words.is_set("on_cards"),
            in_lists=words.is_set("in_lists"),
            options=with_options([], options) if values["kind"] in CustomField.OF_OPTIONS else [],
            position=len(self.found.rows[CustomField]),
        )
        for pk in dict.fromkeys(types):
            self._add(CustomFieldType, field_id=row.pk, type_id=pk)

    def _transition(self, words: Words) -> None:
        source, target = self._of_name(Status, words.line("from")), self._one(Status, words.line("to"))
        way = source, target.pk
        if source == target.pk or way in self._ways:
            raise Invalid(_("A transition leads to another status, and each way is there once."))
        label = self._one(Label, words.line("adds_label")) if words.line("adds_label") else None
        rules = clean_rules(
            self._project,
            Rules(
                allowed_parties=words.lines("allowed_parties", len(Transition.Party)),
                required_fields=words.lines("required_fields", len(Transition.Required)),
                needs_finished_subtasks=words.is_set("needs_finished_subtasks"),
                needs_no_open_blocker=words.is_set("needs_no_open_blocker"),
                sets_priority=words.number("sets_priority"),
                assigns=words.text("assigns"),
                adds_label=label,
                comment=words.text("comment"),
            ),
        )
        del rules["adds_label"]
        self._ways.add(way)
        self._add(
            Transition,
            name=clean_name(words.line("name") or target.name),
            source_id=source,
            target_id=target.pk,
            adds_label_id=label.pk if label is not None else None,
            **rules,
        )

    def _template(self, words: Words) -> None:
        issue_type = self._one(IssueType, words.line("type"))
        if issue_type.level == IssueType.Level.SUBTASK:
            raise Invalid(_("Choose one of the offered values."), field="type")
        labels = [self._one(Label, name).pk for name in words.lines("labels", MOST_LABELS)]
        assigns, assignee = words.text("assigns") or IssueTemplate.Assigns.NOBODY, words.number("assignee")
        if assigns not in IssueTemplate.Assigns.values:
            raise Invalid(_("Choose one of the offered values."), field="assigns")
        content = Content(
            name=words.line("name"),
            type=issue_type,
            title=words.line("title"),
            description=words.text("description"),
            priority=words.number("priority") or Priority.NONE,
            points=words.text("points"),
            subtasks=words.lines("subtasks", MOST_SUBTASKS),
        )
        drawn = IssueTemplate()
        set_words(drawn, content)
        if assigns == IssueTemplate.Assigns.PERSON and assignee is None:
            assigns = IssueTemplate.Assigns.NOBODY
            self._leave(drawn.name, _("Whoever it is assigned to does not work here, so it is assigned to nobody."))
        defaults = {each.type_id for each in self.found.rows[IssueTemplate] if each.is_default}
        row = self._add_named(
            IssueTemplate,
            **{name: getattr(drawn, name) for name in ("name", "title", "description", "priority", "points")},
            subtasks=drawn.subtasks,
            type_id=issue_type.pk,
            is_default=words.is_set("is_default") and issue_type.pk not in defaults,
            assigns=assigns,
            assignee_id=assignee if assigns == IssueTemplate.Assigns.PERSON else None,
            position=len(self.found.rows[IssueTemplate]),
        )
        for pk in dict.fromkeys(labels):
            self._add(TemplateLabel, template_id=row.pk, label_id=pk)

    # ---- boards

    def _board(self, words: Words) -> None:
        grouping = words.text("grouping") or Grouping.NONE
        if grouping not in Grouping.values:
            raise Invalid(_("Choose one of the offered values."), field="grouping")
        cards = clean_cards(
            words.lines("left_out", len(Board.CardField)),
            done_days=words.number("done_days"),
            marks_slow=words.is_set("marks_slow"),
        )
        name = clean_board_name(words.line("name"), most=BOARD_NAME_LENGTH)
        board = self._add_named(Board, name=name, grouping=grouping, position=len(self.found.rows[Board]), **cards)
        shown: set[int] = set()
        for key, kind, most, make in (
            ("columns", _("Columns"), MOST_COLUMNS, partial(self._column, board, shown)),
            ("lane_limits", _("Limits for people and lanes"), _MOST_LIMITS, partial(self._lane_limit, board)),
            ("quick_filters", _("Quick filters"), MOST_QUICK_FILTERS, partial(self._quick_filter, board)),
        ):
            self._each(words.raw(key), kind, most, make, name)

    def _column(self, board: Board, shown: set[int], words: Words) -> None:
        statuses = [self._one(Status, name).pk for name in words.lines("statuses", MOST_STATUSES)]
        limit = Limit(
            at=words.number("wip_limit"),
            unit=words.text("wip_unit") or Column.LimitUnit.ISSUES,
            policy=words.text("wip_policy") or Column.LimitPolicy.WARN,
        ).columns()
        column = self._add(
            Column,
            board=board,
            name=clean_board_name(words.line("name"), most=COLUMN_NAME_LENGTH),
            position=len(self.found.rows[Column]),
            **limit,
        )
        # A board shows a status once.
        for pk in dict.fromkeys(pk for pk in statuses if pk not in shown):
            self._add(ColumnStatus, board=board, column_id=column.pk, status_id=pk)
        shown.update(statuses)

    def _lane_limit(self, board: Board, words: Words) -> None:
        by, priority, at = words.text("by"), words.number("priority"), words.number("at")
        if by not in LaneLimit.KINDS or (by == Grouping.PRIORITY) != (priority in Priority.values):
            raise Invalid(_("Choose one of the offered values."), field="by")
        limit = Limit(
            at=at,
            unit=words.text("unit") or Column.LimitUnit.ISSUES,
            policy=words.text("policy") or Column.LimitPolicy.WARN,
        ).columns()
        if at is None:
            raise Invalid(_("A limit is a number from 1 to 999."), field="at")
        there = {(each.board_id, each.by, each.priority) for each in self.found.rows[LaneLimit]}
        if (board.pk, by, priority) in there:
            raise Invalid(_("These lanes have a limit already."), field="by")
        self._add(
            LaneLimit, board=board, by=by, priority=priority, at=at, unit=limit["wip_unit"], policy=limit["wip_policy"]
        )

    def _quick_filter(self, board: Board, words: Words) -> None:
        asked = Asked(
            is_mine=words.is_set("is_mine"),
            is_unassigned=words.is_set("is_unassigned"),
            least_priority=words.number("least_priority"),
            type_id=self._of_name(IssueType, words.line("type")),
            label_id=self._of_name(Label, words.line("label")),
        )
        refuse_nonsense(asked)
        self._add(
            QuickFilter,
            board=board,
            name=clean_board_name(words.line("name"), most=FILTER_NAME_LENGTH),
            is_mine=asked.is_mine,
            is_unassigned=asked.is_unassigned,
            least_priority=asked.least_priority,
            type_id=asked.type_id,
            label_id=asked.label_id,
        )

    # ---- the project itself

    def _set(self) -> None:
        """What it is set to; each thing that cannot be stays as it is."""
        settings: dict[str, Any] = {}
        with self._telling(_("Settings")):
            words = Words(dict(self._words))
            day, week = words.number("minutes_a_day") or 480, words.number("days_a_week") or 5
            if words.text("template") not in Project.Template.values or not (1 <= day <= 1440 and 1 <= week <= 7):
                raise Invalid(_("They are not as FlowBoard writes them."))
            settings = {
                "template": words.text("template"),
                "has_triage": words.is_set("has_triage"),
                "has_time_tracking": words.is_set("has_time_tracking"),
                "minutes_a_day": day,
                "days_a_week": week,
            }
        self.found.settings = {name: settings[name] for name in SETTINGS if name in settings}
