"""Routes of projects, under `/api/v1/orgs/{org}/`."""

from django.urls import path

from apps.projects.api.views import ProjectEventsView, ProjectListView, ProjectView

urlpatterns = [
    path("projects/", ProjectListView.as_view(), name="projects"),
    path("projects/<slug:project_key>/", ProjectView.as_view(), name="project"),
    path("projects/<slug:project_key>/events/", ProjectEventsView.as_view(), name="project_events"),
    # Written as `events?since=12` as well; that it is the same address, the API's document need not say.
    path("projects/<slug:project_key>/events", ProjectEventsView.as_view(), name="project_events_without_slash"),
]
