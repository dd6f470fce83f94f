"""Archives that people asked for."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class ExportRun(models.Model):
    """One archive of a project, or of all of an organization's projects that its reader may see.

    It belongs to whoever asked for it: what is in it is what they may see, so nobody else gets it.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        RUNNING = "running", _("Being written")
        READY = "ready", _("Ready")
        FAILED = "failed", _("Stopped by a fault")

    org = models.ForeignKey("orgs.Organization", models.CASCADE, related_name="+")
    project = models.ForeignKey(
        "projects.Project",
        models.CASCADE,
        null=True,
        blank=True,
        related_name="+",
        help_text="Without one it is of the whole organization.",
    )
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    state = models.CharField(max_length=8, choices=State.choices, default=State.WAITING)
    # What is in it; who may not see one of these any more gets none of it.
    project_ids = ArrayField(models.BigIntegerField(), default=list, blank=True)
    issues_total = models.PositiveIntegerField(default=0)
    issues_done = models.PositiveIntegerField(default=0)
    key = models.CharField(max_length=120, blank=True, help_text="In the storage of attachments.")
    size = models.PositiveBigIntegerField(default=0, help_text="Bytes.")
    sha256 = models.CharField(max_length=64, blank=True)
    lost_files = models.PositiveIntegerField(default=0, help_text="Attachments whose content the storage has not.")
    fault = models.TextField(blank=True, help_text="Why it stopped, for people.")
    tries = models.PositiveSmallIntegerField(default=0, help_text="How often a worker began it.")
    created_at = models.DateTimeField(default=timezone.now)
    # A worker says now and then that it is alive; an archive without a worker is begun again by the next.
    beat_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["org", "user"],
                condition=models.Q(ended_at__isnull=True),
                name="one_archive_at_a_time_per_person",
            ),
        )

    def __str__(self) -> str:
        return f"archive {self.pk}"

    @property
    def is_at_work(self) -> bool:
        """Whether it is still to be written."""
        return self.ended_at is None

    @property
    def is_expired(self) -> bool:
        """Whether its time is over; it is deleted with the next sweep."""
        return self.expires_at is not None and self.expires_at <= timezone.now()
