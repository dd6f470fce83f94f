"""Sprints: a stretch of time with a goal."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class Sprint(models.Model):
    """A time box of a project. Dates are pure dates: they mean the same day in every zone."""

    class State(models.TextChoices):
        PLANNED = "planned", _("Planned")
        ACTIVE = "active", _("Active")
        COMPLETED = "completed", _("Completed")

    org = models.ForeignKey("orgs.Organization", models.CASCADE, related_name="+")
    project = models.ForeignKey("projects.Project", models.CASCADE, related_name="sprints")
    name = models.CharField(max_length=80)
    goal = models.TextField(blank=True)
    state = models.CharField(max_length=10, choices=State.choices, default=State.PLANNED)
    start_date = models.DateField(null=True, blank=True)
    end_date = models.DateField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=models.Q(start_date__isnull=True)
                | models.Q(end_date__isnull=True)
                | models.Q(end_date__gte=models.F("start_date")),
                name="sprint_ends_after_it_starts",
            ),
        )

    def __str__(self) -> str:
        return self.name
