"""Routes of issues, under `/api/v1/orgs/{org}/`."""

from django.urls import path

from apps.issues.api.configuration import urls as configuration
from apps.issues.api.views import files, history, issues, many, relations, talk, triage, work

_PROJECT = "projects/<slug:project_key>/"
_ISSUE = "issues/<slug:issue_key>/"
_WAITING = "issues/<slug:waiting_key>/triage/"
_COMMENT = _ISSUE + "comments/<int:comment_id>/"
_FILE = _ISSUE + "attachments/<int:attachment_id>/"

urlpatterns = [
    *configuration.urlpatterns,
    path("issues/", issues.IssuesAcrossView.as_view(), name="issues_across"),
    path(_PROJECT + "issues/", issues.IssueListView.as_view(), name="issues"),
    path(_PROJECT + "issues/bulk/", many.BulkView.as_view(), name="issues_bulk"),
    path(_PROJECT + "issues/bulk/undo/", many.BulkUndoView.as_view(), name="issues_bulk_undo"),
    path(_PROJECT + "issues/transfer/", many.TransferView.as_view(), name="issues_transfer"),
    path(_PROJECT + "issues/transfer/undo/", many.TransferUndoView.as_view(), name="issues_transfer_undo"),
    path(_PROJECT + "triage/", triage.TriageView.as_view(), name="triage"),
    path(_PROJECT + "epics/", triage.EpicListView.as_view(), name="epics"),
    path(_WAITING + "accept/", triage.AcceptView.as_view(), name="triage_accept"),
    path(_WAITING + "decline/", triage.DeclineView.as_view(), name="triage_decline"),
    path(_WAITING + "duplicate/", triage.DuplicateView.as_view(), name="triage_duplicate"),
    path(_WAITING + "snooze/", triage.SnoozeView.as_view(), name="triage_snooze"),
    path("issues/<slug:decided_key>/triage/undo/", triage.DecisionUndoView.as_view(), name="triage_undo"),
    path(_PROJECT + "batch/", many.BatchView.as_view(), name="batch"),
    path(_ISSUE, issues.IssueDetailView.as_view(), name="issue"),
    path(_ISSUE + "move/", issues.IssueMoveView.as_view(), name="issue_move"),
    path(_ISSUE + "transitions/", issues.TransitionView.as_view(), name="issue_transitions"),
    path(_ISSUE + "archive/", issues.ArchiveView.as_view(), name="issue_archive"),
    path(_ISSUE + "restore/", issues.RestoreView.as_view(), name="issue_restore"),
    path(_ISSUE + "copy/", issues.CopyView.as_view(), name="issue_copy"),
    path(_ISSUE + "children/", relations.ChildListView.as_view(), name="issue_children"),
    path(_ISSUE + "links/", relations.LinkListView.as_view(), name="issue_links"),
    path(_ISSUE + "links/<int:link_id>/", relations.LinkView.as_view(), name="issue_link"),
    path(_ISSUE + "watchers/", relations.WatcherListView.as_view(), name="issue_watchers"),
    path(_ISSUE + "watchers/me/", relations.WatchView.as_view(), name="issue_watch"),
    path(_ISSUE + "star/", relations.StarView.as_view(), name="issue_star"),
    path(_ISSUE + "attachments/", files.FileListView.as_view(), name="issue_attachments"),
    path(_FILE, files.FileView.as_view(), name="issue_attachment"),
    path(_FILE + "content/", files.FileContentView.as_view(), name="issue_attachment_content"),
    path(
        _ISSUE + "attachments/<int:removed_attachment_id>/restore/",
        files.FileRestoreView.as_view(),
        name="issue_attachment_restore",
    ),
    path(_ISSUE + "history/", history.HistoryView.as_view(), name="issue_history"),
    path(_ISSUE + "undo/", history.UndoView.as_view(), name="issue_undo"),
    path(_ISSUE + "comments/", talk.CommentListView.as_view(), name="issue_comments"),
    path(_COMMENT, talk.CommentView.as_view(), name="issue_comment"),
    path(_ISSUE + "reactions/", talk.ReactionView.as_view(), name="issue_reactions"),
    path(_ISSUE + "work/", work.WorkListView.as_view(), name="issue_work"),
    path(_ISSUE + "work/<int:work_id>/", work.WorkDetailView.as_view(), name="issue_work_entry"),
]
