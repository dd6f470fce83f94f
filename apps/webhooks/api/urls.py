"""Routes of webhooks, under `/api/v1/orgs/{org}/`."""

from django.urls import path

from apps.webhooks.api import views

_WEBHOOK = "webhooks/<int:webhook_id>/"
_MESSAGE = _WEBHOOK + "messages/<int:message_id>/"

urlpatterns = [
    path("webhooks/", views.OrganizationWebhooksView.as_view(), name="webhooks"),
    path("projects/<slug:project_key>/webhooks/", views.ProjectWebhooksView.as_view(), name="project_webhooks"),
    path(_WEBHOOK, views.WebhookView.as_view(), name="webhook"),
    path(_WEBHOOK + "secret/", views.SecretView.as_view(), name="webhook_secret"),
    path(_WEBHOOK + "test/", views.TestView.as_view(), name="webhook_test"),
    path(_WEBHOOK + "messages/", views.MessageListView.as_view(), name="webhook_messages"),
    path(_MESSAGE, views.MessageView.as_view(), name="webhook_message"),
    path(_MESSAGE + "redeliver/", views.RedeliveryView.as_view(), name="webhook_redelivery"),
]
