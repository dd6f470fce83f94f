"""Find what changed last in an organization. Built beside running writes: the table may be large."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("issues", "0004_issue_of_reporter")]

    operations = [
        AddIndexConcurrently(
            model_name="issue",
            index=models.Index(
                condition=models.Q(("archived_at__isnull", True), ("deleted_at__isnull", True)),
                fields=["org", "-updated_at", "-id"],
                name="issue_changed_lately",
            ),
        ),
    ]
