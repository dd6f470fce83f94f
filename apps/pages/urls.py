"""Addresses of the screens that cross domains."""

from django.urls import path

from apps.pages import api_views, server_views, setup_views, views

urlpatterns = [
    path("", views.start, name="start"),
    path("setup/<slug:secret>/", setup_views.setup, name="setup"),
    path("accounts/help/", views.help_page, name="help"),
    path("accounts/api/", api_views.reference, name="api_reference"),
    path("api/v1/schema/", api_views.schema, name="api_schema"),
    path("settings/server/", server_views.server, name="server"),
    path("settings/server/admission/", server_views.admission, name="server_admission"),
    path("settings/server/mail/", server_views.test_mail, name="server_mail"),
    path("settings/server/reset-link/", server_views.reset_link, name="server_reset_link"),
    path("settings/server/demo/", server_views.demo, name="server_demo"),
    path("settings/server/licences/", server_views.licences, name="server_licences"),
    path("gallery/", views.gallery, name="gallery"),
    path("<slug:org>/", views.home, name="home"),
    path("<slug:org>/my-issues/", views.my_issues, name="my_issues"),
    path("<slug:org>/tour/", views.tour, name="tour"),
    path("<slug:org>/projects/", views.projects, name="projects"),
]
