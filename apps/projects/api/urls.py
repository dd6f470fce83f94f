"""Routes of projects, under `/api/v1/orgs/{org}/`. Their list, where they begin, is in `apps.boards.api`."""

from django.urls import path

from apps.projects.api import views

_PROJECT = "projects/<slug:project_key>/"

urlpatterns = [
    path(_PROJECT, views.ProjectView.as_view(), name="project"),
    path(_PROJECT + "delete/", views.ProjectDeletionView.as_view(), name="project_deletion"),
    path(_PROJECT + "star/", views.ProjectStarView.as_view(), name="project_star"),
    path("deleted-projects/", views.DeletedProjectListView.as_view(), name="deleted_projects"),
    path("deleted-projects/<int:project_id>/restore/", views.ProjectReturnView.as_view(), name="project_return"),
    path(_PROJECT + "events/", views.ProjectEventsView.as_view(), name="project_events"),
    # Written as `events?since=12` as well; that it is the same address, the API's document need not say.
    path(_PROJECT + "events", views.ProjectEventsView.as_view(), name="project_events_without_slash"),
]
