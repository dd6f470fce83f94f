"""Names and titles: what nobody can read is refused at its field, and what misleads the eye is left out."""

import re

import pytest
from django.test import Client

from apps.accounts.models import User
from apps.core.texts import one_line
from apps.issues.models import Issue
from apps.orgs.models import ApiToken, Organization
from apps.projects.models import Label, Project
from tests.factories import acting, make_issues

INVISIBLE = ["   ", "\u200b\u200d\u2060", "\ufeff", "\u3164", "\x07\x1b"]
TOO_MUCH = ["x" * 10_000, "e" + "\u0301" * 3000, "Ada\x00Okafor"]

Doors = dict[str, tuple[str, str, dict[str, str]]]


class TestOneLine:
    @pytest.mark.parametrize(
        ("written", "kept"),
        [
            ("  Ada \t\n Okafor ", "Ada Okafor"),
            ("invoice\u202efdp.exe", "invoicefdp.exe"),
            ("zero\u200bwidth\ufeff", "zerowidth"),
            ("bell\x07", "bell"),
            ("👩\u200d💻 می\u200cخواهم", "👩\u200d💻 می\u200cخواهم"),
            ("Ünïcode 名前 שלום", "Ünïcode 名前 שלום"),
        ],
    )
    def test_keeps_what_people_read(self, written: str, kept: str) -> None:
        assert one_line(written) == kept

    @pytest.mark.parametrize("written", INVISIBLE)
    def test_is_empty_where_there_is_nothing_to_read(self, written: str) -> None:
        assert one_line(written) == ""


class TestDoors:
    @pytest.fixture
    def client(self, ada: User) -> Client:
        client = Client(raise_request_exception=False)
        client.force_login(ada)
        return client

    @pytest.fixture
    def doors(self, acme: Organization, flow: Project, ada: User) -> Doors:
        """Every form with a name in it: its address, the name's field, and the rest of the form."""
        make_issues(acme, flow, ada, "one")
        kind = {"template": "kanban", "visibility": "private"}
        own = f"/{acme.slug}/"
        return {
            "organization": ("/orgs/new/", "name", {"slug": "other-one"}),
            "project": (f"{own}projects/new/", "name", {"key": "NEW", **kind}),
            "settings": (
                f"{own}FLOW/settings/",
                "name",
                {"description": "", "visibility": "private", "template": "kanban"},
            ),
            "label": (f"{own}FLOW/settings/labels/", "name", {"hue": "30"}),
            "token": (f"{own}tokens/", "name", {"scopes": "read", "days": "90", "reach": "all"}),
            "title": (f"{own}issue/FLOW-1/edit/", "value", {"field": "title"}),
            "profile": ("/accounts/profile/", "name", {"time_zone": "UTC", "theme": "dark"}),
        }

    @staticmethod
    def names(ada: User, acme: Organization) -> list[str]:
        with acting(ada, acme):
            rows = [Organization, Project, Label, ApiToken, User]
            found = [name for model in rows for name in model.objects.values_list("name", flat=True)]
            return sorted([*found, *Issue.objects.values_list("title", flat=True)])

    @pytest.mark.parametrize("text", [*INVISIBLE, *TOO_MUCH], ids=lambda text: ascii(text)[:16])
    def test_refuse_at_the_field_and_change_nothing(
        self,
        client: Client,
        ada: User,
        acme: Organization,
        doors: Doors,
        text: str,
    ) -> None:
        before = self.names(ada, acme)
        for door, (path, field, rest) in doors.items():
            answer = client.post(path, {field: text, **rest})
            page = answer.content.decode()
            assert answer.status_code == 422, door
            assert "<html" in page, door
            said = re.findall(r'<p class="error"[^>]*>(?!</p>)(.+?)</p>', page, re.DOTALL)
            assert any(re.sub("<[^>]*>", "", sentence).strip() for sentence in said), door
        assert self.names(ada, acme) == before

    def test_leave_out_what_turns_letters_around(
        self, client: Client, ada: User, acme: Organization, doors: Doors
    ) -> None:
        for door, (path, field, rest) in doors.items():
            answer = client.post(path, {field: "invoice\u202efdp.exe", **rest})
            assert answer.status_code in {200, 302}, door
        assert self.names(ada, acme).count("invoicefdp.exe") == len(doors)
        assert not any("\u202e" in name for name in self.names(ada, acme))

    @pytest.mark.parametrize(
        "slug", ["admin", "static", "..", "😀", "a\u200bb", "\u202eacme", "аcme", "-a", "a--", "x" * 400]
    )
    def test_refuse_an_address_that_is_none(self, client: Client, acme: Organization, slug: str) -> None:
        answer = client.post("/orgs/new/", {"name": "N", "slug": slug})
        assert answer.status_code == 422
        assert 'id="id_slug_error"' in answer.content.decode()

    @pytest.mark.parametrize("key", ["..", "😀", "A\u200bB", "\u202eACME", "АCME", "1A", "A", "A-B", "X" * 400])
    def test_refuse_a_key_that_is_none(self, client: Client, acme: Organization, key: str) -> None:
        form = {"name": "N", "key": key, "template": "kanban", "visibility": "private"}
        answer = client.post(f"/{acme.slug}/projects/new/", form)
        assert answer.status_code == 422
        assert 'id="id_key_error"' in answer.content.decode()
