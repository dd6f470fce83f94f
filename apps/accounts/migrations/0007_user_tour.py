import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):
    """Who has an account already knows their way around: they begin the tour when they ask for it."""

    dependencies = [
        ("accounts", "0006_mail"),
    ]

    operations = [
        migrations.AddField(
            model_name="user", name="tour_began_at", field=models.DateTimeField(editable=False, null=True)
        ),
        migrations.AddField(
            model_name="user", name="tour_ended_at", field=models.DateTimeField(editable=False, null=True)
        ),
        migrations.AlterField(
            model_name="user",
            name="tour_began_at",
            field=models.DateTimeField(default=django.utils.timezone.now, editable=False, null=True),
        ),
    ]
