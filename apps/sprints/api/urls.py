"""Routes of sprints, under `/api/v1/orgs/{org}/`."""

from django.urls import path

from apps.sprints.api import views

_SPRINTS = "projects/<slug:project_key>/sprints/"

urlpatterns = [
    path(_SPRINTS, views.SprintListView.as_view(), name="sprints"),
    path(_SPRINTS + "plan/", views.PlanView.as_view(), name="sprints_plan"),
    path(_SPRINTS + "<int:sprint_id>/", views.SprintView.as_view(), name="sprint"),
    path(_SPRINTS + "velocity/", views.VelocityView.as_view(), name="sprints_velocity"),
    path(_SPRINTS + "cadence/", views.CadenceView.as_view(), name="sprints_cadence"),
    path(_SPRINTS + "<int:sprint_id>/capacity/", views.CapacityView.as_view(), name="sprint_capacity"),
    path("calendar-links/", views.CalendarLinkListView.as_view(), name="calendar_links"),
    path("calendar-links/<int:calendar_link_id>/", views.CalendarLinkView.as_view(), name="calendar_link"),
    path(_SPRINTS + "<int:sprint_id>/report/", views.ReportView.as_view(), name="sprint_report"),
]
