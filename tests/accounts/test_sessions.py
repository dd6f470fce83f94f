"""Where somebody is signed in: the list, ending one session or all others, and what ends them anyway."""

import time
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.accounts import selectors, services
from apps.accounts.devices import device_name
from apps.accounts.middleware import OFTEN_ENOUGH, SEEN_AT
from apps.accounts.models import User, UserSession
from apps.core.errors import NotFound
from apps.core.tenancy import unit_of_work
from tests.factories import PASSWORD, make_user

pytestmark = pytest.mark.django_db

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
PHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/18.0 Mobile/15E148 Safari/604.1"
)


@pytest.fixture
def confirmed(ada: User) -> User:
    ada.emailaddress_set.create(email=ada.email, verified=True, primary=True)
    return ada


def signed_in(user: User, **extra: Any) -> Client:
    client = Client(**extra)
    client.post("/accounts/login/", {"login": user.email, "password": PASSWORD})
    return client


def listed(client: Client) -> str:
    return client.get("/accounts/sessions/").content.decode()


class TestList:
    def test_names_browser_address_and_which_one_this_is(self, confirmed: User) -> None:
        here = signed_in(confirmed, HTTP_USER_AGENT=FIREFOX)
        signed_in(confirmed, HTTP_USER_AGENT=PHONE, REMOTE_ADDR="203.0.113.9")
        page = listed(here)
        assert "Firefox on Linux" in page
        assert "Safari on iPhone" in page
        assert "203.0.113.9" in page
        assert page.count("This browser") == 1
        assert page.index("Firefox on Linux") < page.index("Safari on iPhone")

    def test_leaves_out_what_is_over_and_what_is_anybody_elses(self, confirmed: User) -> None:
        here, gone = signed_in(confirmed), signed_in(confirmed)
        Client().force_login(make_user("Eve"))
        gone.post("/accounts/logout/")
        old = signed_in(confirmed)
        Session.objects.filter(pk=old.session.session_key).update(expire_date=timezone.now() - timedelta(days=1))
        assert [each.session_key for each in selectors.list_sessions(user_id=confirmed.pk)] == [
            here.session.session_key
        ]

    def test_of_somebody_who_signed_in_before_there_was_one_says_so(self, ada: User, client: Client) -> None:
        client.force_login(ada)
        UserSession.objects.all().delete()
        assert "Sign in again" in listed(client)

    def test_costs_the_same_for_one_session_and_for_many(self, confirmed: User) -> None:
        here = signed_in(confirmed)
        listed(here)
        with CaptureQueriesContext(connection) as few:
            listed(here)
        for _number in range(3):
            Client().force_login(confirmed)
        with CaptureQueriesContext(connection) as many:
            listed(here)
        assert len(few) == len(many)

    @pytest.mark.parametrize(
        ("words", "name"),
        [
            (FIREFOX, "Firefox on Linux"),
            (PHONE, "Safari on iPhone"),
            (
                "Mozilla/5.0 (Windows NT 10.0) Chrome/140.0 Safari/537.36 Edg/140.0",
                "Edge on Windows",
            ),
            ("curl/8.0", "curl"),
            ("Windows", "Windows"),
            ("<script>", "An unknown browser"),
            ("", "An unknown browser"),
        ],
    )
    def test_a_browser_is_called_what_people_call_it(self, words: str, name: str) -> None:
        assert device_name(words) == name


class TestSeen:
    def test_is_noted_now_and_then_only(self, confirmed: User) -> None:
        client = signed_in(confirmed)
        before = timezone.now() - timedelta(hours=2)
        UserSession.objects.update(last_seen_at=before)
        client.get("/accounts/profile/")
        assert UserSession.objects.get().last_seen_at == before
        session = client.session
        session[SEEN_AT] = int(time.time()) - OFTEN_ENOUGH - 1
        session.save()
        client.get("/accounts/profile/", REMOTE_ADDR="198.51.100.7")
        seen = UserSession.objects.get()
        assert seen.last_seen_at > before
        assert seen.address == "198.51.100.7"
        assert client.session[SEEN_AT] > time.time() - OFTEN_ENOUGH


class TestEnding:
    def test_one_session_is_over_at_its_next_request(self, confirmed: User) -> None:
        here, there = signed_in(confirmed), signed_in(confirmed)
        row = UserSession.objects.get(session_key=there.session.session_key)
        here.post(f"/accounts/sessions/{row.pk}/end/")
        assert there.get("/accounts/profile/").status_code == 302
        assert here.get("/accounts/profile/").status_code == 200

    def test_ones_own_signs_out(self, confirmed: User) -> None:
        here = signed_in(confirmed)
        answer = here.post(f"/accounts/sessions/{UserSession.objects.get().pk}/end/")
        assert answer.url == "/accounts/login/"  # type: ignore[attr-defined]
        assert here.get("/accounts/profile/").status_code == 302
        assert not UserSession.objects.exists()

    def test_all_others_end_at_once(self, confirmed: User) -> None:
        here, others = signed_in(confirmed), [signed_in(confirmed) for _number in range(2)]
        assert "2 other browsers" in here.post("/accounts/sessions/end-others/", follow=True).content.decode()
        assert [other.get("/accounts/profile/").status_code for other in others] == [302, 302]
        assert here.get("/accounts/profile/").status_code == 200

    def test_nobody_elses_can_be_ended(self, confirmed: User) -> None:
        theirs = UserSession.objects.create(user=make_user("Eve"), session_key="theirs")
        assert signed_in(confirmed).post(f"/accounts/sessions/{theirs.pk}/end/").status_code == 404
        with pytest.raises(NotFound):
            selectors.get_session(user_id=confirmed.pk, session_id=theirs.pk)
        assert UserSession.objects.filter(pk=theirs.pk).exists()

    def test_a_new_password_takes_the_others_off_the_list(self, confirmed: User) -> None:
        here = signed_in(confirmed)
        signed_in(confirmed)
        new = {"oldpassword": PASSWORD, "password1": "quite another 55", "password2": "quite another 55"}
        here.post("/accounts/password/change/", new)
        assert [row.session_key for row in UserSession.objects.all()] == [here.session.session_key]

    def test_a_suspended_person_has_none(self, confirmed: User) -> None:
        client = signed_in(confirmed)
        with unit_of_work():
            services.set_user_suspended(user=confirmed, is_suspended=True)
        assert not UserSession.objects.exists()
        assert client.get("/accounts/profile/").status_code == 302

    def test_another_person_in_the_same_browser_begins_a_session_of_their_own(self, confirmed: User) -> None:
        client = signed_in(confirmed)
        eve = make_user("Eve")
        client.force_login(eve)
        assert [row.user_id for row in selectors.list_sessions(user_id=eve.pk)] == [eve.pk]
        assert not selectors.list_sessions(user_id=confirmed.pk)
