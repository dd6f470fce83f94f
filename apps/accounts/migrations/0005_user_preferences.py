from django.db import migrations, models


def settle(apps, schema_editor):
    """Whoever has another time zone than the one everybody begins with has chosen it."""
    users = apps.get_model("accounts", "User").objects.using(schema_editor.connection.alias)
    users.exclude(time_zone="UTC").update(is_time_zone_settled=True)


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0004_sessions_and_deleted_accounts"),
    ]

    operations = [
        migrations.AddField(
            model_name="user",
            name="date_format",
            field=models.CharField(
                choices=[
                    ("day_month", "5 Mar 2026"),
                    ("month_day", "Mar 5, 2026"),
                    ("dots", "05.03.2026"),
                    ("slashes_day", "05/03/2026"),
                    ("slashes_month", "03/05/2026"),
                    ("iso", "2026-03-05"),
                ],
                db_default="day_month",
                default="day_month",
                max_length=16,
                verbose_name="date format",
            ),
        ),
        migrations.AddField(
            model_name="user",
            name="density",
            field=models.CharField(
                choices=[("comfortable", "Comfortable"), ("compact", "Compact")],
                db_default="comfortable",
                default="comfortable",
                max_length=12,
                verbose_name="density",
            ),
        ),
        migrations.AddField(
            model_name="user",
            name="has_single_keys",
            field=models.BooleanField(db_default=True, default=True, verbose_name="single-key shortcuts"),
        ),
        migrations.AddField(
            model_name="user",
            name="is_time_zone_settled",
            field=models.BooleanField(db_default=False, default=False, editable=False),
        ),
        migrations.RunPython(settle, migrations.RunPython.noop),
    ]
