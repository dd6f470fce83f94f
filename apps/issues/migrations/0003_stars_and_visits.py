"""What people keep for themselves: favourite issues, and those they looked at last."""

import django.utils.timezone
from django.conf import settings
from django.db import migrations, models
from django.db.models import CASCADE


def reference(to, **options):
    return models.ForeignKey(on_delete=CASCADE, to=to, **options)


class Migration(migrations.Migration):
    dependencies = [
        ("issues", "0002_room_for_counters"),
        ("orgs", "0002_invitation_mailed_at"),
        ("projects", "0003_project_star"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="IssueStar",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("issue", reference("issues.issue", related_name="stars")),
                ("org", reference("orgs.organization", db_index=False, related_name="+")),
                ("project", reference("projects.project", db_index=False, related_name="+")),
                ("user", reference(settings.AUTH_USER_MODEL, db_index=False, related_name="+")),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("user", "issue"), name="issue_starred_once_per_person")
                ],
            },
        ),
        migrations.CreateModel(
            name="Visit",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("seen_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("issue", reference("issues.issue", related_name="visits")),
                ("org", reference("orgs.organization", db_index=False, related_name="+")),
                ("project", reference("projects.project", db_index=False, related_name="+")),
                ("user", reference(settings.AUTH_USER_MODEL, db_index=False, related_name="+")),
            ],
            options={
                "indexes": [models.Index(fields=["user", "org", "-seen_at"], name="visit_newest_first")],
                "constraints": [
                    models.UniqueConstraint(fields=("user", "issue"), name="issue_visited_once_per_person")
                ],
            },
        ),
    ]
