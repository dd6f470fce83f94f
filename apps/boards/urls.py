"""Routes of the board."""

from django.urls import path

from apps.boards import creating_views, settings_views, views

urlpatterns = [
    path("<slug:org>/<slug:project_key>/board/", views.board, name="board"),
    path("<slug:org>/<slug:project_key>/board/cards/", views.board_cards, name="board_cards"),
    path("<slug:org>/<slug:project_key>/board/columns/<int:column_id>/", views.column, name="board_column"),
    path("<slug:org>/<slug:project_key>/board/totals/", views.totals, name="board_totals"),
    path("<slug:org>/<slug:project_key>/board/move/", views.move, name="board_move"),
    path("<slug:org>/<slug:project_key>/board/move-many/", views.move_many, name="board_move_many"),
    path("<slug:org>/<slug:project_key>/board/create/", views.create, name="board_create"),
    path("<slug:org>/<slug:project_key>/board/create-many/", creating_views.create_cards, name="board_create_many"),
    path("<slug:org>/<slug:project_key>/issues/new/", creating_views.new_issue, name="issue_create"),
    path("<slug:org>/<slug:project_key>/settings/board/", settings_views.settings, name="board_settings"),
    path("<slug:org>/<slug:project_key>/settings/board/<int:column_id>/", settings_views.limit, name="board_limit"),
]
