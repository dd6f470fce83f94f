from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0011_refused_address")]

    operations = [
        migrations.AlterField(
            "user",
            "kind",
            models.CharField(
                choices=[("person", "Person"), ("placeholder", "Placeholder"), ("service", "Service account")],
                default="person",
                max_length=12,
            ),
        ),
    ]
