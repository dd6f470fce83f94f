"""The cards of a project's boards for scripts. They are issues, so a token needs the scopes of issues."""

from functools import partial
from typing import Any, ClassVar

from django.utils.translation import gettext as _
from rest_framework.request import Request
from rest_framework.response import Response

from apps.boards import selectors, services
from apps.boards.api.serializers.cards import (
    EXPANDS,
    BoardQuery,
    CardQuery,
    CardSerializer,
    MoveCardsFields,
    NewCardsFields,
    SprintQuery,
    TotalsSerializer,
    card_rows,
    left_out,
)
from apps.core.api import operation
from apps.core.errors import NotFound
from apps.issues.api.filters import filters_of
from apps.issues.api.serializers.many import BulkSerializer, ChangedIssuesSerializer, changed_issues
from apps.issues.api.views.base import UNTOLD, name_edit, place_of
from apps.issues.selectors import Filters, Lane
from apps.orgs.api.base import OrganizationView
from apps.orgs.scopes import Resource
from apps.projects.selectors import get_project


def refuse_unknown_quick_filters(asked: frozenset[int], board: Any) -> None:
    """Refuse quick filters that the board does not have.

    :param board: a board with those quick filters that the reader may know of
    :raises NotFound: if one of them is none of its own
    """
    unknown = sorted(asked - {each.id for each in board.quick_filters})
    if unknown:
        raise NotFound(_("The board has no quick filter with the id %(id)s.") % {"id": unknown[0]}, field="quick")


def lane_named(values: Any) -> Lane | None:
    """The lane that a body or a query names, if it names one.

    :raises Invalid: if there cannot be such a lane
    """
    key = values.get("lane")
    return Lane.read(key) if key is not None else None


class CardScopeView(OrganizationView):
    """Base of what is read and written of a board's cards."""

    resource = Resource.ISSUES
    is_daily = True

    def board(self, board_id: int, *, sprint_id: int | None = None) -> Any:
        """The board of the address, showing one of its active sprints.

        :raises NotFound: if this is none of them
        """
        key = self.kwargs["project_key"]
        found = selectors.get_board(actor=self.actor, key=key, board_id=board_id, sprint_id=sprint_id)
        if sprint_id is not None and (found.sprint is None or found.sprint.id != sprint_id):
            message = _("The board shows no active sprint with the id %(id)s.")
            raise NotFound(message % {"id": sprint_id}, field="sprint")
        return found

    def asked(self, board_id: int) -> tuple[Any, Filters]:
        """The board of the address as the query asks for it, and to what it is narrowed."""
        query = dict(self.query)
        board = self.board(board_id, sprint_id=query.pop("sprint", None))
        quick = query.get("quick", frozenset())
        refuse_unknown_quick_filters(quick, board)
        board.grouping = query.get("lanes", board.usual_grouping)
        return board, filters_of(query, self.actor.user_id, quick=quick)


class CardListView(CardScopeView):
    """The cards of a column."""

    counts: ClassVar[dict[str, str]] = {"POST": "api-create"}

    @operation("list_cards", query=CardQuery, answer=CardSerializer, is_page=True, expands=EXPANDS)
    def get(self, request: Request, org: str, project_key: str, board_id: int, column_id: int) -> Response:
        """A page of the cards of a column, in their order. What was done too long ago for the board is left out.

        In a Scrum project with an active sprint they are that sprint's.
        """
        board, filters = self.asked(board_id)
        if not self.expanded and not self.query.keys() & UNTOLD:
            self.follow(board.project)
        board.left_out = left_out(self.expanded)
        if "pace" not in self.expanded:
            board.working = None
        read = partial(
            selectors.card_page,
            actor=self.actor,
            board=board,
            column_id=column_id,
            filters=filters,
            lane=lane_named(self.query),
        )
        return self.page(lambda cards, many: CardSerializer(card_rows(board, cards, self.expanded), many=many), read)

    @operation("create_cards", query=SprintQuery, body=NewCardsFields, answer=ChangedIssuesSerializer, status=201)
    def post(self, request: Request, org: str, project_key: str, board_id: int, column_id: int) -> Response:
        """Create an issue for each title at the foot of a column: all of them or none.

        In a Scrum project they are in the sprint that the board shows.
        """
        board = self.board(board_id, sprint_id=self.query.get("sprint"))
        statuses = selectors.column_statuses(
            actor=self.actor, project=board.project, board_id=board_id, column_id=column_id
        )
        rows = [{"title": title} for title in self.body["titles"]]
        made = services.create_cards(actor=self.actor, board=board, statuses=statuses, rows=rows)
        return Response({"results": changed_issues(made)}, 201)


class CardMoveView(CardScopeView):
    """The way of cards into a column."""

    @operation("move_cards", body=MoveCardsFields, answer=BulkSerializer)
    def post(self, request: Request, org: str, project_key: str, board_id: int, column_id: int) -> Response:
        """Drop cards into a column: all of them or none. For ten minutes `undo_bulk_edit` takes it back.

        Those that are in one of its statuses keep it; others get the first that the workflow offers them.
        """
        actor, values = self.actor, self.body
        project = get_project(actor=actor, key=project_key)
        statuses = selectors.column_statuses(actor=actor, project=project, board_id=board_id, column_id=column_id)
        op = name_edit()
        moved = services.move_cards(
            actor=actor,
            project=project,
            statuses=statuses,
            issue_ids=values["issues"],
            place=place_of(values),
            lane=lane_named(values),
        )
        return Response({"op": op, "results": changed_issues(moved.changed)})


class TotalsView(CardScopeView):
    """The figures of a board."""

    @operation("get_board_totals", query=BoardQuery, answer=TotalsSerializer)
    def get(self, request: Request, org: str, project_key: str, board_id: int) -> Response:
        """How many issues are in each column and lane, how many points these have, and how it stands to limits."""
        board, filters = self.asked(board_id)
        if not self.query.keys() & UNTOLD:
            self.follow(board.project)
        selectors.count(actor=self.actor, board=board, filters=filters)
        if board.has_lanes:
            selectors.name_lanes(actor=self.actor, board=board)
        return Response(TotalsSerializer(board).data)
