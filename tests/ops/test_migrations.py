"""Every migration since the first release goes back, and forward again to the same schema."""

import os
import subprocess
from collections.abc import Iterator

import pytest
from django.core.management import call_command
from django.db import connections
from django.db.migrations.loader import MigrationLoader

from apps.ops.embedded.postgres import program
from tests import databases

# What an app began with; going back further would leave it without tables.
FIRST = "0001_initial"
# Apps whose beginning builds on more than the first release: they go with what they build on.
BEGAN_LATER = frozenset({"exports", "notifications", "webhooks"})


@pytest.fixture
def fresh_database(transactional_db: None) -> Iterator[str]:
    """A migrated database that no other test sees."""
    own = os.environ["FLOWBOARD_TEST_DATABASE"]
    name = f"{own}_migrations"
    databases.make_copy(name)
    databases.point_django_at(name)
    yield name
    databases.point_django_at(own)
    databases.drop_copy(name)


def schema() -> list[str]:
    """The statements that would make this schema anew. Columns that were added again are at the end of their tables."""
    url = os.environ["DATABASE_OWNER_URL"].rpartition("/")[0] + "/" + connections["owner"].settings_dict["NAME"]
    done = subprocess.run(
        [str(program("pg_dump")), "--schema-only", "--no-owner", url], capture_output=True, text=True, check=True
    )
    lines = (line.strip().rstrip(",") for line in done.stdout.splitlines())
    return sorted(line for line in lines if line and not line.startswith(("--", "\\")))


@pytest.mark.deep
@pytest.mark.django_db(transaction=True, databases="__all__")
def test_go_back_to_the_first_and_forward_to_the_same_schema(fresh_database: str) -> None:
    before = schema()
    loader = MigrationLoader(connections["owner"])
    ours = sorted(app for app, name in loader.graph.nodes if name == FIRST and app in loader.migrated_apps)
    ours = [app for app in ours if loader.graph.nodes[app, FIRST].__module__.startswith("apps.")]

    def applied() -> set[tuple[str, str]]:
        return {key for key in MigrationLoader(connections["owner"]).applied_migrations if key[0] in ours}

    for app in ours:
        # What builds on a later migration of another app went with it, and would be brought back.
        if any(of == app and name != FIRST for of, name in applied()):
            call_command("migrate", app, FIRST, database="owner", verbosity=0, interactive=False)
    assert applied() == {(app, FIRST) for app in ours if app not in BEGAN_LATER}
    call_command("migrate", database="owner", verbosity=0, interactive=False)
    assert schema() == before
