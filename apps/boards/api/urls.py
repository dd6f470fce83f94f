"""Routes of boards, and of how projects get them, under `/api/v1/orgs/{org}/`."""

from django.urls import path

from apps.boards.api import copying

urlpatterns = [
    path("projects/", copying.ProjectsView.as_view(), name="projects"),
    path("projects/<slug:project_key>/copy/", copying.CopyView.as_view(), name="project_copy"),
    path("projects/<slug:project_key>/copy/plan/", copying.CopyPlanView.as_view(), name="project_copy_plan"),
    path("projects/<slug:project_key>/copy/undo/", copying.CopyBackView.as_view(), name="project_copy_back"),
]
