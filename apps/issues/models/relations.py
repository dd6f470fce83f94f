"""What an issue is tied to: labels, versions, other issues."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .issue import Issue


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
