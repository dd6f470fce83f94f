"""Where imported things came from, so that the same file again changes instead of doubling."""

from django.db import models
from django.utils import timezone


class ExternalRef(models.Model):
    """The id of one of our objects in the tracker that it was imported from.

    A `parent` row says that the issue of this external id was put under the issue `object_id`: once, so that somebody
    who moves it elsewhere here has the last word.
    """

    class Kind(models.TextChoices):
        ISSUE = "issue"
        COMMENT = "comment"
        PARENT = "parent"

    org = models.ForeignKey("orgs.Organization", models.CASCADE, db_index=False, related_name="+")
    project = models.ForeignKey("projects.Project", models.CASCADE, db_index=False, related_name="+")
    source = models.CharField(max_length=40, help_text="The kind of tracker, for example jira.")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    external_id = models.CharField(max_length=120)
    object_id = models.BigIntegerField()
    fingerprint = models.CharField(max_length=64, help_text="Of the row as last read; unchanged rows are skipped.")
    imported_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["project", "source", "kind", "external_id"], name="external_ref_unique"),
        )
        indexes = (models.Index(fields=["project", "kind", "object_id"], name="external_ref_of_object"),)

    def __str__(self) -> str:
        return f"{self.source} {self.kind} {self.external_id}"
