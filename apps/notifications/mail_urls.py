"""Addresses that mails of what happened lead to, and of what one chooses about them."""

from django.urls import path

from apps.notifications import mail_views

urlpatterns = [
    path("accounts/mail/<str:stop_token>/", mail_views.stop, name="mail_stop"),
    path("<slug:org>/inbox/preferences/mail/", mail_views.rhythm, name="mail_rhythm"),
    path("<slug:org>/inbox/preferences/mail/resume/", mail_views.resume, name="mail_resume"),
]
