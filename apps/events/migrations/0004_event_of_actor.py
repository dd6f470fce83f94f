"""Find what somebody did to issues last. Built beside running writes: the log is large."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("events", "0003_room_for_counters")]

    operations = [
        AddIndexConcurrently(
            model_name="event",
            index=models.Index(
                condition=models.Q(("issue__isnull", False)), fields=["actor", "-id"], name="event_of_actor"
            ),
        ),
    ]
