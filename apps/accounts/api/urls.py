"""Addresses for scripts that sign in with a password."""

from django.urls import path

from apps.accounts.api import views

urlpatterns = [
    path("login", views.LoginView.as_view(), name="login"),
    path("refresh", views.RefreshView.as_view(), name="refresh"),
    path("logout", views.LogoutView.as_view(), name="logout"),
]
