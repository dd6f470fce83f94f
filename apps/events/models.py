"""The fact log: streams with their counters, what happened in them, and what still has to react to it."""

from django.conf import settings
from django.db import models
from django.utils import timezone


class Stream(models.Model):
    """An ordered log: a project's, the organization's own, or one person's within the organization.

    Only the counter changes, by `UPDATE … RETURNING`, immediately before a commit: a gap or a reversal cannot happen.
    """

    class Kind(models.TextChoices):
        PROJECT = "project"
        ORGANIZATION = "organization"
        PERSON = "person"

    org = models.ForeignKey("orgs.Organization", models.CASCADE, related_name="+")
    kind = models.CharField(max_length=12, choices=Kind.choices)
    project = models.OneToOneField("projects.Project", models.CASCADE, null=True, blank=True, related_name="stream")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, null=True, blank=True, related_name="+")
    seq = models.BigIntegerField(default=0)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["org"], condition=models.Q(kind="organization"), name="organization_has_one_stream"
            ),
            models.UniqueConstraint(
                fields=["org", "user"], condition=models.Q(kind="person"), name="person_has_one_stream"
            ),
            models.CheckConstraint(
                condition=(
                    models.Q(kind="project", project__isnull=False, user__isnull=True)
                    | models.Q(kind="organization", project__isnull=True, user__isnull=True)
                    | models.Q(kind="person", project__isnull=True, user__isnull=False)
                ),
                name="stream_belongs_to_what_its_kind_says",
            ),
        )

    def __str__(self) -> str:
        return f"{self.kind} stream {self.pk} at {self.seq}"


class Event(models.Model):
    """One fact: what happened, to what, by whom, when and why. Rows are never changed or deleted."""

    org = models.ForeignKey("orgs.Organization", models.DO_NOTHING, related_name="+")
    stream = models.ForeignKey(Stream, models.DO_NOTHING, related_name="events")
    seq = models.BigIntegerField()
    kind = models.CharField(max_length=60)
    project = models.ForeignKey("projects.Project", models.DO_NOTHING, null=True, db_index=False, related_name="+")
    # No database constraint: the log outlives what it speaks of.
    issue = models.ForeignKey(
        "issues.Issue", models.DO_NOTHING, null=True, db_constraint=False, db_index=False, related_name="events"
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.DO_NOTHING, null=True, db_constraint=False, db_index=False, related_name="+"
    )
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.DO_NOTHING, null=True, db_constraint=False, db_index=False, related_name="+"
    )
    data = models.JSONField(default=dict)
    op = models.CharField(max_length=64, blank=True)
    request_id = models.CharField(max_length=64, blank=True)
    origin = models.CharField(max_length=10)
    reason = models.TextField(blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    occurred_at = models.DateTimeField(default=timezone.now, help_text="When it truly happened; imports know better.")

    class Meta:
        constraints = (models.UniqueConstraint(fields=["stream", "seq"], name="event_seq_unique_in_stream"),)
        indexes = (
            models.Index(fields=["issue", "id"], name="event_of_issue"),
            # What somebody did to issues last.
            models.Index(fields=["actor", "-id"], condition=models.Q(issue__isnull=False), name="event_of_actor"),
            # What is over of what somebody had asked for, and seen: few, and counted on every page.
            models.Index(
                fields=["user", "kind", "-id"],
                # Not `in`: PostgreSQL writes that otherwise after a restore.
                condition=models.Q(kind="inbox.work_ended") | models.Q(kind="inbox.work_seen"),
                name="event_of_ended_work",
            ),
        )

    def __str__(self) -> str:
        return f"{self.kind} #{self.seq}"


class Change(models.Model):
    """One changed field of one object within a fact. History, undo and reports read these."""

    org = models.ForeignKey("orgs.Organization", models.DO_NOTHING, db_index=False, related_name="+")
    project = models.ForeignKey("projects.Project", models.DO_NOTHING, null=True, db_index=False, related_name="+")
    event = models.ForeignKey(Event, models.DO_NOTHING, related_name="changes")
    issue = models.ForeignKey(
        "issues.Issue", models.DO_NOTHING, null=True, db_constraint=False, db_index=False, related_name="changes"
    )
    field = models.CharField(max_length=60)
    old = models.JSONField(null=True)
    new = models.JSONField(null=True)

    class Meta:
        indexes = (models.Index(fields=["issue", "field", "id"], name="change_of_field"),)

    def __str__(self) -> str:
        return f"{self.field}: {self.old!r} → {self.new!r}"


class Delivery(models.Model):
    """One fact that one durable handler still has to react to, or has: the outbox.

    A claim raises `attempts` and commits before the work begins, so a handler that kills its worker is noticed.
    """

    class State(models.TextChoices):
        WAITING = "waiting"
        DONE = "done"
        DEAD = "dead"

    org = models.ForeignKey("orgs.Organization", models.CASCADE, related_name="+")
    event = models.ForeignKey(Event, models.CASCADE, related_name="deliveries")
    handler = models.CharField(max_length=120)
    state = models.CharField(max_length=8, choices=State.choices, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField(default=timezone.now, help_text="Not before; while claimed, the end of the lease.")
    last_error = models.TextField(blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    done_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name_plural = "deliveries"
        constraints = (models.UniqueConstraint(fields=["event", "handler"], name="delivery_once_per_handler"),)
        indexes = (
            models.Index(fields=["due_at"], condition=models.Q(state="waiting"), name="delivery_due"),
            models.Index(fields=["org", "state"], name="delivery_of_org"),
            # Dead letters are few, and operators look for them in all organizations at once.
            models.Index(fields=["id"], condition=models.Q(state="dead"), name="delivery_dead"),
        )

    def __str__(self) -> str:
        return f"{self.handler} for event {self.event_id}: {self.state}"
