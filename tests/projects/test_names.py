"""A project's key changes and the old one leads on; a project is deleted, brought back, or purged."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection, connections
from django.test import Client
from django.utils import timezone

from apps.accounts.models import User
from apps.audit.models import LogEntry
from apps.core.errors import Forbidden, Invalid, Moved, NotFound
from apps.core.tenancy import OrgRole, run_as_system, unit_of_work
from apps.core.tenancy.purging import Purged, due_purges, purge_some
from apps.core.tenancy.tables import TABLES, TENANT_TABLES
from apps.events.models import Event
from apps.issues.models import Issue
from apps.issues.selectors import NoSuchIssue, get_issue
from apps.issues.services import add_comment, edit_issue
from apps.orgs import services as org_services
from apps.orgs.models import Organization
from apps.orgs.selectors import GRACE, deleted_organizations_of, deleted_projects
from apps.projects import selectors, services
from apps.projects.jobs import begin, purge_deleted
from apps.projects.models import FormerKey, IssueType, Project
from apps.projects.selectors import NoSuchProject
from tests.factories import acting, give_role, make_issues, make_member, make_org, make_project, make_user

pytestmark = pytest.mark.django_db


def rename(user: User, org: Organization, key: str, to: str) -> Project:
    with acting(user, org) as actor:
        project = selectors.get_project(actor=actor, key=key)
        return services.change_project_key(actor=actor, project=project, key=to)


class TestChangeKey:
    def test_the_old_key_leads_on_for_those_who_see_the_project(
        self, ada: User, acme: Organization, flow: Project
    ) -> None:
        [issue] = make_issues(acme, flow, ada, "First")
        assert rename(ada, acme, "FLOW", " new ").key == "NEW"
        with acting(ada, acme) as actor:
            with pytest.raises(Moved) as moved:
                selectors.get_project(actor=actor, key="flow")
            assert (moved.value.old, moved.value.new) == ("FLOW", "NEW")
            with pytest.raises(Moved) as moved:
                get_issue(actor=actor, key=f"flow-{issue.number}")
            assert moved.value.new == f"NEW-{issue.number}"
            assert get_issue(actor=actor, key=f"NEW-{issue.number}").pk == issue.pk
            assert Project.objects.get().look_version == flow.look_version + 1
            assert Event.objects.filter(kind="project.key_changed").count() == 1

    def test_nobody_else_is_told(self, ada: User, acme: Organization, secret: Project) -> None:
        rename(ada, acme, "SECRET", "HUSH")
        with acting(make_member(acme), acme) as actor:
            with pytest.raises(NoSuchProject):
                selectors.get_project(actor=actor, key="SECRET")
            with pytest.raises(NoSuchIssue):
                get_issue(actor=actor, key="SECRET-1")

    def test_another_project_may_take_the_freed_key_and_ends_the_redirect(
        self, ada: User, acme: Organization, flow: Project
    ) -> None:
        make_issues(acme, flow, ada, "First")
        rename(ada, acme, "FLOW", "NEW")
        make_project(acme, ada, "FLOW")
        with acting(ada, acme) as actor:
            assert selectors.get_project(actor=actor, key="FLOW").pk != flow.pk
            with pytest.raises(NoSuchIssue):
                get_issue(actor=actor, key="FLOW-1")
            assert not FormerKey.objects.exists()

    def test_going_back_and_forth_leaves_each_key_once(self, ada: User, acme: Organization, flow: Project) -> None:
        for before, after in (("FLOW", "NEW"), ("NEW", "FLOW"), ("FLOW", "NEW")):
            rename(ada, acme, before, after)
        with acting(ada, acme) as actor:
            project = selectors.get_project(actor=actor, key="NEW")
            assert selectors.former_keys(actor=actor, project=project) == ["FLOW"]

    def test_refuses_what_is_no_key_or_taken(self, ada: User, acme: Organization, flow: Project) -> None:
        make_project(acme, ada, "TAKEN")
        for key in ("", "X", "1AB", "TOOLONGAKEY", "A-B", "🚀", "..", "É2"):
            with pytest.raises(Invalid, match="2 to 10"):
                rename(ada, acme, "FLOW", key)
        with pytest.raises(services.KeyTaken):
            rename(ada, acme, "FLOW", "TAKEN")
        assert rename(ada, acme, "FLOW", "FLOW").key == "FLOW"
        with pytest.raises(Forbidden):
            rename(make_member(acme), acme, "FLOW", "MINE")


class TestOldAddresses:
    @pytest.fixture
    def browser(self, client: Client, ada: User, acme: Organization, flow: Project) -> Client:
        make_issues(acme, flow, ada, "First")
        client.force_login(ada)
        answer = client.post(f"/{acme.slug}/FLOW/settings/key/", {"key": "NEW"})
        assert answer.url == f"/{acme.slug}/NEW/settings/"  # type: ignore[attr-defined]
        return client

    @pytest.mark.parametrize(
        ("old", "new"),
        [
            ("/FLOW/board/?mine=1&q=a%20b", "/NEW/board/?mine=1&q=a%20b"),
            ("/flow/settings/labels/", "/NEW/settings/labels/"),
            ("/issue/FLOW-1/", "/issue/NEW-1/"),
        ],
    )
    def test_pages_lead_on(self, browser: Client, acme: Organization, old: str, new: str) -> None:
        answer = browser.get(f"/{acme.slug}{old}")
        assert (answer.status_code, answer.url) == (302, f"/{acme.slug}{new}")  # type: ignore[attr-defined]
        assert browser.get(f"/{acme.slug}{new}").status_code == 200

    def test_a_form_of_an_open_page_arrives(self, browser: Client, acme: Organization) -> None:
        answer = browser.post(f"/{acme.slug}/issue/FLOW-1/comments/", {"body": "Still said."}, follow=True)
        assert answer.redirect_chain[0] == (f"/{acme.slug}/issue/NEW-1/comments/", 307)
        assert "Still said." in answer.content.decode()

    def test_scripts_are_led_on_with_their_method(self, browser: Client, ada: User, acme: Organization) -> None:
        with acting(ada, acme) as actor:
            _token, secret = org_services.create_api_token(actor=actor, name="script", scopes=["read", "write"])
        bearer = {"HTTP_AUTHORIZATION": f"Bearer {secret}"}
        base = f"/api/v1/orgs/{acme.slug}"
        answer = Client().get(f"{base}/projects/FLOW/issues/?limit=5", **bearer)
        assert (answer.status_code, answer["Location"]) == (307, f"{base}/projects/NEW/issues/?limit=5")
        answer = Client().patch(f"{base}/issues/FLOW-1/", {"title": "x"}, content_type="application/json", **bearer)
        assert (answer.status_code, answer["Location"]) == (307, f"{base}/issues/NEW-1/")

    def test_others_get_404(self, browser: Client, acme: Organization) -> None:
        guest = Client()
        guest.force_login(make_member(acme, OrgRole.GUEST))
        assert guest.get(f"/{acme.slug}/FLOW/board/").status_code == 404
        assert guest.get(f"/{acme.slug}/issue/FLOW-1/").status_code == 404
        assert browser.get(f"/{acme.slug}/NEVER/board/").status_code == 404

    def test_a_refused_key_says_so_at_its_field(self, browser: Client, acme: Organization) -> None:
        answer = browser.post(f"/{acme.slug}/NEW/settings/key/", {"key": ".."})
        assert answer.status_code == 422
        assert 'id="id_key_error"' in answer.content.decode()


def delete(user: User, org: Organization, key: str) -> int:
    with acting(user, org) as actor:
        project = selectors.get_project(actor=actor, key=key)
        return services.delete_project(actor=actor, project=project, confirmation=project.name).pk


class TestDelete:
    def test_takes_the_typed_name_of_an_admin(self, ada: User, acme: Organization, flow: Project) -> None:
        with acting(ada, acme) as actor:
            project = selectors.get_project(actor=actor, key="FLOW")
            with pytest.raises(Invalid):
                services.delete_project(actor=actor, project=project, confirmation="flow")
        with pytest.raises(Forbidden):
            delete(make_member(acme), acme, "FLOW")

    def test_it_vanishes_everywhere_at_once(self, client: Client, ada: User, acme: Organization, flow: Project) -> None:
        make_issues(acme, flow, ada, "Canary in the coal mine", assignee=ada)
        with acting(ada, acme) as actor:
            _token, secret = org_services.create_api_token(actor=actor, name="script", scopes=["read"])
        delete(ada, acme, "FLOW")
        client.force_login(ada)
        for path in ("/FLOW/board/", "/FLOW/issues/", "/issue/FLOW-1/", "/FLOW/settings/"):
            assert client.get(f"/{acme.slug}{path}").status_code == 404
        home = client.get(f"/{acme.slug}/").content.decode()
        assert "Canary" not in home
        assert flow.name not in home
        bearer = {"HTTP_AUTHORIZATION": f"Bearer {secret}"}
        assert Client().get(f"/api/v1/orgs/{acme.slug}/projects/FLOW/", **bearer).status_code == 404
        assert Client().get(f"/api/v1/orgs/{acme.slug}/projects/", **bearer).json()["results"] == []
        with run_as_system(org_id=acme.pk) as actor:
            assert not selectors.list_projects(actor=actor)

    def test_its_key_is_kept_for_it(self, ada: User, acme: Organization, flow: Project) -> None:
        delete(ada, acme, "FLOW")
        with pytest.raises(services.KeyTaken, match="deleted one"):
            make_project(acme, ada, "FLOW")

    def test_managers_and_its_admins_bring_it_back(self, ada: User, acme: Organization, flow: Project) -> None:
        lead, member = make_member(acme), make_member(acme)
        give_role(acme, flow, lead, "admin")
        give_role(acme, flow, member, "member")
        for person in (lead, make_member(acme, OrgRole.ADMIN), ada):
            project_id = delete(ada, acme, "FLOW")
            with acting(member, acme) as actor:
                assert deleted_projects() == []
                with pytest.raises(NotFound):
                    selectors.get_deleted_project(actor=actor, project_id=project_id)
            with acting(person, acme) as actor:
                [found] = deleted_projects()
                assert (found.id, found.short) == (project_id, "FLOW")
                assert found.gone_at - found.deleted_at == timedelta(days=30)
                project, seeing = selectors.get_deleted_project(actor=actor, project_id=project_id)
                services.restore_project(actor=seeing, project=project)
                assert services.restore_project(actor=seeing, project=project).deleted_at is None
            with acting(member, acme) as actor:
                assert selectors.get_project(actor=actor, key="FLOW").pk == project_id

    def test_of_two_who_delete_or_restore_at_once_one_did_it(
        self, ada: User, acme: Organization, flow: Project
    ) -> None:
        with acting(ada, acme) as actor:
            for _again in range(2):
                services.delete_project(actor=actor, project=Project.objects.get(), confirmation=flow.name)
            for _again in range(2):
                services.restore_project(actor=actor, project=Project.objects.get())
        with acting(ada, acme):
            kinds = Event.objects.filter(kind__in=["project.deleted", "project.restored"]).order_by("id")
            assert [event.kind for event in kinds] == ["project.deleted", "project.restored"]

    def test_cannot_be_taken_back_once_it_began_to_go(self, ada: User, acme: Organization, flow: Project) -> None:
        with acting(ada, acme) as actor:
            services.delete_project(actor=actor, project=flow, confirmation=flow.name)
            read_before = Project.objects.get()
            Project.objects.update(purge_began_at=timezone.now())
            with pytest.raises(NotFound):
                services.restore_project(actor=actor, project=read_before)

    def test_of_a_private_one_only_its_admins_know(self, ada: User, acme: Organization, secret: Project) -> None:
        admin = make_member(acme, OrgRole.ADMIN)
        delete(ada, acme, "SECRET")
        with acting(admin, acme):
            assert deleted_projects() == []
        with acting(ada, acme):
            assert [each.short for each in deleted_projects()] == ["SECRET"]

    def test_pages(self, client: Client, ada: User, acme: Organization, flow: Project) -> None:
        client.force_login(ada)
        address = f"/{acme.slug}/FLOW/settings/delete/"
        assert client.post(address, {"confirmation": "no"}).status_code == 422
        page = client.post(address, {"confirmation": flow.name}, follow=True).content.decode()
        assert "will be gone on" in page
        back = client.post(f"/{acme.slug}/settings/projects/{flow.pk}/restore/")
        assert back.url == f"/{acme.slug}/FLOW/board/"  # type: ignore[attr-defined]
        assert client.get(back.url).status_code == 200  # type: ignore[attr-defined]


def age(table: str, id_: int, days: float) -> None:
    with connections["owner"].cursor() as cursor:
        cursor.execute(
            f"UPDATE {table} SET deleted_at = %s WHERE id = %s", [timezone.now() - timedelta(days=days), id_]
        )


def left_of(org: Organization, project_id: int | None = None) -> dict[str, int]:
    """How many rows each tenant table still has, counted by the owner."""
    counts = {}
    with connections["owner"].cursor() as cursor:
        for name in sorted(TENANT_TABLES):
            table = TABLES[name]
            where = "org_id = %s" if name != "orgs_organization" else "id = %s"
            values = [org.pk]
            if project_id is not None:
                if table.scope != "project":
                    continue
                where += f" AND {table.project} = %s"
                values.append(project_id)
            cursor.execute(f"SELECT count(*) FROM {name} WHERE {where}", values)
            counts[name] = cursor.fetchone()[0]
    return {name: count for name, count in counts.items() if count}


def fill(ada: User, acme: Organization, project: Project) -> list[Issue]:
    """Issues with parents, comments, watchers and labels."""
    issues = make_issues(acme, project, ada, *(f"issue {number}" for number in range(7)))
    with acting(ada, acme) as actor:
        epic_type = IssueType.objects.get(project=project, level=IssueType.Level.EPIC)
        issue = Issue.objects.select_related("project", "type", "status").get(pk=issues[0].pk)
        add_comment(actor=actor, issue=issue, body="A remark.")
        Issue.objects.filter(pk=issues[1].pk).update(type=epic_type)
        edit_issue(actor=actor, issue=issue, values={"parent": issues[1].pk}, version=None)
        services.create_label(actor=actor, project=Project.objects.get(pk=project.pk), name="fresh")
    return issues


@pytest.mark.django_db(transaction=True)
class TestPurge:
    @pytest.fixture
    def world(self, transactional_db: None) -> tuple[User, Organization, Project]:
        ada = make_user("Ada")
        acme = make_org(ada)
        return ada, acme, make_project(acme, ada, "FLOW", template="scrum")

    def test_nothing_goes_before_its_time(self, world: tuple[User, Organization, Project]) -> None:
        ada, acme, flow = world
        fill(ada, acme, flow)
        before = left_of(acme)
        delete(ada, acme, "FLOW")
        age("projects_project", flow.pk, 29.9)
        assert purge_deleted() == 0
        with unit_of_work():
            assert purge_some(org_id=acme.pk, project_id=flow.pk, limit=100).gone == 0
            assert purge_some(org_id=acme.pk, project_id=None, limit=100).gone == 0
            assert due_purges() == []
        after = left_of(acme)
        assert {name: after[name] for name in before if not name.startswith(("events_", "audit_"))} == {
            name: before[name] for name in before if not name.startswith(("events_", "audit_"))
        }

    def test_a_project_goes_in_bounded_batches_and_leaves_its_neighbours_alone(
        self, world: tuple[User, Organization, Project]
    ) -> None:
        ada, acme, flow = world
        other = make_project(acme, ada, "OTHER", template="scrum")
        [*_issues, mine] = fill(ada, acme, flow)
        fill(ada, acme, other)
        with acting(ada, acme):
            # An issue elsewhere stands under one of the project's that goes.
            child = Issue.objects.filter(project=other).first()
            assert child is not None
            Issue.objects.filter(pk=child.pk).update(parent_id=mine.pk)
        neighbours = left_of(acme, other.pk)
        delete(ada, acme, "FLOW")
        age("projects_project", flow.pk, 30.1)
        with acting(ada, acme):
            assert deleted_projects() == []
        assert purge_deleted(3, 2) <= 6
        assert left_of(acme, flow.pk)["projects_project"] == 1
        total = purge_deleted(3)
        assert total > 6
        assert purge_deleted() == 0
        assert left_of(acme, flow.pk) == {}
        assert left_of(acme, other.pk) == neighbours
        with run_as_system(org_id=acme.pk):
            assert Issue.objects.get(pk=child.pk).parent_id is None
            assert Event.objects.filter(kind="project.purged").count() == 1
            assert LogEntry.objects.filter(event_kind="project.purged").count() == 1
            assert LogEntry.objects.filter(event_kind="issue.created", project_id=flow.pk).count() == 7
        make_project(acme, ada, "FLOW")

    def test_each_batch_goes_on_where_the_one_before_stopped(self, world: tuple[User, Organization, Project]) -> None:
        ada, acme, flow = world
        fill(ada, acme, flow)
        delete(ada, acme, "FLOW")
        age("projects_project", flow.pk, 30.1)
        with run_as_system(org_id=acme.pk) as actor:
            services.begin_purge_of_project(actor=actor, project_id=flow.pk)
        marks, last = [], Purged()
        while not marks or last.gone:
            with unit_of_work():
                last = purge_some(org_id=acme.pk, project_id=flow.pk, limit=3, since=last)
            marks.append((last.step, last.after))
        assert marks[:-1] == sorted(set(marks[:-1]))
        assert left_of(acme, flow.pk) == {}

    def test_another_run_may_have_come_to_the_end(self) -> None:
        assert not begin(2**40, None)

    def test_an_organization_goes_whole_and_its_audit_rows_stay(
        self, world: tuple[User, Organization, Project]
    ) -> None:
        ada, acme, flow = world
        fill(ada, acme, flow)
        with acting(ada, acme) as actor:
            org_services.invite(actor=actor, email="bo@example.test", role=OrgRole.MEMBER)
            org_services.create_api_token(actor=actor, name="script", scopes=["read"])
            org_services.move_organization(actor=actor, slug="elsewhere")
            org_services.delete_organization(actor=actor, confirmation=acme.name)
        neighbour = make_org(make_user("Eve"))
        before = left_of(neighbour)
        age("orgs_organization", acme.pk, 30.1)
        with unit_of_work():
            assert deleted_organizations_of_person(ada) == []
        purge_deleted(5)
        assert set(left_of(acme)) == {"audit_logentry"}
        assert left_of(neighbour) == before
        assert purge_deleted() == 0
        make_org(ada, slug="elsewhere")

    def test_what_was_begun_can_no_longer_be_brought_back(self, world: tuple[User, Organization, Project]) -> None:
        ada, acme, flow = world
        delete(ada, acme, "FLOW")
        age("projects_project", flow.pk, 30.1)
        with run_as_system(org_id=acme.pk) as actor:
            services.begin_purge_of_project(actor=actor, project_id=flow.pk)
            services.begin_purge_of_project(actor=actor, project_id=flow.pk)
        age("projects_project", flow.pk, 1)
        with acting(ada, acme) as actor:
            assert deleted_projects() == []
            with pytest.raises(Forbidden):
                services.begin_purge_of_project(actor=actor, project_id=flow.pk)
        with run_as_system(org_id=acme.pk):
            assert Event.objects.filter(kind="project.purged").count() == 1

    def test_the_database_and_the_pages_agree_on_the_grace(self, world: tuple[User, Organization, Project]) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT flowboard_grace()")
            assert cursor.fetchone() == (GRACE,)


def deleted_organizations_of_person(user: User) -> list[object]:
    from apps.core.tenancy import enter_person

    enter_person(user_id=user.pk)
    found: Callable[..., list[object]] = deleted_organizations_of  # type: ignore[assignment]
    return found(user_id=user.pk)
