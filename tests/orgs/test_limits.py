"""Limits of the API: raised and lowered by admins, and who is near one."""

import re
from html import unescape
from typing import Any

import pytest
import redis
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoAssertNumQueries, Settings

from apps.accounts.models import User
from apps.core import limits
from apps.core.errors import Forbidden, Invalid, NotFound
from apps.core.tenancy import OrgRole, run_as_system
from apps.events.models import Change, Event
from apps.orgs import selectors, services
from apps.orgs.models import ApiToken, ChangedLimit, Organization
from apps.projects.models import Project
from tests import factories
from tests.api.conftest import Script, make_script
from tests.factories import acting

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin(acme: Organization, ada: User) -> User:
    return factories.make_member(acme, OrgRole.ADMIN, "Mateo Ruiz")


def change(by: User, org: Organization, *, token: ApiToken | None = None, **rates: int | None) -> None:
    with acting(by, org) as actor:
        named = {name.replace("_", "-"): most for name, most in rates.items()}
        services.change_limits(actor=actor, rates=named, token_id=token.pk if token else None)


def token_of(script: Script, user: User, org: Organization) -> ApiToken:
    with acting(user, org):
        return ApiToken.objects.get(token_hash=services.hash_secret(script.secret))


def limit_of(script: Script) -> tuple[str, str]:
    """What a script is told of reading: the limit, and what is left of it."""
    answer = script.get("projects/")
    return answer["RateLimit-Limit"], answer["RateLimit-Remaining"]


class TestChanging:
    def test_holds_from_the_next_request_on_and_nobody_begins_anew(
        self, ada: User, admin: User, acme: Organization
    ) -> None:
        script = make_script(ada, acme)
        assert limit_of(script) == ("1000", "999")
        change(admin, acme, api_read=2000)
        assert limit_of(script) == ("2000", "1998")
        change(admin, acme, api_read=3)
        assert limit_of(script) == ("3", "0")
        answer = script.get("projects/")
        assert (answer.status_code, answer["RateLimit-Limit"], answer["RateLimit-Remaining"]) == (429, "3", "0")
        change(admin, acme, api_read=None)
        assert limit_of(script) == ("1000", "995")

    def test_of_a_token_goes_before_what_holds_for_everybody(self, ada: User, admin: User, acme: Organization) -> None:
        nightly, other = make_script(ada, acme), make_script(ada, acme)
        change(admin, acme, api_read=50, api_write=70)
        change(admin, acme, token=token_of(nightly, ada, acme), api_read=7)
        assert limit_of(nightly) == ("7", "6")
        assert limit_of(other) == ("50", "49")
        assert nightly.patch("", {"name": "Acme"})["RateLimit-Limit"] == "70"
        browser = Client()
        browser.force_login(ada)
        assert browser.get(f"/api/v1/orgs/{acme.slug}/projects/")["RateLimit-Limit"] == "50"

    def test_is_of_one_organization_alone(self, ada: User, acme: Organization) -> None:
        other = factories.make_org(ada, "Harbour Freight")
        change(ada, acme, api_read=9)
        assert limit_of(make_script(ada, other)) == ("1000", "999")

    def test_costs_requests_no_query(
        self, ada: User, acme: Organization, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        script = make_script(ada, acme)
        with CaptureQueriesContext(connection) as before:
            script.get("projects/")
        change(ada, acme, api_read=9, api_search=8, api_create=7, api_write=6)
        change(ada, acme, token=token_of(script, ada, acme), api_read=5)
        with django_assert_num_queries(len(before)):
            script.get("projects/")

    def test_is_told_as_a_fact_and_only_when_something_changed(self, ada: User, acme: Organization) -> None:
        token = token_of(make_script(ada, acme), ada, acme)
        for _again in range(2):
            change(ada, acme, token=token, api_read=7, api_search=None)
        with acting(ada, acme):
            event = Event.objects.get(kind="organization.limits_changed")
            said = [(each.field, each.old, each.new) for each in Change.objects.filter(event=event)]
        assert said == [("api-read", None, 7)]

    @pytest.mark.parametrize(("name", "most"), [("api-read", 0), ("api-read", 10_001), ("sign-in", 100), ("x", 1)])
    def test_stays_within_what_the_operator_lets(self, ada: User, acme: Organization, name: str, most: int) -> None:
        with acting(ada, acme) as actor:
            with pytest.raises(Invalid) as refused:
                services.change_limits(actor=actor, rates={"api-write": 5, name: most})
            assert refused.value.field == name
            assert not ChangedLimit.objects.exists()

    def test_is_cut_to_what_the_operator_lets_now(self, ada: User, acme: Organization, settings: Settings) -> None:
        change(ada, acme, api_read=9000)
        settings.LIMITS_RAISED_AT_MOST = 2
        assert limit_of(make_script(ada, acme)) == ("2000", "1999")
        settings.LIMITS_RAISED_AT_MOST = 0
        assert limit_of(make_script(ada, acme)) == ("1000", "999")

    @pytest.mark.parametrize("role", [OrgRole.MEMBER, OrgRole.GUEST])
    def test_is_for_admins(self, acme: Organization, role: OrgRole) -> None:
        member = factories.make_member(acme, role)
        with acting(member, acme) as actor:
            for read in (
                lambda: services.change_limits(actor=actor, rates={"api-read": 5}),
                lambda: selectors.list_limits(actor=actor),
                lambda: selectors.list_working_tokens(actor=actor),
                lambda: selectors.get_working_token(actor=actor, token_id=1),
                lambda: selectors.list_callers(actor=actor, tokens=[]),
            ):
                with pytest.raises(Forbidden):
                    read()

    def test_of_a_token_that_does_not_work_here_is_refused(self, ada: User, acme: Organization) -> None:
        stranger = factories.make_user("Noor Haddad")
        other = factories.make_org(stranger, "Harbour Freight")
        foreign = token_of(make_script(stranger, other), stranger, other)
        own = token_of(make_script(ada, acme), ada, acme)
        with acting(ada, acme) as actor:
            services.revoke_api_token(actor=actor, token=own)
        for token in (foreign, own):
            with pytest.raises(NotFound):
                change(ada, acme, token=token, api_read=5)

    def test_is_kept_once(self, ada: User, acme: Organization) -> None:
        change(ada, acme, api_read=5)
        with acting(ada, acme), pytest.raises(IntegrityError), transaction.atomic():
            ChangedLimit.objects.create(org=acme, name="api-read", most=6)


def page_of(user: User, org: Organization, path: str = "settings/limits/") -> str:
    client = Client()
    client.force_login(user)
    return unescape(re.sub(r"<[^>]+>|\s+", " ", client.get(f"/{org.slug}/{path}").content.decode()))


class TestPage:
    def test_shows_who_is_near_and_never_what_a_token_is_called(
        self, ada: User, admin: User, acme: Organization, flow: Project
    ) -> None:
        script = make_script(ada, acme)
        token = token_of(script, ada, acme)
        change(ada, acme, token=token, api_read=4)
        for _call in range(6):
            script.get("projects/")
        make_script(admin, acme).get("projects/")
        with acting(admin, acme) as actor:
            found = selectors.list_callers(actor=actor, tokens=selectors.list_working_tokens(actor=actor))
        assert found is not None
        assert [(each.person.name, each.used, each.most, each.percent) for each in found] == [
            ("Ada Okafor", 4, 4, 100),
            ("Mateo Ruiz", 1, 1000, 0),
        ]
        said = page_of(admin, acme)
        assert f"Ada Okafor {token.prefix}…" in re.sub(r"\s+", " ", said)
        assert "4 of 4" in said
        assert "nightly" not in said

    def test_shows_nothing_of_other_organizations(self, ada: User, acme: Organization) -> None:
        other = factories.make_org(ada, "Harbour Freight")
        make_script(ada, other).get("projects/")
        change(ada, other, api_read=30)
        assert "Nobody calls at the moment" in page_of(ada, acme)
        browser = Client()
        browser.force_login(ada)
        browser.get(f"/api/v1/orgs/{acme.slug}/projects/")
        change(ada, acme, api_read=50)
        with run_as_system(org_id=acme.pk):
            everywhere = selectors.list_callers_everywhere()
        # Row-level security shows of the other organization nothing here; operators read with another role.
        assert [(each.org, each.used, each.most) for each in everywhere or ()] == [(acme, 1, 50)]

    def test_leaves_out_who_left_and_tokens_that_were_revoked(self, ada: User, acme: Organization) -> None:
        script = make_script(ada, acme)
        script.get("projects/")
        token = token_of(script, ada, acme)
        with acting(ada, acme) as actor:
            services.revoke_api_token(actor=actor, token=token)
        assert "Nobody calls at the moment" in page_of(ada, acme)

    def test_remembers_no_more_callers_than_it_may(self, acme: Organization, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(limits, "MOST_REMEMBERED", 3)
        for user_id in range(1, 9):
            limits.Near(acme.pk, user_id, None, "api-read", 0).note(share=user_id / 10)
        client = limits.get_redis_connection("limits")
        (key,) = client.keys(f"fbl:near:{acme.pk}:*")
        assert client.zrange(key, 0, -1) == [f"{acme.pk}:{user_id}:".encode() for user_id in (6, 7, 8)]
        assert 0 < client.ttl(key) <= 7200

    def test_says_when_the_counters_are_away_and_reading_goes_on(
        self, ada: User, acme: Organization, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        script = make_script(ada, acme)

        def away(*_args: Any, **_names: Any) -> Any:
            raise redis.ConnectionError("gone")

        monkeypatch.setattr(limits, "get_redis_connection", away)
        assert script.get("projects/").status_code == 200
        monkeypatch.setattr(limits, "get_usage", away)
        assert script.get("projects/").status_code == 200
        assert "The counters cannot be read at the moment" in page_of(ada, acme)
        assert selectors.list_callers_everywhere() is None

    def test_raises_and_lowers(self, ada: User, acme: Organization) -> None:
        token = token_of(make_script(ada, acme), ada, acme)
        client = Client()
        client.force_login(ada)
        for path, most in (("settings/limits/", 500), (f"settings/limits/tokens/{token.pk}/", 20)):
            sent = {"api-read": str(most), "api-search": "", "api-create": "", "api-write": ""}
            assert client.post(f"/{acme.slug}/{path}", sent).status_code == 302
            assert f"Now {most}; the standard is 1000" in page_of(ada, acme, path)
            refused = client.post(f"/{acme.slug}/{path}", sent | {"api-write": "99999"})
            assert refused.status_code == 422
            assert "10000" in refused.content.decode()
            assert f"Now {most}; the standard is 1000" in page_of(ada, acme, path)
        assert "Own limits" in page_of(ada, acme)

    def test_costs_the_same_with_many_tokens(self, ada: User, acme: Organization) -> None:
        client = Client()
        client.force_login(ada)
        costs = []
        for _round in range(2):
            for script in [make_script(ada, acme) for _number in range(3)]:
                script.get("projects/")
            with CaptureQueriesContext(connection) as asked:
                assert client.get(f"/{acme.slug}/settings/limits/").status_code == 200
            costs.append(len(asked))
        assert costs[0] == costs[1]
