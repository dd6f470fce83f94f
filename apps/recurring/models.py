"""Issue templates, and the schedules by which issues are made from them."""

from typing import Any

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.issues.models import TITLE_LENGTH, Priority

MOST_INTERVAL = 99


class RetiringQuerySet(models.QuerySet[Any]):
    """Of things that can be brought back after they were taken away."""

    def present(self) -> "RetiringQuerySet":
        """Those that were not taken away."""
        return self.filter(retired_at__isnull=True)


class IssueTemplate(models.Model):
    """What an issue of a certain kind begins with. Title and text may hold placeholders (`apps.recurring.titles`)."""

    class Assigns(models.TextChoices):
        NOBODY = "nobody", _("Nobody")
        CREATOR = "creator", _("Whoever creates the issue")
        PERSON = "person", _("A person")

    org = models.ForeignKey("orgs.Organization", models.CASCADE, db_index=False, related_name="+")
    project = models.ForeignKey("projects.Project", models.CASCADE, related_name="issue_templates")
    name = models.CharField(max_length=60)
    position = models.PositiveSmallIntegerField()
    type = models.ForeignKey("projects.IssueType", models.PROTECT, related_name="+")
    is_default = models.BooleanField(default=False, help_text="It is filled in at once for new issues of its type.")
    title = models.CharField(max_length=TITLE_LENGTH, blank=True)
    description = models.TextField(blank=True)
    priority = models.SmallIntegerField(choices=Priority.choices, default=Priority.NONE)
    points = models.DecimalField(max_digits=6, decimal_places=2, null=True, blank=True)
    assigns = models.CharField(max_length=8, choices=Assigns.choices, default=Assigns.NOBODY)
    assignee = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, db_index=False, related_name="+"
    )
    subtasks = ArrayField(models.CharField(max_length=TITLE_LENGTH), default=list, blank=True)
    labels = models.ManyToManyField("projects.Label", through="TemplateLabel", related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    retired_at = models.DateTimeField(
        null=True, blank=True, help_text="Since then it is not offered; it can be brought back."
    )

    objects = RetiringQuerySet.as_manager()

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["project", "name"],
                condition=models.Q(retired_at__isnull=True),
                name="template_name_unique_in_project",
            ),
            models.UniqueConstraint(
                fields=["project", "type"],
                condition=models.Q(retired_at__isnull=True, is_default=True),
                name="one_default_template_of_a_type",
            ),
            models.CheckConstraint(
                condition=models.Q(points__isnull=True) | models.Q(points__gte=0), name="template_points_not_negative"
            ),
            models.CheckConstraint(
                condition=models.Q(assigns="person", assignee__isnull=False)
                | (~models.Q(assigns="person") & models.Q(assignee__isnull=True)),
                name="template_names_a_person_where_it_assigns_one",
            ),
        )

    def __str__(self) -> str:
        return self.name


class TemplateLabel(models.Model):
    """A label that issues made from a template carry."""

    org = models.ForeignKey("orgs.Organization", models.CASCADE, db_index=False, related_name="+")
    project = models.ForeignKey("projects.Project", models.CASCADE, db_index=False, related_name="+")
    template = models.ForeignKey(IssueTemplate, models.CASCADE, db_index=False, related_name="template_labels")
    label = models.ForeignKey("projects.Label", models.CASCADE, related_name="+")

    class Meta:
        constraints = (models.UniqueConstraint(fields=["template", "label"], name="label_once_in_a_template"),)

    def __str__(self) -> str:
        return f"{self.template_id}: {self.label_id}"


class Schedule(models.Model):
    """When issues are made from a template by themselves.

    `next_at` is the moment of the slot that comes next; without one nothing is to come. Who owns it creates the issues.
    """

    class Frequency(models.TextChoices):
        DAILY = "daily", _("Days")
        WEEKLY = "weekly", _("Weeks, on weekdays")
        MONTHLY = "monthly", _("Months, on a day")
        BY_WEEKDAY = "by_weekday", _("Months, on a weekday")

    class Stop(models.TextChoices):
        """Why it is paused, where nobody paused it."""

        NO_SEAT = "no_seat", _("They left the organization")
        NO_RIGHTS = "no_rights", _("They may not create issues here")

    org = models.ForeignKey("orgs.Organization", models.CASCADE, db_index=False, related_name="+")
    project = models.ForeignKey("projects.Project", models.CASCADE, related_name="schedules")
    template = models.ForeignKey(IssueTemplate, models.PROTECT, related_name="schedules")
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, db_index=False, related_name="+")
    frequency = models.CharField(max_length=10, choices=Frequency.choices)
    interval = models.PositiveSmallIntegerField(default=1)
    # 0 is Monday; of a schedule by weekday the only one.
    weekdays = ArrayField(models.PositiveSmallIntegerField(), default=list, blank=True)
    month_day = models.PositiveSmallIntegerField(null=True, blank=True)
    nth = models.SmallIntegerField(null=True, blank=True, help_text="Which such weekday of the month; -1 is the last.")
    start_date = models.DateField()
    end_date = models.DateField(null=True, blank=True)
    most = models.PositiveSmallIntegerField(null=True, blank=True, help_text="After so many issues it is over.")
    at = models.TimeField()
    time_zone = models.CharField(max_length=64)
    due_days = models.PositiveSmallIntegerField(null=True, blank=True)
    joins_sprint = models.BooleanField(default=False)
    status = models.ForeignKey(
        "projects.Status", models.SET_NULL, null=True, blank=True, db_index=False, related_name="+"
    )
    next_at = models.DateTimeField(null=True, blank=True)
    paused_at = models.DateTimeField(null=True, blank=True)
    stop = models.CharField(max_length=10, choices=Stop.choices, blank=True)
    # What refused the slot that is due, and when it is tried again.
    problem = models.TextField(blank=True)
    retry_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    retired_at = models.DateTimeField(null=True, blank=True, help_text="Since then it makes nothing.")

    objects = RetiringQuerySet.as_manager()

    class Meta:
        constraints = (
            models.CheckConstraint(
                # Said without BETWEEN, whose brackets a restored backup would not have.
                condition=models.Q(interval__gte=1, interval__lte=MOST_INTERVAL)
                & (models.Q(month_day__isnull=True) | models.Q(month_day__gte=1, month_day__lte=31))
                & (models.Q(nth__isnull=True) | models.Q(nth__gte=-1, nth__lte=4)),
                name="schedule_is_within_bounds",
            ),
            models.CheckConstraint(
                condition=models.Q(end_date__isnull=True) | models.Q(end_date__gte=models.F("start_date")),
                name="schedule_ends_after_it_starts",
            ),
            models.CheckConstraint(
                condition=models.Q(stop="") | models.Q(paused_at__isnull=False), name="stopped_schedule_is_paused"
            ),
        )
        indexes = (
            models.Index(
                fields=["next_at"],
                condition=models.Q(next_at__isnull=False, paused_at__isnull=True, retired_at__isnull=True),
                name="schedule_to_come",
            ),
        )

    def __str__(self) -> str:
        return f"{self.frequency} {self.interval}"


class Occurrence(models.Model):
    """That a slot of a schedule, named by its day, has had its issue."""

    org = models.ForeignKey("orgs.Organization", models.CASCADE, db_index=False, related_name="+")
    project = models.ForeignKey("projects.Project", models.CASCADE, db_index=False, related_name="+")
    schedule = models.ForeignKey(Schedule, models.CASCADE, db_index=False, related_name="occurrences")
    slot_date = models.DateField()
    issue = models.ForeignKey("issues.Issue", models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = (
            # However many beats run, a slot makes one issue.
            models.UniqueConstraint(fields=["schedule", "slot_date"], name="occurrence_once_per_slot"),
        )

    def __str__(self) -> str:
        return f"{self.schedule_id}: {self.slot_date}"
