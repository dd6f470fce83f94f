"""Routes of the way out, under `/api/v1/orgs/{org}/`."""

from django.urls import path

from apps.exports.api import views

_EXPORT = "exports/<int:export_id>/"

urlpatterns = [
    path("projects/<slug:project_key>/issues.csv", views.TableView.as_view(), name="issues_csv"),
    path("exports/", views.ArchiveListView.as_view(), name="exports"),
    path(_EXPORT, views.ArchiveView.as_view(), name="export"),
    path(_EXPORT + "content/", views.ArchiveContentView.as_view(), name="export_content"),
]
