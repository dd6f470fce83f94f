"""Files of an issue."""

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.core import filetypes

from .issue import Issue

FILE_NAME_LENGTH = 200


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
