"""Issues, what people say about them, and who follows them."""

import re
from typing import Any

from django.conf import settings
from django.contrib.postgres.expressions import ArraySubquery
from django.db import models
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.core import filetypes

TITLE_LENGTH = 500
TEXT_LENGTH = 100_000
FILE_NAME_LENGTH = 200
NOTE_LENGTH = 500


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


class IssueLabel(models.Model):
    """That an issue carries a label."""

    org = models.ForeignKey("orgs.Organization", models.CASCADE, db_index=False, related_name="+")
    project = models.ForeignKey("projects.Project", models.CASCADE, db_index=False, related_name="+")
    issue = models.ForeignKey(Issue, models.CASCADE, db_index=False, related_name="issue_labels")
    label = models.ForeignKey("projects.Label", models.CASCADE, related_name="issue_labels")

    class Meta:
        constraints = (models.UniqueConstraint(fields=["issue", "label"], name="label_once_per_issue"),)

    def __str__(self) -> str:
        return f"label {self.label_id} on issue {self.issue_id}"


class IssueVersion(models.Model):
    """That an issue comes with a version."""

    org = models.ForeignKey("orgs.Organization", models.CASCADE, db_index=False, related_name="+")
    project = models.ForeignKey("projects.Project", models.CASCADE, db_index=False, related_name="+")
    issue = models.ForeignKey(Issue, models.CASCADE, db_index=False, related_name="issue_versions")
    version = models.ForeignKey("projects.Version", models.CASCADE, related_name="issue_versions")

    class Meta:
        constraints = (models.UniqueConstraint(fields=["issue", "version"], name="version_once_per_issue"),)

    def __str__(self) -> str:
        return f"issue {self.issue_id} comes with version {self.version_id}"


class IssueLink(models.Model):
    """That an issue blocks, duplicates or belongs beside another one, of the same organization.

    Read from the other side it has its inverse name. Seen by those who see both projects.
    """

    class Kind(models.TextChoices):
        BLOCKS = "blocks", _("blocks")
        DUPLICATES = "duplicates", _("duplicates")
        RELATES = "relates", _("relates to")

    org = models.ForeignKey("orgs.Organization", models.CASCADE, db_index=False, related_name="+")
    project = models.ForeignKey("projects.Project", models.CASCADE, db_index=False, related_name="+")
    source = models.ForeignKey(Issue, models.CASCADE, db_index=False, related_name="links_out")
    target_project = models.ForeignKey("projects.Project", models.CASCADE, db_index=False, related_name="+")
    target = models.ForeignKey(Issue, models.CASCADE, related_name="links_in")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["source", "target", "kind"], name="issue_linked_once_per_kind"),
            models.CheckConstraint(condition=~models.Q(source=models.F("target")), name="issue_not_linked_to_itself"),
        )

    def __str__(self) -> str:
        return f"{self.source_id} {self.kind} {self.target_id}"


class Comment(models.Model):
    """What somebody said about an issue: first of a thread, or in the `thread` of another comment, never deeper.

    What stands there of the whole thread, such as that it is resolved, stands at its first comment.
    """

    org = models.ForeignKey("orgs.Organization", models.CASCADE, db_index=False, related_name="+")
    project = models.ForeignKey("projects.Project", models.CASCADE, db_index=False, related_name="+")
    issue = models.ForeignKey(Issue, models.CASCADE, db_index=False, related_name="comments")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, db_index=False, related_name="+")
    body = models.TextField()
    created_at = models.DateTimeField(default=timezone.now)
    edited_at = models.DateTimeField(null=True, blank=True)
    deleted_at = models.DateTimeField(null=True, blank=True)
    pinned_at = models.DateTimeField(null=True, blank=True, help_text="Since then it stands above all the others.")
    thread = models.ForeignKey(
        "self",
        models.CASCADE,
        null=True,
        blank=True,
        related_name="replies",
        help_text="The first comment of the thread in which it is a reply.",
    )
    resolved_at = models.DateTimeField(null=True, blank=True, help_text="Since then its thread counts as settled.")
    resolved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, db_index=False, related_name="+"
    )

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=models.Q(thread__isnull=True) | models.Q(resolved_at__isnull=True),
                name="only_a_first_comment_is_resolved",
            ),
            models.UniqueConstraint(
                fields=["issue"],
                condition=models.Q(pinned_at__isnull=False, deleted_at__isnull=True),
                name="one_pinned_comment_per_issue",
            ),
        )
        indexes = (models.Index(fields=["issue", "created_at"], name="comment_of_issue"),)

    def __str__(self) -> str:
        return f"comment {self.pk}"


class Reaction(models.Model):
    """That somebody answers an issue (no comment named) or a comment with a sign."""

    class Emoji(models.TextChoices):
        """The signs there are, in the order in which they are offered."""

        UP = "up", _("Thumbs up")
        DOWN = "down", _("Thumbs down")
        LAUGH = "laugh", _("Laughing")
        PARTY = "party", _("Hooray")
        HEART = "heart", _("Heart")
        ROCKET = "rocket", _("Rocket")
        EYES = "eyes", _("Looking at it")
        SAD = "sad", _("Not happy")

    org = models.ForeignKey("orgs.Organization", models.CASCADE, db_index=False, related_name="+")
    project = models.ForeignKey("projects.Project", models.CASCADE, db_index=False, related_name="+")
    issue = models.ForeignKey(Issue, models.CASCADE, db_index=False, related_name="reactions")
    comment = models.ForeignKey(Comment, models.CASCADE, null=True, blank=True, related_name="reactions")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    emoji = models.CharField(max_length=8, choices=Emoji.choices)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["issue", "comment", "user", "emoji"], nulls_distinct=False, name="reaction_once_per_person"
            ),
        )

    def __str__(self) -> str:
        return f"{self.emoji} by {self.user_id} on issue {self.issue_id}"


class Attachment(models.Model):
    """A file that belongs to an issue. It lies in the place for files under a key that says nothing of it."""

    class Preview(models.TextChoices):
        """Whether there is a small picture of it."""

        NONE = "none", _("none")
        WAITING = "waiting", _("waiting")
        READY = "ready", _("ready")
        BROKEN = "broken", _("cannot be read")

    org = models.ForeignKey("orgs.Organization", models.CASCADE, db_index=False, related_name="+")
    project = models.ForeignKey("projects.Project", models.CASCADE, db_index=False, related_name="+")
    issue = models.ForeignKey(Issue, models.CASCADE, db_index=False, related_name="attachments")
    uploader = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, db_index=False, related_name="+")
    name = models.CharField(max_length=FILE_NAME_LENGTH, help_text="As it was called where it came from.")
    content_type = models.CharField(max_length=100, help_text="Read from its content.")
    size = models.BigIntegerField()
    sha256 = models.CharField(max_length=64)
    key = models.CharField(max_length=80, unique=True)
    preview = models.CharField(max_length=8, choices=Preview.choices, default=Preview.NONE)
    thumbnail_size = models.PositiveIntegerField(default=0)
    width = models.PositiveIntegerField(null=True, blank=True)
    height = models.PositiveIntegerField(null=True, blank=True)
    sending = models.UUIDField(null=True, blank=True, help_text="Sent again under this id, it is the same one.")
    created_at = models.DateTimeField(default=timezone.now)
    deleted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["issue", "sending"], name="attachment_sent_once"),
            models.CheckConstraint(condition=~models.Q(name=""), name="attachment_name_not_empty"),
            models.CheckConstraint(condition=models.Q(size__gt=0), name="attachment_not_empty"),
        )
        indexes = (
            models.Index(fields=["issue", "created_at"], name="attachment_of_issue"),
            # How much room an organization takes is added up from the index alone.
            models.Index(fields=["org"], include=["size"], name="attachment_room"),
            models.Index(
                fields=["org", "deleted_at"],
                condition=models.Q(deleted_at__isnull=False),
                name="attachment_removed",
            ),
        )

    def __str__(self) -> str:
        return self.name

    @property
    def has_thumbnail(self) -> bool:
        """Whether its small picture can be asked for."""
        return self.preview == self.Preview.READY

    @property
    def thumbnail_key(self) -> str:
        """Where its small picture lies, once there is one."""
        return f"{self.key}.webp"

    @property
    def is_picture(self) -> bool:
        """Whether a page may show it as a picture: one that could be read, or may be."""
        return self.content_type in filetypes.PICTURES and self.preview != self.Preview.BROKEN

    @property
    def is_video(self) -> bool:
        """Whether a page may play it as a video."""
        return self.content_type in filetypes.VIDEOS

    @property
    def is_sound(self) -> bool:
        """Whether a page may play it as a sound."""
        return self.content_type in filetypes.SOUNDS

    @property
    def is_shown(self) -> bool:
        """Whether a browser may show it at all, instead of keeping it as a file."""
        return self.is_picture or self.is_video or self.is_sound


class WorkLog(models.Model):
    """How long somebody worked on an issue, on one day."""

    org = models.ForeignKey("orgs.Organization", models.CASCADE, db_index=False, related_name="+")
    project = models.ForeignKey("projects.Project", models.CASCADE, db_index=False, related_name="+")
    issue = models.ForeignKey(Issue, models.CASCADE, db_index=False, related_name="work_logs")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, db_index=False, related_name="+")
    day = models.DateField()
    minutes = models.PositiveSmallIntegerField()
    note = models.CharField(max_length=NOTE_LENGTH, blank=True)
    taken_off = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text="How much of what remained it took; nothing where that was left or set."
    )
    created_at = models.DateTimeField(default=timezone.now)
    edited_at = models.DateTimeField(null=True, blank=True)
    deleted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = (
            models.CheckConstraint(condition=models.Q(minutes__gte=1, minutes__lte=1440), name="work_log_within_a_day"),
            models.CheckConstraint(
                condition=models.Q(taken_off__isnull=True) | models.Q(taken_off__lte=models.F("minutes")),
                name="work_log_takes_off_no_more_than_it_has",
            ),
        )
        indexes = (
            models.Index(
                fields=["issue", "-day", "-id"], condition=models.Q(deleted_at__isnull=True), name="work_log_of_issue"
            ),
            models.Index(
                fields=["org", "person", "day"], condition=models.Q(deleted_at__isnull=True), name="work_log_of_person"
            ),
        )

    def __str__(self) -> str:
        return f"{self.minutes} minutes on issue {self.issue_id}"


class Watcher(models.Model):
    """That somebody follows an issue."""

    org = models.ForeignKey("orgs.Organization", models.CASCADE, db_index=False, related_name="+")
    project = models.ForeignKey("projects.Project", models.CASCADE, db_index=False, related_name="+")
    issue = models.ForeignKey(Issue, models.CASCADE, db_index=False, related_name="watchers")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")

    class Meta:
        constraints = (models.UniqueConstraint(fields=["issue", "user"], name="watcher_once_per_issue"),)

    def __str__(self) -> str:
        return f"{self.user_id} watches {self.issue_id}"


class IssueStar(models.Model):
    """That somebody keeps an issue among their favourites. Their own business: nobody else sees the row."""

    org = models.ForeignKey("orgs.Organization", models.CASCADE, db_index=False, related_name="+")
    project = models.ForeignKey("projects.Project", models.CASCADE, db_index=False, related_name="+")
    issue = models.ForeignKey(Issue, models.CASCADE, related_name="stars")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, db_index=False, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["user", "issue"], name="issue_starred_once_per_person"),)

    def __str__(self) -> str:
        return f"{self.user_id} starred issue {self.issue_id}"


class Visit(models.Model):
    """When somebody looked at an issue last, so that they find it again. Nobody else sees the row."""

    org = models.ForeignKey("orgs.Organization", models.CASCADE, db_index=False, related_name="+")
    project = models.ForeignKey("projects.Project", models.CASCADE, db_index=False, related_name="+")
    issue = models.ForeignKey(Issue, models.CASCADE, related_name="visits")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, db_index=False, related_name="+")
    seen_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["user", "issue"], name="issue_visited_once_per_person"),)
        indexes = (models.Index(fields=["user", "org", "-seen_at"], name="visit_newest_first"),)

    def __str__(self) -> str:
        return f"{self.user_id} saw issue {self.issue_id}"
