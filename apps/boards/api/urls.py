"""Routes of boards, and of how projects get them, under `/api/v1/orgs/{org}/`."""

from django.urls import path

from apps.boards.api import copying
from apps.boards.api.views import across, across_cards, boards, cards

_PROJECT = "projects/<slug:project_key>/"
_BOARD = _PROJECT + "boards/<int:board_id>/"
_COLUMN = _BOARD + "columns/<int:column_id>/"
_ACROSS = "boards/<int:across_id>/"
_ACROSS_CARDS = _ACROSS + "columns/<int:across_column_id>/cards/"

urlpatterns = [
    path("projects/", copying.ProjectsView.as_view(), name="projects"),
    path(_PROJECT + "copy/", copying.CopyView.as_view(), name="project_copy"),
    path(_PROJECT + "copy/plan/", copying.CopyPlanView.as_view(), name="project_copy_plan"),
    path(_PROJECT + "copy/undo/", copying.CopyBackView.as_view(), name="project_copy_back"),
    path(_PROJECT + "boards/", boards.BoardListView.as_view(), name="boards"),
    path(_PROJECT + "boards/<int:extra_board_id>/delete/", boards.BoardDeletionView.as_view(), name="board_deletion"),
    path(_PROJECT + "deleted-boards/", boards.DeletedBoardListView.as_view(), name="deleted_boards"),
    path(
        _PROJECT + "deleted-boards/<int:deleted_board_id>/restore/",
        boards.BoardReturnView.as_view(),
        name="board_return",
    ),
    path(_BOARD, boards.BoardView.as_view(), name="board"),
    path(_BOARD + "totals/", cards.TotalsView.as_view(), name="board_totals"),
    path(_BOARD + "statuses/", boards.PlacesView.as_view(), name="board_statuses"),
    path(_BOARD + "columns/", boards.ColumnListView.as_view(), name="board_columns"),
    path(_COLUMN, boards.ColumnView.as_view(), name="board_column"),
    path(_COLUMN + "cards/", cards.CardListView.as_view(), name="board_cards"),
    path(_COLUMN + "cards/move/", cards.CardMoveView.as_view(), name="board_cards_move"),
    path(_BOARD + "lane-limits/", boards.LaneLimitListView.as_view(), name="board_lane_limits"),
    path(_BOARD + "lane-limits/<int:lane_limit_id>/", boards.LaneLimitView.as_view(), name="board_lane_limit"),
    path(_BOARD + "quick-filters/", boards.QuickFilterListView.as_view(), name="board_quick_filters"),
    path(_BOARD + "quick-filters/<int:quick_filter_id>/", boards.QuickFilterView.as_view(), name="board_quick_filter"),
    path("boards/", across.AcrossListView.as_view(), name="across_boards"),
    path("deleted-boards/", across.DeletedAcrossListView.as_view(), name="across_deleted"),
    path("deleted-boards/<int:deleted_across_id>/restore/", across.AcrossReturnView.as_view(), name="across_return"),
    path(_ACROSS, across.AcrossBoardView.as_view(), name="across"),
    path(_ACROSS + "totals/", across_cards.AcrossTotalsView.as_view(), name="across_totals"),
    path(_ACROSS + "quick-filters/", across.AcrossQuickFilterListView.as_view(), name="across_quick_filters"),
    path(
        _ACROSS + "quick-filters/<int:across_quick_filter_id>/",
        across.AcrossQuickFilterView.as_view(),
        name="across_quick_filter",
    ),
    path(_ACROSS_CARDS, across_cards.AcrossCardListView.as_view(), name="across_cards"),
    path(_ACROSS_CARDS + "move/", across_cards.AcrossCardMoveView.as_view(), name="across_cards_move"),
    path(_ACROSS + "cards/bulk/", across_cards.AcrossBulkView.as_view(), name="across_bulk"),
    path(_ACROSS + "cards/undo/", across_cards.AcrossUndoView.as_view(), name="across_undo"),
]
