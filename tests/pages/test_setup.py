"""From an empty server to the first board, behind a link that works once."""

import re
from io import StringIO
from threading import Barrier, Thread
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connections
from django.test import Client

from apps.accounts.models import Server, User
from apps.accounts.services import make_first_operator
from apps.audit.models import LogEntry
from apps.core.errors import Invalid
from apps.core.tenancy import enter_person, run_as, unit_of_work
from apps.orgs.models import Membership
from apps.projects.models import Project
from tests.factories import PASSWORD, make_user

FIELDS = {
    "name": "Grace Lin",
    "email": "Grace@Example.test",
    "password": "an unusual phrase 7",
    "org_name": "Night Shift",
    "org_slug": "night-shift",
    "project_name": "Flow Board",
    "project_key": "FB",
    "template": "kanban",
}


def fresh_link() -> str:
    """The path that the command prints."""
    output = StringIO()
    call_command("setup_link", stdout=output)
    found = re.fullmatch(r"http://127\.0\.0\.1:\d+(/setup/[\w-]{40,}/)\n", output.getvalue())
    assert found is not None
    return found[1]


@pytest.mark.django_db
class TestSetup:
    def test_makes_operator_organization_and_project_and_opens_the_board(self, client: Client) -> None:
        link = fresh_link()
        assert client.get(link).status_code == 200
        answer = client.post(link, FIELDS)
        assert answer.url == "/night-shift/FB/board/"  # type: ignore[attr-defined]
        assert client.get(answer.url).status_code == 200, "signed in"  # type: ignore[attr-defined]
        grace = User.objects.get(email="grace@example.test")
        assert (grace.name, grace.is_staff, grace.is_superuser) == ("Grace Lin", True, True)
        assert grace.check_password(FIELDS["password"])
        assert grace.emailaddress_set.get().verified, "a mail server may not be there yet"
        with run_as(user_id=grace.pk, org_slug="night-shift"):
            assert Membership.objects.get().role == "owner"
            assert Project.objects.get().lead_id == grace.pk
        assert client.get("/admin/").status_code == 200

    def test_leaves_its_history(self, client: Client) -> None:
        client.post(fresh_link(), FIELDS)
        grace = User.objects.get()
        with unit_of_work():
            enter_person(user_id=grace.pk)
            kinds = set(LogEntry.objects.values_list("event_kind", flat=True))
        assert "account.signed_in" in kinds

    def test_the_link_is_kept_as_a_digest_only(self) -> None:
        link = fresh_link()
        assert link.split("/")[2] not in str(vars(Server.objects.get()))

    def test_works_once(self, client: Client) -> None:
        link = fresh_link()
        client.post(link, FIELDS)
        other = Client()
        page = other.get(link)
        assert page.status_code == 404
        assert "FlowBoard is set up" in page.content.decode()
        assert other.post(link, FIELDS | {"email": "eve@example.test", "org_slug": "eves"}).status_code == 404
        assert User.objects.count() == 1

    def test_a_newer_link_ends_the_one_before(self, client: Client) -> None:
        old, new = fresh_link(), fresh_link()
        page = client.get(old)
        assert page.status_code == 404
        assert "manage.py setup_link" in page.content.decode()
        assert client.get(new).status_code == 200

    def test_is_dead_as_soon_as_there_is_an_operator(self, client: Client) -> None:
        link = fresh_link()
        make_user("Root", is_staff=True)
        assert client.get(link).status_code == 404
        with pytest.raises(CommandError, match="runs this server already"):
            call_command("setup_link")

    def test_people_without_an_operator_are_not_in_its_way(self, client: Client) -> None:
        make_user("Somebody")
        assert client.post(fresh_link(), FIELDS).status_code == 302

    @pytest.mark.parametrize(
        ("changed", "field", "words"),
        [
            ({"name": " "}, "name", "required"),
            ({"email": "jürgen@example.test"}, "email", "plain letters"),
            ({"email": "a" * 388 + "@example.test"}, "email", "at most 254 characters"),
            ({"email": "nobody"}, "email", "not an e-mail address"),
            ({"password": "short"}, "password", "at least 10 characters"),
            ({"password": "grace@example.test"}, "password", "too similar"),
            ({"org_slug": "admin"}, "org_slug", "reserved"),
            ({"org_slug": "é"}, "org_slug", "small letters"),
            ({"org_name": " "}, "org_name", "required"),
            ({"project_key": "1"}, "project_key", "2 to 10 capital letters"),
            ({"template": "waterfall"}, "template", "valid choice"),
        ],
    )
    def test_a_value_that_cannot_be_used_is_refused_at_its_field_and_nothing_is_made(
        self, client: Client, changed: dict[str, str], field: str, words: str
    ) -> None:
        answer = client.post(fresh_link(), FIELDS | changed)
        assert answer.status_code == 422
        page = answer.content.decode()
        error = re.search(rf'id="id_{field}(_0)?_error">(.*?)</ul>', page, re.S)
        assert error is not None
        assert words in error[2]
        assert not User.objects.exists()
        assert FIELDS["password"] not in page

    def test_a_name_of_blanks_is_refused_by_the_service_too(self) -> None:
        secret = fresh_link().split("/")[2]
        with unit_of_work(), pytest.raises(Invalid) as refused:
            make_first_operator(secret=secret, name=" ", email="grace@example.test", password=FIELDS["password"])
        assert refused.value.field == "name"
        assert not User.objects.exists()

    def test_a_plus_sign_is_fine(self, client: Client) -> None:
        assert client.post(fresh_link(), FIELDS | {"email": "grace+flow@example.test"}).status_code == 302

    def test_an_address_that_is_taken_is_refused(self, client: Client) -> None:
        make_user("Grace", email="grace@example.test")
        answer = client.post(fresh_link(), FIELDS)
        assert (answer.status_code, "Somebody has an account" in answer.content.decode()) == (422, True)

    @pytest.mark.usefixtures("steady_clock")
    def test_whoever_tries_out_links_waits_and_harms_nobody_elsewhere(self, client: Client) -> None:
        link = fresh_link()
        tried = [client.get(f"/setup/{number:064}/").status_code for number in range(100)]
        assert tried == [404] * 30 + [429] * 70
        assert client.get(link).status_code == 429, "not even the right one is found by trying"
        assert client.get(link, REMOTE_ADDR="198.51.100.4").status_code == 200


class TestRace:
    @pytest.mark.race
    @pytest.mark.django_db(transaction=True)
    def test_of_two_who_come_at_once_one_becomes_the_operator(self) -> None:
        link = fresh_link()
        together, answers = Barrier(2), []

        def come(number: int) -> None:
            together.wait()
            fields = FIELDS | {"email": f"racer{number}@example.test", "org_slug": f"racers-{number}"}
            try:
                answers.append(Client().post(link, fields).status_code)
            finally:
                connections.close_all()

        threads = [Thread(target=come, args=(number,)) for number in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(answers) == [302, 404]
        assert User.objects.count() == 1


@pytest.mark.django_db
class TestEmptyServer:
    def test_sign_up_tells_where_the_link_is(self, client: Client) -> None:
        page = client.get("/accounts/signup/").content.decode()
        assert "manage.py setup_link" in page
        client.post("/accounts/signup/", {"name": "Eve", "email": "eve@example.test", "password1": PASSWORD})
        assert not User.objects.exists()

    def test_sign_in_offers_no_sign_up(self, client: Client) -> None:
        assert "/accounts/signup/" not in client.get("/accounts/login/").content.decode()


def test_the_row_of_the_server_is_one(db: Any) -> None:
    from django.db import IntegrityError, transaction

    with pytest.raises(IntegrityError), transaction.atomic():
        Server.objects.create(pk=2)
