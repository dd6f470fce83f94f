"""Addresses that mails of what happened lead to."""

from django.urls import path

from apps.notifications import mail_views

urlpatterns = [
    path("accounts/mail/<str:stop_token>/", mail_views.stop, name="mail_stop"),
]
