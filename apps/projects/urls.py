"""Addresses of projects and their settings."""

from django.urls import path

from apps.projects import views

_PROJECT = "<slug:org>/<slug:project_key>/settings/"

urlpatterns = [
    path("<slug:org>/<slug:project_key>/star/", views.star, name="project_star"),
    path(_PROJECT, views.settings, name="project_settings"),
    path(_PROJECT + "members/", views.member_add, name="project_member_add"),
    path(_PROJECT + "labels/", views.labels, name="project_labels"),
    path("<slug:org>/settings/projects/<int:project_id>/restore/", views.undelete, name="project_undelete"),
    path(_PROJECT + "time/", views.time_tracking, name="project_time"),
    path(_PROJECT + "key/", views.key, name="project_key"),
    path(_PROJECT + "delete/", views.delete, name="project_delete"),
    path(_PROJECT + "archive/", views.archive, name="project_archive"),
    path(_PROJECT + "restore/", views.restore, name="project_restore"),
]
