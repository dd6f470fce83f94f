"""Which table belongs to whom: the one declaration from which grants and row-level security are made.

`apply()` runs after every migrate, as the owner. A table that is not declared here fails it, and so does a declared
one that has no `org_id` where its scope needs one: forgetting is not possible.
"""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.utils import CursorWrapper

from apps.core.tenancy import purging

APP = "flowboard_app"
STAFF = "flowboard_staff"

ORG = "org_id = (select nullif(current_setting('app.org', true), '')::bigint)"
USER = "(select nullif(current_setting('app.user', true), '')::bigint)"
# No coalesce: a setting that was never made hides everything; "nothing is hidden" is written {}.
HIDDEN = "((select nullif(current_setting('app.hidden', true), ''))::bigint[])"


class Scope(StrEnum):
    """To whom a table's rows belong."""

    ORGANIZATION = "organization"
    PROJECT = "project"
    OUTSIDE = "outside"


@dataclass(frozen=True, slots=True)
class Table:
    """How one table is walled in.

    `using` replaces the policy that follows from the scope; `also_select` adds rows that may be read as well. Where a
    later migration `added` a column that `using` names, `using_before` holds without it, so that it can be taken back.
    `is_kept` rows outlive the organization or project they speak of.
    """

    scope: Scope
    grants: str = "SELECT, INSERT, UPDATE, DELETE"
    project: str = "project_id"
    using: str = ""
    added: str = ""
    using_before: str = ""
    also_select: str = ""
    is_kept: bool = False

    @property
    def policy(self) -> str:
        """The condition that each row must meet, to be seen and to be written."""
        if self.using:
            return self.using
        if self.scope is Scope.PROJECT:
            return f"{ORG} AND NOT {self.project} = ANY({HIDDEN})"
        return ORG


_APPEND_ONLY = "SELECT, INSERT"
_KEEP = "SELECT, INSERT, UPDATE"
_READ = "SELECT"
_FULL = "SELECT, INSERT, UPDATE, DELETE"
# Rows that may name a project but need not (the organization's own facts): NULL is visible.
_MAYBE_PROJECT = f"{ORG} AND (project_id IS NULL OR NOT project_id = ANY({HIDDEN}))"

# The organizations of the switcher, before one of them is entered.
_OWN_SEATS = f"id IN (SELECT m.org_id FROM orgs_membership m WHERE m.user_id = {USER} AND m.ended_at IS NULL)"  # noqa: S608

# One person's own rows about projects: nobody else in the organization sees or writes them, only FlowBoard itself.
_OWN_IN_PROJECT = f"{ORG} AND NOT project_id = ANY({HIDDEN}) AND (user_id = {USER} OR {USER} IS NULL)"

# The same of what belongs to no project.
_OWN = f"{ORG} AND (user_id = {USER} OR {USER} IS NULL)"

TABLES: dict[str, Table] = {
    # organizations
    "orgs_organization": Table(
        Scope.ORGANIZATION,
        _KEEP,
        using="id = (select nullif(current_setting('app.org', true), '')::bigint)",
        also_select=_OWN_SEATS,
    ),
    "orgs_formerslug": Table(Scope.ORGANIZATION),
    "orgs_membership": Table(Scope.ORGANIZATION, _KEEP, also_select=f"user_id = {USER}"),
    "orgs_invitation": Table(Scope.ORGANIZATION, _KEEP),
    # One's own, and those of service accounts, which are the organization's.
    "orgs_apitoken": Table(
        Scope.ORGANIZATION,
        _KEEP,
        using=f"{ORG} AND (user_id = {USER} OR is_service)",
        added="is_service",
        using_before=f"{ORG} AND user_id = {USER}",
    ),
    "orgs_changedlimit": Table(Scope.ORGANIZATION),
    "orgs_keptanswer": Table(Scope.ORGANIZATION, using=_OWN),
    # projects
    "projects_project": Table(Scope.PROJECT, _KEEP, project="id"),
    "projects_formerkey": Table(Scope.PROJECT),
    "projects_projectmember": Table(Scope.PROJECT),
    "projects_issuetype": Table(Scope.PROJECT),
    "projects_status": Table(Scope.PROJECT),
    "projects_transition": Table(Scope.PROJECT),
    "projects_label": Table(Scope.PROJECT),
    "projects_version": Table(Scope.PROJECT, _KEEP),
    "projects_customfield": Table(Scope.PROJECT),
    "projects_customfieldtype": Table(Scope.PROJECT),
    "projects_projectstar": Table(Scope.PROJECT, using=_OWN_IN_PROJECT),
    # issues
    "issues_issue": Table(Scope.PROJECT, _KEEP),
    "issues_formerissuekey": Table(Scope.PROJECT),
    "issues_issuecounter": Table(Scope.PROJECT, _KEEP),
    "issues_issuelabel": Table(Scope.PROJECT),
    "issues_issueversion": Table(Scope.PROJECT),
    "issues_issuelink": Table(
        Scope.PROJECT,
        using=f"{ORG} AND NOT project_id = ANY({HIDDEN}) AND NOT target_project_id = ANY({HIDDEN})",
    ),
    "issues_comment": Table(Scope.PROJECT, _KEEP),
    "issues_reaction": Table(Scope.PROJECT),
    "issues_attachment": Table(Scope.PROJECT),
    "issues_worklog": Table(Scope.PROJECT, _KEEP),
    "issues_watcher": Table(Scope.PROJECT),
    "issues_issuestar": Table(Scope.PROJECT, using=_OWN_IN_PROJECT),
    "issues_visit": Table(Scope.PROJECT, using=_OWN_IN_PROJECT),
    "sprints_sprint": Table(Scope.PROJECT),
    "sprints_scopeentry": Table(Scope.PROJECT, _APPEND_ONLY),
    "sprints_cadence": Table(Scope.PROJECT),
    "sprints_capacity": Table(Scope.PROJECT),
    "sprints_calendarlink": Table(Scope.PROJECT, _KEEP, using=_OWN_IN_PROJECT),
    # templates, and issues made by themselves
    "recurring_issuetemplate": Table(Scope.PROJECT),
    "recurring_templatelabel": Table(Scope.PROJECT),
    "recurring_schedule": Table(Scope.PROJECT, _KEEP),
    "recurring_occurrence": Table(Scope.PROJECT, _APPEND_ONLY),
    # boards
    "boards_board": Table(Scope.PROJECT),
    "boards_column": Table(Scope.PROJECT),
    "boards_columnstatus": Table(Scope.PROJECT),
    "boards_quickfilter": Table(Scope.PROJECT),
    "boards_lanelimit": Table(Scope.PROJECT),
    "boards_boardchoice": Table(Scope.PROJECT, using=_OWN_IN_PROJECT),
    "boards_acrossboard": Table(Scope.ORGANIZATION),
    "boards_acrossproject": Table(Scope.PROJECT),
    "boards_acrosschoice": Table(Scope.ORGANIZATION, using=_OWN),
    "boards_acrossquickfilter": Table(Scope.ORGANIZATION),
    # what reaches people
    "notifications_notification": Table(Scope.PROJECT, using=_OWN_IN_PROJECT),
    "notifications_inboxentry": Table(Scope.PROJECT, using=_OWN_IN_PROJECT),
    "notifications_projectinterest": Table(Scope.PROJECT, using=_OWN_IN_PROJECT),
    "notifications_issuemute": Table(Scope.PROJECT, using=_OWN_IN_PROJECT),
    "notifications_preference": Table(
        Scope.PROJECT, using=f"{_MAYBE_PROJECT} AND (user_id = {USER} OR {USER} IS NULL)"
    ),
    "notifications_mail": Table(Scope.ORGANIZATION, using=f"{ORG} AND (user_id = {USER} OR {USER} IS NULL)"),
    "notifications_mailpart": Table(Scope.PROJECT, using=_OWN_IN_PROJECT),
    "notifications_habits": Table(Scope.ORGANIZATION, using=f"{ORG} AND (user_id = {USER} OR {USER} IS NULL)"),
    # facts
    "events_stream": Table(
        Scope.PROJECT, _KEEP, using=f"{_MAYBE_PROJECT} AND (user_id IS NULL OR user_id = {USER} OR {USER} IS NULL)"
    ),
    "events_event": Table(
        Scope.PROJECT,
        _APPEND_ONLY,
        using=f"{_MAYBE_PROJECT} AND (user_id IS NULL OR user_id = {USER} OR {USER} IS NULL)",
    ),
    "events_change": Table(Scope.PROJECT, _APPEND_ONLY, using=_MAYBE_PROJECT),
    "events_delivery": Table(Scope.ORGANIZATION, _KEEP),
    "imports_externalref": Table(Scope.PROJECT),
    "imports_importrun": Table(Scope.ORGANIZATION, using=_MAYBE_PROJECT),
    "imports_importfile": Table(Scope.ORGANIZATION),
    "imports_importproblem": Table(Scope.ORGANIZATION),
    "imports_pendingreference": Table(Scope.ORGANIZATION),
    "imports_mappingprofile": Table(Scope.ORGANIZATION),
    "imports_claimedperson": Table(Scope.ORGANIZATION),
    # Archives belong to whoever asked for them.
    "exports_exportrun": Table(Scope.ORGANIZATION, using=f"{_MAYBE_PROJECT} AND (user_id = {USER} OR {USER} IS NULL)"),
    # webhooks: a project's, or the organization's; what they send of projects is hidden like these
    "webhooks_webhook": Table(Scope.PROJECT, using=_MAYBE_PROJECT),
    "webhooks_message": Table(Scope.PROJECT, using=_MAYBE_PROJECT),
    "webhooks_attempt": Table(Scope.PROJECT, using=_MAYBE_PROJECT),
    "webhooks_reading": Table(Scope.PROJECT, using=_MAYBE_PROJECT),
    # audit: organization rows by organization, account rows by the person
    "audit_logentry": Table(
        Scope.ORGANIZATION,
        _APPEND_ONLY,
        using=f"{_MAYBE_PROJECT} OR (org_id IS NULL AND actor_id IS NOT DISTINCT FROM {USER})",
        is_kept=True,
    ),
    # outside of tenancy: people, sessions, and Django's own
    "accounts_user": Table(Scope.OUTSIDE, _KEEP),
    "accounts_server": Table(Scope.OUTSIDE, _KEEP),
    "accounts_user_groups": Table(Scope.OUTSIDE, _READ),
    "accounts_user_user_permissions": Table(Scope.OUTSIDE, _READ),
    "accounts_usersession": Table(Scope.OUTSIDE, _FULL),
    "accounts_accountmail": Table(Scope.OUTSIDE, _FULL),
    "accounts_refusedaddress": Table(Scope.OUTSIDE, _FULL),
    "account_emailaddress": Table(Scope.OUTSIDE, _FULL),
    "account_emailconfirmation": Table(Scope.OUTSIDE, _FULL),
    "auth_group": Table(Scope.OUTSIDE, _READ),
    "auth_group_permissions": Table(Scope.OUTSIDE, _READ),
    "auth_permission": Table(Scope.OUTSIDE, _READ),
    # Only the owner says what is a demo.
    "ops_demomark": Table(Scope.OUTSIDE, _READ),
    "django_admin_log": Table(Scope.OUTSIDE, _APPEND_ONLY),
    "django_content_type": Table(Scope.OUTSIDE, _READ),
    "django_migrations": Table(Scope.OUTSIDE, _READ),
    "django_session": Table(Scope.OUTSIDE, _FULL),
}

TENANT_TABLES = frozenset(name for name, table in TABLES.items() if table.scope is not Scope.OUTSIDE)


class UndeclaredTable(Exception):
    """A table exists that `TABLES` does not mention, so nobody decided who may see its rows."""


def apply(connection: BaseDatabaseWrapper) -> None:
    """Make grants, policies and doors what this module declares. Safe to run again.

    :param connection: the owner's
    :raises UndeclaredTable: if a table of the schema is not declared, or lacks its `org_id`
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        existing = {row[0] for row in cursor.fetchall()}
        undeclared = existing - TABLES.keys()
        if undeclared:
            raise UndeclaredTable(f"Declare in apps/core/tenancy/tables.py: {', '.join(sorted(undeclared))}")
        cursor.execute(
            "SELECT table_name, column_name FROM information_schema.columns "
            "WHERE table_schema = 'public' AND column_name = 'org_id'"
        )
        with_org = {row[0] for row in cursor.fetchall()} | {"orgs_organization"}
        for name in sorted(existing):
            table = TABLES[name]
            if table.scope is not Scope.OUTSIDE and name not in with_org:
                raise UndeclaredTable(f"{name} belongs to an organization but has no org_id.")
            if table.scope is Scope.OUTSIDE and name in with_org:
                raise UndeclaredTable(f"{name} has an org_id but is declared to be outside of tenancy.")
            _grant(cursor, name, table)
            if table.scope is not Scope.OUTSIDE:
                _wall(cursor, name, table)
        _keep_references_inside(cursor)
        if existing == TABLES.keys():
            purging.apply(cursor, TABLES)
            _open_doors(cursor)


def _grant(cursor: CursorWrapper, name: str, table: Table) -> None:
    cursor.execute(f'REVOKE ALL ON "{name}" FROM PUBLIC, {APP}, {STAFF}')
    cursor.execute(f'GRANT {table.grants} ON "{name}" TO {APP}')
    cursor.execute(f'GRANT SELECT ON "{name}" TO {STAFF}')
    if "INSERT" in table.grants:
        cursor.execute(
            "SELECT pg_get_serial_sequence(%s, a.attname) FROM pg_attribute a "
            "WHERE a.attrelid = %s::regclass AND a.attname = 'id'",
            [name, name],
        )
        row = cursor.fetchone()
        if row and row[0]:
            cursor.execute(f"GRANT USAGE, SELECT ON SEQUENCE {row[0]} TO {APP}")


def _wall(cursor: CursorWrapper, name: str, table: Table) -> None:
    cursor.execute(f'ALTER TABLE "{name}" ENABLE ROW LEVEL SECURITY')
    for policy in ("tenant", "tenant_select", "staff_select"):
        cursor.execute(f'DROP POLICY IF EXISTS {policy} ON "{name}"')
    policy = table.policy if _has_column(cursor, name, table.added) else table.using_before
    cursor.execute(f'CREATE POLICY tenant ON "{name}" TO {APP} USING ({policy}) WITH CHECK ({policy})')
    if table.also_select:
        cursor.execute(f'CREATE POLICY tenant_select ON "{name}" FOR SELECT TO {APP} USING ({table.also_select})')
    cursor.execute(f'CREATE POLICY staff_select ON "{name}" FOR SELECT TO {STAFF} USING (true)')


def _has_column(cursor: CursorWrapper, name: str, column: str) -> bool:
    if not column:
        return True
    cursor.execute(
        "SELECT 1 FROM information_schema.columns "
        "WHERE table_schema = 'public' AND table_name = %s AND column_name = %s",
        [name, column],
    )
    return cursor.fetchone() is not None


def _keep_references_inside(cursor: CursorWrapper) -> None:
    """Foreign keys between tenant tables that include the organization, beside Django's own.

    The database checks references without row-level security, so a plain key would accept a foreign row's id.
    """
    cursor.execute(
        """
        SELECT c.conrelid::regclass::text, a.attname, c.confrelid::regclass::text
          FROM pg_constraint c
          JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1]
         WHERE c.contype = 'f' AND c.connamespace = 'public'::regnamespace AND cardinality(c.conkey) = 1
         ORDER BY 1, 2
        """
    )
    references = [row for row in cursor.fetchall() if {row[0], row[2]} <= TENANT_TABLES and row[1] != "org_id"]
    cursor.execute("SELECT conname FROM pg_constraint WHERE connamespace = 'public'::regnamespace")
    present = {row[0] for row in cursor.fetchall()}
    for source, column, target in references:
        unique = f"{target}_inside"
        if unique not in present:
            cursor.execute(f'ALTER TABLE "{target}" ADD CONSTRAINT {unique} UNIQUE (id, org_id)')
            present.add(unique)
        name = f"{source}_{column}_inside"
        if name not in present:
            cursor.execute(
                f'ALTER TABLE "{source}" ADD CONSTRAINT {name} FOREIGN KEY ("{column}", org_id) '
                f'REFERENCES "{target}" (id, org_id) DEFERRABLE INITIALLY DEFERRED'
            )


# flowboard_admit, flowboard_uproot and the two flowboard_erase_... are the doors' own helpers: no role that serves
# people calls them.
_DOORS = (
    "flowboard_enter(bigint, text)",
    "flowboard_enter_system(bigint)",
    "flowboard_enter_person(bigint)",
    "flowboard_enter_invitation(text, bigint)",
    "flowboard_enter_token(text, text, inet)",
    "flowboard_enter_calendar(text)",
    "flowboard_revoke_tokens(bigint)",
    "flowboard_rates(bigint, bigint)",
    "flowboard_working_tokens(bigint, int)",
    "flowboard_found_organization(bigint)",
    "flowboard_due_deliveries(int)",
    "flowboard_due_schedules(int)",
    "flowboard_due_mail()",
    "flowboard_due_webhooks()",
    "flowboard_waiting_imports(int)",
    "flowboard_unclaimed_imports(text[])",
    "flowboard_waiting_exports(int)",
    "flowboard_unclaimed_exports(text[])",
    "flowboard_stream_heads(bigint[])",
    "flowboard_rights(bigint[], bigint[])",
    "flowboard_organization_ids()",
    "flowboard_organization_named(text)",
    "flowboard_my_invitations()",
    "flowboard_invited_address(text)",
    "flowboard_spent_invitation(text)",
    "flowboard_ask_again(text)",
    "flowboard_remove_demo()",
    "flowboard_my_company()",
    "flowboard_grace()",
    "flowboard_enter_deleted(bigint, text)",
    "flowboard_deleted_projects()",
    "flowboard_uncover_project(bigint)",
    "flowboard_follow_issues(bigint[])",
    "flowboard_attached_bytes()",
    "flowboard_unclaimed_files(text[])",
    "flowboard_claim_slug(text, bigint)",
    "flowboard_due_purges(int)",
    "flowboard_purge_some(bigint, bigint, int, bigint, int)",
    "flowboard_remove_imported(bigint, text, bigint[])",
    "flowboard_remove_history(bigint, bigint[])",
    "flowboard_remove_ledger(bigint, bigint[], int[])",
)


def _open_doors(cursor: CursorWrapper) -> None:
    cursor.execute((Path(__file__).parent / "doors.sql").read_text())
    cursor.execute(f"GRANT USAGE ON SCHEMA public TO {APP}, {STAFF}")
    cursor.execute("REVOKE ALL ON ALL FUNCTIONS IN SCHEMA public FROM PUBLIC")
    for door in _DOORS:
        cursor.execute(f"GRANT EXECUTE ON FUNCTION {door} TO {APP}")
