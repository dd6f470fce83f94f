"""Find what somebody reported. Built beside running writes: the table may be large."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("issues", "0003_stars_and_visits")]

    operations = [
        AddIndexConcurrently(
            model_name="issue",
            index=models.Index(
                condition=models.Q(("archived_at__isnull", True), ("deleted_at__isnull", True)),
                fields=["org", "reporter", "-updated_at"],
                name="issue_of_reporter",
            ),
        ),
    ]
