import django.core.validators
from django.db import migrations, models


class Migration(migrations.Migration):
    """How texts name people. Empty at first: the next migration gives everybody theirs."""

    dependencies = [
        ("accounts", "0008_first_weekday"),
    ]

    operations = [
        migrations.AddField(
            model_name="user",
            name="handle",
            field=models.CharField(
                blank=True,
                help_text="How texts name them, as in @ada. Placeholders and deleted accounts have none.",
                max_length=32,
                null=True,
                unique=True,
                validators=[django.core.validators.RegexValidator("^[a-z0-9](?:[a-z0-9.-]{0,30}[a-z0-9])?\\Z")],
                verbose_name="handle",
            ),
        ),
        migrations.AddConstraint(
            model_name="user",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("handle__isnull", True),
                    ("handle__regex", "^[a-z0-9](?:[a-z0-9.-]{0,30}[a-z0-9])?$"),
                    _connector="OR",
                ),
                name="user_handle_is_plain",
            ),
        ),
    ]
