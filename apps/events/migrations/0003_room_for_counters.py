"""Leave room on each page, so that a counter's new version stays beside its old one (HOT updates)."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("events", "0002_delivery_dead")]

    operations = [
        migrations.RunSQL(
            "ALTER TABLE events_stream SET (fillfactor = 50)", "ALTER TABLE events_stream RESET (fillfactor)"
        )
    ]
