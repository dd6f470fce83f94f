"""Routes of the sprints."""

from django.urls import path

from apps.sprints import views

SPRINTS = "<slug:org>/<slug:project_key>/sprints/"
ONE = SPRINTS + "<int:sprint_id>/"

urlpatterns = [
    path(SPRINTS, views.sprints, name="sprints"),
    path(ONE, views.sprint, name="sprint"),
    path(ONE + "edit/", views.edit, name="sprint_edit"),
    path(ONE + "start/", views.start, name="sprint_start"),
    path(ONE + "complete/", views.complete, name="sprint_complete"),
    path(ONE + "cancel/", views.cancel, name="sprint_cancel"),
    path(ONE + "reopen/", views.reopen, name="sprint_reopen"),
    path(ONE + "issues/", views.add_issues, name="sprint_add_issues"),
    path(ONE + "issues/<int:issue_id>/remove/", views.remove_issue, name="sprint_remove_issue"),
]
