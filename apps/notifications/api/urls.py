"""Routes of the inbox, under `/api/v1/orgs/{org}/`."""

from django.urls import path

from apps.notifications.api import views

urlpatterns = [
    path("inbox/", views.InboxView.as_view(), name="inbox"),
    path("inbox/unread/", views.UnreadView.as_view(), name="inbox_unread"),
    path("inbox/<int:entry_id>/", views.InboxEntryView.as_view(), name="inbox_entry"),
]
