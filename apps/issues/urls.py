"""Routes of issues."""

from django.urls import path

from apps.issues import (
    attachment_views,
    bulk_views,
    history_views,
    release_views,
    removal_views,
    talk_views,
    transfer_views,
    tree_views,
    triage_views,
    views,
    work_views,
    workflow_views,
    writing_views,
)

_TRIAGE = "<slug:org>/<slug:project_key>/triage/"
_WORKFLOW = "<slug:org>/<slug:project_key>/settings/workflow/"

_RELEASES = "<slug:org>/<slug:project_key>/releases/"
_RELEASE = _RELEASES + "<int:version_id>/"

_SETTINGS = "<slug:org>/<slug:project_key>/settings/"

urlpatterns = [
    # Who or what is taken away; beside the other settings, which apps below have.
    path("<slug:org>/members/<int:user_id>/remove/", removal_views.member_remove, name="member_remove"),
    path(
        _SETTINGS + "members/<int:user_id>/remove/", removal_views.project_member_remove, name="project_member_remove"
    ),
    path(_SETTINGS + "labels/<int:label_id>/delete/", removal_views.label_delete, name="project_label_delete"),
    path(
        _SETTINGS + "labels/<int:retired_label_id>/restore/", removal_views.label_restore, name="project_label_restore"
    ),
    path(
        _SETTINGS + "fields/<int:field_id>/options/<int:option_id>/remove/",
        removal_views.option_remove,
        name="field_option_remove",
    ),
    path(
        _SETTINGS + "fields/<int:field_id>/options/<int:retired_option_id>/restore/",
        removal_views.option_restore,
        name="field_option_restore",
    ),
    path(_RELEASES, release_views.releases, name="releases"),
    path(_RELEASE, release_views.release, name="release"),
    path(_RELEASE + "edit/", release_views.edit, name="version_edit"),
    path(_RELEASE + "release/", release_views.publish, name="version_release"),
    path(_RELEASES + "<int:released_version_id>/unrelease/", release_views.unrelease, name="version_unrelease"),
    path(_RELEASE + "archive/", release_views.archive, name="version_archive"),
    path(_RELEASE + "delete/", release_views.delete, name="version_delete"),
    path(_RELEASE + "notes.md", release_views.notes, name="release_notes"),
    path(_RELEASES + "<int:retired_version_id>/restore/", release_views.restore, name="version_restore"),
    path("<slug:org>/<slug:project_key>/issues/", views.issue_list, name="issues"),
    path("<slug:org>/<slug:project_key>/issues/rows/", views.issue_rows, name="issue_rows"),
    path("<slug:org>/<slug:project_key>/issues/delete/", views.delete_many, name="issues_delete"),
    path("<slug:org>/<slug:project_key>/issues/bulk/", bulk_views.bulk_edit, name="issues_bulk"),
    path("<slug:org>/<slug:project_key>/issues/bulk/undo/", bulk_views.take_back, name="issues_bulk_undo"),
    path("<slug:org>/<slug:project_key>/epics/", tree_views.epics, name="epics"),
    path("<slug:org>/<slug:project_key>/issues/transfer/", transfer_views.transfer, name="issues_transfer"),
    path("<slug:org>/<slug:project_key>/issues/transfer/undo/", transfer_views.undo, name="issues_transfer_undo"),
    path("<slug:org>/issue/<str:issue_key>/", views.issue_page, name="issue"),
    path("<slug:org>/issue/<str:issue_key>/edit/", views.edit, name="issue_edit"),
    path("<slug:org>/issue/<str:issue_key>/labels/", views.label_choices, name="issue_labels"),
    path("<slug:org>/issue/<str:issue_key>/comments/", views.comment, name="issue_comment"),
    path("<slug:org>/issue/<str:issue_key>/undo/", history_views.undo, name="issue_undo"),
    path(
        "<slug:org>/issue/<str:issue_key>/changes/<int:change_id>/", history_views.difference, name="issue_difference"
    ),
    path("<slug:org>/issue/<str:issue_key>/watch/", views.watch, name="issue_watch"),
    path("<slug:org>/issue/<str:issue_key>/star/", views.star, name="issue_star"),
    path("<slug:org>/issue/<str:issue_key>/seen/", views.seen, name="issue_seen"),
    path("<slug:org>/issue/<str:issue_key>/choices/", views.choices, name="issue_choices"),
    path("<slug:org>/issue/<str:issue_key>/copy/", views.copy, name="issue_copy"),
    path("<slug:org>/issue/<str:issue_key>/archive/", views.archive, name="issue_archive"),
    path("<slug:org>/issue/<str:issue_key>/delete/", views.delete, name="issue_delete"),
    path("<slug:org>/issue/<str:issue_key>/restore/", views.restore, name="issue_restore"),
    path("<slug:org>/issue/<str:issue_key>/links/", views.link, name="issue_link"),
    path("<slug:org>/issue/<str:issue_key>/links/<int:link_id>/remove/", views.unlink, name="issue_unlink"),
    path("<slug:org>/issue/<str:issue_key>/parents/", tree_views.parents, name="issue_parents"),
    path("<slug:org>/issue/<str:issue_key>/children/", tree_views.add_children, name="issue_children"),
    path("<slug:org>/issue/<str:issue_key>/work/", work_views.work_list, name="issue_work"),
    path("<slug:org>/issue/<str:issue_key>/work/log/", work_views.log, name="work_log"),
    path("<slug:org>/issue/<str:issue_key>/work/<int:work_id>/edit/", work_views.edit, name="work_edit"),
    path("<slug:org>/issue/<str:issue_key>/work/<int:work_id>/remove/", work_views.remove, name="work_remove"),
    path("<slug:org>/issue/<str:issue_key>/ways/", workflow_views.ways, name="issue_ways"),
    path("<slug:org>/comments/<int:comment_id>/edit/", views.edit_comment, name="comment_edit"),
    path("<slug:org>/comments/<int:comment_id>/delete/", views.delete_comment, name="comment_delete"),
    path("<slug:org>/comments/<int:comment_id>/reply/", talk_views.reply, name="comment_reply"),
    path("<slug:org>/comments/<int:comment_id>/resolve/", talk_views.resolve, name="comment_resolve"),
    path("<slug:org>/comments/<int:comment_id>/pin/", talk_views.pin, name="comment_pin"),
    path("<slug:org>/comments/<int:comment_id>/history/", talk_views.comment_history, name="comment_history"),
    path("<slug:org>/issue/<str:issue_key>/reactions/", talk_views.react, name="issue_react"),
    path("<slug:org>/comments/<int:comment_id>/reactions/", talk_views.react_to_comment, name="comment_react"),
    path("<slug:org>/issue/<str:issue_key>/attachments/", attachment_views.attach, name="issue_attach"),
    path("<slug:org>/files/<int:attachment_id>/", attachment_views.download, name="attachment"),
    path("<slug:org>/files/<int:attachment_id>/small/", attachment_views.thumbnail, name="attachment_small"),
    path("<slug:org>/files/<int:attachment_id>/remove/", attachment_views.remove, name="attachment_remove"),
    path("<slug:org>/files/<int:removed_attachment_id>/restore/", attachment_views.restore, name="attachment_restore"),
    path("<slug:org>/markdown/preview/", writing_views.preview, name="markdown_preview"),
    path("<slug:org>/issue/<str:issue_key>/tick/", writing_views.tick, name="issue_tick"),
    path("<slug:org>/comments/<int:comment_id>/tick/", writing_views.tick_comment, name="comment_tick"),
    path("<slug:org>/<slug:project_key>/suggestions/", writing_views.suggestions, name="suggestions"),
    path(_TRIAGE, triage_views.triage, name="triage"),
    path(_TRIAGE + "<int:number>/accept/", triage_views.accept, name="triage_accept"),
    path(_TRIAGE + "<int:number>/duplicate/", triage_views.duplicate, name="triage_duplicate"),
    path(_TRIAGE + "<int:number>/decline/", triage_views.decline, name="triage_decline"),
    path(_TRIAGE + "<int:number>/snooze/", triage_views.snooze, name="triage_snooze"),
    path(_TRIAGE + "<int:decided_number>/undo/", triage_views.undo, name="triage_undo"),
    path("<slug:org>/<slug:project_key>/settings/triage/", triage_views.switch, name="triage_switch"),
    path(_WORKFLOW, workflow_views.workflow, name="workflow"),
    path(_WORKFLOW + "statuses/new/", workflow_views.status_new, name="status_new"),
    path(_WORKFLOW + "statuses/<int:status_id>/", workflow_views.status, name="status"),
    path(_WORKFLOW + "statuses/<int:status_id>/retire/", workflow_views.status_retire, name="status_retire"),
    path(_WORKFLOW + "statuses/<int:status_id>/initial/", workflow_views.status_initial, name="status_initial"),
    path(_WORKFLOW + "statuses/<int:status_id>/shift/", workflow_views.status_shift, name="status_shift"),
    path(_WORKFLOW + "transitions/new/", workflow_views.transition_new, name="transition_new"),
    path(_WORKFLOW + "transitions/<int:transition_id>/", workflow_views.transition, name="transition"),
    path(
        _WORKFLOW + "transitions/<int:transition_id>/remove/",
        workflow_views.transition_remove,
        name="transition_remove",
    ),
    path(_WORKFLOW + "types/new/", workflow_views.type_new, name="type_new"),
    path(_WORKFLOW + "types/<int:type_id>/", workflow_views.issue_type, name="type"),
    path(_WORKFLOW + "types/<int:type_id>/retire/", workflow_views.type_retire, name="type_retire"),
]
