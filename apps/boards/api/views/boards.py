"""A project's boards for scripts: which there are, their settings, columns, limits and quick filters."""

from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from apps.boards import selectors, services
from apps.boards.api.serializers.boards import (
    BoardDetailSerializer,
    BoardEditFields,
    BoardSerializer,
    ColumnEditFields,
    DeletedBoardSerializer,
    LaneLimitFields,
    NewBoardFields,
    NewColumnFields,
    NewQuickFilterFields,
    PlacesFields,
)
from apps.core.api import operation
from apps.issues.api.configuration.base import ConfigurationView, now
from apps.orgs.scopes import Resource

_LIMIT = ("wip_limit", "wip_unit", "wip_policy")


class BoardScopeView(ConfigurationView):
    """Base of what is read and written of a project's boards. What is on them are issues, with scopes of their own."""

    resource = Resource.BOARDS

    def to_change(self, board_id: int, *, is_deleted: bool = False) -> Any:
        """The board of the address, for those who administer the project.

        :raises Forbidden: for everybody else who sees it
        :raises NotFound: if the project has no such board
        """
        return self.found(selectors.get_board_to_change, board_id=board_id, is_deleted=is_deleted)

    def answer(self, board_id: int, status: int = 200) -> Response:
        """A board as it is now."""
        return Response(BoardDetailSerializer(self.board(board_id)).data, status)

    def board(self, board_id: int) -> Any:
        """A board of the project as a reader may see it."""
        return selectors.get_board(actor=self.actor, key=self.kwargs["project_key"], board_id=board_id)


def _limit(values: dict[str, Any]) -> services.Limit:
    """The limit of work in progress among some values, which it is taken out of."""
    names = {"wip_limit": "at", "wip_unit": "unit", "wip_policy": "policy"}
    return services.Limit(**{to: values.pop(name) for name, to in names.items() if name in values})


class BoardListView(BoardScopeView):
    """The boards of a project."""

    @operation("list_boards", answer=BoardSerializer, is_page=True)
    def get(self, request: Request, org: str, project_key: str) -> Response:
        """The boards of a project, the default one first: all at once, since it has 20 at most."""
        return self.listed(BoardSerializer, selectors.list_boards)

    @operation("create_board", body=NewBoardFields, answer=BoardDetailSerializer, status=201)
    def post(self, request: Request, org: str, project_key: str) -> Response:
        """Make another board. It begins with the columns of the default one, without their limits."""
        made = services.create_board(actor=self.actor, project=self.configurable(), **self.body)
        return self.answer(made.pk, 201)


class BoardView(BoardScopeView):
    """One board."""

    @operation("get_board", answer=BoardDetailSerializer)
    def get(self, request: Request, org: str, project_key: str, board_id: int) -> Response:
        """A board with its columns, limits and quick filters. What is in its columns are cards."""
        board = self.board(board_id)
        self.follow(board.project)
        return Response(BoardDetailSerializer(board).data)

    @operation("edit_board", body=BoardEditFields, answer=BoardDetailSerializer)
    def patch(self, request: Request, org: str, project_key: str, board_id: int) -> Response:
        """Change what a board is called and what its cards show."""
        found, values = self.to_change(board_id), self.body
        shows = values.pop("shows", None)
        if shows is not None:
            values["left_out"] = selectors.card_fields_besides(shows)
        values = now(found, "name", "left_out", "done_days", "marks_slow", "grouping", **values)
        services.edit_board(actor=self.actor, board=found, **values)
        return self.answer(board_id)


class BoardDeletionView(BoardScopeView):
    """The end of a board."""

    @operation("delete_board", status=204)
    def post(self, request: Request, org: str, project_key: str, extra_board_id: int) -> Response:
        """Delete a board; its issues stay where they are. The default one stays."""
        services.delete_board(actor=self.actor, board=self.to_change(extra_board_id))
        return Response(status=204)


class DeletedBoardListView(BoardScopeView):
    """What can be brought back."""

    @operation("list_deleted_boards", answer=DeletedBoardSerializer, is_page=True)
    def get(self, request: Request, org: str, project_key: str) -> Response:
        """The deleted boards of a project, the last one first: all at once, since they are few.

        The project's log names them to all who see it.
        """
        return self.listed(DeletedBoardSerializer, selectors.deleted_boards)


class BoardReturnView(BoardScopeView):
    """The return of a board."""

    @operation("restore_board", answer=BoardDetailSerializer)
    def post(self, request: Request, org: str, project_key: str, deleted_board_id: int) -> Response:
        """Bring a deleted board back, as it was."""
        services.restore_board(actor=self.actor, board=self.to_change(deleted_board_id, is_deleted=True))
        return self.answer(deleted_board_id)


class ColumnListView(BoardScopeView):
    """The columns of a board, which is read with them."""

    @operation("add_column", body=NewColumnFields, answer=BoardDetailSerializer, status=201)
    def post(self, request: Request, org: str, project_key: str, board_id: int) -> Response:
        """Add a column that shows these statuses; the board comes back."""
        found, values = self.to_change(board_id), self.body
        limit, statuses = _limit(values), values.pop("statuses")
        services.add_column(actor=self.actor, board=found, status_ids=statuses, limit=limit, **values)
        return self.answer(board_id, 201)


class ColumnView(BoardScopeView):
    """One column."""

    @operation("edit_column", body=ColumnEditFields, answer=BoardDetailSerializer)
    def patch(self, request: Request, org: str, project_key: str, board_id: int, column_id: int) -> Response:
        """Rename a column, let it take more or less, or move it; the board comes back."""
        actor = self.actor
        found = self.found(selectors.get_column_to_change, column_id=column_id, board_id=board_id)
        shift = self.body.pop("shift", 0)
        values = now(found, "name", *_LIMIT, **self.body)
        limit = _limit(values)
        services.edit_column(actor=actor, column=found, limit=limit, **values)
        if shift:
            services.shift_column(actor=actor, column=found, by=shift)
        return self.answer(board_id)

    @operation("remove_column", status=204)
    def delete(self, request: Request, org: str, project_key: str, board_id: int, column_id: int) -> Response:
        """Take a column away. Its issues stay in their statuses, which the board then shows nowhere."""
        found = self.found(selectors.get_column_to_change, column_id=column_id, board_id=board_id)
        services.remove_column(actor=self.actor, column=found)
        return Response(status=204)


class PlacesView(BoardScopeView):
    """Which columns show which statuses."""

    @operation("map_statuses", body=PlacesFields, answer=BoardDetailSerializer)
    def post(self, request: Request, org: str, project_key: str, board_id: int) -> Response:
        """Say which columns show which statuses; the board comes back. A column shows at least one."""
        places = {each["status"]: each["column"] for each in self.body["places"]}
        services.map_statuses(actor=self.actor, board=self.to_change(board_id), places=places)
        return self.answer(board_id)


class LaneLimitListView(BoardScopeView):
    """The limits of people and lanes of a board, which is read with them."""

    @operation("limit_lanes", body=LaneLimitFields, answer=BoardDetailSerializer)
    def post(self, request: Request, org: str, project_key: str, board_id: int) -> Response:
        """Limit what people or lanes have in work, or change that limit; the board comes back."""
        found, values = self.to_change(board_id), self.body
        services.limit_lanes(actor=self.actor, board=found, limit=_limit(values), **values)
        return self.answer(board_id)


class LaneLimitView(BoardScopeView):
    """One of them."""

    @operation("lift_lane_limit", status=204)
    def delete(self, request: Request, org: str, project_key: str, board_id: int, lane_limit_id: int) -> Response:
        """Take a limit of people or lanes away."""
        found = self.found(selectors.get_lane_limit, lane_limit_id=lane_limit_id, board_id=board_id)
        services.lift_lane_limit(actor=self.actor, lane_limit=found)
        return Response(status=204)


class QuickFilterListView(BoardScopeView):
    """The quick filters of a board, which is read with them."""

    @operation("add_quick_filter", body=NewQuickFilterFields, answer=BoardDetailSerializer, status=201)
    def post(self, request: Request, org: str, project_key: str, board_id: int) -> Response:
        """Give a board a quick filter; the board comes back."""
        found, values = self.to_change(board_id), self.body
        name, types = values.pop("name"), {f"{part}_id": values.pop(part, None) for part in ("type", "label")}
        asked = services.Asked(**types, **values)
        services.add_quick_filter(actor=self.actor, board=found, name=name, asked=asked)
        return self.answer(board_id, 201)


class QuickFilterView(BoardScopeView):
    """One of them."""

    @operation("remove_quick_filter", status=204)
    def delete(self, request: Request, org: str, project_key: str, board_id: int, quick_filter_id: int) -> Response:
        """Take a quick filter away."""
        found = self.found(selectors.get_quick_filter, quick_filter_id=quick_filter_id, board_id=board_id)
        services.remove_quick_filter(actor=self.actor, quick_filter=found)
        return Response(status=204)
