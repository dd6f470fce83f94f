"""A project, its keys, and who works in it."""

from django.conf import settings
from django.core.validators import RegexValidator
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.core.durations import WorkingTime

PROJECT_KEY = r"[A-Z][A-Z0-9]{1,9}"


class Project(models.Model):
    """A body of work with its own issues, numbered under its key (`FLOW-12`)."""

    class Template(models.TextChoices):
        SCRUM = "scrum", _("Scrum")
        KANBAN = "kanban", _("Kanban")

    class Visibility(models.TextChoices):
        ORGANIZATION = "organization", _("Everybody in the organization")
        PRIVATE = "private", _("Only people who were added")

    org = models.ForeignKey("orgs.Organization", models.CASCADE, related_name="projects")
    key = models.CharField(_("key"), max_length=10, validators=[RegexValidator(rf"^{PROJECT_KEY}\Z")])
    name = models.CharField(_("name"), max_length=80)
    description = models.TextField(_("description"), blank=True)
    lead = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    template = models.CharField(max_length=8, choices=Template.choices)
    visibility = models.CharField(max_length=12, choices=Visibility.choices, default=Visibility.ORGANIZATION)
    created_at = models.DateTimeField(default=timezone.now)
    archived_at = models.DateTimeField(null=True, blank=True)
    deleted_at = models.DateTimeField(
        null=True, blank=True, help_text="Since then it is hidden from everybody; it can be brought back for 30 days."
    )
    has_triage = models.BooleanField(
        default=False,
        db_default=False,
        help_text="What comes from outside waits until somebody of the project decides about it.",
    )
    has_time_tracking = models.BooleanField(
        default=False, db_default=False, help_text="People log how long they work on issues."
    )
    minutes_a_day = models.PositiveSmallIntegerField(
        default=480, db_default=480, help_text="What people mean who type “1d”."
    )
    days_a_week = models.PositiveSmallIntegerField(default=5, db_default=5, help_text="What people mean who type “1w”.")
    purge_began_at = models.DateTimeField(null=True, blank=True)
    look_version = models.PositiveIntegerField(
        default=1, help_text="Grows when a label, status or type is renamed: rendered cards are keyed by it."
    )

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["org", "key"], name="project_key_unique_in_organization"),
            models.CheckConstraint(condition=models.Q(key__regex=rf"^{PROJECT_KEY}$"), name="project_key_is_plain"),
            models.CheckConstraint(
                condition=models.Q(minutes_a_day__gte=1, minutes_a_day__lte=1440), name="working_day_is_within_a_day"
            ),
            models.CheckConstraint(
                condition=models.Q(days_a_week__gte=1, days_a_week__lte=7), name="working_week_is_within_a_week"
            ),
        )

    def __str__(self) -> str:
        return f"{self.key} {self.name}"

    @property
    def is_private(self) -> bool:
        """Whether only added people see it."""
        return self.visibility == self.Visibility.PRIVATE

    @property
    def working_time(self) -> WorkingTime:
        """What a day and a week of work are here."""
        return WorkingTime(self.minutes_a_day, self.days_a_week)


class FormerKey(models.Model):
    """A key that the project had. It leads on to the present one, until another project takes it."""

    org = models.ForeignKey("orgs.Organization", models.CASCADE, related_name="+")
    project = models.ForeignKey(Project, models.CASCADE, related_name="former_keys")
    key = models.CharField(max_length=10)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["project", "key"], name="former_key_once"),)
        indexes = (models.Index(fields=["org", "key"], name="former_key_of_organization"),)

    def __str__(self) -> str:
        return self.key


class ProjectMember(models.Model):
    """A role given to one person in one project, above what the organization gives everybody."""

    class Role(models.TextChoices):
        ADMIN = "admin", _("Admin")
        MEMBER = "member", _("Member")
        COMMENTER = "commenter", _("Commenter")
        VIEWER = "viewer", _("Viewer")

    org = models.ForeignKey("orgs.Organization", models.CASCADE, related_name="+")
    project = models.ForeignKey(Project, models.CASCADE, related_name="members")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    role = models.CharField(max_length=10, choices=Role.choices)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["project", "user"], name="project_member_once"),)

    def __str__(self) -> str:
        return f"{self.user_id} is {self.role} in {self.project_id}"


class ProjectStar(models.Model):
    """That somebody keeps a project among their favourites. Their own business: nobody else sees the row."""

    org = models.ForeignKey("orgs.Organization", models.CASCADE, db_index=False, related_name="+")
    project = models.ForeignKey(Project, models.CASCADE, related_name="stars")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, db_index=False, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["user", "project"], name="project_starred_once_per_person"),)

    def __str__(self) -> str:
        return f"{self.user_id} starred project {self.project_id}"
