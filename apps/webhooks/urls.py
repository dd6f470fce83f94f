"""Routes of webhooks: the lists are in the settings of what they belong to, each one is below the organization."""

from django.urls import path

from apps.webhooks import views

_ALL = "<slug:org>/settings/webhooks/"
_ONE = _ALL + "<int:webhook_id>/"
_OF_PROJECT = "<slug:org>/<slug:project_key>/settings/webhooks/"

urlpatterns = [
    path(_ALL, views.of_organization, name="org_webhooks"),
    path(_ALL + "new/", views.new_of_organization, name="org_webhook_new"),
    path(_OF_PROJECT, views.of_project, name="project_webhooks"),
    path(_OF_PROJECT + "new/", views.new_of_project, name="project_webhook_new"),
    path(_ONE, views.webhook, name="webhook"),
    path(_ONE + "edit/", views.edit, name="webhook_edit"),
    path(_ONE + "test/", views.test, name="webhook_test"),
    path(_ONE + "secret/", views.rotate, name="webhook_rotate"),
    path(_ONE + "secret/end/", views.end_former, name="webhook_end_former"),
    path(_ONE + "pause/", views.pause, name="webhook_pause"),
    path(_ONE + "resume/", views.resume, name="webhook_resume"),
    path(_ONE + "delete/", views.delete, name="webhook_delete"),
    path(_ONE + "messages/<int:message_id>/", views.message, name="webhook_message"),
    path(_ONE + "messages/<int:message_id>/again/", views.redeliver, name="webhook_redeliver"),
]
