"""A board is a view of statuses as columns, with limits on work in progress."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.issues.models import Grouping


class Board(models.Model):
    """One of a project's boards. The one with the lowest position is what `/{org}/{KEY}/board/` shows."""

    class CardField(models.TextChoices):
        """What a card shows besides its title. A board stores those that its cards leave out."""

        KEY = "key", _("Key")
        TYPE = "type", _("Type")
        PRIORITY = "priority", _("Priority")
        LABELS = "labels", _("Labels")
        POINTS = "points", _("Points")
        ASSIGNEE = "assignee", _("Assignee")
        DUE_DATE = "due_date", _("Due date")
        COMMENTS = "comments", _("Comments")
        AGE = "age", _("Days in the column")
        BLOCKED = "blocked", _("What blocks it")
        PARENT = "parent", _("What it belongs to")
        FILES = "files", _("Files")
        FIELDS = "fields", _("Fields of the project")

    org = models.ForeignKey("orgs.Organization", models.CASCADE, related_name="+")
    project = models.ForeignKey("projects.Project", models.CASCADE, related_name="boards")
    name = models.CharField(max_length=80)
    position = models.PositiveSmallIntegerField(default=0)
    left_out = ArrayField(
        models.CharField(max_length=10, choices=CardField.choices), default=list, db_default=[], blank=True
    )
    # How many days what is done stays on the board; NULL for ever.
    done_days = models.PositiveSmallIntegerField(null=True, blank=True)
    # Whether cards are marked that take longer than the team's issues usually do.
    marks_slow = models.BooleanField(default=False, db_default=False)
    # Lanes for whoever chose none for themselves.
    grouping = models.CharField(
        max_length=8, choices=Grouping.choices, default=Grouping.NONE, db_default=Grouping.NONE.value
    )
    deleted_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return self.name


class BoardChoice(models.Model):
    """How one person looks at a board: their lanes, and those that they folded. Nobody else sees the row."""

    org = models.ForeignKey("orgs.Organization", models.CASCADE, related_name="+")
    project = models.ForeignKey("projects.Project", models.CASCADE, related_name="+")
    board = models.ForeignKey(Board, models.CASCADE, related_name="choices")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    # Empty is what the board has.
    grouping = models.CharField(max_length=8, choices=Grouping.choices, blank=True)
    # Keys of lanes; see `apps.issues.selectors.Lane`.
    folded = ArrayField(models.CharField(max_length=32), default=list, db_default=[], blank=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["user", "board"], name="board_choice_once_per_person"),)

    def __str__(self) -> str:
        return f"how {self.user_id} looks at board {self.board_id}"


class Column(models.Model):
    """One or more statuses under one heading, with an optional limit."""

    class LimitPolicy(models.TextChoices):
        WARN = "warn", _("Warn")
        BLOCK = "block", _("Refuse")

    class LimitUnit(models.TextChoices):
        ISSUES = "issues", _("Issues")
        POINTS = "points", _("Points")

    org = models.ForeignKey("orgs.Organization", models.CASCADE, related_name="+")
    project = models.ForeignKey("projects.Project", models.CASCADE, related_name="+")
    board = models.ForeignKey(Board, models.CASCADE, related_name="columns")
    name = models.CharField(max_length=60)
    position = models.PositiveSmallIntegerField()
    wip_limit = models.PositiveSmallIntegerField(null=True, blank=True)
    wip_policy = models.CharField(max_length=5, choices=LimitPolicy.choices, default=LimitPolicy.WARN)
    wip_unit = models.CharField(
        max_length=6, choices=LimitUnit.choices, default=LimitUnit.ISSUES, db_default=LimitUnit.ISSUES
    )
    statuses = models.ManyToManyField("projects.Status", through="ColumnStatus", related_name="columns")

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=models.Q(wip_limit__isnull=True) | models.Q(wip_limit__gte=1), name="column_limit_is_positive"
            ),
        )

    def __str__(self) -> str:
        return self.name


class LaneLimit(models.Model):
    """How much each person, or each lane of a kind, has in work at once; of priorities each has a limit of its own."""

    KINDS = tuple(kind for kind in Grouping if kind != Grouping.NONE)

    org = models.ForeignKey("orgs.Organization", models.CASCADE, related_name="+")
    project = models.ForeignKey("projects.Project", models.CASCADE, related_name="lane_limits")
    board = models.ForeignKey(Board, models.CASCADE, related_name="lane_limits")
    by = models.CharField(max_length=8, choices=[(kind.value, kind.label) for kind in KINDS])
    priority = models.PositiveSmallIntegerField(null=True, blank=True)
    at = models.PositiveSmallIntegerField()
    unit = models.CharField(max_length=6, choices=Column.LimitUnit.choices, default=Column.LimitUnit.ISSUES)
    policy = models.CharField(max_length=5, choices=Column.LimitPolicy.choices, default=Column.LimitPolicy.WARN)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["board", "by", "priority"], nulls_distinct=False, name="lane_limit_once_per_board"
            ),
            models.CheckConstraint(condition=models.Q(at__gte=1), name="lane_limit_is_positive"),
            models.CheckConstraint(
                condition=models.Q(by="priority", priority__isnull=False)
                | (~models.Q(by="priority") & models.Q(priority__isnull=True)),
                name="lane_limit_names_a_priority_if_any",
            ),
        )

    def __str__(self) -> str:
        return f"{self.by}: {self.at} {self.unit}"


class ColumnStatus(models.Model):
    """That a column shows a status; a status is in at most one column of a board."""

    org = models.ForeignKey("orgs.Organization", models.CASCADE, related_name="+")
    project = models.ForeignKey("projects.Project", models.CASCADE, related_name="+")
    board = models.ForeignKey(Board, models.CASCADE, related_name="+")
    column = models.ForeignKey(Column, models.CASCADE, related_name="column_statuses")
    status = models.ForeignKey("projects.Status", models.CASCADE, related_name="column_statuses")

    class Meta:
        verbose_name_plural = "column statuses"
        constraints = (models.UniqueConstraint(fields=["board", "status"], name="status_in_one_column_of_a_board"),)

    def __str__(self) -> str:
        return f"status {self.status_id} in column {self.column_id}"


class Asking(models.Model):
    """A question that people put to a board often, one press away. All of its parts must hold."""

    name = models.CharField(max_length=40)
    # Whose: the reader's own, or nobody's; anybody's where neither is set.
    is_mine = models.BooleanField(default=False)
    is_unassigned = models.BooleanField(default=False)
    least_priority = models.PositiveSmallIntegerField(null=True, blank=True)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.name


class QuickFilter(Asking):
    """A question to a project's board."""

    org = models.ForeignKey("orgs.Organization", models.CASCADE, related_name="+")
    project = models.ForeignKey("projects.Project", models.CASCADE, related_name="+")
    board = models.ForeignKey(Board, models.CASCADE, related_name="quick_filters")
    type = models.ForeignKey("projects.IssueType", models.CASCADE, null=True, blank=True, related_name="+")
    label = models.ForeignKey("projects.Label", models.CASCADE, null=True, blank=True, related_name="+")

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=models.Q(is_mine=True)
                | models.Q(is_unassigned=True)
                | models.Q(type__isnull=False)
                | models.Q(label__isnull=False)
                | models.Q(least_priority__isnull=False),
                name="quick_filter_asks_for_something",
            ),
        )


class AcrossBoard(models.Model):
    """A board over several projects. It has no columns of its own: they follow from the projects' statuses."""

    class By(models.TextChoices):
        STATUS = "status", _("The projects’ statuses")
        CATEGORY = "category", _("To do, in progress, done")

    class Lanes(models.TextChoices):
        NONE = "none", _("None")
        ASSIGNEE = "assignee", _("Assignee")
        EPIC = "epic", _("Epic")
        PRIORITY = "priority", _("Priority")
        PROJECT = "project", _("Project")

    org = models.ForeignKey("orgs.Organization", models.CASCADE, related_name="+")
    name = models.CharField(max_length=80)
    # What a column stands for.
    by = models.CharField(max_length=8, choices=By.choices, default=By.STATUS)
    # As a project's board has them; see there.
    left_out = ArrayField(
        models.CharField(max_length=10, choices=Board.CardField.choices), default=list, db_default=[], blank=True
    )
    # Lanes for whoever chose none for themselves.
    grouping = models.CharField(max_length=8, choices=Lanes.choices, default=Lanes.NONE, db_default=Lanes.NONE.value)
    done_days = models.PositiveSmallIntegerField(null=True, blank=True)
    marks_slow = models.BooleanField(default=False, db_default=False)
    maker = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    deleted_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return self.name


class AcrossProject(models.Model):
    """That a board shows a project. Who may not see the project does not see the row."""

    org = models.ForeignKey("orgs.Organization", models.CASCADE, related_name="+")
    board = models.ForeignKey(AcrossBoard, models.CASCADE, related_name="board_projects")
    project = models.ForeignKey("projects.Project", models.CASCADE, related_name="+")

    class Meta:
        constraints = (models.UniqueConstraint(fields=["board", "project"], name="project_once_on_a_board"),)

    def __str__(self) -> str:
        return f"project {self.project_id} on board {self.board_id}"


class AcrossChoice(models.Model):
    """How one person looks at such a board: their lanes, and those that they folded. Nobody else sees the row."""

    org = models.ForeignKey("orgs.Organization", models.CASCADE, related_name="+")
    board = models.ForeignKey(AcrossBoard, models.CASCADE, related_name="choices")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    # Empty is what the board has.
    grouping = models.CharField(max_length=8, choices=AcrossBoard.Lanes.choices, blank=True)
    # Keys of lanes; see `apps.issues.selectors.Lane`.
    folded = ArrayField(models.CharField(max_length=32), default=list, db_default=[], blank=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["user", "board"], name="across_choice_once_per_person"),)

    def __str__(self) -> str:
        return f"how {self.user_id} looks at board {self.board_id}"


class AcrossQuickFilter(Asking):
    """A question to a board over several projects. Types and labels are each project's: it asks for names."""

    org = models.ForeignKey("orgs.Organization", models.CASCADE, related_name="+")
    board = models.ForeignKey(AcrossBoard, models.CASCADE, related_name="quick_filters")
    # Empty is any.
    type_name = models.CharField(max_length=60, blank=True)
    label_name = models.CharField(max_length=60, blank=True)

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=models.Q(is_mine=True)
                | models.Q(is_unassigned=True)
                | ~models.Q(type_name="")
                | ~models.Q(label_name="")
                | models.Q(least_priority__isnull=False),
                name="across_quick_filter_asks_for_something",
            ),
        )
