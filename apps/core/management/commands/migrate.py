"""Django's migrate, as the owner of the tables, followed by grants, policies and doors."""

from typing import Any

from django.core.management.base import CommandParser
from django.core.management.commands import migrate
from django.db import connections

from apps.core.tenancy import tables


class Command(migrate.Command):
    """Run migrations as `flowboard_owner` and apply the tenancy declaration after them."""

    help = "Updates the database schema as its owner, then grants and row-level security (apps/core/tenancy/tables.py)."

    def add_arguments(self, parser: CommandParser) -> None:
        """Django's arguments, with the owner's alias as the default."""
        super().add_arguments(parser)
        parser.set_defaults(database="owner")

    def handle(self, *args: Any, **options: Any) -> None:
        """Migrate, then wall the tables in."""
        super().handle(*args, **options)
        if not options.get("plan") and not options.get("check_unapplied"):
            tables.apply(connections[options["database"]])
