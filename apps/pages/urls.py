"""Addresses of the screens that cross domains."""

from django.urls import path

from apps.pages import setup_views, views

urlpatterns = [
    path("", views.start, name="start"),
    path("setup/<slug:secret>/", setup_views.setup, name="setup"),
    path("gallery/", views.gallery, name="gallery"),
    path("<slug:org>/", views.home, name="home"),
]
