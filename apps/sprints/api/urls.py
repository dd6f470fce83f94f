"""Routes of sprints, under `/api/v1/orgs/{org}/`."""

from django.urls import path

from apps.sprints.api import views

_SPRINTS = "projects/<slug:project_key>/sprints/"

urlpatterns = [
    path(_SPRINTS, views.SprintListView.as_view(), name="sprints"),
    path(_SPRINTS + "plan/", views.PlanView.as_view(), name="sprints_plan"),
    path(_SPRINTS + "<int:sprint_id>/", views.SprintView.as_view(), name="sprint"),
    path(_SPRINTS + "<int:sprint_id>/report/", views.ReportView.as_view(), name="sprint_report"),
]
