"""Issues as a table: what is in it, who gets it, and that a long one costs few queries."""

import csv
import io
from datetime import date
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from apps.accounts.models import User
from apps.core.tenancy import current_unit
from apps.core.tenancy.doors import NoSuchOrganization
from apps.exports.selectors import rows
from apps.issues.models import Issue
from apps.issues.services import archive_issue, edit_issue
from apps.orgs.models import Membership, Organization
from apps.orgs.services import remove_member
from apps.projects.models import Project
from apps.projects.services import create_field, create_label
from tests.factories import acting, make_issues, make_member

pytestmark = pytest.mark.django_db(transaction=True)


def text_of(client: Client, org: Organization, query: str = "") -> str:
    answer: Any = client.get(f"/{org.slug}/FLOW/issues.csv{query}")
    assert answer.status_code == 200, answer.content
    assert current_unit() is None
    return b"".join(answer.streaming_content).decode()


def lines_of(client: Client, org: Organization, query: str = "") -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text_of(client, org, query).removeprefix("\ufeff"))))


class TestTable:
    @pytest.fixture
    def client(self, ada: User) -> Client:
        client = Client()
        client.force_login(ada)
        return client

    def test_has_every_field_of_every_issue(self, client: Client, ada: User, acme: Organization, flow: Project) -> None:
        make_issues(acme, flow, ada, '=HYPERLINK("x")', "Second", "Old")
        with acting(ada, acme) as actor:
            label = create_label(actor=actor, project=flow, name="api")
            field = create_field(actor=actor, project=flow, name="-Cost", kind="number")
            many = create_field(actor=actor, project=flow, name="For", kind="multi", options=["Globex", "Initech"])
            who = create_field(actor=actor, project=flow, name="Buyer", kind="user")
            day = create_field(actor=actor, project=flow, name="Promised", kind="date")
            tick = create_field(actor=actor, project=flow, name="Paid", kind="checkbox")
            first, _second, old = Issue.objects.select_related("project", "type").order_by("number")
            values = {
                "labels": [label.pk],
                "points": "3",
                "due_date": date(2026, 5, 6),
                "description": "One\nTwo, “three”",
                field.key: "-5.5",
                many.key: [option.id for option in many.choices],
                who.key: ada.pk,
                day.key: "2026-05-07",
                tick.key: True,
            }
            edit_issue(actor=actor, issue=first, values=values)
            archive_issue(actor=actor, issue=old)
        [line, plain, archived] = lines_of(client, acme)
        assert line["Key"] == "FLOW-1"
        assert line["Title"] == '\'=HYPERLINK("x")'
        assert line["Description"] == "One\nTwo, “three”"
        assert (line["Labels"], line["Due date"], line["Reporter"]) == ("api", "2026-05-06", ada.name)
        assert float(line["Points"]) == 3
        assert line["Created"][10] == "T"
        assert line["Created"][-6] in "+-"
        assert (line["'-Cost"], line["For"], line["Buyer"]) == ("-5.5", "Globex, Initech", ada.name)
        assert (line["Promised"], line["Paid"]) == ("2026-05-07", "Yes")
        assert (plain["Title"], plain["'-Cost"], plain["Paid"], plain["Archived"]) == ("Second", "", "", "")
        assert archived["Archived"]

    def test_has_what_the_list_shows_under_the_same_filter(
        self, client: Client, ada: User, acme: Organization, flow: Project
    ) -> None:
        make_issues(acme, flow, ada, "A lamp", "A door", "Another lamp")
        assert [line["Key"] for line in lines_of(client, acme, "?q=lamp")] == ["FLOW-1", "FLOW-3"]

    def test_marks_itself_for_excel_when_asked(
        self, client: Client, ada: User, acme: Organization, flow: Project
    ) -> None:
        make_issues(acme, flow, ada, "Größe")
        assert text_of(client, acme, "?bom=1").startswith("\ufeffKey,")
        assert text_of(client, acme).startswith("Key,")

    def test_asks_as_often_however_many_issues(
        self, client: Client, ada: User, acme: Organization, flow: Project, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def asked() -> int:
            with CaptureQueriesContext(connection) as queries:
                text_of(client, acme)
            return len(queries)

        make_issues(acme, flow, ada, "One")
        few = asked()
        make_issues(acme, flow, ada, *(f"Issue {number}" for number in range(30)))
        assert asked() == few
        monkeypatch.setattr(rows.issues_after, "__kwdefaults__", {"filters": None, "at_once": 10})
        assert [line["Key"] for line in lines_of(client, acme)] == [f"FLOW-{number}" for number in range(1, 32)]

    def test_tells_nothing_of_private_projects(
        self, ada: User, acme: Organization, flow: Project, secret: Project
    ) -> None:
        make_issues(acme, secret, ada, "Canary")
        mateo = make_member(acme)
        client = Client()
        client.force_login(mateo)
        assert client.get(f"/{acme.slug}/{secret.key}/issues.csv").status_code == 404

    def test_ends_for_whoever_loses_the_right_on_the_way(self, ada: User, acme: Organization, flow: Project) -> None:
        mateo = make_member(acme)
        make_issues(acme, flow, ada, "One")
        client = Client()
        client.force_login(mateo)
        answer: Any = client.get(f"/{acme.slug}/FLOW/issues.csv")
        pieces = iter(answer.streaming_content)
        assert next(pieces).startswith(b"Key,")
        with acting(ada, acme) as actor:
            remove_member(actor=actor, membership=Membership.objects.get(user=mateo))
        with pytest.raises(NoSuchOrganization):
            next(pieces)
