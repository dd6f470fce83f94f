"""Addresses of projects and their settings."""

from django.urls import path

from apps.projects import field_views, views

_PROJECT = "<slug:org>/<slug:project_key>/settings/"
_FIELDS = _PROJECT + "fields/"

urlpatterns = [
    path("<slug:org>/<slug:project_key>/star/", views.star, name="project_star"),
    path(_PROJECT, views.settings, name="project_settings"),
    path(_PROJECT + "members/", views.member_add, name="project_member_add"),
    path(_PROJECT + "labels/", views.labels, name="project_labels"),
    path(_FIELDS, field_views.fields, name="fields"),
    path(_FIELDS + "new/", field_views.field_new, name="field_new"),
    path(_FIELDS + "<int:field_id>/", field_views.field, name="field"),
    path(_FIELDS + "<int:field_id>/shift/", field_views.field_shift, name="field_shift"),
    path(_FIELDS + "<int:field_id>/remove/", field_views.field_remove, name="field_remove"),
    path(_FIELDS + "<int:retired_field_id>/restore/", field_views.field_restore, name="field_restore"),
    path(_FIELDS + "<int:field_id>/options/", field_views.options_add, name="field_options"),
    path(_FIELDS + "<int:field_id>/options/<int:option_id>/", field_views.option, name="field_option"),
    path("<slug:org>/settings/projects/<int:project_id>/restore/", views.undelete, name="project_undelete"),
    path(_PROJECT + "time/", views.time_tracking, name="project_time"),
    path(_PROJECT + "key/", views.key, name="project_key"),
    path(_PROJECT + "delete/", views.delete, name="project_delete"),
    path(_PROJECT + "archive/", views.archive, name="project_archive"),
    path(_PROJECT + "restore/", views.restore, name="project_restore"),
]
