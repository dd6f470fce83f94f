"""Forms that are too much: too many fields, too long, none of the kind. Each is told so, and nothing is harmed.

What scripts send is in tests/api/test_bad_input.py.
"""

import pytest
from django.test import Client

from apps.accounts.models import User
from apps.issues.models import Issue
from apps.orgs.models import Organization
from apps.projects.models import Project
from apps.projects.services import create_label
from tests.factories import acting, make_issues, make_member, make_org, make_project, make_user


@pytest.fixture
def client(ada: User) -> Client:
    client = Client(raise_request_exception=False)
    client.force_login(ada)
    return client


@pytest.fixture
def path(ada: User, acme: Organization, flow: Project) -> str:
    make_issues(acme, flow, ada, "one")
    return f"/{acme.slug}/issue/FLOW-1/"


def stored(ada: User, acme: Organization) -> Issue:
    with acting(ada, acme):
        return Issue.objects.get(number=1)


class TestForms:
    def test_of_ten_thousand_fields_are_not_read(
        self, client: Client, path: str, ada: User, acme: Organization
    ) -> None:
        many = {f"field{number}": "x" for number in range(10_000)}
        for kind in ({}, {"content_type": "application/x-www-form-urlencoded"}):
            body = many if not kind else "&".join(f"{name}=x" for name in many)
            answer = client.post(path + "edit/", body, **kind)
            assert answer.status_code in {400, 413}
            assert "<html" in answer.content.decode()
        assert stored(ada, acme).version == 1

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("title", "x" * 5_000_000),
            ("description", "x" * 150_000),
            ("points", "NaN"),
            ("points", "1e400"),
            ("due_date", "2026-13-45"),
            ("assignee", "9" * 30),
            ("assignee", "one"),
            ("labels", "-1"),
            ("status", "9" * 18),
            ("priority", "highest ever"),
            ("version", "7"),
            ("org_id", "1"),
            ("", "x"),
        ],
    )
    def test_with_a_value_that_is_none_come_back_whole(
        self, client: Client, path: str, ada: User, acme: Organization, field: str, value: str
    ) -> None:
        answer = client.post(path + "edit/", {"field": field, "value": value})
        page = answer.content.decode()
        assert answer.status_code in {400, 404, 413, 422}, page[:300]
        assert "<html" in page
        assert 'role="alert"' in page or "<h1>" in page
        assert stored(ada, acme).version == 1

    def test_with_foreign_ids_name_nothing(self, client: Client, path: str, ada: User, acme: Organization) -> None:
        eve = make_user("Eve Stone")
        other = make_org(eve)
        theirs = make_project(other, eve, "THEIR")
        (foreign,) = make_issues(other, theirs, eve, "not yours")
        with acting(eve, other) as actor:
            status, label = theirs.statuses.first(), create_label(actor=actor, project=theirs, name="x")
        fields = {"assignee": eve.pk, "status": status.pk, "parent": foreign.pk, "type": foreign.type_id}
        fields["labels"] = label.pk
        for field, value in fields.items():
            answer = client.post(path + "edit/", {"field": field, "value": value})
            assert answer.status_code in {404, 422}, field
        outsider = make_member(other, name="Outsider")
        for own, form in (
            (f"/{acme.slug}/FLOW/settings/members/", {"user": outsider.pk, "role": "member"}),
            (f"/{acme.slug}/members/{outsider.pk}/role/", {"role": "admin"}),
        ):
            assert client.post(own, form).status_code in {404, 422}, own
        assert stored(ada, acme).version == 1
