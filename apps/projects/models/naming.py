"""Labels and versions, which issues name."""

from typing import Any

from django.db import models
from django.utils import timezone

from .project import Project


class RetiringQuerySet(models.QuerySet[Any]):
    """Of things that leave their names in the history when they are taken away."""

    def present(self) -> "RetiringQuerySet":
        """Those that were not taken away."""
        return self.filter(retired_at__isnull=True)


class Label(models.Model):
    """A word to find issues by."""

    org = models.ForeignKey("orgs.Organization", models.CASCADE, related_name="+")
    project = models.ForeignKey(Project, models.CASCADE, related_name="labels")
    name = models.CharField(max_length=60)
    hue = models.PositiveSmallIntegerField()
    retired_at = models.DateTimeField(
        null=True, blank=True, help_text="Since then no issue carries it; its name stays in the history."
    )

    objects = RetiringQuerySet.as_manager()

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["project", "name"],
                condition=models.Q(retired_at__isnull=True),
                name="label_unique_in_project",
            ),
        )

    def __str__(self) -> str:
        return self.name


class Version(models.Model):
    """A release of what the project makes. Issues name the versions that they come, or came, with."""

    org = models.ForeignKey("orgs.Organization", models.CASCADE, related_name="+")
    project = models.ForeignKey(Project, models.CASCADE, related_name="versions")
    name = models.CharField(max_length=60)
    description = models.TextField(blank=True)
    start_date = models.DateField(null=True, blank=True)
    release_date = models.DateField(null=True, blank=True, help_text="When it is, or was, to come out.")
    created_at = models.DateTimeField(default=timezone.now)
    released_at = models.DateTimeField(null=True, blank=True)
    archived_at = models.DateTimeField(null=True, blank=True, help_text="Since then it is not offered any more.")
    retired_at = models.DateTimeField(
        null=True, blank=True, help_text="Since then it is deleted; its name stays in the history."
    )

    objects = RetiringQuerySet.as_manager()

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["project", "name"],
                condition=models.Q(retired_at__isnull=True),
                name="version_unique_in_project",
            ),
            models.CheckConstraint(
                condition=models.Q(start_date__isnull=True)
                | models.Q(release_date__isnull=True)
                | models.Q(release_date__gte=models.F("start_date")),
                name="version_is_released_after_its_start",
            ),
        )

    def __str__(self) -> str:
        return self.name
