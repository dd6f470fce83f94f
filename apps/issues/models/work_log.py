"""How long people worked."""

from django.conf import settings
from django.db import models
from django.utils import timezone

from .issue import Issue

NOTE_LENGTH = 500


class WorkLog(models.Model):
    """How long somebody worked on an issue, on one day."""

    org = models.ForeignKey("orgs.Organization", models.CASCADE, db_index=False, related_name="+")
    project = models.ForeignKey("projects.Project", models.CASCADE, db_index=False, related_name="+")
    issue = models.ForeignKey(Issue, models.CASCADE, db_index=False, related_name="work_logs")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, db_index=False, related_name="+")
    day = models.DateField()
    minutes = models.PositiveSmallIntegerField()
    note = models.CharField(max_length=NOTE_LENGTH, blank=True)
    taken_off = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text="How much of what remained it took; nothing where that was left or set."
    )
    created_at = models.DateTimeField(default=timezone.now)
    edited_at = models.DateTimeField(null=True, blank=True)
    deleted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = (
            models.CheckConstraint(condition=models.Q(minutes__gte=1, minutes__lte=1440), name="work_log_within_a_day"),
            models.CheckConstraint(
                condition=models.Q(taken_off__isnull=True) | models.Q(taken_off__lte=models.F("minutes")),
                name="work_log_takes_off_no_more_than_it_has",
            ),
        )
        indexes = (
            models.Index(
                fields=["issue", "-day", "-id"], condition=models.Q(deleted_at__isnull=True), name="work_log_of_issue"
            ),
            models.Index(
                fields=["org", "person", "day"], condition=models.Q(deleted_at__isnull=True), name="work_log_of_person"
            ),
        )

    def __str__(self) -> str:
        return f"{self.minutes} minutes on issue {self.issue_id}"
