"""Marking what belongs to the demo, and taking it away again.

The history of an organization is append-only for the role that serves people, so the deletion is a function of the
database that runs as the owner and looks at nothing but the marks (`apps/core/tenancy/doors.sql`).
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from django.core.files.storage import default_storage
from django.db import connection, connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from apps.accounts.services import note_demo_removed
from apps.core.tenancy import Origin, unit_of_work
from apps.events.services import service
from apps.ops.demo.story import Story
from apps.ops.models import DemoMark


@dataclass(frozen=True, slots=True)
class Removed:
    """How much went. `kept` are people of the demo who work elsewhere too, or run this server."""

    organizations: int
    people: int
    kept: int


def demo_organizations() -> list[str]:
    """The names of the demo's organizations, as long as they are here."""
    marks = DemoMark.objects.filter(kind=DemoMark.Kind.ORGANIZATION).order_by("id")
    return list(marks.values_list("name", flat=True))


def mark_demo(stories: list[Story]) -> None:
    """Mark what the stories told as demo, as the owner: whatever has their addresses *and* was told, not made."""
    slugs = [story.slug for story in stories]
    emails = [f"{handle}@{story.slug}.test" for story in stories for handle in story.people]
    with transaction.atomic(using="owner"), connections["owner"].cursor() as cursor:
        cursor.execute(
            "INSERT INTO ops_demomark (kind, object_id, name) SELECT 'organization', o.id, o.name "
            "FROM orgs_organization o WHERE o.slug = ANY (%s) AND EXISTS (SELECT FROM events_event e "
            "WHERE e.org_id = o.id AND e.kind = 'organization.created' AND e.origin = 'import' AND e.reason = 'demo') "
            "ORDER BY o.id ON CONFLICT DO NOTHING",
            [slugs],
        )
        cursor.execute(
            "INSERT INTO ops_demomark (kind, object_id, name) SELECT DISTINCT 'person', u.id, u.name "
            "FROM accounts_user u JOIN orgs_membership s ON s.user_id = u.id "
            "JOIN ops_demomark d ON d.kind = 'organization' AND d.object_id = s.org_id "
            "WHERE u.email = ANY (%s) ON CONFLICT DO NOTHING",
            [emails],
        )


@service
def remove_demo() -> Removed:
    """Delete the demo's organizations and people, and nothing else. For the operator who has entered.

    :raises django.db.ProgrammingError: for anybody else; the database itself refuses
    """
    removed = _erase(connection, "flowboard_remove_demo", transaction.on_commit)
    note_demo_removed()
    return removed


def remove_demo_as_owner() -> Removed:
    """The same for a command on the server's own machine, which needs no account."""
    with transaction.atomic(using="owner"):
        removed = _erase(connections["owner"], "flowboard_erase_demo", partial(transaction.on_commit, using="owner"))
    with unit_of_work(origin=Origin.SYSTEM, reason="manage.py remove_demo"):
        note_demo_removed()
    return removed


def _erase(database: BaseDatabaseWrapper, function: str, afterwards: Callable[[Callable[[], None]], None]) -> Removed:
    with database.cursor() as cursor:
        cursor.execute(f"SELECT * FROM {function}()")  # noqa: S608 (one of our two)
        organizations, people, kept, pictures = cursor.fetchone()
    afterwards(lambda: _delete_files(pictures or []))
    return Removed(organizations, people, kept)


def _delete_files(names: list[str]) -> None:
    for name in names:
        default_storage.delete(name)
