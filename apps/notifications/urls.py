"""Addresses of the inbox, and of what reaches it."""

from django.urls import path

from apps.notifications import views

_INBOX = "<slug:org>/inbox/"

urlpatterns = [
    path("accounts/notifications/", views.my_preferences, name="notifications"),
    path(_INBOX, views.inbox, name="inbox"),
    path(_INBOX + "news/", views.news, name="inbox_news"),
    path(_INBOX + "all/", views.everything, name="inbox_all"),
    path(_INBOX + "ended/", views.ended, name="inbox_ended"),
    path(_INBOX + "<int:entry_id>/", views.entry, name="inbox_entry"),
    path(_INBOX + "preferences/", views.preferences, name="inbox_preferences"),
    path("<slug:org>/issue/<str:issue_key>/mute/", views.mute, name="issue_mute"),
]
