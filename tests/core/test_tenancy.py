"""Both walls: what the doors let in, what row-level security shows, and that nothing works without a context."""

import re
from dataclasses import replace
from pathlib import Path
from unittest import mock

import pytest
from django.db import DatabaseError, IntegrityError, connection, connections, transaction
from django.test import Client
from django.utils import timezone

from apps.accounts.models import User
from apps.boards.selectors import filling
from apps.core.tenancy import (
    OrgRole,
    doors,
    enter_invitation,
    enter_organization,
    enter_person,
    run_as_system,
    tables,
    unit_of_work,
)
from apps.core.tenancy.doors import (
    NoSuchInvitation,
    NoSuchOrganization,
    OrganizationSuspended,
    enter_as_system,
    refresh,
)
from apps.core.tenancy.strict import NoTenancyContext
from apps.issues.models import Issue
from apps.issues.selectors import paging, visible_issues
from apps.orgs.models import Membership, Organization
from apps.orgs.services import hash_secret, set_organization_suspended
from apps.projects import policies
from apps.projects import selectors as projects_selectors
from apps.projects.models import Project
from apps.projects.policies import Role
from tests.factories import acting, give_role, make_issues, make_member, make_org, make_project, make_user


def ids_without_selectors() -> set[int]:
    """Every issue that the database shows, with no filter of ours."""
    return set(Issue.objects.values_list("pk", flat=True))


class TestDoors:
    def test_a_member_enters_with_their_roles(self, ada: User, acme: Organization, secret: Project) -> None:
        with acting(ada, acme) as actor:
            assert (actor.user_id, actor.org_id, actor.org_role) == (ada.pk, acme.pk, OrgRole.OWNER)
            assert actor.project_roles == {secret.pk: "admin"}
            assert actor.hidden_project_ids == frozenset()

    def test_a_private_project_is_hidden_from_members_who_were_not_added(
        self, acme: Organization, secret: Project
    ) -> None:
        with acting(make_member(acme), acme) as actor:
            assert actor.hidden_project_ids == {secret.pk}

    def test_a_guest_sees_only_what_they_were_added_to(self, ada: User, acme: Organization, flow: Project) -> None:
        other = make_project(acme, ada, "OTHER")
        guest = make_member(acme, OrgRole.GUEST)
        give_role(acme, flow, guest, Role.COMMENTER)
        with acting(guest, acme) as actor:
            assert actor.hidden_project_ids == {other.pk}
            assert list(Project.objects.values_list("key", flat=True)) == ["FLOW"]

    @pytest.mark.parametrize("slug", ["nobody", "", "a" * 500, "'; drop table x"])
    def test_an_unknown_organization_lets_nobody_in(self, ada: User, slug: str) -> None:
        with unit_of_work(), pytest.raises(NoSuchOrganization):
            enter_organization(user_id=ada.pk, slug=slug)

    def test_an_outsider_a_former_member_and_a_suspended_person_stay_out(self, ada: User, acme: Organization) -> None:
        former, suspended = make_member(acme), make_member(acme)
        with acting(ada, acme):
            Membership.objects.filter(user=former).update(ended_at="2026-01-01T00:00:00Z")
        User.objects.filter(pk=suspended.pk).update(is_active=False)
        for person in (make_user("Eve"), former, suspended):
            with pytest.raises(NoSuchOrganization), acting(person, acme):
                pass

    def test_a_suspended_organization_says_so(self, ada: User, acme: Organization) -> None:
        with run_as_system(org_id=acme.pk) as actor:
            set_organization_suspended(actor=actor, is_suspended=True)
        with pytest.raises(OrganizationSuspended), acting(ada, acme):
            pass

    def test_the_system_enters_only_what_exists(self, db: None) -> None:
        with unit_of_work(), pytest.raises(NoSuchOrganization):
            enter_as_system(org_id=999_999_999)

    def test_an_unknown_invitation_opens_nothing(self, db: None) -> None:
        with unit_of_work(), pytest.raises(NoSuchInvitation):
            enter_invitation(token_hash=hash_secret("guess"), user_id=None)

    def test_doors_open_only_inside_a_unit_of_work(self, ada: User) -> None:
        with pytest.raises(RuntimeError):
            enter_person(user_id=ada.pk)

    def test_units_do_not_nest(self, db: None) -> None:
        with unit_of_work(), pytest.raises(RuntimeError), unit_of_work():
            pass

    def test_refresh_sees_rights_given_since(self, ada: User, acme: Organization, secret: Project) -> None:
        member = make_member(acme)
        with acting(member, acme) as actor:
            assert secret.pk in actor.hidden_project_ids
        give_role(acme, secret, member, Role.VIEWER)
        with acting(member, acme) as actor:
            assert refresh(actor).project_roles == {secret.pk: Role.VIEWER}
        with run_as_system(org_id=acme.pk) as system:
            assert refresh(system).is_system

    def test_refresh_refuses_somebody_whose_seat_ended(self, ada: User, acme: Organization) -> None:
        member = make_member(acme)
        with acting(member, acme) as actor:
            Membership.objects.filter(user=member).update(ended_at="2026-01-01T00:00:00Z")
            with pytest.raises(NoSuchOrganization):
                refresh(actor)


class TestTheWallInTheDatabase:
    def test_shows_one_organization_only(self, ada: User, acme: Organization, flow: Project) -> None:
        (own,) = make_issues(acme, flow, ada, "ours")
        eve = make_user("Eve")
        evil = make_org(eve, "Evil")
        (theirs,) = make_issues(evil, make_project(evil, eve, "EVIL"), eve, "theirs")
        with acting(ada, acme):
            assert ids_without_selectors() == {own.pk}
        with acting(eve, evil):
            assert ids_without_selectors() == {theirs.pk}

    def test_hides_private_projects_even_from_unfiltered_queries(
        self, ada: User, acme: Organization, flow: Project, secret: Project
    ) -> None:
        (open_issue,) = make_issues(acme, flow, ada, "open")
        (hidden,) = make_issues(acme, secret, ada, "hidden")
        with acting(ada, acme):
            assert ids_without_selectors() == {open_issue.pk, hidden.pk}
        with acting(make_member(acme), acme) as actor:
            assert ids_without_selectors() == {open_issue.pk}
            assert set(visible_issues(actor=actor).values_list("pk", flat=True)) == {open_issue.pk}

    def test_a_row_cannot_be_written_into_another_organization(
        self, ada: User, acme: Organization, flow: Project
    ) -> None:
        evil = make_org(make_user("Eve"), "Evil")
        with acting(ada, acme), pytest.raises(DatabaseError), transaction.atomic():
            Project.objects.create(org_id=evil.pk, key="EVIL", name="x", template="kanban")

    def test_a_reference_across_organizations_is_refused(self, ada: User, acme: Organization, flow: Project) -> None:
        eve = make_user("Eve")
        evil = make_org(eve, "Evil")
        (theirs,) = make_issues(evil, make_project(evil, eve, "EVIL"), eve, "theirs")
        (own,) = make_issues(acme, flow, ada, "ours")
        with acting(ada, acme), connection.cursor() as cursor:
            Issue.objects.filter(pk=own.pk).update(parent_id=theirs.pk)
            with pytest.raises(IntegrityError), transaction.atomic():
                cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            Issue.objects.filter(pk=own.pk).update(parent_id=None)

    def test_without_a_context_sql_sees_nothing_and_the_orm_refuses(
        self, ada: User, acme: Organization, flow: Project
    ) -> None:
        make_issues(acme, flow, ada, "a")
        with pytest.raises(NoTenancyContext):
            Issue.objects.count()
        with unit_of_work(), connection.cursor() as cursor:
            # What a forgotten context is to the database: settings that were never made in this transaction.
            cursor.execute("SELECT set_config('app.org', '', true), set_config('app.hidden', '', true)")
            cursor.execute("SELECT count(*) FROM issues_issue")
            assert cursor.fetchone() == (0,)
            cursor.execute(f"SELECT set_config('app.org', '{acme.pk}', true)")
            cursor.execute("SELECT count(*) FROM issues_issue")
            assert cursor.fetchone() == (0,), "an organization without its hidden list must show no project"

    def test_a_person_outside_of_organizations_sees_their_seats_only(self, ada: User, acme: Organization) -> None:
        make_member(acme)
        make_org(make_user("Eve"), "Evil")
        with unit_of_work():
            enter_person(user_id=ada.pk)
            assert list(Membership.objects.values_list("user_id", flat=True)) == [ada.pk]
            assert list(Organization.objects.values_list("pk", flat=True)) == [acme.pk]


class TestTables:
    def tenant_tables(self) -> list[str]:
        with connections["owner"].cursor() as cursor:
            cursor.execute(
                "SELECT table_name FROM information_schema.columns "
                "WHERE table_schema = 'public' AND column_name = 'org_id' ORDER BY 1"
            )
            return [row[0] for row in cursor.fetchall()] + ["orgs_organization"]

    def test_every_table_with_an_organization_has_its_wall(self, db: None) -> None:
        names = self.tenant_tables()
        assert len(names) > 15
        with connections["owner"].cursor() as cursor:
            for name in names:
                cursor.execute("SELECT relrowsecurity FROM pg_class WHERE oid = %s::regclass", [name])
                assert cursor.fetchone() == (True,), f"{name} has no row-level security"
                cursor.execute(
                    "SELECT count(*) FROM pg_policies WHERE tablename = %s AND %s = ANY(roles)", [name, tables.APP]
                )
                assert cursor.fetchone()[0] >= 1, f"{name} has no policy"

    def test_an_undeclared_table_fails_the_migration(self, db: None) -> None:
        owner = connections["owner"]
        with owner.cursor() as cursor:
            cursor.execute("CREATE TABLE stray (id bigint)")
        with pytest.raises(tables.UndeclaredTable, match="stray"):
            tables.apply(owner)

    @pytest.mark.parametrize(
        ("declared", "columns", "message"),
        [
            (tables.Table(tables.Scope.PROJECT), "id bigint", "has no org_id"),
            (tables.Table(tables.Scope.OUTSIDE), "id bigint, org_id bigint", "declared to be outside"),
        ],
    )
    def test_a_declaration_that_does_not_fit_its_table_fails(
        self, db: None, monkeypatch: pytest.MonkeyPatch, declared: tables.Table, columns: str, message: str
    ) -> None:
        monkeypatch.setitem(tables.TABLES, "stray", declared)
        owner = connections["owner"]
        with owner.cursor() as cursor:
            cursor.execute(f"CREATE TABLE stray ({columns})")
        with pytest.raises(tables.UndeclaredTable, match=message):
            tables.apply(owner)

    def test_the_application_role_is_bound_by_the_walls(self, db: None) -> None:
        with connections["owner"].cursor() as cursor:
            cursor.execute("SELECT rolsuper, rolbypassrls FROM pg_roles WHERE rolname = %s", [tables.APP])
            assert cursor.fetchone() == (False, False)
            cursor.execute(
                "SELECT count(*) FROM pg_tables WHERE schemaname = 'public' AND tableowner = %s", [tables.APP]
            )
            assert cursor.fetchone() == (0,)
            for name in tables.TABLES:
                cursor.execute("SELECT has_table_privilege(%s, %s, 'TRUNCATE')", [tables.APP, name])
                assert cursor.fetchone() == (False,), f"{name} can be emptied past its policies"

    @pytest.mark.parametrize("statement", ["UPDATE {} SET org_id = org_id", "DELETE FROM {}", "TRUNCATE {}"])
    @pytest.mark.parametrize("table", ["audit_logentry", "events_event", "events_change"])
    def test_the_application_cannot_rewrite_history(
        self, ada: User, acme: Organization, table: str, statement: str
    ) -> None:
        refused = pytest.raises(DatabaseError, match="permission denied")
        with acting(ada, acme), connection.cursor() as cursor, refused, transaction.atomic():
            cursor.execute(statement.format(table))

    def test_staff_read_across_organizations_and_write_nothing(
        self, ada: User, acme: Organization, flow: Project
    ) -> None:
        with connections["staff"].cursor() as cursor:
            cursor.execute("SELECT count(*) FROM issues_issue")
            for verb in ("UPDATE issues_issue SET title = 'x'", "DELETE FROM issues_issue"):
                with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic(using="staff"):
                    cursor.execute(verb)

    def test_nobody_may_call_the_doors_helper(self, db: None) -> None:
        with connections["owner"].cursor() as cursor:
            cursor.execute(
                "SELECT has_function_privilege(%s, 'flowboard_admit(bigint, bigint, text)', 'EXECUTE')", [tables.APP]
            )
            assert cursor.fetchone() == (False,)

    def test_every_door_pins_its_search_path(self) -> None:
        source = (Path(tables.__file__).parent / "doors.sql").read_text()
        definitions = re.findall(r"CREATE OR REPLACE FUNCTION.*?AS \$\$", source, re.DOTALL)
        assert len(definitions) >= 10
        for definition in definitions:
            assert "SECURITY DEFINER SET search_path = public, pg_temp" in definition


class TestRequests:
    def test_a_missing_organization_and_a_foreign_one_look_alike(self, ada: User, acme: Organization) -> None:
        make_org(make_user("Eve"), "Evil", slug="evil-inc")
        client = Client(raise_request_exception=False)
        client.force_login(ada)
        foreign, missing = client.get("/evil-inc/FLOW/board/"), client.get("/no-such-thing/FLOW/board/")
        assert foreign.status_code == missing.status_code == 404
        assert "There is no such organization" in foreign.content.decode()

    def test_the_signed_out_are_asked_to_sign_in(self, acme: Organization) -> None:
        answer = Client().get(f"/{acme.slug}/FLOW/board/")
        assert answer.status_code == 302
        assert answer["Location"].startswith("/accounts/login/?next=/")
        fragment = Client().get(f"/{acme.slug}/FLOW/board/", headers={"HX-Request": "true"})
        assert fragment.status_code == 401


class World:
    """Two organizations, a private project, and what each of four people may see of the canaries in them."""

    def __init__(self) -> None:
        ada, eve = make_user("Ada"), make_user("Eve")
        self.acme, self.evil = make_org(ada), make_org(eve, "Evil")
        member = make_member(self.acme)
        for org, owner, key, visibility, canary in (
            (self.acme, ada, "FLOW", "organization", "canary-flow"),
            (self.acme, ada, "SECRET", "private", "canary-secret"),
            (self.evil, eve, "FLOW", "organization", "canary-evil"),
        ):
            make_issues(org, make_project(org, owner, key, visibility=visibility), owner, canary)
        self.sees = [
            (ada, self.acme, {"FLOW": "canary-flow", "SECRET": "canary-secret"}),
            (member, self.acme, {"FLOW": "canary-flow", "SECRET": None}),
            (eve, self.evil, {"FLOW": "canary-evil", "SECRET": None}),
        ]
        self.clients = {}
        for person, _org, _sees in self.sees:
            self.clients[person.pk] = Client(raise_request_exception=False)
            self.clients[person.pk].force_login(person)

    def check(self, turn: int) -> None:
        """One request of one of them: exactly its own canary, or 404."""
        person, org, sees = self.sees[turn % 3]
        key = ("FLOW", "SECRET")[turn // 3 % 2]
        page = ("board/", "issues/", "board/cards/?ids=" + ",".join(map(str, self.ids)))[turn // 6 % 3]
        answer = self.clients[person.pk].get(f"/{org.slug}/{key}/{page}")
        found = set(re.findall(r"canary-[a-z]+", answer.content.decode()))
        assert answer.status_code == (200 if sees[key] else 404), (person, key, page)
        assert found == ({sees[key]} if sees[key] else set()), (person, key, page)

    @property
    def ids(self) -> list[int]:
        """The ids of all issues of everybody."""
        with connections["staff"].cursor() as cursor:
            cursor.execute("SELECT id FROM issues_issue")
            return [row[0] for row in cursor.fetchall()]


@pytest.mark.django_db(transaction=True)
class TestOneConnectionForTwoTenants:
    @pytest.mark.no_cover  # the same few pages again and again
    def test_two_hundred_interleaved_requests_see_only_their_own(self) -> None:
        """Over one kept connection: what one request set must be gone for the next."""
        world = World()
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            before = cursor.fetchone()
        for turn in range(200):
            world.check(turn)
            with connection.cursor() as cursor:
                cursor.execute("SELECT count(*) FROM issues_issue")
                assert cursor.fetchone() == (0,), "the context outlived its transaction"
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            assert cursor.fetchone() == before

    def test_the_wall_in_the_database_holds_when_the_selectors_forget_theirs(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Every filter of wall one is switched off; wall two alone must give the same answers."""
        world = World()
        monkeypatch.setattr(projects_selectors, "visible_projects", lambda **_who: Project.objects.all())
        for module in (paging, filling):
            monkeypatch.setattr(module, "visible_issues", lambda **_who: Issue.objects.undeleted())
        monkeypatch.setattr(policies, "can_see", lambda actor, project: True)
        admitted = doors._admit
        monkeypatch.setattr(
            doors,
            "_admit",
            lambda row, **asked: replace(admitted(row, **asked), hidden_project_ids=frozenset()),
        )
        for turn in range(18):
            world.check(turn)

    def test_the_selectors_hold_when_the_wall_in_the_database_is_gone(self) -> None:
        """The negative control of the test before: each wall stands alone."""
        world = World()
        names = [name for name, table in tables.TABLES.items() if table.scope is not tables.Scope.OUTSIDE]
        with connections["owner"].cursor() as cursor:
            for name in names:
                cursor.execute(f"ALTER TABLE {name} DISABLE ROW LEVEL SECURITY")
        try:
            for turn in range(18):
                world.check(turn)
        finally:
            with connections["owner"].cursor() as cursor:
                for name in names:
                    cursor.execute(f"ALTER TABLE {name} ENABLE ROW LEVEL SECURITY")


class TestTheReadersDay:
    def test_today_is_the_readers_today(self, ada: User, acme: Organization, flow: Project) -> None:
        """At noon UTC it is tomorrow in Kiritimati (UTC+14) and still today in Niue (UTC-11)."""
        now = timezone.now().replace(hour=12)
        make_issues(acme, flow, ada, "due", due_date=now.date())
        client = Client()
        client.force_login(ada)
        overdue = {}
        for zone in ("Pacific/Kiritimati", "Pacific/Niue"):
            User.objects.filter(pk=ada.pk).update(time_zone=zone)
            with mock.patch("django.utils.timezone.now", return_value=now):
                overdue[zone] = "Overdue" in client.get(f"/{acme.slug}/FLOW/board/").content.decode()
        assert overdue == {"Pacific/Kiritimati": True, "Pacific/Niue": False}
