"""Routes of projects, under `/api/v1/orgs/{org}/`."""

from django.urls import path, re_path

from apps.projects.api.views import ProjectEventsView, ProjectListView, ProjectView

urlpatterns = [
    path("projects/", ProjectListView.as_view(), name="projects"),
    path("projects/<slug:project_key>/", ProjectView.as_view(), name="project"),
    # Written without a slash at the end as `events?since=12`; with one it is the same.
    re_path(r"^projects/(?P<project_key>[-\w]+)/events/?$", ProjectEventsView.as_view(), name="project_events"),
]
