"""Routes of issues."""

from django.urls import path

from apps.issues import views

urlpatterns = [
    path("<slug:org>/<slug:project_key>/issues/", views.issue_list, name="issues"),
    path("<slug:org>/<slug:project_key>/issues/rows/", views.issue_rows, name="issue_rows"),
    path("<slug:org>/<slug:project_key>/issues/delete/", views.delete_many, name="issues_delete"),
    path("<slug:org>/issue/<str:issue_key>/", views.issue_page, name="issue"),
    path("<slug:org>/issue/<str:issue_key>/edit/", views.edit, name="issue_edit"),
    path("<slug:org>/issue/<str:issue_key>/labels/", views.label_choices, name="issue_labels"),
    path("<slug:org>/issue/<str:issue_key>/comments/", views.comment, name="issue_comment"),
    path("<slug:org>/issue/<str:issue_key>/watch/", views.watch, name="issue_watch"),
    path("<slug:org>/issue/<str:issue_key>/star/", views.star, name="issue_star"),
    path("<slug:org>/issue/<str:issue_key>/seen/", views.seen, name="issue_seen"),
    path("<slug:org>/issue/<str:issue_key>/choices/", views.choices, name="issue_choices"),
    path("<slug:org>/issue/<str:issue_key>/archive/", views.archive, name="issue_archive"),
    path("<slug:org>/issue/<str:issue_key>/delete/", views.delete, name="issue_delete"),
    path("<slug:org>/issue/<str:issue_key>/restore/", views.restore, name="issue_restore"),
    path("<slug:org>/comments/<int:comment_id>/edit/", views.edit_comment, name="comment_edit"),
    path("<slug:org>/comments/<int:comment_id>/delete/", views.delete_comment, name="comment_delete"),
    path("<slug:org>/markdown/preview/", views.preview, name="markdown_preview"),
]
