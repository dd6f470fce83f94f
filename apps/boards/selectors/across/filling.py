"""The cards and totals of a board over several projects: a constant number of queries, however many of either."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from decimal import Decimal
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import Count, Q, Sum

from apps.boards.models import Board
from apps.boards.selectors.across.limits import note_lane_limits, note_limits
from apps.boards.selectors.across.narrowing import labels_on, narrowed
from apps.boards.selectors.across.shown import AcrossColumn, AcrossFilters, AcrossView, Place
from apps.boards.selectors.lanes import first_in_cells, lay_out, name_lanes, note_figures
from apps.core.paging import Page, page_of
from apps.core.tenancy import Actor
from apps.issues.models import Issue, IssueQuerySet
from apps.issues.selectors import (
    Card,
    Lane,
    beginning_of,
    cards,
    cycle_times_of,
    fields_on_cards,
    in_lane,
    lane_value,
    visible_issues,
    with_beginning,
    with_blockers,
    with_entry,
    with_parents,
)
from apps.projects.models import Project

FIRST_CARDS = 30


def _of(actor: Actor, view: AcrossView, project: Project, filters: AcrossFilters) -> IssueQuerySet:
    """What the board shows of one project: of a Scrum project the issues of its active sprints."""
    sprints = view.sprints.get(project.pk)
    scope = Q(sprint_id__in=sprints) if sprints else Q()
    issues = visible_issues(actor=actor).alive().filter(scope, project=project)
    return issues.filter(narrowed(actor=actor, view=view, filters=filters, projects=[project]))


def _matching(actor: Actor, view: AcrossView, filters: AcrossFilters) -> IssueQuerySet:
    """What the board shows of all its projects, in whichever status."""
    free = [project.pk for project in view.projects if project.pk not in view.sprints]
    scope = [Q(project_id=project_id, sprint_id__in=found) for project_id, found in view.sprints.items()]
    condition = narrowed(actor=actor, view=view, filters=filters, projects=view.projects)
    return visible_issues(actor=actor).alive().filter(reduce(or_, scope, Q(project_id__in=free)), condition)


def _lately(view: AcrossView) -> Q:
    """What was not done too long ago for the board."""
    if view.done_since is None:
        return Q()
    return Q(resolved_at__isnull=True) | Q(resolved_at__gte=beginning_of(view.done_since))


def _first_ids(
    actor: Actor,
    view: AcrossView,
    columns: Iterable[AcrossColumn],
    *,
    filters: AcrossFilters,
    count: int,
    after: Place | None = None,
    before: Place | None = None,
    is_earlier: bool = False,
    lane: Lane | None = None,
) -> dict[int, list[int]]:
    """The ids of the first cards of columns, or of those behind or ahead of a place, by the columns' ids: one query.

    Each part of it, one status, stops at its last row of the index; what is read are places, not cards.
    """
    beyond = ~_lately(view) if is_earlier else _lately(view)
    if after is not None:
        beyond &= Q(rank__gte=after[0]) & (Q(rank__gt=after[0]) | Q(id__gt=after[1]))
    if before is not None:
        beyond &= Q(rank__lte=before[0]) & (Q(rank__lt=before[0]) | Q(id__lt=before[1]))
    order = ("rank", "id") if before is None else ("-rank", "-id")
    by_project = {project.pk: _of(actor, view, project, filters).filter(beyond) for project in view.projects}
    if lane is not None:
        by_project = {pk: in_lane(issues, actor=actor, lane=lane) for pk, issues in by_project.items()}
    column_of = {status.pk: column for column in columns for status in column.statuses}
    parts = [
        by_project[status.project_id]
        .filter(status_id=status.pk)
        .order_by(*order)
        .values_list("rank", "id", "status_id")[:count]
        for column in columns
        for status in column.statuses
    ]
    if not parts:
        return {}
    places: dict[int, list[Place]] = defaultdict(list)
    for rank, pk, status_id in parts[0].union(*parts[1:], all=True) if len(parts) > 1 else parts[0]:
        places[column_of[status_id].id].append((rank, pk))
    return {
        column_id: [pk for _rank, pk in sorted(found, reverse=before is not None)[:count]]
        for column_id, found in places.items()
    }


def _as_cards(actor: Actor, view: AcrossView, issues: IssueQuerySet) -> list[Card]:
    """Issues as cards, in the order of the board: two queries, whatever the number of projects, and one for their pace.

    What cards leave out costs nothing.
    """
    issues = issues.as_cards()
    if view.has_lanes:
        issues = issues.annotate(lane=lane_value(actor=actor, by=view.grouping))
    if Board.CardField.BLOCKED not in view.left_out:
        issues = with_blockers(actor=actor, issues=issues)
    if Board.CardField.PARENT not in view.left_out:
        issues = with_parents(actor=actor, issues=issues)
    groups = [column.status_ids for column in view.columns if len(column.status_ids) > 1]
    if groups and Board.CardField.AGE not in view.left_out:
        issues = with_entry(issues, groups=groups)
    if view.marks_slow:
        issues = with_beginning(issues, working=view.working)
        view.usual = view.usual or cycle_times_of(actor=actor, projects=view.projects, working=view.working)
    labels = labels_on(actor=actor, view=view)
    found: dict[int, list[Issue]] = defaultdict(list)
    for issue in issues:
        found[issue.project_id].append(issue)
    shown = [] if Board.CardField.FIELDS in view.left_out else fields_on_cards(projects=view.projects)
    own = {project.pk: [each for each in shown if each.project_id == project.pk] for project in view.projects}
    made = [
        card
        for project in view.projects
        for card in cards(project=project, issues=found[project.pk], labels=labels, fields=own[project.pk])
    ]
    return sorted(made, key=lambda card: (card.rank, card.id))


def fill_across(*, actor: Actor, view: AcrossView, filters: AcrossFilters) -> AcrossView:
    """True totals and the first cards of every column: as many queries for ten cards as for a thousand."""
    count_across(actor=actor, view=view, filters=filters)
    if view.has_lanes:
        name_lanes(actor=actor, board=view)
        matching = _matching(actor, view, filters).filter(_lately(view))
        lay_out(view, _as_cards(actor, view, first_in_cells(actor=actor, board=view, matching=matching)))
        return view
    ids = _first_ids(actor, view, view.columns, filters=filters, count=FIRST_CARDS)
    wanted = [pk for found in ids.values() for pk in found]
    column_of = {status.pk: column for column in view.columns for status in column.statuses}
    for card in _as_cards(actor, view, visible_issues(actor=actor).filter(pk__in=wanted)):
        column_of[card.status_id].cards.append(card)
    for column in view.columns:
        if column.total > len(column.cards) and column.cards:
            column.next_after = (column.cards[-1].rank, column.cards[-1].id)
    return view


def count_across(*, actor: Actor, view: AcrossView, filters: AcrossFilters) -> AcrossView:
    """True totals of every column, and how projects stand to their limits: three queries, and more where there are any.

    One more where columns are limited, and two for each kind of lanes that is.
    """
    note_limits(actor=actor, view=view)
    note_lane_limits(actor=actor, view=view)
    lately = _lately(view)
    column_of = {status.pk: column for column in view.columns for status in column.statuses}
    issues = _matching(actor, view, filters).filter(status_id__in=column_of)
    if view.has_lanes:
        issues = issues.annotate(lane=lane_value(actor=actor, by=view.grouping))
    rows = (
        issues.order_by()
        .values_list(*(["lane"] if view.has_lanes else []), "status_id")
        .annotate(
            every=Count("id"),
            total=Count("id", filter=lately) if lately else Count("id"),
            points_in_all=Sum("points", filter=lately) if lately else Sum("points"),
        )
    )
    for row in rows:
        status_id, every, total, points = row[-4:]
        column = column_of[status_id]
        column.total += total
        column.older += every - total
        column.points += points or 0
        if view.has_lanes:
            note_figures(view, value=row[0], column_id=column.id, total=total, points=points or Decimal(0))
    return view


def across_page(
    *,
    actor: Actor,
    view: AcrossView,
    column_id: int,
    filters: AcrossFilters,
    after: Place | None,
    is_earlier: bool = False,
    lane: Lane | None = None,
) -> AcrossColumn:
    """The next cards of a column, behind a place (None: from its beginning).

    :param is_earlier: those that were done too long ago for the board instead
    :param lane: in which lane; without it, in all of them
    :raises NotFound: if the board has no such column
    """
    column = view.column(column_id)
    page = across_card_page(
        actor=actor, view=view, column_id=column_id, filters=filters, after=after, is_earlier=is_earlier, lane=lane
    )
    column.cards = page.rows
    column.next_after = (page.next_after[0], page.next_after[1]) if page.next_after else None
    return column


def across_card_page(
    *,
    actor: Actor,
    view: AcrossView,
    column_id: int,
    filters: AcrossFilters,
    after: Sequence[Any] | None = None,
    before: Sequence[Any] | None = None,
    size: int = FIRST_CARDS,
    is_earlier: bool = False,
    lane: Lane | None = None,
) -> Page[Card]:
    """A page of the cards of a column, in their order: those behind, or ahead of, a place.

    :param is_earlier: those that were done too long ago for the board instead
    :param lane: in which lane; without it, in all of them
    :raises NotFound: if the board has no such column
    """
    column = view.column(column_id)
    if is_earlier and view.done_since is None:
        return Page([])
    ids = _first_ids(
        actor,
        view,
        [column],
        filters=filters,
        count=size + 1,
        after=(after[0], after[1]) if after is not None else None,
        before=(before[0], before[1]) if before is not None else None,
        is_earlier=is_earlier,
        lane=lane,
    ).get(column.id, [])
    shown = _as_cards(actor, view, visible_issues(actor=actor).filter(pk__in=ids[:size]))
    return page_of(shown, has_more=len(ids) > size, after=after, before=before, mark=lambda card: [card.rank, card.id])


def across_cards(*, actor: Actor, view: AcrossView, filters: AcrossFilters, ids: Collection[int]) -> list[Card]:
    """Those of some issues that are on the board now and match the filters."""
    shown = [status.pk for column in view.columns for status in column.statuses]
    issues = _matching(actor, view, filters).filter(_lately(view), pk__in=ids, status_id__in=shown)
    return _as_cards(actor, view, issues)
