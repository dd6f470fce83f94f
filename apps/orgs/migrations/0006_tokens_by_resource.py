"""Tokens for a resource and a method each, for chosen projects, and of service accounts."""

import django.contrib.postgres.fields
from django.db import migrations, models


def keep_their_meaning(apps, schema_editor):
    """Write meant creating and changing issues; from now on it means everything."""
    tokens = apps.get_model("orgs", "ApiToken").objects.using(schema_editor.connection.alias)
    tokens.filter(scopes__contains=["write"]).update(scopes=["issues:write", "read"])


def take_back(apps, schema_editor):
    """What has no word in the release before may only read there, if that."""
    tokens = apps.get_model("orgs", "ApiToken").objects.using(schema_editor.connection.alias)
    for token in tokens.iterator():
        old = {"read"} & set(token.scopes)
        if {"write", "issues:write"} & set(token.scopes) and "read" in token.scopes:
            old.add("write")
        tokens.filter(pk=token.pk).update(scopes=sorted(old))


class Migration(migrations.Migration):
    dependencies = [("orgs", "0005_kept_answer")]

    operations = [
        migrations.AlterField(
            "apitoken",
            "scopes",
            django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=40), size=None),
        ),
        migrations.AddField(
            "apitoken",
            "is_service",
            models.BooleanField(
                db_default=False, default=False, help_text="Of a service account: the organization's admins keep it."
            ),
        ),
        migrations.AddField(
            "apitoken",
            "project_ids",
            django.contrib.postgres.fields.ArrayField(
                base_field=models.BigIntegerField(),
                blank=True,
                help_text="Empty: every project that its owner sees.",
                null=True,
                size=None,
            ),
        ),
        migrations.AddField(
            "apitoken",
            "rotated_at",
            models.DateTimeField(blank=True, help_text="When it got the present secret.", null=True),
        ),
        migrations.AddField("apitoken", "last_used_address", models.GenericIPAddressField(blank=True, null=True)),
        migrations.RunPython(keep_their_meaning, take_back),
    ]
