"""Imports, what people decided about them, what became of their rows, and where imported things came from."""

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class ImportRun(models.Model):
    """One import: its files, the decisions about it, how far it is, and the account of every row.

    It is first looked through (`survey`), then reviewed by whoever started it, then written, and can be taken back.
    """

    class State(models.TextChoices):
        SURVEYING = "surveying", _("Being read")
        REVIEW = "review", _("Waiting for review")
        QUEUED = "queued", _("Waiting")
        RUNNING = "running", _("Running")
        DONE = "done", _("Done")
        FAILED = "failed", _("Stopped by a fault")
        CANCELLED = "cancelled", _("Cancelled")
        REVERTING = "reverting", _("Being taken back")
        REVERTED = "reverted", _("Taken back")

    # A worker has work to do.
    AT_WORK = (State.SURVEYING, State.QUEUED, State.RUNNING, State.REVERTING)

    org = models.ForeignKey("orgs.Organization", models.CASCADE, related_name="+")
    project = models.ForeignKey(
        "projects.Project", models.CASCADE, null=True, blank=True, related_name="imports", help_text="Takes all rows."
    )
    project_key = models.CharField(
        max_length=10,
        blank=True,
        help_text="Of the project that takes all rows, made if it is not there. Empty: each row names its own.",
    )
    started_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    format = models.CharField(max_length=40)
    source = models.CharField(max_length=40, help_text="The kind of tracker, for example jira.")
    state = models.CharField(max_length=10, choices=State.choices, default=State.SURVEYING)
    choices = models.JSONField(default=dict, blank=True)
    survey = models.JSONField(default=dict, blank=True, help_text="What was found in the files before writing.")
    rows_total = models.PositiveIntegerField(default=0)
    # In the order of reading, so many rows are accounted for; a run that was killed goes on behind them.
    rows_done = models.PositiveIntegerField(default=0)
    imported = models.PositiveIntegerField(default=0)
    updated = models.PositiveIntegerField(default=0)
    skipped = models.PositiveIntegerField(default=0)
    failed = models.PositiveIntegerField(default=0)
    counts = models.JSONField(default=dict, blank=True, help_text="Comments, links and so on; reasons of skipped rows.")
    fault = models.TextField(blank=True, help_text="Why it stopped, for people.")
    created_at = models.DateTimeField(default=timezone.now)
    began_at = models.DateTimeField(null=True, blank=True)
    # A worker says now and then that it is alive; a run without a worker is taken up by the next.
    beat_at = models.DateTimeField(null=True, blank=True)
    tries = models.PositiveSmallIntegerField(
        default=0, db_default=0, help_text="How often a worker took it up since it last came further."
    )
    ended_at = models.DateTimeField(null=True, blank=True)
    cancelled_at = models.DateTimeField(null=True, blank=True, help_text="Since then it is to stop.")

    class Meta:
        indexes = (models.Index(fields=["org", "-created_at"], name="import_run_newest_first"),)

    def __str__(self) -> str:
        return f"{self.format} {self.pk}"

    @property
    def is_at_work(self) -> bool:
        """Whether a worker has something to do."""
        return self.state in self.AT_WORK


class ImportFile(models.Model):
    """A file of an import, kept until the import is old."""

    org = models.ForeignKey("orgs.Organization", models.CASCADE, db_index=False, related_name="+")
    run = models.ForeignKey(ImportRun, models.CASCADE, related_name="files")
    position = models.PositiveSmallIntegerField()
    name = models.CharField(max_length=255, help_text="As it was called where it came from.")
    key = models.CharField(max_length=120, help_text="In the storage of attachments.")
    size = models.PositiveBigIntegerField(help_text="Bytes.")
    sha256 = models.CharField(max_length=64)
    format = models.CharField(max_length=40, blank=True, db_default="", help_text="As it was recognised or named.")

    class Meta:
        constraints = (models.UniqueConstraint(fields=["run", "position"], name="import_file_once_per_place"),)

    def __str__(self) -> str:
        return self.name


class ImportProblem(models.Model):
    """A row that failed, or could not be kept as it was, and why."""

    org = models.ForeignKey("orgs.Organization", models.CASCADE, db_index=False, related_name="+")
    run = models.ForeignKey(ImportRun, models.CASCADE, db_index=False, related_name="problems")
    row = models.CharField(max_length=300)
    field = models.CharField(max_length=80, blank=True)
    reason = models.TextField()
    is_failure = models.BooleanField(default=False)

    class Meta:
        indexes = (models.Index(fields=["run", "id"], name="import_problem_of_run"),)

    def __str__(self) -> str:
        return f"{self.row}: {self.reason}"


class PendingReference(models.Model):
    """What a row says of another row that may come later: a parent, a link, comments. Followed when all rows are in."""

    class Kind(models.TextChoices):
        PARENT = "parent"
        LINK = "link"
        COMMENTS = "comments"

    org = models.ForeignKey("orgs.Organization", models.CASCADE, db_index=False, related_name="+")
    run = models.ForeignKey(ImportRun, models.CASCADE, db_index=False, related_name="references")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    row = models.CharField(max_length=300)
    external_id = models.CharField(max_length=120, help_text="Of the issue that says so.")
    target_id = models.CharField(max_length=120, blank=True)
    target_key = models.CharField(max_length=120, blank=True)
    content = models.JSONField(default=dict, blank=True)

    class Meta:
        indexes = (models.Index(fields=["run", "id"], name="pending_reference_of_run"),)

    def __str__(self) -> str:
        return f"{self.external_id} {self.kind} {self.target_key or self.target_id}"


class MappingProfile(models.Model):
    """Decisions about an import, kept under a name for the next one."""

    org = models.ForeignKey("orgs.Organization", models.CASCADE, related_name="+")
    name = models.CharField(max_length=80)
    source = models.CharField(max_length=40)
    choices = models.JSONField(default=dict)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["org", "name"], name="mapping_profile_name_unique"),)

    def __str__(self) -> str:
        return self.name


class ClaimedPerson(models.Model):
    """That somebody whom imports met, and who had no account here, is a member: what names the one names the other."""

    org = models.ForeignKey("orgs.Organization", models.CASCADE, related_name="+")
    placeholder = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    member = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"{self.placeholder_id} is {self.member_id}"


class ExternalRef(models.Model):
    """The id of one of our objects in the tracker that it was imported from, so that the same file again changes
    instead of doubling.

    A `parent` row says that the issue of this external id was put under the issue `object_id`: once, so that somebody
    who moves it elsewhere here has the last word. The same holds for a `link`. A `history` row says up to which line
    (`key`) the history of an issue came, a `ledger` row how many lines of a sprint's ledger did (`version`). Rows of
    other kinds than these and issues and comments name what the import had to make for them; their `external_id` is
    the tracker's name.
    """

    class Kind(models.TextChoices):
        ISSUE = "issue"
        COMMENT = "comment"
        PARENT = "parent"
        LINK = "link"
        WORK_LOG = "work_log"
        ATTACHMENT = "attachment"
        PROJECT = "project"
        STATUS = "status"
        TYPE = "type"
        LABEL = "label"
        VERSION = "version"
        SPRINT = "sprint"
        FIELD = "field"
        # Of a field that was there before; `fields` are its id and its name.
        OPTION = "option"
        BOARD = "board"
        COLUMN = "column"
        FILTER = "filter"
        TEMPLATE = "template"
        # What a project is made of, as a whole; `before` is what it had before.
        CONFIGURATION = "config"
        HISTORY = "history"
        LEDGER = "ledger"
        SCHEDULE = "schedule"
        CADENCE = "cadence"

    org = models.ForeignKey("orgs.Organization", models.CASCADE, db_index=False, related_name="+")
    project = models.ForeignKey("projects.Project", models.CASCADE, db_index=False, related_name="+")
    source = models.CharField(max_length=40, help_text="The kind of tracker, for example jira.")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    external_id = models.CharField(max_length=120)
    key = models.CharField(
        max_length=120, blank=True, db_default="", help_text="What the tracker calls the issue; other rows name it so."
    )
    object_id = models.BigIntegerField()
    fingerprint = models.CharField(max_length=64, help_text="Of the row as last read; unchanged rows are skipped.")
    imported_at = models.DateTimeField(default=timezone.now)
    # By whom it was made, and (of an issue) which version the import left: what people changed since is not taken back.
    run = models.ForeignKey(ImportRun, models.SET_NULL, null=True, blank=True, related_name="+")
    version = models.PositiveIntegerField(null=True, blank=True)
    # Short fingerprints of an issue's fields as last read: what the tracker did not change since is left alone here. Of
    # a configuration, the ids of what its words stand for.
    fields = models.JSONField(null=True, blank=True)
    # The last import that updated it, and the fingerprints before that one, for when that one is taken back.
    updated_by = models.ForeignKey(ImportRun, models.SET_NULL, null=True, blank=True, related_name="+")
    before = models.JSONField(null=True, blank=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["project", "source", "kind", "external_id"], name="external_ref_unique"),
        )
        indexes = (
            models.Index(fields=["project", "kind", "object_id"], name="external_ref_of_object"),
            models.Index(fields=["project", "source", "key"], condition=~models.Q(key=""), name="external_ref_by_key"),
        )

    def __str__(self) -> str:
        return f"{self.source} {self.kind} {self.external_id}"
