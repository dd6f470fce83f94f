"""An issue, its numbers, and how sets of issues are narrowed."""

import re
from typing import Any

from django.conf import settings
from django.contrib.postgres.expressions import ArraySubquery
from django.db import models
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

TITLE_LENGTH = 500
TEXT_LENGTH = 100_000


class Priority(models.IntegerChoices):
    """How soon. Stored as a number, so that sorting by it means something."""

    NONE = 0, _("None")
    LOW = 1, _("Low")
    MEDIUM = 2, _("Medium")
    HIGH = 3, _("High")
    URGENT = 4, _("Urgent")


class Grouping(models.TextChoices):
    """By what a board lays its issues in lanes."""

    NONE = "none", _("None")
    ASSIGNEE = "assignee", _("Assignee")
    EPIC = "epic", _("Epic")
    PRIORITY = "priority", _("Priority")
    PARENT = "parent", _("Parent")


class Decision(models.TextChoices):
    """What became of an issue in Triage, as the log says it."""

    WAITING = "waiting", _("Waiting")
    ACCEPTED = "accepted", _("Accepted")
    DECLINED = "declined", _("Declined")
    DUPLICATE = "duplicate", _("Duplicate")


class IssueQuerySet(models.QuerySet["Issue"]):
    """Filters that say what they mean."""

    def alive(self) -> "IssueQuerySet":
        """Neither deleted nor archived nor waiting in Triage: what boards and lists show."""
        return self.present().filter(triage_since__isnull=True)

    def present(self) -> "IssueQuerySet":
        """Neither deleted nor archived, decided about or not: what somebody finds again."""
        return self.filter(deleted_at__isnull=True, archived_at__isnull=True)

    def waiting(self) -> "IssueQuerySet":
        """What waits in Triage, snoozed or not."""
        return self.present().filter(triage_since__isnull=False)

    def undeleted(self) -> "IssueQuerySet":
        """Everything that is not in the bin."""
        return self.filter(deleted_at__isnull=True)

    def as_cards(self) -> "IssueQuerySet":
        """With everything a card shows, so that a page of cards costs one query.

        Labels come as ids (`label_ids`); comments and files are counted (`comment_count`, `file_count`).
        """
        from .attachment import Attachment
        from .relations import IssueLabel
        from .talk import Comment

        labels = IssueLabel.objects.filter(issue_id=models.OuterRef("pk")).values("label_id")
        comments, files = (
            kind.objects.filter(issue_id=models.OuterRef("pk"), deleted_at__isnull=True)
            .values("issue_id")
            .annotate(count=models.Count("id"))
            .values("count")
            for kind in (Comment, Attachment)
        )
        return self.select_related("type", "assignee", "status").annotate(
            label_ids=ArraySubquery(labels),
            comment_count=Coalesce(models.Subquery(comments), 0),
            file_count=Coalesce(models.Subquery(files), 0),
        )


class Issue(models.Model):
    """A piece of work.

    `rank` is a fractional index, compared byte by byte (collation C): one move writes one row. `version` grows with
    every change, so that an edit begun on older content is noticed.
    """

    org = models.ForeignKey("orgs.Organization", models.CASCADE, db_index=False, related_name="+")
    project = models.ForeignKey("projects.Project", models.CASCADE, db_index=False, related_name="issues")
    number = models.PositiveIntegerField()
    type = models.ForeignKey("projects.IssueType", models.PROTECT, db_index=False, related_name="+")
    title = models.CharField(max_length=TITLE_LENGTH)
    description = models.TextField(blank=True)
    status = models.ForeignKey("projects.Status", models.PROTECT, db_index=False, related_name="issues")
    priority = models.SmallIntegerField(choices=Priority.choices, default=Priority.NONE)
    reporter = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, db_index=False, related_name="+"
    )
    assignee = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, db_index=False, related_name="+"
    )
    parent = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="children")
    sprint = models.ForeignKey("sprints.Sprint", models.PROTECT, null=True, blank=True, related_name="issues")
    rank = models.CharField(max_length=255, db_collation="C")
    points = models.DecimalField(max_digits=6, decimal_places=2, null=True, blank=True)
    start_date = models.DateField(null=True, blank=True)
    due_date = models.DateField(null=True, blank=True)
    labels = models.ManyToManyField("projects.Label", through="IssueLabel", related_name="issues")
    fix_versions = models.ManyToManyField("projects.Version", through="IssueVersion", related_name="issues")
    # Of the project's own fields, by their ids as text; see `apps.issues.services.values` for what is stored of each.
    custom_values = models.JSONField(default=dict, blank=True)
    # In minutes (docs/adr/0038). What was spent is added up from the entries of the work log.
    time_estimate = models.PositiveIntegerField(null=True, blank=True)
    time_remaining = models.PositiveIntegerField(null=True, blank=True)
    time_spent = models.PositiveIntegerField(default=0, db_default=0)
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(default=timezone.now)
    status_changed_at = models.DateTimeField(default=timezone.now)
    resolved_at = models.DateTimeField(null=True, blank=True)
    archived_at = models.DateTimeField(null=True, blank=True)
    deleted_at = models.DateTimeField(null=True, blank=True)
    triage_since = models.DateTimeField(
        null=True, blank=True, help_text="Since then it waits in Triage; nothing once somebody has decided."
    )
    snoozed_until = models.DateField(null=True, blank=True, help_text="Until that day Triage does not show it.")

    objects = IssueQuerySet.as_manager()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["project", "number"], name="issue_number_unique_in_project"),
            models.UniqueConstraint(fields=["project", "rank"], name="issue_rank_unique_in_project"),
            models.CheckConstraint(
                condition=models.Q(points__isnull=True) | models.Q(points__gte=0), name="issue_points_not_negative"
            ),
            models.CheckConstraint(condition=~models.Q(title=""), name="issue_title_not_empty"),
            models.CheckConstraint(
                condition=models.Q(triage_since__isnull=True) | models.Q(sprint__isnull=True),
                name="issue_in_triage_is_in_no_sprint",
            ),
            models.CheckConstraint(
                condition=models.Q(snoozed_until__isnull=True) | models.Q(triage_since__isnull=False),
                name="only_triage_is_snoozed",
            ),
        )
        indexes = (
            models.Index(
                fields=["project", "status", "rank"],
                condition=models.Q(deleted_at__isnull=True, archived_at__isnull=True),
                name="issue_on_board",
            ),
            models.Index(
                fields=["project", "-updated_at", "-id"],
                condition=models.Q(deleted_at__isnull=True, archived_at__isnull=True),
                name="issue_by_update",
            ),
            models.Index(
                fields=["org", "assignee", "-updated_at"],
                condition=models.Q(deleted_at__isnull=True, archived_at__isnull=True),
                name="issue_of_assignee",
            ),
            models.Index(
                fields=["org", "reporter", "-updated_at"],
                condition=models.Q(deleted_at__isnull=True, archived_at__isnull=True),
                name="issue_of_reporter",
            ),
            models.Index(
                fields=["org", "-updated_at", "-id"],
                condition=models.Q(deleted_at__isnull=True, archived_at__isnull=True),
                name="issue_changed_lately",
            ),
            models.Index(
                fields=["project", "triage_since"],
                condition=models.Q(triage_since__isnull=False),
                name="issue_in_triage",
            ),
        )

    def __str__(self) -> str:
        return f"#{self.number} {self.title}"


_FIELD_KEY = re.compile(r"field_([1-9][0-9]{0,17})")


def field_id_of(name: str) -> int | None:
    """Of which of a project's own fields this is the name in forms, scripts and the log (`field_12`); None of none."""
    match = _FIELD_KEY.fullmatch(name)
    return int(match[1]) if match else None


def put_value(issue: Issue, field_id: int, value: Any) -> None:
    """Give an issue a value of one of its project's own fields, as it is stored; None takes it away."""
    others = {key: kept for key, kept in issue.custom_values.items() if key != str(field_id)}
    issue.custom_values = others if value is None else others | {str(field_id): value}


class FormerIssueKey(models.Model):
    """A number that an issue had in a project before it was moved to another one. It leads on; nobody else gets it."""

    org = models.ForeignKey("orgs.Organization", models.CASCADE, db_index=False, related_name="+")
    project = models.ForeignKey("projects.Project", models.CASCADE, db_index=False, related_name="+")
    number = models.PositiveIntegerField()
    issue = models.ForeignKey(Issue, models.CASCADE, related_name="former_keys")

    class Meta:
        constraints = (models.UniqueConstraint(fields=["project", "number"], name="former_number_once_in_project"),)

    def __str__(self) -> str:
        return f"{self.project_id}: {self.number}"


class IssueCounter(models.Model):
    """The last number given in a project; a narrow row of its own, changed only by `UPDATE … RETURNING`."""

    org = models.ForeignKey("orgs.Organization", models.CASCADE, db_index=False, related_name="+")
    project = models.OneToOneField("projects.Project", models.CASCADE, related_name="issue_counter")
    last_number = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.project_id}: {self.last_number}"
