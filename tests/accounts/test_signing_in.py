"""Signing in and up, resetting and changing passwords: allauth's steps with our limits, mails and history."""

import re
from typing import Any, TypeAlias

import pytest
import redis
from django.test import Client
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings

from apps.accounts.models import Server, User
from apps.core import limits
from apps.projects.models import Project
from tests.factories import PASSWORD, make_user
from tests.mailbox import Mailbox, text_of

pytestmark = pytest.mark.django_db
OnCommit: TypeAlias = DjangoCaptureOnCommitCallbacks


@pytest.fixture
def on_commit(django_capture_on_commit_callbacks: OnCommit) -> OnCommit:
    """`with on_commit(execute=True):` what waits for the commit happens at the end."""
    return django_capture_on_commit_callbacks


@pytest.fixture
def open_door(db: None) -> None:
    """Somebody runs this server, and lets anyone sign up."""
    make_user("Root", is_staff=True)
    Server.objects.create(sign_up=Server.SignUp.ANYONE)


def path_in(mailbox: Mailbox) -> str:
    """The path of the first link in the newest mail."""
    found = re.search(r"https?://[^/\s]+(/\S+)", text_of(mailbox.mails[-1]))
    assert found is not None
    return found[1]


@pytest.fixture
def confirmed(ada: User) -> User:
    """Somebody whose address is confirmed."""
    ada.emailaddress_set.create(email=ada.email, verified=True, primary=True)
    return ada


def sign_in(client: Client, email: str, password: str = PASSWORD, **extra: Any) -> Any:
    return client.post("/accounts/login/", {"login": email, "password": password, **extra.pop("data", {})}, **extra)


class TestSignIn:
    def test_lets_the_right_password_in_and_goes_to_the_start(self, client: Client, confirmed: User) -> None:
        answer = sign_in(client, confirmed.email.upper())
        assert (answer.status_code, answer.url) == (302, "/")
        assert client.get("/accounts/profile/").status_code == 200

    def test_says_nothing_about_which_half_was_wrong(self, client: Client, confirmed: User) -> None:
        wrong = sign_in(client, confirmed.email, "not the password").content.decode()
        assert "The e-mail address or the password is not correct." in wrong
        unknown = sign_in(client, "nobody@example.test").content.decode()
        alert = re.compile(r'role="alert">.*?</div></div>', re.S)
        assert alert.search(wrong)[0] == alert.search(unknown)[0]  # type: ignore[index]

    def test_returns_to_where_one_came_from(self, client: Client, confirmed: User) -> None:
        assert (
            sign_in(client, confirmed.email, data={"next": "/acme/FLOW/board/?mine=1"}).url
            == "/acme/FLOW/board/?mine=1"
        )

    @pytest.mark.parametrize(
        "target", ["//evil.test/", "https://evil.test/", "/\\evil.test", "javascript:alert(1)", "https:evil.test"]
    )
    def test_never_goes_to_another_site(self, client: Client, confirmed: User, target: str) -> None:
        assert sign_in(client, confirmed.email, data={"next": target}).url == "/"

    def test_a_suspended_person_is_out_at_the_next_request_and_is_told_why(
        self, client: Client, confirmed: User
    ) -> None:
        sign_in(client, confirmed.email)
        User.objects.filter(pk=confirmed.pk).update(is_active=False)
        assert client.get("/accounts/profile/").url.startswith("/accounts/login/")  # type: ignore[attr-defined]
        assert sign_in(client, confirmed.email).url == "/accounts/inactive/"
        assert "suspended" in client.get("/accounts/inactive/").content.decode()
        assert client.get("/accounts/profile/").status_code == 302

    def test_the_theme_follows_to_a_new_device(self, client: Client, confirmed: User) -> None:
        User.objects.filter(pk=confirmed.pk).update(theme="dark")
        sign_in(client, confirmed.email)
        assert 'data-theme="dark"' in client.get("/accounts/profile/").content.decode()

    def test_needs_a_csrf_token(self, confirmed: User) -> None:
        assert sign_in(Client(enforce_csrf_checks=True), confirmed.email).status_code == 403


@pytest.mark.usefixtures("steady_clock")
class TestLimits:
    def test_the_sixth_attempt_in_a_minute_waits_even_with_the_right_password(
        self, client: Client, confirmed: User
    ) -> None:
        for _attempt in range(5):
            assert sign_in(client, confirmed.email, "wrong").status_code == 200
        answer = sign_in(client, confirmed.email)
        assert answer.status_code == 429
        assert 1 <= int(answer["Retry-After"]) <= 60

    def test_looking_at_the_page_counts_nothing(self, client: Client, confirmed: User) -> None:
        for _attempt in range(40):
            assert client.get("/accounts/login/").status_code == 200
        assert sign_in(client, confirmed.email).status_code == 302

    def test_an_attacker_elsewhere_cannot_lock_the_owner_out(self, client: Client, confirmed: User) -> None:
        for _attempt in range(8):
            sign_in(client, confirmed.email, "wrong", REMOTE_ADDR="203.0.113.9")
        assert sign_in(client, confirmed.email, REMOTE_ADDR="198.51.100.4").status_code == 302

    def test_a_forged_forwarded_address_does_not_help(self, client: Client, confirmed: User) -> None:
        answers = [
            sign_in(client, confirmed.email, "wrong", HTTP_X_FORWARDED_FOR=f"10.0.0.{attempt}").status_code
            for attempt in range(6)
        ]
        assert answers == [200] * 5 + [429]

    def test_one_address_may_not_try_many_accounts(self, client: Client) -> None:
        answers = [sign_in(client, f"person{number}@example.test").status_code for number in range(31)]
        assert answers == [200] * 30 + [429]

    def test_asking_for_resets_is_limited_for_each_target(self, client: Client, confirmed: User) -> None:
        answers = [
            client.post(
                "/accounts/password/reset/", {"email": confirmed.email}, REMOTE_ADDR=f"203.0.113.{n}"
            ).status_code
            for n in range(4)
        ]
        assert answers == [302, 302, 302, 429]

    @pytest.mark.parametrize(
        ("path", "field"), [("/accounts/reauthenticate/", "password"), ("/accounts/password/change/", "oldpassword")]
    )
    def test_whoever_finds_a_browser_signed_in_cannot_try_passwords_out(
        self, client: Client, confirmed: User, path: str, field: str
    ) -> None:
        client.force_login(confirmed)
        answers = [
            client.post(path, {field: f"wrong {n}"}, REMOTE_ADDR=f"203.0.113.{n}").status_code for n in range(11)
        ]
        assert answers == [200] * 10 + [429]
        assert client.get(path).status_code == 200

    def test_links_to_confirm_an_address_are_sent_again_a_few_times_only(
        self, client: Client, ada: User, mailbox: Mailbox
    ) -> None:
        ada.emailaddress_set.create(email=ada.email, verified=False, primary=True)
        client.force_login(ada)
        answers = [
            client.post("/accounts/email/", {"email": ada.email.upper(), "action_send": ""}).status_code
            for _again in range(4)
        ]
        assert answers == [302, 302, 302, 429]

    @pytest.mark.usefixtures("open_door")
    def test_signing_up_is_limited_for_each_target(self, client: Client) -> None:
        answers = [
            client.post("/accounts/signup/", {"email": "One@example.test"}, REMOTE_ADDR=f"203.0.113.{n}").status_code
            for n in range(11)
        ]
        assert answers == [200] * 10 + [429]

    @pytest.mark.usefixtures("open_door")
    def test_signing_up_is_limited_for_each_address(self, client: Client) -> None:
        answers = [client.post("/accounts/signup/", {"email": f"x{n}"}).status_code for n in range(11)]
        assert answers == [200] * 10 + [429]

    def test_when_nothing_can_be_counted_nobody_gets_in(
        self, client: Client, confirmed: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def away(*args: Any, **kwargs: Any) -> None:
            raise redis.ConnectionError("away")

        monkeypatch.setattr(limits, "get_usage", away)
        assert sign_in(client, confirmed.email).status_code == 503
        assert "_auth_user_id" not in client.session


@pytest.mark.usefixtures("open_door")
class TestSignUp:
    def fields(self, **changed: str) -> dict[str, str]:
        return {"name": "Grace Lin", "email": "Grace@Example.test", "password1": "an unusual phrase 7"} | changed

    def test_makes_one_account_in_lower_case_with_a_name(self, client: Client) -> None:
        assert client.post("/accounts/signup/", self.fields()).status_code == 302
        user = User.objects.get(email="grace@example.test")
        assert (user.name, user.is_staff, user.is_superuser) == ("Grace Lin", False, False)

    def test_takes_no_field_that_the_form_does_not_have(self, client: Client) -> None:
        client.post("/accounts/signup/", self.fields(is_staff="1", is_superuser="1", kind="placeholder"))
        user = User.objects.get(email="grace@example.test")
        assert (user.is_staff, user.is_superuser, user.kind) == (False, False, "person")

    @pytest.mark.parametrize("password", ["short", "password1234", "8675309867530986"])
    def test_refuses_weak_passwords(self, client: Client, password: str) -> None:
        assert client.post("/accounts/signup/", self.fields(password1=password)).status_code == 200
        assert not User.objects.filter(email="grace@example.test").exists()

    @pytest.mark.parametrize("email", ["jürgen@example.test", "a" * 300 + "@example.test", "a" * 388 + "@example.test"])
    def test_says_what_is_wrong_with_an_address(self, client: Client, email: str) -> None:
        answer = client.post("/accounts/signup/", self.fields(email=email))
        assert answer.status_code == 200
        assert 'id="id_email_error"' in answer.content.decode()
        assert User.objects.count() == 1

    def test_takes_a_plus_sign(self, client: Client) -> None:
        client.post("/accounts/signup/", self.fields(email="grace+flow@example.test"))
        assert User.objects.filter(email="grace+flow@example.test").exists()

    def test_with_a_mail_server_the_address_must_be_confirmed_first(
        self, client: Client, mailbox: Mailbox, on_commit: OnCommit
    ) -> None:
        with on_commit(execute=True):
            assert client.post("/accounts/signup/", self.fields()).url == "/accounts/confirm-email/"  # type: ignore[attr-defined]
        assert client.get("/accounts/profile/").status_code == 302
        link = path_in(mailbox)
        assert client.get(link).status_code == 200, "opening the link confirms nothing: mail programs open links too"
        with on_commit(execute=True):
            client.post(link)
        assert sign_in(client, "grace@example.test", "an unusual phrase 7").url == "/"

    def test_without_a_mail_server_one_is_signed_in_at_once(self, client: Client, settings: Settings) -> None:
        settings.ACCOUNT_EMAIL_VERIFICATION = "none"
        assert client.post("/accounts/signup/", self.fields()).url == "/"  # type: ignore[attr-defined]
        assert client.get("/").status_code == 200

    def test_an_address_that_is_taken_is_told_by_mail_only(
        self, client: Client, confirmed: User, mailbox: Mailbox, on_commit: OnCommit
    ) -> None:
        with on_commit(execute=True):
            answer = client.post("/accounts/signup/", self.fields(email=confirmed.email))
        assert answer.url == "/accounts/confirm-email/", "the same answer as for a new one"  # type: ignore[attr-defined]
        assert "There is one already" in text_of(mailbox.mails[0])


class TestReset:
    def ask(self, client: Client, email: str, on_commit: OnCommit, **extra: Any) -> Any:
        with on_commit(execute=True):
            return client.post("/accounts/password/reset/", {"email": email}, **extra)

    def test_the_mail_has_a_link_of_the_configured_host_in_text_and_html(
        self, client: Client, confirmed: User, mailbox: Mailbox, on_commit: OnCommit, settings: Settings
    ) -> None:
        settings.BASE_URL = "https://flow.example.test"
        settings.ALLOWED_HOSTS = ["*"]
        self.ask(client, confirmed.email, on_commit, HTTP_HOST="evil.test")
        [mail] = mailbox.mails
        assert mail["To"] == confirmed.email
        for kind in ("plain", "html"):
            text = text_of(mail, kind)
            assert "https://flow.example.test/accounts/password/reset/key/" in text
            assert "evil.test" not in text

    def test_an_unknown_address_gets_the_same_answer_and_no_mail(
        self, client: Client, confirmed: User, mailbox: Mailbox, on_commit: OnCommit
    ) -> None:
        known = self.ask(client, confirmed.email, on_commit)
        unknown = self.ask(client, "nobody@example.test", on_commit)
        assert (known.status_code, known.url) == (unknown.status_code, unknown.url)
        assert len(mailbox.mails) == 1

    def test_the_link_works_once(self, client: Client, confirmed: User, mailbox: Mailbox, on_commit: OnCommit) -> None:
        other = Client()
        sign_in(other, confirmed.email)
        self.ask(client, confirmed.email, on_commit)
        link = path_in(mailbox)
        form = client.get(link, follow=True)
        assert form.status_code == 200
        assert link not in form.request["PATH_INFO"], "the secret leaves the address at once"
        with on_commit(execute=True):
            done = client.post(
                form.request["PATH_INFO"], {"password1": "quite another 55", "password2": "quite another 55"}
            )
        assert done.url == "/accounts/password/reset/key/done/"  # type: ignore[attr-defined]
        assert other.get("/accounts/profile/").status_code == 302, "other sessions have ended"
        assert "no longer works" in client.get(link, follow=True).content.decode()
        assert sign_in(client, confirmed.email, "quite another 55").url == "/"
        assert "Your password was changed" in mailbox.mails[-1]["Subject"]

    def test_a_mail_server_that_is_away_changes_nothing_about_the_answer(
        self, client: Client, confirmed: User, mailbox: Mailbox, on_commit: OnCommit
    ) -> None:
        mailbox.refuses = True
        assert self.ask(client, confirmed.email, on_commit).status_code == 302


class TestPasswordChange:
    def test_ends_the_other_sessions_and_keeps_this_one(
        self, client: Client, confirmed: User, mailbox: Mailbox, on_commit: OnCommit
    ) -> None:
        other = Client()
        sign_in(client, confirmed.email)
        sign_in(other, confirmed.email)
        new = {"oldpassword": PASSWORD, "password1": "quite another 55", "password2": "quite another 55"}
        with on_commit(execute=True):
            assert client.post("/accounts/password/change/", new).status_code == 302
        assert client.get("/accounts/profile/").status_code == 200
        assert other.get("/accounts/profile/").status_code == 302
        assert mailbox.mails[-1]["Subject"] == "Your password was changed"

    def test_asks_for_the_old_one(self, client: Client, confirmed: User) -> None:
        sign_in(client, confirmed.email)
        new = {"oldpassword": "wrong", "password1": "quite another 55", "password2": "quite another 55"}
        client.post("/accounts/password/change/", new)
        confirmed.refresh_from_db()
        assert confirmed.check_password(PASSWORD)


class TestPages:
    @pytest.mark.parametrize(
        "path",
        [
            "login/",
            "signup/",
            "inactive/",
            "confirm-email/",
            "confirm-email/none/",
            "password/reset/",
            "password/reset/done/",
            "password/reset/key/1-none/",
            "password/reset/key/done/",
        ],
    )
    def test_those_for_everybody(self, client: Client, path: str) -> None:
        assert client.get(f"/accounts/{path}").status_code in {200, 404}

    @pytest.mark.parametrize("path", ["email/", "password/change/", "logout/", "reauthenticate/", "profile/"])
    def test_those_of_somebody_signed_in(self, client: Client, confirmed: User, path: str) -> None:
        sign_in(client, confirmed.email)
        assert client.get(f"/accounts/{path}").status_code == 200

    def test_a_person_without_a_password_may_set_one(self, client: Client, confirmed: User) -> None:
        confirmed.set_unusable_password()
        confirmed.save()
        client.force_login(confirmed)
        assert client.get("/accounts/password/set/").status_code == 200

    def test_signing_out_takes_a_post(self, client: Client, confirmed: User) -> None:
        sign_in(client, confirmed.email)
        client.get("/accounts/logout/")
        assert client.get("/accounts/profile/").status_code == 200
        client.post("/accounts/logout/")
        assert client.get("/accounts/profile/").status_code == 302


class TestComingBack:
    """A session that ended: where sign-in leads, and what an open page asks before it goes on."""

    def test_leads_to_the_address_with_its_query(self, client: Client, flow: Project) -> None:
        answer = client.get("/acme/FLOW/board/?mine=1&q=two words")
        assert answer.url == "/accounts/login/?next=/acme/FLOW/board/%3Fmine%3D1%26q%3Dtwo%2520words"  # type: ignore[attr-defined]

    def test_leads_back_to_the_page_of_a_form_and_not_to_where_the_form_was_sent(
        self, client: Client, flow: Project
    ) -> None:
        def next_of(referer: str) -> str:
            answer = client.post("/acme/FLOW/board/create/", {"title": "x"}, HTTP_REFERER=referer)
            return str(answer.url)  # type: ignore[attr-defined]

        assert next_of("http://testserver/acme/FLOW/board/?mine=1").endswith("?next=/acme/FLOW/board/%3Fmine%3D1")
        assert next_of("http://testserver/acme/FLOW/board/").endswith("?next=/acme/FLOW/board/")
        assert next_of("https://evil.test/acme/").endswith("?next=/")
        assert next_of("").endswith("?next=/")

    @pytest.mark.parametrize("header", ["HX-Request", "X-Requested-With"])
    def test_scripts_are_told_without_a_redirect(self, client: Client, flow: Project, header: str) -> None:
        value = "true" if header == "HX-Request" else "XMLHttpRequest"
        assert client.get("/acme/FLOW/board/", headers={header: value}).status_code == 401

    def test_a_page_can_ask_who_is_signed_in(self, client: Client, confirmed: User) -> None:
        strict = Client(enforce_csrf_checks=True)
        token = strict.get("/accounts/session/").json()["csrf"]
        assert strict.get("/accounts/session/").json()["user"] is None
        sign_in(strict, confirmed.email, headers={"X-CSRFToken": token})
        answer = strict.get("/accounts/session/")
        assert answer.json()["user"] == confirmed.pk
        assert "no-store" in answer["Cache-Control"]
        old = strict.post("/accounts/theme/", {"theme": "dark"}, headers={"X-CSRFToken": token})
        assert old.status_code == 403, "signing in has made a new token"
        new = strict.post("/accounts/theme/", {"theme": "dark"}, headers={"X-CSRFToken": answer.json()["csrf"]})
        assert new.status_code == 302

    def test_a_stale_token_is_told_apart_by_its_type(self, confirmed: User) -> None:
        answer = Client(enforce_csrf_checks=True).post("/accounts/theme/", {}, headers={"Accept": "application/json"})
        assert (answer.status_code, answer.json()["type"]) == (403, "about:blank#StalePage")
