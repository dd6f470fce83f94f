"""Routes of the inbox, under `/api/v1/orgs/{org}/`."""

from django.urls import path

from apps.notifications.api import views

urlpatterns = [
    path("inbox/", views.InboxView.as_view(), name="inbox"),
    path("inbox/unread/", views.UnreadView.as_view(), name="inbox_unread"),
    path("inbox/finish/", views.FinishView.as_view(), name="inbox_finish"),
    path("inbox/finish/undo/", views.FinishUndoView.as_view(), name="inbox_finish_undo"),
    path("inbox/ended/", views.EndedView.as_view(), name="inbox_ended"),
    path("inbox/choices/", views.WishesView.as_view(), name="inbox_choices"),
    path("inbox/resume-mail/", views.MailView.as_view(), name="inbox_mail"),
    path("inbox/choices/<slug:project_key>/", views.ProjectWishesView.as_view(), name="inbox_project_choices"),
    path("issues/<slug:issue_key>/mute/", views.MuteView.as_view(), name="issue_mute"),
    path("inbox/<int:entry_id>/", views.InboxEntryView.as_view(), name="inbox_entry"),
]
