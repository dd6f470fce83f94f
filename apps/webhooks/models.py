"""Webhooks, what each has to send, and what came of it."""

import uuid
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

NAME_LENGTH = 80
URL_LENGTH = 2_000


class Pause(models.TextChoices):
    """Why a webhook sends nothing."""

    NONE = "", _("Sending")
    PERSON = "person", _("Paused")
    FAILING = "failing", _("Paused: everything failed for three days")
    GONE = "gone", _("Paused: the server says that nothing is there any more")


class Webhook(models.Model):
    """An address of another server to which facts are sent: a project's, or the organization's without one.

    Its secret is derived from `nonce` and the server's key (`signing.secret_of`), so that the database alone signs
    nothing. While the secret is exchanged, what is sent is signed with the one before too.
    """

    org = models.ForeignKey("orgs.Organization", models.CASCADE, related_name="+")
    project = models.ForeignKey("projects.Project", models.CASCADE, null=True, blank=True, related_name="+")
    name = models.CharField(max_length=NAME_LENGTH)
    url = models.CharField(max_length=URL_LENGTH)
    kinds = ArrayField(models.CharField(max_length=60), default=list, blank=True, help_text="None: all.")
    project_ids = ArrayField(
        models.BigIntegerField(), default=list, blank=True, help_text="Of an organization's: none are all."
    )
    type_ids = ArrayField(
        models.BigIntegerField(), default=list, blank=True, help_text="Of a project's, about issues: none are all."
    )
    nonce = models.CharField(max_length=64)
    former_nonce = models.CharField(max_length=64, blank=True)
    former_until = models.DateTimeField(null=True, blank=True, help_text="Until then the secret before counts too.")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    begun_at = models.DateTimeField(default=timezone.now, help_text="Facts from before that are not sent.")
    pause = models.CharField(max_length=7, choices=Pause.choices, blank=True, default=Pause.NONE)
    paused_at = models.DateTimeField(null=True, blank=True)
    failing_since = models.DateTimeField(null=True, blank=True, help_text="Since then nothing has arrived.")
    deleted_at = models.DateTimeField(null=True, blank=True, help_text="What it sent goes first, bit by bit.")

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=models.Q(pause="", paused_at__isnull=True)
                | models.Q(~models.Q(pause=""), paused_at__isnull=False),
                name="webhook_pause_has_its_time",
            ),
        )

    def __str__(self) -> str:
        return f"{self.name} ({self.host})"

    @property
    def host(self) -> str:
        """Where it sends to, without the path, which may be a secret."""
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.netloc}"

    @property
    def is_paused(self) -> bool:
        """Whether it sends nothing for now."""
        return self.paused_at is not None


class Message(models.Model):
    """One fact for one webhook, as it is sent: the same bytes and the same id, however often.

    Whoever takes it raises `attempts` and commits before anything is sent, so that an attempt that kills its worker
    counts; it is theirs until `due_at`, which is `leased_until` meanwhile.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        DELIVERED = "delivered", _("Delivered")
        DEAD = "dead", _("Given up")
        DROPPED = "dropped", _("Not sent")

    org = models.ForeignKey("orgs.Organization", models.CASCADE, db_index=False, related_name="+")
    project = models.ForeignKey("projects.Project", models.CASCADE, null=True, blank=True, related_name="+")
    webhook = models.ForeignKey(Webhook, models.CASCADE, db_index=False, related_name="messages")
    # The log outlives nothing that it tells of; a message without a fact is a test.
    event = models.ForeignKey(
        "events.Event", models.DO_NOTHING, null=True, blank=True, db_constraint=False, db_index=False, related_name="+"
    )
    key = models.UUIDField(default=uuid.uuid4, unique=True, help_text="The webhook-id that receivers tell it by.")
    kind = models.CharField(max_length=60)
    body = models.TextField()
    state = models.CharField(max_length=9, choices=State.choices, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField(default=timezone.now)
    queued_at = models.DateTimeField(default=timezone.now, help_text="Since then, or a redelivery, it is to be sent.")
    due_at = models.DateTimeField(default=timezone.now, help_text="Not before; while it is being sent, its end.")
    leased_until = models.DateTimeField(null=True, blank=True)
    settled_at = models.DateTimeField(null=True, blank=True)
    last_error = models.TextField(blank=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["webhook", "event"], name="fact_sent_once_per_webhook"),)
        indexes = (
            models.Index(fields=["webhook", "due_at", "id"], condition=models.Q(state="waiting"), name="message_due"),
            models.Index(fields=["org", "due_at"], condition=models.Q(state="waiting"), name="message_due_of_org"),
            models.Index(fields=["webhook", "-id"], name="message_of_webhook"),
            models.Index(fields=["org", "created_at"], name="message_by_age"),
            models.Index(fields=["id"], condition=models.Q(state="dead"), name="message_dead"),
        )

    def __str__(self) -> str:
        return f"{self.kind} for webhook {self.webhook_id}: {self.state}"

    @property
    def webhook_key(self) -> str:
        """What receivers tell it by."""
        return f"msg_{self.key.hex}"

    @property
    def is_test(self) -> bool:
        """Whether somebody sent it to see what happens."""
        return self.event_id is None


class Attempt(models.Model):
    """One try to send a message, and what was answered."""

    org = models.ForeignKey("orgs.Organization", models.CASCADE, db_index=False, related_name="+")
    project = models.ForeignKey("projects.Project", models.CASCADE, null=True, blank=True, related_name="+")
    message = models.ForeignKey(Message, models.CASCADE, related_name="tries")
    at = models.DateTimeField()
    seconds = models.FloatField(default=0)
    status = models.PositiveSmallIntegerField(null=True, blank=True, help_text="Of the answer, if there was one.")
    answer = models.TextField(blank=True, help_text="Its beginning.")
    error = models.TextField(blank=True, help_text="Why it does not count as delivered.")

    def __str__(self) -> str:
        return f"{self.status or 'no answer'} at {self.at:%Y-%m-%d %H:%M}"

    @property
    def is_delivered(self) -> bool:
        """Whether it arrived."""
        return not self.error


class Reading(models.Model):
    """Up to where a stream of facts was read for webhooks."""

    stream = models.OneToOneField("events.Stream", models.CASCADE, related_name="+")
    org = models.ForeignKey("orgs.Organization", models.CASCADE, db_index=False, related_name="+")
    project = models.ForeignKey("projects.Project", models.CASCADE, null=True, blank=True, related_name="+")
    seq = models.BigIntegerField()

    def __str__(self) -> str:
        return f"stream {self.stream_id} read up to {self.seq}"
