"""What an issue is to one person: followed, kept, seen."""

from django.conf import settings
from django.db import models
from django.utils import timezone

from .issue import Issue


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
