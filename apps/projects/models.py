"""A project and its configuration: who works in it, of what types issues are, through which statuses they go."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
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


class IssueType(models.Model):
    """What kind of work an issue is. `level` orders them: an epic holds standard issues, these hold sub-tasks."""

    class Level(models.IntegerChoices):
        EPIC = 2, _("Epic")
        STANDARD = 1, _("Standard")
        SUBTASK = 0, _("Sub-task")

    org = models.ForeignKey("orgs.Organization", models.CASCADE, related_name="+")
    project = models.ForeignKey(Project, models.CASCADE, related_name="issue_types")
    name = models.CharField(max_length=60)
    icon = models.CharField(max_length=20)
    hue = models.PositiveSmallIntegerField()
    level = models.SmallIntegerField(choices=Level.choices, default=Level.STANDARD)
    position = models.PositiveSmallIntegerField()
    retired_at = models.DateTimeField(
        null=True, blank=True, help_text="Since then no issue has it; its name stays in the history."
    )

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["project", "name"],
                condition=models.Q(retired_at__isnull=True),
                name="issue_type_unique_in_project",
            ),
        )

    def __str__(self) -> str:
        return self.name


class Status(models.Model):
    """A step of the project's workflow. Its category, not its name, says what it means to reports."""

    class Category(models.TextChoices):
        BACKLOG = "backlog", _("Backlog")
        TODO = "todo", _("To do")
        IN_PROGRESS = "in_progress", _("In progress")
        DONE = "done", _("Done")
        CANCELLED = "cancelled", _("Cancelled")

    # The categories in which an issue is resolved.
    CLOSED = (Category.DONE, Category.CANCELLED)

    org = models.ForeignKey("orgs.Organization", models.CASCADE, related_name="+")
    project = models.ForeignKey(Project, models.CASCADE, related_name="statuses")
    name = models.CharField(max_length=60)
    category = models.CharField(max_length=12, choices=Category.choices)
    hue = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text="0 to 359; without one it has the colour of its category."
    )
    position = models.PositiveSmallIntegerField()
    is_initial = models.BooleanField(default=False, help_text="New issues begin here; one status of each project.")
    retired_at = models.DateTimeField(
        null=True, blank=True, help_text="Since then no issue is in it; its name stays in the history."
    )

    class Meta:
        verbose_name_plural = "statuses"
        constraints = (
            models.UniqueConstraint(
                fields=["project", "name"], condition=models.Q(retired_at__isnull=True), name="status_unique_in_project"
            ),
            models.UniqueConstraint(
                fields=["project"], condition=models.Q(is_initial=True), name="one_initial_status_in_project"
            ),
            models.CheckConstraint(
                condition=models.Q(is_initial=False) | models.Q(retired_at__isnull=True),
                name="initial_status_is_not_retired",
            ),
            models.CheckConstraint(
                condition=models.Q(hue__isnull=True) | models.Q(hue__lt=360), name="status_hue_is_an_angle"
            ),
        )

    def __str__(self) -> str:
        return self.name

    @property
    def is_closed(self) -> bool:
        """Whether an issue in this status is resolved."""
        return self.category in self.CLOSED


class Transition(models.Model):
    """A one-way, named edge of the workflow: to `target`, from `source` or (without one) from any status.

    *Conditions* say who may take it; *validators* what must be true of the issue; *post-functions* what happens with
    it. A project of which nobody narrowed the workflow has one edge from anywhere to each status.
    """

    class Party(models.TextChoices):
        ADMIN = "admin", _("Project admins")
        LEAD = "lead", _("The project's lead")
        ASSIGNEE = "assignee", _("The assignee")
        REPORTER = "reporter", _("The reporter")

    class Required(models.TextChoices):
        ASSIGNEE = "assignee", _("Assignee")
        POINTS = "points", _("Points")
        DUE_DATE = "due_date", _("Due date")
        START_DATE = "start_date", _("Start date")
        DESCRIPTION = "description", _("Description")
        PARENT = "parent", _("Parent")
        SPRINT = "sprint", _("Sprint")
        LABELS = "labels", _("Labels")

    class Assigns(models.TextChoices):
        NOTHING_CHANGES = "", _("Leave as it is")
        MOVER = "mover", _("Whoever moves it")
        REPORTER = "reporter", _("The reporter")
        LEAD = "lead", _("The project's lead")
        NOBODY = "nobody", _("Nobody")

    org = models.ForeignKey("orgs.Organization", models.CASCADE, related_name="+")
    project = models.ForeignKey(Project, models.CASCADE, related_name="transitions")
    name = models.CharField(max_length=60)
    source = models.ForeignKey(Status, models.CASCADE, null=True, blank=True, related_name="departures")
    target = models.ForeignKey(Status, models.CASCADE, related_name="arrivals")
    allowed_parties = ArrayField(
        models.CharField(max_length=8, choices=Party.choices),
        default=list,
        blank=True,
        help_text="Whoever is one of these may take it; with none, everybody who edits issues.",
    )
    required_fields = ArrayField(models.CharField(max_length=12, choices=Required.choices), default=list, blank=True)
    needs_finished_subtasks = models.BooleanField(default=False)
    needs_no_open_blocker = models.BooleanField(default=False)
    sets_priority = models.PositiveSmallIntegerField(null=True, blank=True)
    assigns = models.CharField(max_length=8, choices=Assigns.choices, blank=True, default=Assigns.NOTHING_CHANGES)
    adds_label = models.ForeignKey("projects.Label", models.SET_NULL, null=True, blank=True, related_name="+")
    comment = models.TextField(blank=True, max_length=2000)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["project", "source", "target"], nulls_distinct=False, name="one_transition_between_statuses"
            ),
            models.CheckConstraint(
                condition=~models.Q(source=models.F("target")) | models.Q(source__isnull=True),
                name="transition_leads_elsewhere",
            ),
        )

    def __str__(self) -> str:
        return self.name

    @property
    def party_names(self) -> list[str]:
        """Who may take it, in words; empty where everybody may."""
        return [str(self.Party(party).label) for party in self.allowed_parties]

    @property
    def field_names(self) -> list[str]:
        """The required fields, in words."""
        return [str(self.Required(name).label) for name in self.required_fields]


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


@dataclass(frozen=True, slots=True)
class FieldOption:
    """One of the things that a field of choices offers. `is_retired` ones are offered no more; history names them."""

    id: int
    name: str
    is_retired: bool = False


class CustomField(models.Model):
    """A field that a project gives its issues besides those that all have. Their values are in `Issue.custom_values`.

    Options are kept with the field: nothing else refers to them, and a page of issues reads them with it.
    """

    class Kind(models.TextChoices):
        TEXT = "text", _("Text")
        NUMBER = "number", _("Number")
        DATE = "date", _("Date")
        SELECT = "select", _("One option")
        MULTI = "multi", _("Several options")
        USER = "user", _("Person")
        URL = "url", _("Web address")
        CHECKBOX = "checkbox", _("Checkbox")

    # Kinds that offer options.
    OF_OPTIONS = (Kind.SELECT, Kind.MULTI)
    # Kinds of few possible values, by which lists are narrowed.
    NARROWING = (Kind.SELECT, Kind.MULTI, Kind.USER, Kind.CHECKBOX)

    org = models.ForeignKey("orgs.Organization", models.CASCADE, related_name="+")
    project = models.ForeignKey(Project, models.CASCADE, related_name="custom_fields")
    name = models.CharField(max_length=60)
    kind = models.CharField(max_length=8, choices=Kind.choices)
    help_text = models.CharField(max_length=200, blank=True)
    is_required = models.BooleanField(default=False)
    on_cards = models.BooleanField(default=False)
    in_lists = models.BooleanField(default=False)
    options = models.JSONField(default=list, blank=True, help_text="Objects with `id`, `name` and `retired`, in order.")
    types = models.ManyToManyField(IssueType, through="CustomFieldType", related_name="+")
    position = models.PositiveSmallIntegerField()
    retired_at = models.DateTimeField(
        null=True, blank=True, help_text="Since then it is shown nowhere; issues keep what they have of it."
    )

    objects = RetiringQuerySet.as_manager()

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["project", "name"],
                condition=models.Q(retired_at__isnull=True),
                name="custom_field_unique_in_project",
            ),
            models.CheckConstraint(
                condition=models.Q(is_required=False) | ~models.Q(kind="checkbox"), name="checkbox_is_never_required"
            ),
        )

    def __str__(self) -> str:
        return self.name

    @property
    def key(self) -> str:
        """What forms, scripts and the log call it: `field_12`."""
        return f"field_{self.pk}"

    @property
    def has_options(self) -> bool:
        """Whether its values are options."""
        return self.kind in self.OF_OPTIONS

    @property
    def every_option(self) -> list[FieldOption]:
        """Its options in their order, those that were taken away too."""
        return [FieldOption(each["id"], each["name"], each.get("retired", False)) for each in self.options]

    @property
    def choices(self) -> list[FieldOption]:
        """The options that can be chosen, in their order."""
        return [each for each in self.every_option if not each.is_retired]

    @property
    def retired_choices(self) -> list[FieldOption]:
        """The options that were taken away and can be brought back."""
        return [each for each in self.every_option if each.is_retired]

    def in_order(self, option_ids: Iterable[int]) -> list[int] | None:
        """Some of its options in their order, each once, as an issue stores them; None for none."""
        wanted = set(option_ids)
        return [each.id for each in self.every_option if each.id in wanted] or None

    @property
    def option_names(self) -> dict[int, str]:
        """What its options are called, those that were taken away too."""
        return {each.id: each.name for each in self.every_option}


class CustomFieldType(models.Model):
    """That issues of a type have a field. A field without any is one of all types."""

    org = models.ForeignKey("orgs.Organization", models.CASCADE, related_name="+")
    project = models.ForeignKey(Project, models.CASCADE, related_name="+")
    field = models.ForeignKey(CustomField, models.CASCADE, related_name="field_types")
    type = models.ForeignKey(IssueType, models.CASCADE, related_name="+")

    class Meta:
        constraints = (models.UniqueConstraint(fields=["field", "type"], name="field_once_per_type"),)

    def __str__(self) -> str:
        return f"field {self.field_id} for type {self.type_id}"


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
