"""Taking the demo away: all of it, and nothing else."""

from collections.abc import Callable
from io import StringIO
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from django.db import ProgrammingError, connections

from apps.accounts.addresses import addresses_of
from apps.accounts.models import Server, User
from apps.core.tenancy import OrgRole, Origin, enter_person, run_as_system, tables, unit_of_work
from apps.issues.services import add_comment
from apps.ops.demo.removal import demo_organizations, mark_demo, remove_demo
from apps.ops.demo.story import Story
from apps.ops.models import DemoMark
from apps.orgs.models import Organization
from apps.orgs.services import add_member, create_organization
from tests.factories import acting, make_issues, make_member, make_org, make_project, make_user

PEOPLE = {"ada": {"name": "Ada", "time_zone": "UTC"}, "ben": {"name": "Ben", "time_zone": "UTC"}}
STORY = Story("acme", "Acme Robotics", "ada", PEOPLE, [], {}, {}, {})


def picture() -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table, as the owner sees them; sessions and the server's own row left out."""
    rows = {}
    with connections["owner"].cursor() as cursor:
        for name in sorted(tables.TABLES.keys() - {"django_session", "accounts_server"}):
            cursor.execute(f'SELECT t::text FROM "{name}" t ORDER BY 1')
            rows[name] = cursor.fetchall()
    return rows


def tell_demo() -> tuple[Organization, User, User]:
    """An organization as the demo's teller leaves one, only smaller, with a little of everything."""
    ada, ben = (make_user(name.title(), email=f"{name}@acme.test") for name in PEOPLE)
    for person in (ada, ben):
        EmailAddress.objects.create(user=person, email=person.email, primary=True, verified=True)
    with unit_of_work(origin=Origin.IMPORT, reason="demo"):
        org, _actor = create_organization(user_id=ada.pk, name="Acme Robotics", slug="acme")
    with run_as_system(org_id=org.pk) as actor:
        add_member(actor=actor, user=ben, role=OrgRole.MEMBER)
    project = make_project(org, ada, "FLOW", template="scrum")
    [issue, _other] = make_issues(org, project, ben, "First", "Second")
    with acting(ada, org) as actor:
        add_comment(actor=actor, issue=issue, body="A remark.")
    mark_demo([STORY])
    return org, ada, ben


@pytest.fixture
def real(transactional_db: None) -> Organization:
    """An organization where people truly work."""
    root = make_user("Root", email="root@example.test", is_staff=True)
    org = make_org(root, "Real Work", slug="real")
    make_member(org, OrgRole.MEMBER, "Mateo Ruiz", email="mateo@example.test")
    make_issues(org, make_project(org, root, "FLOW"), root, "Real issue")
    return org


def as_operator() -> Any:
    with unit_of_work():
        enter_person(user_id=User.objects.get(email="root@example.test").pk)
        return remove_demo()


def as_command() -> None:
    call_command("remove_demo", stdout=StringIO())


@pytest.mark.django_db(transaction=True)
class TestRemoval:
    @pytest.mark.parametrize("way", [as_operator, as_command])
    def test_leaves_the_server_as_it_was_before_the_demo_came(self, real: Organization, way: Callable[[], Any]) -> None:
        before = picture()
        demo, _ada, _ben = tell_demo()
        assert demo_organizations() == ["Acme Robotics"]
        way()
        after = picture()
        # What the removal itself leaves is its history, and that accounts came and went.
        before.pop("audit_logentry"), after.pop("audit_logentry")
        assert after == before
        assert not [row for row in picture()["audit_logentry"] if f",{demo.pk}," in row[0] and "organization" in row[0]]
        assert Server.objects.get().demo_removed_at is not None

    def test_a_real_person_who_was_invited_into_the_demo_stays(self, real: Organization) -> None:
        demo, _ada, _ben = tell_demo()
        mateo = User.objects.get(email="mateo@example.test")
        with run_as_system(org_id=demo.pk) as actor:
            add_member(actor=actor, user=mateo, role=OrgRole.MEMBER)
        removed = as_operator()
        assert (removed.organizations, removed.people, removed.kept) == (1, 2, 0)
        with acting(mateo, real) as actor:
            assert actor.org_role == OrgRole.MEMBER

    def test_a_person_of_the_demo_who_works_in_a_real_organization_stays_there(self, real: Organization) -> None:
        _demo, ada, ben = tell_demo()
        with run_as_system(org_id=real.pk) as actor:
            add_member(actor=actor, user=ada, role=OrgRole.ADMIN)
        output = StringIO()
        call_command("remove_demo", stdout=output)
        assert "Removed: Acme Robotics and 1 people." in output.getvalue()
        assert "1 of the demo's people stay" in output.getvalue()
        with acting(ada, real) as actor:
            assert actor.org_role == OrgRole.ADMIN
        assert not User.objects.filter(pk=ben.pk).exists()

    def test_a_person_of_the_demo_who_runs_the_server_stays(self, real: Organization) -> None:
        _demo, ada, _ben = tell_demo()
        User.objects.filter(pk=ada.pk).update(is_staff=True)
        assert as_operator().kept == 1
        assert User.objects.filter(pk=ada.pk).exists()

    def test_an_organization_of_the_same_name_that_somebody_made_is_none(self, real: Organization) -> None:
        ada = make_user("Ada", email="ada@acme.test")
        mine = make_org(ada, "Acme Robotics", slug="acme")
        mark_demo([STORY])
        assert demo_organizations() == []
        with pytest.raises(CommandError, match="no demo"):
            as_command()
        with acting(ada, mine) as actor:
            assert actor.org_role == OrgRole.OWNER

    def test_pictures_go_with_their_people(self, real: Organization) -> None:
        _demo, ada, _ben = tell_demo()
        ada.avatar.save("demo-face.webp", ContentFile(b"RIFF"))
        name = ada.avatar.name
        as_operator()
        assert not default_storage.exists(name)

    def test_nobody_but_an_operator_may(self, real: Organization) -> None:
        _demo, ada, _ben = tell_demo()
        with unit_of_work():
            enter_person(user_id=ada.pk)
            with pytest.raises(ProgrammingError, match="only an operator"):
                remove_demo()
        assert User.objects.filter(pk=ada.pk).exists()

    @pytest.mark.parametrize(
        "statement",
        [
            "SELECT * FROM flowboard_erase_demo()",
            "SELECT flowboard_erase_organizations('{1}')",
            "INSERT INTO ops_demomark (kind, object_id, name) VALUES ('organization', 1, 'x')",
            "UPDATE ops_demomark SET object_id = 1",
            "DELETE FROM ops_demomark",
        ],
    )
    def test_the_role_that_serves_people_cannot_help_itself(self, real: Organization, statement: str) -> None:
        with pytest.raises(ProgrammingError, match="permission denied"), connections["default"].cursor() as cursor:
            cursor.execute(statement)

    def test_the_demo_does_not_come_back_by_itself(self, real: Organization) -> None:
        tell_demo()
        invented = User.objects.get(pk=DemoMark.objects.filter(kind="person")[0].object_id)
        assert "invented" in addresses_of([invented])[invented.pk].trouble, "nobody writes to them"
        as_command()
        User.objects.using("owner").filter(email="root@example.test").update(email="root2@example.test")
        remarks = StringIO()
        assert call_command("load_demo", stdout=StringIO(), stderr=remarks) == ""
        assert "was removed" in remarks.getvalue()
        assert not DemoMark.objects.exists()


@pytest.mark.django_db(transaction=True)
@pytest.mark.deep
def test_the_whole_demo_goes_as_it_came(settings: Any) -> None:
    settings.ALLOWED_HOSTS = ["localhost"]
    before = picture()
    call_command("load_demo", stdout=StringIO(), stderr=StringIO())
    assert demo_organizations() == ["Acme Robotics", "Harbour Libraries"]
    as_command()
    after = picture()
    before.pop("audit_logentry"), after.pop("audit_logentry")
    assert after == before
