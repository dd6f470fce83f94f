"""Of what types issues are, and through which statuses they go."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from .project import Project


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
