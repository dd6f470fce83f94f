from django.db import migrations


class Migration(migrations.Migration):
    """Everybody with a seat gets their stream now, so that every page can follow it."""

    dependencies = [
        ("events", "0004_event_of_actor"),
        ("orgs", "0001_initial"),
    ]

    operations = [
        migrations.RunSQL(
            "INSERT INTO events_stream (org_id, kind, user_id, seq) "
            "SELECT m.org_id, 'person', m.user_id, 0 FROM orgs_membership m WHERE m.ended_at IS NULL "
            "ON CONFLICT DO NOTHING",
            migrations.RunSQL.noop,
        ),
    ]
