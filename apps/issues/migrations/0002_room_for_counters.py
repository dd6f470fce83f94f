"""Leave room on each page, so that a counter's new version stays beside its old one (HOT updates)."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("issues", "0001_initial")]

    operations = [
        migrations.RunSQL(
            "ALTER TABLE issues_issuecounter SET (fillfactor = 50)",
            "ALTER TABLE issues_issuecounter RESET (fillfactor)",
        )
    ]
