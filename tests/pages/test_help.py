"""Help: a page of our own, or the operator's."""

import pytest
from django.conf import settings
from django.template import engines
from django.test import Client

from apps.accounts.models import User
from apps.orgs.models import Organization


@pytest.fixture
def signed_in(client: Client, ada: User) -> Client:
    client.force_login(ada)
    return client


class TestHelp:
    def test_says_whom_to_ask_and_which_release_runs(self, signed_in: Client, acme: Organization) -> None:
        page = signed_in.get("/accounts/help/").content.decode()
        assert f'href="/{acme.slug}/members/"' in page
        assert f"the release: {settings.RELEASE}" in page

    def test_is_in_everybodys_menu_beside_the_release(self, signed_in: Client, acme: Organization) -> None:
        page = signed_in.get(f"/{acme.slug}/").content.decode()
        assert 'role="menuitem" href="/accounts/help/"' in page
        assert f"FlowBoard {settings.RELEASE}</p>" in page

    def test_leads_to_the_operators_pages_where_there_are_some(
        self, signed_in: Client, acme: Organization, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setitem(engines["jinja2"].env.globals, "help_url", "https://wiki.example.org/flowboard")  # type: ignore[attr-defined]
        page = signed_in.get(f"/{acme.slug}/").content.decode()
        assert 'role="menuitem" href="https://wiki.example.org/flowboard"' in page
        assert "/accounts/help/" not in page
