"""Find what is over of what somebody had asked for. Built beside running writes: the log is large."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("events", "0005_streams_of_people")]

    operations = [
        AddIndexConcurrently(
            model_name="event",
            index=models.Index(
                condition=models.Q(("kind", "inbox.work_ended"), ("kind", "inbox.work_seen"), _connector="OR"),
                fields=["user", "kind", "-id"],
                name="event_of_ended_work",
            ),
        ),
    ]
