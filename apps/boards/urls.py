"""Routes of boards."""

from django.urls import URLPattern, path

from apps.boards import (
    across_card_views,
    across_settings_views,
    across_views,
    copying_views,
    creating_views,
    lane_views,
    settings_views,
    views,
)

_PROJECT = "<slug:org>/<slug:project_key>/"
_SETTINGS = _PROJECT + "settings/boards/"

_ACROSS = "<slug:org>/boards/"


def _board(rest: str, view: views.View, name: str) -> list[URLPattern]:
    """The same part of the default board, and of any other by its id."""
    return [
        path(f"{_PROJECT}board/{rest}", view, name=name),
        path(f"{_PROJECT}boards/<int:board_id>/{rest}", view, name=name),
    ]


urlpatterns = [
    *_board("", views.board, "board"),
    *_board("cards/", views.board_cards, "board_cards"),
    *_board("columns/<int:column_id>/", views.column, "board_column"),
    *_board("totals/", views.totals, "board_totals"),
    *_board("move/", views.move, "board_move"),
    *_board("move-many/", views.move_many, "board_move_many"),
    *_board("lanes/", lane_views.choose, "board_lanes"),
    *_board("lanes/fold/", lane_views.fold, "board_lane_fold"),
    *_board("create/", views.create, "board_create"),
    *_board("create-many/", creating_views.create_cards, "board_create_many"),
    path("<slug:org>/projects/new/", copying_views.create, name="project_create"),
    path(_PROJECT + "settings/copy/", copying_views.copy, name="project_copy"),
    path(_PROJECT + "settings/copy/undo/", copying_views.undo, name="project_copy_undo"),
    path(_PROJECT + "issues/new/", creating_views.new_issue, name="issue_create"),
    path(_PROJECT + "settings/board/", settings_views.settings, name="board_settings"),
    path(_SETTINGS + "new/", settings_views.board_new, name="board_new"),
    path(_SETTINGS + "<int:board_id>/", settings_views.board, name="board_settings"),
    path(_SETTINGS + "<int:extra_board_id>/delete/", settings_views.board_delete, name="board_delete"),
    path(_SETTINGS + "<int:deleted_board_id>/restore/", settings_views.board_restore, name="board_restore"),
    path(_SETTINGS + "<int:board_id>/statuses/", settings_views.statuses, name="board_statuses"),
    path(_SETTINGS + "<int:board_id>/columns/", settings_views.column_new, name="board_column_new"),
    path(_SETTINGS + "<int:board_id>/limits/", settings_views.lane_limit, name="lane_limit"),
    path(_SETTINGS + "limits/<int:lane_limit_id>/lift/", settings_views.lane_limit_lift, name="lane_limit_lift"),
    path(_SETTINGS + "<int:board_id>/filters/", settings_views.quick_new, name="quick_filter_new"),
    path(_SETTINGS + "filters/<int:quick_filter_id>/remove/", settings_views.quick_remove, name="quick_filter_remove"),
    path(_SETTINGS + "columns/<int:column_id>/", settings_views.column, name="board_column_edit"),
    path(_SETTINGS + "columns/<int:column_id>/shift/", settings_views.column_shift, name="board_column_shift"),
    path(_SETTINGS + "columns/<int:column_id>/remove/", settings_views.column_remove, name="board_column_remove"),
    path(_ACROSS, across_views.boards, name="across_boards"),
    path(_ACROSS + "new/", across_settings_views.new, name="across_new"),
    path(_ACROSS + "<int:deleted_across_id>/restore/", across_settings_views.restore, name="across_restore"),
    path(_ACROSS + "<int:across_id>/", across_views.board, name="across"),
    path(_ACROSS + "<int:across_id>/cards/", across_views.cards, name="across_cards"),
    path(_ACROSS + "<int:across_id>/columns/<int:across_column_id>/", across_views.column, name="across_column"),
    path(_ACROSS + "<int:across_id>/totals/", across_views.totals, name="across_totals"),
    path(_ACROSS + "<int:across_id>/move/", across_card_views.move, name="across_move"),
    path(_ACROSS + "<int:across_id>/move-many/", across_card_views.move_many, name="across_move_many"),
    path(_ACROSS + "<int:across_id>/lanes/", lane_views.choose_across, name="across_lanes"),
    path(_ACROSS + "<int:across_id>/lanes/fold/", lane_views.fold_across, name="across_lane_fold"),
    path(_ACROSS + "<int:across_id>/bulk/", across_card_views.bulk, name="across_bulk"),
    path(_ACROSS + "<int:across_id>/bulk/undo/", across_card_views.take_back, name="across_take_back"),
    path(_ACROSS + "<int:across_id>/create/", across_card_views.create, name="across_create"),
    path(_ACROSS + "<int:across_id>/create-many/", across_card_views.create_many, name="across_create_many"),
    path(_ACROSS + "<int:across_id>/ways/<str:issue_key>/", across_views.ways, name="across_ways"),
    path(_ACROSS + "<int:across_id>/settings/", across_settings_views.settings, name="across_settings"),
    path(
        _ACROSS + "<int:across_id>/settings/filters/", across_settings_views.quick_new, name="across_quick_filter_new"
    ),
    path(
        _ACROSS + "<int:across_id>/settings/filters/<int:across_quick_filter_id>/remove/",
        across_settings_views.quick_remove,
        name="across_quick_filter_remove",
    ),
    path(_ACROSS + "<int:across_id>/delete/", across_settings_views.delete, name="across_delete"),
]
