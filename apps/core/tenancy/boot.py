"""The boot check: FlowBoard serves nobody with a database role that row-level security does not bind."""

from django.db import DatabaseError, connections

# What would let a role past the second wall, with the words a person reads. A superuser has every one of these, so the
# first that applies is the one to name.
_POWERS = (
    ("is a superuser", "SELECT rolsuper FROM pg_roles WHERE rolname = current_user"),
    ("has BYPASSRLS", "SELECT rolbypassrls FROM pg_roles WHERE rolname = current_user"),
    (
        "may become a role that row-level security does not bind",
        "SELECT EXISTS (SELECT FROM pg_roles r WHERE (r.rolsuper OR r.rolbypassrls) "
        "AND pg_has_role(current_user, r.oid, 'MEMBER'))",
    ),
    (
        "owns tables, or may become their owner",
        "SELECT EXISTS (SELECT FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace "
        "AND c.relkind IN ('r', 'p') AND pg_has_role(current_user, c.relowner, 'MEMBER'))",
    ),
    (
        "may TRUNCATE tables",
        "SELECT EXISTS (SELECT FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace "
        "AND c.relkind IN ('r', 'p') AND has_table_privilege(c.oid, 'TRUNCATE'))",
    ),
)


class RefusedToServe(SystemExit):
    """The process ends with this sentence."""


def powers_beyond_the_walls(alias: str) -> list[str]:
    """What the role of a database alias can do that no serving role may, in words; empty where all is well."""
    with connections[alias].cursor() as cursor:
        found = []
        for power, query in _POWERS:
            cursor.execute(query)
            row = cursor.fetchone()
            if row and row[0]:
                found.append(power)
        return found


def verify(alias: str = "default") -> None:
    """Call this where a web, socket, worker or beat process starts.

    :raises RefusedToServe: if the role has a power that row-level security does not bind, or cannot be asked
    """
    try:
        powers = powers_beyond_the_walls(alias)
    except DatabaseError as error:
        reason = (str(error).strip().splitlines() or [type(error).__name__])[-1]
        raise RefusedToServe(f"FlowBoard does not start: its database cannot be reached ({reason}).") from error
    finally:
        # The process may fork, and no child may inherit this connection.
        connections[alias].close()
    if powers:
        role = connections[alias].settings_dict["USER"]
        raise RefusedToServe(
            f"FlowBoard does not start: the database role {role} {powers[0]}, so tenants would not be kept apart. "
            "Point DATABASE_URL at flowboard_app, as deploy/postgres/roles.sql makes it."
        )
