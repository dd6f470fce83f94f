"""Addresses of the screens that cross domains."""

from django.urls import path

from apps.pages import views

urlpatterns = [
    path("", views.start, name="start"),
    path("gallery/", views.gallery, name="gallery"),
    path("<slug:org>/", views.home, name="home"),
]
