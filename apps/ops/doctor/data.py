"""Checks of the database: can it be reached, by whom, and do both walls stand as the declaration says."""

from collections.abc import Iterator

from django.db import DatabaseError, connections
from django.utils import timezone

from apps.core.tenancy import boot
from apps.core.tenancy.tables import APP, STAFF, TABLES, Scope
from apps.ops.doctor.findings import Finding, bad, ok, warn
from apps.ops.health import pending_migrations

SERVING = "default"
READING = "staff"
OWNING = "owner"
OLDEST_POSTGRES = 180000
SKEW_TO_NOTE = 2.0
SKEW_TO_FEAR = 30.0
_RESTORE_WALLS = (
    "Run `manage.py migrate`, which applies apps/core/tenancy/tables.py again, and find out who changed it."
)


def examine() -> tuple[bool, list[Finding]]:
    """Whether the database can be asked at all, and what was found."""
    unreachable = [finding for alias in (SERVING, READING, OWNING) if (finding := _unreachable(alias)) is not None]
    if unreachable:
        return False, unreachable
    return True, list(_examine())


def _unreachable(alias: str) -> Finding | None:
    connection = connections[alias]
    if connection.vendor == "unknown":
        return bad(
            "database",
            f"the address of the {alias} role is not set",
            "Run the doctor where DATABASE_URL, DATABASE_OWNER_URL and DATABASE_STAFF_URL are all set.",
        )
    try:
        connection.ensure_connection()
    except DatabaseError as error:
        reason = (str(error).strip().splitlines() or [type(error).__name__])[-1]
        return bad("database", f"{alias} cannot connect: {reason}", "Start PostgreSQL, or correct the address.")
    return None


def _examine() -> Iterator[Finding]:
    yield _version()
    yield _clock()
    yield _migrations()
    yield from _roles()
    yield from _walls()


def _version() -> Finding:
    connections[OWNING].ensure_connection()
    number = connections[OWNING].pg_version  # type: ignore[attr-defined]  # PostgreSQL's wrapper has it
    with connections[OWNING].cursor() as cursor:
        cursor.execute("SELECT current_setting('server_version')")
        version = cursor.fetchone()[0]
    if number < OLDEST_POSTGRES:
        return warn("database", f"PostgreSQL {version}", "FlowBoard is tested with PostgreSQL 18: upgrade the server.")
    return ok("database", f"PostgreSQL {version}, reached by all three roles")


def _clock() -> Finding:
    with connections[SERVING].cursor() as cursor:
        before = timezone.now()
        cursor.execute("SELECT clock_timestamp()")
        theirs = cursor.fetchone()[0]
        after = timezone.now()
    skew = abs((theirs - (before + (after - before) / 2)).total_seconds())
    what = f"{skew:.1f} s apart from the database's"
    advice = "Let both machines follow the same time server: leases and expiry compare these clocks."
    if skew > SKEW_TO_FEAR:
        return bad("clock", what, advice)
    if skew > SKEW_TO_NOTE:
        return warn("clock", what, advice)
    return ok("clock", what)


def _migrations() -> Finding:
    pending = pending_migrations(connections[SERVING])
    if pending:
        return bad("migrations", f"{len(pending)} pending, first {pending[0]}", "Run `manage.py migrate`.")
    return ok("migrations", "all applied")


def _roles() -> Iterator[Finding]:
    for alias in (SERVING, READING):
        role = connections[alias].settings_dict["USER"]
        powers = boot.powers_beyond_the_walls(alias)
        if powers:
            yield bad("roles", f"{role} {', '.join(powers)}", "Run deploy/postgres/roles.sql as a superuser.")
        else:
            yield ok("roles", f"{role} is bound by row-level security")


def _walls() -> Iterator[Finding]:
    """Compare tables, grants and policies with the declaration they were made from."""
    with connections[OWNING].cursor() as cursor:
        cursor.execute(
            "SELECT c.relname, c.relrowsecurity, "
            "ARRAY(SELECT p.polname::text FROM pg_policy p WHERE p.polrelid = c.oid), "
            "EXISTS (SELECT FROM pg_attribute a "
            "WHERE a.attrelid = c.oid AND a.attname = 'org_id' AND NOT a.attisdropped) "
            "FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')"
        )
        tables = cursor.fetchall()
        cursor.execute(
            "SELECT c.relname, coalesce(r.rolname::text, 'PUBLIC'), array_agg(x.privilege_type ORDER BY 1) "
            "FROM pg_class c CROSS JOIN LATERAL aclexplode(c.relacl) x LEFT JOIN pg_roles r ON r.oid = x.grantee "
            "WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm', 'f') "
            "AND x.grantee <> c.relowner GROUP BY 1, 2"
        )
        grants = {(table, role): set(privileges) for table, role, privileges in cursor.fetchall()}
        cursor.execute(
            "SELECT p.proname FROM pg_proc p WHERE p.pronamespace = 'public'::regnamespace "
            "AND has_function_privilege('public', p.oid, 'EXECUTE')"
        )
        open_doors = [name for (name,) in cursor.fetchall()]
    faults = list(_faults(tables))
    expected = {(name, APP): set(table.grants.split(", ")) for name, table in TABLES.items()}
    expected |= {(name, STAFF): {"SELECT"} for name in TABLES}
    faults += [
        f"{role} has {', '.join(sorted(grants.get((table, role), set()))) or 'no right'} on {table}"
        for table, role in sorted(grants.keys() | expected.keys())
        if grants.get((table, role), set()) != expected.get((table, role), set())
    ]
    faults += [f"everybody may call {name}()" for name in open_doors]
    walled = sum(1 for table in TABLES.values() if table.scope is not Scope.OUTSIDE)
    if faults:
        yield from (bad("walls", fault, _RESTORE_WALLS) for fault in faults)
    else:
        yield ok("walls", f"row-level security on {walled} tables, and no grant beyond the declaration")


def _faults(tables: list[tuple[str, bool, list[str], bool]]) -> Iterator[str]:
    for name, has_security, policies, has_org in tables:
        declared = TABLES.get(name)
        if declared is None:
            yield f"{name} is not declared"
            continue
        if declared.scope is Scope.OUTSIDE:
            if has_org:
                yield f"{name} has an org_id but is declared to be outside of tenancy"
            continue
        wanted = {"tenant", "staff_select"} | ({"tenant_select"} if declared.also_select else set())
        if not has_security:
            yield f"{name} has no row-level security"
        if set(policies) != wanted:
            have = ", ".join(sorted(policies)) or "none"
            yield f"{name} has the policies {have} instead of {', '.join(sorted(wanted))}"
    missing = sorted(TABLES.keys() - {name for name, *_ in tables})
    if missing:
        yield f"tables are missing: {', '.join(missing)}"
