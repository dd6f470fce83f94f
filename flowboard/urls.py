"""Every address of the product; each app keeps its own."""

from django.urls import include, path

urlpatterns = [
    path("", include("apps.ops.urls")),
]
