"""Routes of what crosses domains, under `/api/v1/orgs/{org}/`."""

from django.urls import path

from apps.pages.api import views

urlpatterns = [path("recent/", views.RecentView.as_view(), name="recent")]
