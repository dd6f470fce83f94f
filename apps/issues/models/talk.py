"""What people say about an issue."""

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .issue import Issue


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
