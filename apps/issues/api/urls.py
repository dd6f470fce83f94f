"""Routes of issues, under `/api/v1/orgs/{org}/`."""

from django.urls import path

from apps.issues.api.configuration import urls as configuration
from apps.issues.api.views import (
    CommentListView,
    CommentView,
    HistoryView,
    IssueDetailView,
    IssueListView,
    IssueMoveView,
    UndoView,
    WorkDetailView,
    WorkListView,
)

urlpatterns = [
    *configuration.urlpatterns,
    path("projects/<slug:project_key>/issues/", IssueListView.as_view(), name="issues"),
    path("issues/<slug:issue_key>/", IssueDetailView.as_view(), name="issue"),
    path("issues/<slug:issue_key>/move/", IssueMoveView.as_view(), name="issue_move"),
    path("issues/<slug:issue_key>/history/", HistoryView.as_view(), name="issue_history"),
    path("issues/<slug:issue_key>/undo/", UndoView.as_view(), name="issue_undo"),
    path("issues/<slug:issue_key>/comments/", CommentListView.as_view(), name="issue_comments"),
    path("issues/<slug:issue_key>/comments/<int:comment_id>/", CommentView.as_view(), name="issue_comment"),
    path("issues/<slug:issue_key>/work/", WorkListView.as_view(), name="issue_work"),
    path("issues/<slug:issue_key>/work/<int:work_id>/", WorkDetailView.as_view(), name="issue_work_entry"),
]
