"""Routes of the sprints."""

from django.urls import path

from apps.sprints import backlog_views, calendar_views, timeline_views, views

BACKLOG = "<slug:org>/<slug:project_key>/backlog/"
TIMELINE = "<slug:org>/<slug:project_key>/timeline/"
CALENDAR = "<slug:org>/<slug:project_key>/calendar/"
SPRINTS = "<slug:org>/<slug:project_key>/sprints/"
ONE = SPRINTS + "<int:sprint_id>/"

urlpatterns = [
    path(BACKLOG, backlog_views.backlog, name="backlog"),
    path(BACKLOG + "cards/", backlog_views.rows, name="backlog_rows"),
    path(BACKLOG + "sections/<int:sprint_id>/", backlog_views.section, name="backlog_section"),
    path(BACKLOG + "totals/", backlog_views.figures, name="backlog_figures"),
    path(BACKLOG + "move/", backlog_views.move, name="backlog_move"),
    path(BACKLOG + "move-many/", backlog_views.move_many, name="backlog_move_many"),
    path(BACKLOG + "create/", backlog_views.create, name="backlog_create"),
    path(BACKLOG + "create-many/", backlog_views.create_many, name="backlog_create_many"),
    path(BACKLOG + "cells/", backlog_views.cells, name="backlog_cells"),
    path(TIMELINE, timeline_views.timeline, name="timeline"),
    path(TIMELINE + "lines/", timeline_views.lines, name="timeline_lines"),
    path(TIMELINE + "dates/", timeline_views.dates, name="timeline_dates"),
    path(CALENDAR, calendar_views.calendar_links, name="calendar_links"),
    path(CALENDAR + "<int:calendar_link_id>/revoke/", calendar_views.calendar_link_revoke, name="calendar_link_revoke"),
    path("calendars/<slug:calendar_secret>.ics", calendar_views.calendar, name="calendar"),
    path(SPRINTS, views.sprints, name="sprints"),
    path(SPRINTS + "cadence/", views.cadence, name="sprint_cadence"),
    path(ONE, views.sprint, name="sprint"),
    path(ONE + "edit/", views.edit, name="sprint_edit"),
    path(ONE + "start/", views.start, name="sprint_start"),
    path(ONE + "complete/", views.complete, name="sprint_complete"),
    path(ONE + "capacity/", views.capacity, name="sprint_capacity"),
    path(ONE + "cancel/", views.cancel, name="sprint_cancel"),
    path(ONE + "reopen/", views.reopen, name="sprint_reopen"),
    path(ONE + "issues/", views.add_issues, name="sprint_add_issues"),
    path(ONE + "issues/<int:issue_id>/remove/", views.remove_issue, name="sprint_remove_issue"),
]
