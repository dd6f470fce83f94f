"""Sprints: a stretch of time with a goal."""

from django.conf import settings
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
    # Which days its moments fall on, for everybody who reads its reports: the zone of whoever started it.
    time_zone = models.CharField(max_length=64, blank=True, db_default="")
    # How often it was started. A start that was taken back leaves its entries behind, of an earlier run.
    run = models.PositiveSmallIntegerField(default=0, db_default=0)
    # The first day of the slot that it fills, if the project's cadence made it.
    slot_date = models.DateField(null=True, blank=True)
    # Where completing it took what was unfinished; None is the backlog.
    carried_to = models.ForeignKey("self", models.SET_NULL, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=models.Q(start_date__isnull=True)
                | models.Q(end_date__isnull=True)
                | models.Q(end_date__gte=models.F("start_date")),
                name="sprint_ends_after_it_starts",
            ),
            # Two beats, or a beat and a person, make one sprint a slot.
            models.UniqueConstraint(fields=["project", "slot_date"], name="sprint_once_per_slot"),
        )

    def __str__(self) -> str:
        return self.name


class Capacity(models.Model):
    """How many points somebody takes on in a sprint."""

    org = models.ForeignKey("orgs.Organization", models.CASCADE, db_index=False, related_name="+")
    project = models.ForeignKey("projects.Project", models.CASCADE, db_index=False, related_name="+")
    sprint = models.ForeignKey(Sprint, models.CASCADE, db_index=False, related_name="capacities")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    points = models.DecimalField(max_digits=6, decimal_places=2)

    class Meta:
        verbose_name_plural = "capacities"
        constraints = (
            models.UniqueConstraint(fields=["sprint", "user"], name="capacity_once_per_sprint"),
            models.CheckConstraint(condition=models.Q(points__gte=0), name="capacity_not_negative"),
        )

    def __str__(self) -> str:
        return f"{self.user_id}: {self.points}"


class Cadence(models.Model):
    """How a project's sprints start and end by themselves.

    Slots are counted from `anchor_date`: `weeks` weeks of a sprint, then `cooldown_weeks` without one.
    """

    org = models.ForeignKey("orgs.Organization", models.CASCADE, related_name="+")
    project = models.OneToOneField("projects.Project", models.CASCADE, related_name="cadence")
    is_on = models.BooleanField(default=True)
    weeks = models.PositiveSmallIntegerField(default=2)
    weekday = models.PositiveSmallIntegerField(default=0)
    cooldown_weeks = models.PositiveSmallIntegerField(default=0)
    # So many sprints are planned before they start.
    ahead = models.PositiveSmallIntegerField(default=2)
    rolls_over = models.BooleanField(default=True)
    anchor_date = models.DateField()
    time_zone = models.CharField(max_length=64)

    class Meta:
        verbose_name_plural = "cadences"
        constraints = (
            models.CheckConstraint(
                # Said without BETWEEN, whose brackets a restored backup would not have.
                condition=models.Q(
                    weeks__gte=1, weeks__lte=8, weekday__lte=6, cooldown_weeks__lte=4, ahead__gte=1, ahead__lte=10
                ),
                name="cadence_is_within_bounds",
            ),
        )

    def __str__(self) -> str:
        return f"every {self.weeks} weeks"


class ScopeEntry(models.Model):
    """A line of the scope ledger, written once and never changed: what an issue was to a sprint from then on.

    Lines without an issue tell what happened to the sprint itself.
    """

    class Kind(models.TextChoices):
        STARTED = "started", _("Started")
        START = "start", _("In at the start")
        ADDED = "added", _("Added")
        REMOVED = "removed", _("Taken out")
        ESTIMATED = "estimated", _("Estimated anew")
        DONE = "done", _("Done")
        UNDONE = "undone", _("No longer done")
        RESCHEDULED = "rescheduled", _("Another last day")
        COMPLETED = "completed", _("Completed")
        CANCELLED = "cancelled", _("Start taken back")
        REOPENED = "reopened", _("Reopened")

    org = models.ForeignKey("orgs.Organization", models.CASCADE, db_index=False, related_name="+")
    project = models.ForeignKey("projects.Project", models.CASCADE, db_index=False, related_name="+")
    sprint = models.ForeignKey(Sprint, models.CASCADE, db_index=False, related_name="ledger")
    run = models.PositiveSmallIntegerField()
    kind = models.CharField(max_length=12, choices=Kind.choices)
    at = models.DateTimeField()
    issue = models.ForeignKey("issues.Issue", models.CASCADE, null=True, related_name="+")
    issue_key = models.CharField(max_length=40, blank=True)
    points = models.DecimalField(max_digits=6, decimal_places=2, null=True)
    is_in = models.BooleanField(default=False)
    is_done = models.BooleanField(default=False)
    end_date = models.DateField(null=True)

    class Meta:
        indexes = (models.Index(fields=["sprint", "run", "issue", "-id"], name="scope_entry_newest_first"),)

    def __str__(self) -> str:
        return f"{self.kind} {self.issue_key}".strip()


class CalendarLink(models.Model):
    """A secret address at which somebody's calendar reads a project's sprints and due dates.

    What it shows is what its owner may see when it is read. Nobody else sees the row.
    """

    class Whose(models.TextChoices):
        MINE = "mine", _("What is assigned to me")
        EVERYBODY = "everybody", _("Everybody's")

    org = models.ForeignKey("orgs.Organization", models.CASCADE, db_index=False, related_name="+")
    project = models.ForeignKey("projects.Project", models.CASCADE, db_index=False, related_name="+")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, db_index=False, related_name="+")
    whose = models.CharField(max_length=10, choices=Whose.choices)
    # The first characters of the secret, to recognise it by, and its digest; the secret itself is kept nowhere.
    prefix = models.CharField(max_length=8)
    token_hash = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(default=timezone.now)
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = (
            models.Index(
                fields=["org", "user"],
                condition=models.Q(revoked_at__isnull=True),
                name="calendar_link_of_person",
            ),
        )

    def __str__(self) -> str:
        return f"{self.prefix}…"
