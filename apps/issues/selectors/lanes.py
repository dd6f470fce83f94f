"""In which lane of a board an issue is, and which issues a lane takes: what boards show, offer and refuse."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Case, Expression, F, Q, When
from django.utils.translation import gettext as _

from apps.core.errors import Invalid
from apps.core.tenancy import Actor
from apps.issues.models import Grouping, Issue, IssueQuerySet, Priority
from apps.projects.models import IssueType

GROUPINGS = Grouping.choices
# By what boards over several projects can be laid in lanes besides.
BY_PROJECT = "project"
LEVELS = frozenset(IssueType.Level.values)
# Beyond that, no id is one of ours.
_MOST_DIGITS = 18


@dataclass(frozen=True, slots=True)
class Lane:
    """One lane: by what its issues are grouped, and the value that they share (None: they have none)."""

    by: str
    value: int | None

    @property
    def key(self) -> str:
        """Its name in pages and addresses; it says by what it groups, so that no two are taken for each other."""
        return f"{self.by}-{'none' if self.value is None else self.value}"

    @classmethod
    def read(cls, key: str) -> "Lane":
        """The lane with this name.

        :raises Invalid: if there cannot be one
        """
        by, _dash, value = key.partition("-")
        is_number = value.isascii() and value.isdigit() and len(value) <= _MOST_DIGITS
        if by not in {*Grouping.values, BY_PROJECT} or by == Grouping.NONE or not (is_number or value == "none"):
            raise Invalid(_("There is no such lane. Reload the board."), field="lane")
        if by == Grouping.PRIORITY and not (is_number and int(value) in Priority.values):
            raise Invalid(_("There is no such lane. Reload the board."), field="lane")
        return cls(by, int(value) if is_number else None)


def lane_value(*, actor: Actor, by: str) -> Expression | F:
    """The value of an issue's lane, for a query. What the actor may not know of, or lies in the bin, groups nothing."""
    if by == Grouping.ASSIGNEE:
        return F("assignee_id")
    if by == Grouping.PRIORITY:
        return F("priority")
    if by == BY_PROJECT:
        return F("project_id")

    def seen(path: str) -> Q:
        # Its project is asked for, not its id, which a row knows of what the second wall hides.
        present = Q(**{f"{path}__project_id__isnull": False, f"{path}__deleted_at__isnull": True})
        return present & ~Q(**{f"{path}__project_id__in": actor.hidden_project_ids})

    if by == Grouping.PARENT:
        return Case(When(seen("parent"), then=F("parent_id")))
    # A sub-task is where its parent is.
    ways = ("parent", "parent__parent")
    is_epic = {path: seen(path) & Q(**{f"{path}__type__level": IssueType.Level.EPIC}) for path in ways}
    return Case(*(When(is_epic[path], then=F(f"{path}_id")) for path in ways))


def in_lane(issues: IssueQuerySet, *, actor: Actor, lane: Lane) -> IssueQuerySet:
    """Those of some issues that are in a lane."""
    values = issues.annotate(among=lane_value(actor=actor, by=lane.by))
    return values.filter(Q(among__isnull=True) if lane.value is None else Q(among=lane.value))


def lanes_of(*, actor: Actor, by: str, issue_ids: Iterable[int]) -> dict[int, Lane]:
    """The lanes of issues by their ids: one query."""
    rows = Issue.objects.filter(org_id=actor.org_id, pk__in=issue_ids).annotate(lane=lane_value(actor=actor, by=by))
    return {pk: Lane(by, value) for pk, value in rows.values_list("pk", "lane")}


def levels_taken(by: str, level: int | None) -> frozenset[int]:
    """Issues of which levels can be brought into a lane; see `levels_rule`.

    :param level: that of the issue that the lane stands for, if it does
    """
    if by == BY_PROJECT:
        return frozenset()
    if by == Grouping.EPIC:
        return frozenset({IssueType.Level.STANDARD})
    if by == Grouping.PARENT and level is not None:
        return frozenset(each for each in LEVELS if each < level)
    return LEVELS


def levels_rule(by: str) -> str:
    """Why a lane does not take every issue; empty where it does."""
    if by == Grouping.EPIC:
        return _("A sub-task goes with its parent, and an epic is in no other epic.")
    if by == Grouping.PARENT:
        return _("An epic holds issues, and an issue holds sub-tasks.")
    if by == BY_PROJECT:
        return _("Select it and choose “Move to project” to bring it into another project.")
    return ""


def values_of(*, actor: Actor, lane: Lane, issue_ids: Iterable[int]) -> dict[str, Any]:
    """What issues need to be given to be in a lane, as a bulk edit takes it: at most one query.

    :raises Invalid: for one that cannot be brought there
    """
    if lane.by in {Grouping.ASSIGNEE, Grouping.PRIORITY}:
        return {lane.by: lane.value}
    if lane.by == BY_PROJECT:
        if Issue.objects.filter(org_id=actor.org_id, pk__in=issue_ids).exclude(project=lane.value).exists():
            raise Invalid(levels_rule(lane.by), field="lane")
        return {}
    if lane.by == Grouping.EPIC:
        rows = Issue.objects.filter(org_id=actor.org_id, pk__in=issue_ids).annotate(
            lane=lane_value(actor=actor, by=lane.by)
        )
        levels = set(rows.values_list("type__level", "lane"))
        if {value for _level, value in levels} == {lane.value}:
            return {}
        if not {level for level, _value in levels} <= levels_taken(lane.by, None):
            raise Invalid(levels_rule(lane.by), field="lane")
    return {"parent": lane.value}
