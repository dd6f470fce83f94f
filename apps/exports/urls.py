"""Addresses of the way out."""

from django.urls import path

from apps.exports import views

urlpatterns = [
    path("<slug:org>/<slug:project_key>/issues.csv", views.table, name="issues_csv"),
    path("<slug:org>/<slug:project_key>/settings/export/", views.of_project, name="project_export"),
    path("<slug:org>/settings/export/", views.of_organization, name="org_export"),
    path("<slug:org>/exports/<int:export_id>/", views.download, name="export_download"),
    path("<slug:org>/exports/<int:export_id>/delete/", views.remove, name="export_remove"),
]
