from django.db import migrations

from apps.accounts.handles import handles_for

AT_ONCE = 500


def give_handles(apps, schema_editor):
    users = apps.get_model("accounts", "User").objects.using(schema_editor.connection.alias)
    taken = set(users.exclude(handle=None).values_list("handle", flat=True))
    without = users.filter(handle=None, kind="person", deleted_at=None).order_by("pk")
    changed = []
    for user in without.only("pk", "name", "handle").iterator(AT_ONCE):
        user.handle = next(handle for handle in handles_for(user.name) if handle not in taken)
        taken.add(user.handle)
        changed.append(user)
    users.bulk_update(changed, ["handle"], batch_size=AT_ONCE)


class Migration(migrations.Migration):
    """Everybody who has an account gets a handle, made of their name, in the order in which they came."""

    dependencies = [
        ("accounts", "0009_user_handle"),
    ]

    operations = [
        migrations.RunPython(give_handles, migrations.RunPython.noop),
    ]
