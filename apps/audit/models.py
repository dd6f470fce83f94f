"""The audit trail: django-auditlog's entry, made part of the tenancy and append-only."""

from auditlog.models import AbstractLogEntry
from django.conf import settings
from django.db import models


class LogEntry(AbstractLogEntry):
    """Who did what to which object, when, from where and why.

    The application role may insert rows and read its organization's; it can neither change nor delete any. There are
    no constraints towards people, organizations and content types, since deleting one must never rewrite history.
    """

    content_type = models.ForeignKey(
        "contenttypes.ContentType", models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+"
    )
    object_pk = models.CharField(max_length=255)
    object_id = models.BigIntegerField(blank=True, null=True)
    action = models.PositiveSmallIntegerField(choices=AbstractLogEntry.Action.choices)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.DO_NOTHING, null=True, blank=True, db_constraint=False, related_name="+"
    )
    org = models.ForeignKey(
        "orgs.Organization", models.DO_NOTHING, null=True, blank=True, db_constraint=False, related_name="+"
    )
    project = models.ForeignKey(
        "projects.Project", models.DO_NOTHING, null=True, blank=True, db_constraint=False, related_name="+"
    )
    event_kind = models.CharField(max_length=60, blank=True)
    reason = models.TextField(blank=True)

    class Meta(AbstractLogEntry.Meta):
        ordering = ()
        verbose_name_plural = "log entries"
        indexes = (
            models.Index(fields=["org", "-timestamp"], name="audit_of_organization"),
            models.Index(fields=["content_type", "object_id"], name="audit_of_object"),
        )

    def __str__(self) -> str:
        return f"{self.event_kind or self.get_action_display()} {self.object_repr}"
