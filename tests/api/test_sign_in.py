"""Scripts that sign in with a password: tokens, what ends them, and everything that only looks like one."""

import base64
import hmac
import json
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest
import redis
from django.contrib.auth.hashers import MD5PasswordHasher
from django.db import connection
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.utils.crypto import salted_hmac
from django_redis import get_redis_connection
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from pytest_django import Settings
from rest_framework.request import Request

from apps.accounts import services, sign_ins
from apps.accounts.bearer import Claims, NotSignedIn, Use, read_token
from apps.accounts.models import User
from apps.accounts.services import set_user_suspended
from apps.core.limits import LIMITS
from apps.core.tenancy import run_as_system, unit_of_work
from apps.orgs import policies
from apps.orgs.api.authentication import SignInAuthentication
from apps.orgs.models import Organization
from apps.orgs.services import delete_account, set_organization_suspended
from tests import factories
from tests.factories import PASSWORD

pytestmark = pytest.mark.django_db


def send(path: str, data: Any = None, **headers: str) -> Any:
    """A POST of JSON by somebody without cookies."""
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    body = data if isinstance(data, bytes) else json.dumps(data).encode()
    return Client().generic("POST", f"/api/v1/auth/{path}", body, content_type="application/json", headers=sent)


def ask(org: Organization, access: str) -> int:
    """How a read is answered."""
    answer = Client().get(f"/api/v1/orgs/{org.slug}/projects/", headers={"authorization": f"Bearer {access}"})
    status: int = answer.status_code
    return status


def confirm(user: User) -> None:
    """Let the address prove itself: the server sends mail."""
    if not user.emailaddress_set.exists():
        user.emailaddress_set.create(email=user.email, verified=True, primary=True)


def signed_in(user: User) -> dict[str, str]:
    confirm(user)
    answer = send("login", {"email": user.email, "password": PASSWORD})
    assert answer.status_code == 200, answer.content
    tokens: dict[str, str] = answer.json()
    return tokens


@pytest.fixture
def tokens(ada: User, acme: Organization) -> dict[str, str]:
    """Ada's."""
    return signed_in(ada)


class TestLogin:
    def test_gives_an_access_token_that_works(self, ada: User, acme: Organization) -> None:
        confirm(ada)
        answer = send("login", {"email": ada.email.upper(), "password": PASSWORD})
        tokens = answer.json()
        assert answer.headers["Cache-Control"] == "no-store"
        assert not answer.cookies
        assert (tokens["token_type"], tokens["expires_in"]) == ("Bearer", 900)
        assert ask(acme, tokens["access"]) == 200

    def test_says_in_the_token_whose_it_is_and_for_how_long(self, ada: User, tokens: dict[str, str]) -> None:
        said = jwt.decode(tokens["access"], options={"verify_signature": False})
        assert set(said) == {"iss", "aud", "use", "sub", "sid", "iat", "exp", "jti"}
        assert (said["sub"], said["use"], said["exp"] - said["iat"]) == (str(ada.pk), "access", 900)
        assert jwt.get_unverified_header(tokens["access"])["alg"] == "HS256"
        kept = jwt.decode(tokens["refresh"], options={"verify_signature": False})
        assert (kept["sid"], kept["exp"] - kept["iat"]) == (said["sid"], 30 * 86_400)

    def test_keeps_no_token_and_no_password_in_redis(self, tokens: dict[str, str]) -> None:
        client = get_redis_connection("default")
        [key] = client.keys("fb:sign-in:*")
        stored = b" ".join(client.hvals(key)).decode()
        assert tokens["refresh"] not in stored
        assert tokens["access"] not in stored
        assert PASSWORD not in stored
        assert 0 < client.ttl(key) <= 30 * 86_400

    @pytest.mark.parametrize("email", ["known", "nobody@example.test", "", "no address", "x" * 300])
    def test_answers_alike_whatever_was_wrong(self, ada: User, email: str) -> None:
        known = email == "known"
        answer = send("login", {"email": ada.email if known else email, "password": "not this one"})
        if email in {"", "x" * 300}:
            assert answer.status_code == 400
            return
        problem = answer.json() | {"request_id": ""}
        assert problem == {
            "type": "about:blank#WrongPassword",
            "title": "Nobody was signed in",
            "status": 401,
            "detail": "The e-mail address or the password is not correct.",
            "request_id": "",
        }
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")

    def test_works_as_hard_for_an_unknown_address_as_for_a_known_one(
        self, ada: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        spent: list[str] = []
        true = MD5PasswordHasher.encode

        def work(hasher: Any, password: str, *args: Any) -> str:
            spent.append(password)
            return true(hasher, password, *args)

        monkeypatch.setattr(MD5PasswordHasher, "encode", work)
        send("login", {"email": ada.email, "password": "not this one"})
        assert spent == ["not this one"]
        send("login", {"email": "nobody@example.test", "password": "not this one"})
        assert spent == ["not this one"] * 2

    def test_a_suspended_person_is_told_so_for_the_right_password_only(self, ada: User) -> None:
        with unit_of_work():
            set_user_suspended(user=ada, is_suspended=True)
        right = send("login", {"email": ada.email, "password": PASSWORD})
        assert (right.status_code, right.json()["type"]) == (403, "about:blank#AccountSuspended")
        assert send("login", {"email": ada.email, "password": "not this one"}).status_code == 401

    def test_with_a_mail_server_the_address_must_be_confirmed(self, ada: User) -> None:
        refused = send("login", {"email": ada.email, "password": PASSWORD})
        assert (refused.status_code, refused.json()["type"]) == (403, "about:blank#AddressNotConfirmed")
        assert send("login", {"email": ada.email, "password": "not this one"}).status_code == 401
        confirm(ada)
        assert send("login", {"email": ada.email, "password": PASSWORD}).status_code == 200

    def test_shares_its_limits_with_the_page(self, ada: User, steady_clock: None) -> None:
        confirm(ada)
        for _attempt in range(5):
            Client().post("/accounts/login/", {"login": ada.email, "password": "not this one"})
        waits = send("login", {"email": ada.email, "password": PASSWORD})
        assert waits.status_code == 429
        assert int(waits.headers["Retry-After"]) > 0
        # Somebody elsewhere is not kept out by that.
        elsewhere = Client(REMOTE_ADDR="203.0.113.9").post(
            "/api/v1/auth/login",
            json.dumps({"email": ada.email, "password": PASSWORD}),
            content_type="application/json",
        )
        assert elsewhere.status_code == 200

    def test_nothing_but_json_is_read(self, ada: User) -> None:
        form = Client().post("/api/v1/auth/login", {"email": ada.email, "password": PASSWORD})
        assert form.status_code == 415
        assert send("login", b"{").status_code == 400
        assert send("login", ["x"]).status_code == 400
        assert send("login", {"email": ada.email, "password": PASSWORD, "otp": "1"}).status_code == 400
        assert send("login", {"email": ada.email + "\x00", "password": PASSWORD}).status_code == 400
        assert send("login", {"email": ada.email, "password": "\ud800"}).status_code in {400, 401}

    def test_the_oldest_of_very_many_ends(self, ada: User, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(sign_ins, "MOST_OF_ONE_PERSON", 2)
        with unit_of_work():
            made = [services.begin_sign_in(user=ada, address=None, user_agent="") for _number in range(3)]
        assert len(sign_ins.list_of(ada.pk)) == 2
        assert sum(sign_ins.find(read_token(each.access, use=Use.ACCESS)) is not None for each in made) == 2


class TestRefresh:
    def test_gives_new_tokens_and_the_old_refresh_token_ends_it_all(
        self, acme: Organization, tokens: dict[str, str]
    ) -> None:
        second = send("refresh", {"refresh": tokens["refresh"]}).json()
        assert second["refresh"] != tokens["refresh"]
        assert ask(acme, second["access"]) == 200
        again = send("refresh", {"refresh": tokens["refresh"]})
        assert again.status_code == 401
        # Somebody has a copy: neither of the two goes on.
        assert ask(acme, second["access"]) == 401
        assert send("refresh", {"refresh": second["refresh"]}).status_code == 401

    def test_of_two_at_once_exactly_one_wins(self, tokens: dict[str, str]) -> None:
        claims = read_token(tokens["refresh"], use=Use.REFRESH)
        used = services.sign_ins.hash_secret(tokens["refresh"])
        gate, answers = threading.Barrier(8), []

        def rotate(number: int) -> None:
            gate.wait()
            answers.append(sign_ins.rotate(claims, used_hash=used, new_hash=f"new {number}", address=None))

        threads = [threading.Thread(target=rotate, args=(number,)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert answers.count(sign_ins.Rotation.DONE) == 1
        assert sign_ins.find(claims) is None

    @pytest.mark.parametrize("word", ["", "x", "a.b.c", "☃", "x" * 1_999, "fb_1234567890", "\x00"])
    def test_refuses_what_is_none(self, word: str) -> None:
        assert send("refresh", {"refresh": word}).status_code in {400, 401}

    def test_an_access_token_is_none(self, acme: Organization, tokens: dict[str, str]) -> None:
        assert send("refresh", {"refresh": tokens["access"]}).status_code == 401
        # That was a mistake and no theft.
        assert ask(acme, tokens["access"]) == 200

    def test_whoever_tries_them_out_waits(self, steady_clock: None) -> None:
        limit = int(LIMITS["api-stranger"].rate.split("/")[0])
        answers = {send("refresh", {"refresh": "a.b.c"}).status_code for _attempt in range(limit)}
        assert answers == {401}
        assert send("refresh", {"refresh": "a.b.c"}).status_code == 429


class TestEnd:
    """The next request fails, not the next quarter of an hour."""

    def test_by_signing_out(self, acme: Organization, tokens: dict[str, str]) -> None:
        assert send("logout", {"refresh": tokens["refresh"]}).status_code == 204
        assert ask(acme, tokens["access"]) == 401
        assert send("refresh", {"refresh": tokens["refresh"]}).status_code == 401
        # Once more is no fault.
        assert send("logout", {"refresh": tokens["refresh"]}).status_code == 204
        assert send("logout", {"refresh": tokens["access"]}).status_code == 401

    def test_by_another_password(self, ada: User, acme: Organization, tokens: dict[str, str]) -> None:
        client = Client()
        client.force_login(ada)
        answer = client.post(
            "/accounts/password/change/",
            {"oldpassword": PASSWORD, "password1": "another good one 7", "password2": "another good one 7"},
        )
        assert answer.status_code == 302
        assert ask(acme, tokens["access"]) == 401
        assert send("refresh", {"refresh": tokens["refresh"]}).status_code == 401

    def test_by_suspension_for_good(self, ada: User, acme: Organization, tokens: dict[str, str]) -> None:
        for is_suspended in (True, False):
            with unit_of_work():
                set_user_suspended(user=ada, is_suspended=is_suspended)
            ada.refresh_from_db()
            assert ask(acme, tokens["access"]) == 401
        assert send("refresh", {"refresh": tokens["refresh"]}).status_code == 401

    def test_by_deleting_the_account(self, acme: Organization) -> None:
        mateo = factories.make_member(acme)
        theirs = signed_in(mateo)
        assert ask(acme, theirs["access"]) == 200
        with unit_of_work():
            delete_account(user=mateo, confirmation=mateo.email)
        assert ask(acme, theirs["access"]) == 401
        assert send("refresh", {"refresh": theirs["refresh"]}).status_code == 401

    def test_by_signing_out_everywhere(self, ada: User, acme: Organization, tokens: dict[str, str]) -> None:
        client = Client()
        client.force_login(ada)
        client.post("/accounts/sessions/end-others/")
        assert ask(acme, tokens["access"]) == 401

    def test_by_losing_the_seat_in_that_organization_only(self, ada: User, acme: Organization) -> None:
        eve = factories.make_user("Eve Stone")
        theirs = signed_in(eve)
        own = factories.make_org(eve, "Elsewhere")
        assert ask(acme, theirs["access"]) == 404
        assert ask(own, theirs["access"]) == 200
        with run_as_system(org_id=own.pk) as actor:
            set_organization_suspended(actor=actor, is_suspended=True)
        assert ask(own, theirs["access"]) == 403

    def test_by_losing_redis_and_nothing_else_is_lost(
        self, ada: User, acme: Organization, tokens: dict[str, str]
    ) -> None:
        get_redis_connection("default").flushall()
        assert ask(acme, tokens["access"]) == 401
        assert send("refresh", {"refresh": tokens["refresh"]}).status_code == 401
        assert ask(acme, signed_in(ada)["access"]) == 200

    def test_one_sign_in_says_nothing_about_another(
        self, ada: User, acme: Organization, tokens: dict[str, str]
    ) -> None:
        other = signed_in(ada)
        send("logout", {"refresh": tokens["refresh"]})
        assert ask(acme, other["access"]) == 200


@pytest.fixture
def no_redis(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sign-ins cannot be reached."""

    def refuse(alias: str) -> Any:
        raise redis.ConnectionError("gone")

    monkeypatch.setattr(sign_ins, "get_redis_connection", refuse)


class TestWithoutRedis:
    def test_says_that_it_is_away_and_when_to_come_again(
        self, acme: Organization, tokens: dict[str, str], no_redis: None
    ) -> None:
        answer = Client().get(
            f"/api/v1/orgs/{acme.slug}/projects/", headers={"authorization": f"Bearer {tokens['access']}"}
        )
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
        assert send("refresh", {"refresh": tokens["refresh"]}).status_code == 503
        assert send("logout", {"refresh": tokens["refresh"]}).status_code == 503

    def test_nobody_signs_in(self, ada: User, no_redis: None) -> None:
        confirm(ada)
        assert send("login", {"email": ada.email, "password": PASSWORD}).status_code == 503

    def test_the_page_of_sessions_is_there_and_says_so(self, ada: User, client: Client, no_redis: None) -> None:
        client.force_login(ada)
        page = client.get("/accounts/sessions/")
        assert page.status_code == 200
        assert "cannot tell right now" in page.content.decode()


def key_of(secret: str) -> bytes:
    return salted_hmac("flowboard.accounts.bearer", "", secret=secret, algorithm="sha256").digest()


@pytest.fixture
def forge(ada: User, tokens: dict[str, str], settings: Settings) -> Callable[..., str]:
    """A token like Ada's access token but for what is said here; by default it is as good as the true one."""
    true = jwt.decode(tokens["access"], options={"verify_signature": False})

    def make(*, key: Any = None, algorithm: str = "HS256", header: Any = None, without: str = "", **claims: Any) -> str:
        payload = {name: value for name, value in (true | claims).items() if name != without}
        return jwt.encode(payload, key_of(settings.SECRET_KEY) if key is None else key, algorithm, headers=header)

    return make


def unsigned(header: dict[str, Any], payload: dict[str, Any], signature: bytes = b"") -> str:
    parts = (json.dumps(header).encode(), json.dumps(payload).encode(), signature)
    return ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts)


class TestCorpus:
    """Tokens that somebody made up. Each is refused with 401 and does no harm to the sign-in."""

    def test_the_forge_makes_tokens_that_work(self, acme: Organization, forge: Callable[..., str]) -> None:
        assert ask(acme, forge()) == 200

    @pytest.mark.parametrize("name", ["none", "None", "nOnE", "NONE", "", "HS256"])
    def test_no_signature(self, acme: Organization, tokens: dict[str, str], name: str) -> None:
        payload = jwt.decode(tokens["access"], options={"verify_signature": False})
        assert ask(acme, unsigned({"alg": name, "typ": "JWT"}, payload)) == 401
        assert ask(acme, unsigned({"alg": name, "typ": "JWT"}, payload).rstrip(".")) == 401

    @pytest.mark.filterwarnings("ignore::jwt.warnings.InsecureKeyLengthWarning")
    @pytest.mark.parametrize("algorithm", ["HS384", "HS512"])
    def test_another_digest_with_the_true_key(
        self, acme: Organization, forge: Callable[..., str], algorithm: str
    ) -> None:
        assert ask(acme, forge(algorithm=algorithm)) == 401

    @pytest.mark.parametrize("algorithm", ["RS256", "PS256", "ES256", "EdDSA"])
    def test_signed_with_our_key_in_the_name_of_a_key_pair(
        self, acme: Organization, tokens: dict[str, str], settings: Settings, algorithm: str
    ) -> None:
        payload = jwt.decode(tokens["access"], options={"verify_signature": False})
        words = unsigned({"alg": algorithm, "typ": "JWT"}, payload).rpartition(".")[0]
        signature = hmac.digest(key_of(settings.SECRET_KEY), words.encode(), "sha256")
        assert ask(acme, f"{words}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}") == 401

    @pytest.mark.parametrize(
        "header", [{"jwk": {"kty": "oct", "k": "AA"}}, {"jku": "https://evil.test/k"}, {"kid": "../x"}]
    )
    def test_a_header_that_names_its_own_key(
        self, acme: Organization, forge: Callable[..., str], header: dict[str, Any]
    ) -> None:
        assert ask(acme, forge(key=b"evil" * 16, header=header)) == 401

    def test_a_detached_payload(self, acme: Organization, forge: Callable[..., str]) -> None:
        assert ask(acme, forge(header={"b64": False, "crit": ["b64"]})) == 401

    @pytest.mark.parametrize(
        "claims",
        [
            {"aud": "another"},
            {"aud": ["flowboard-api", "another"]},
            {"iss": "https://evil.test"},
            {"use": "refresh"},
            {"use": "Access"},
            {"use": None},
            {"sid": "another"},
            {"sid": ""},
            {"sub": "0"},
            {"sub": 7},
        ],
        ids=json.dumps,
    )
    def test_another_audience_issuer_use_or_sign_in(
        self, acme: Organization, forge: Callable[..., str], claims: dict[str, Any]
    ) -> None:
        assert ask(acme, forge(**claims)) == 401

    def test_the_sign_in_of_somebody_else(self, acme: Organization, forge: Callable[..., str]) -> None:
        assert ask(acme, forge(sub=str(factories.make_member(acme).pk))) == 401

    @pytest.mark.parametrize("name", ["iss", "aud", "use", "sub", "sid", "iat", "exp", "jti"])
    def test_a_claim_that_is_missing(self, acme: Organization, forge: Callable[..., str], name: str) -> None:
        assert ask(acme, forge(without=name)) == 401

    @pytest.mark.parametrize(
        ("name", "minutes"), [("exp", -1), ("nbf", 5), ("iat", 5)], ids=["expired", "not yet", "made in the future"]
    )
    def test_another_time(self, acme: Organization, forge: Callable[..., str], name: str, minutes: int) -> None:
        assert ask(acme, forge(**{name: datetime.now(UTC) + timedelta(minutes=minutes)})) == 401

    def test_refresh_used_as_access(self, acme: Organization, tokens: dict[str, str]) -> None:
        assert ask(acme, tokens["refresh"]) == 401
        assert ask(acme, tokens["access"]) == 200

    def test_tampered_at_every_tenth_letter(self, tokens: dict[str, str]) -> None:
        token = tokens["access"]
        # The last letter of a part holds bits that stand for nothing.
        last = {len(".".join(token.split(".")[:count])) - 1 for count in (1, 2, 3)}
        for at in set(range(0, len(token), 10)) - last:
            if token[at] == ".":
                continue
            other = token[:at] + ("A" if token[at] != "A" else "B") + token[at + 1 :]
            with pytest.raises(NotSignedIn):
                read_token(other, use=Use.ACCESS)

    @pytest.mark.parametrize(
        "word",
        [
            "x" * 5_000,
            "eyJ" + "." * 900,
            "..",
            "...",
            "a.b",
            "☃.☃.☃",
            "Zm9v.YmFy.YmF6",
            "null",
            "e30.e30.",
            "\ud800.a.b",
        ],
        ids=[
            "giant",
            "points",
            "two points",
            "three points",
            "two parts",
            "unicode",
            "words",
            "null",
            "empty",
            "surrogate",
        ],
    )
    def test_no_token_at_all(self, word: str) -> None:
        with pytest.raises(NotSignedIn):
            read_token(word, use=Use.ACCESS)

    def test_json_that_never_ends(self) -> None:
        deep = base64.urlsafe_b64encode(b"[" * 700).rstrip(b"=").decode()
        with pytest.raises(NotSignedIn):
            read_token(f"{deep}.e30.AA", use=Use.ACCESS)

    @given(word=st.text(max_size=60) | st.lists(st.text(max_size=20), min_size=3, max_size=3).map(".".join))
    @hypothesis_settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    def test_whatever_it_is(self, word: str) -> None:
        with pytest.raises(NotSignedIn):
            read_token(word, use=Use.ACCESS)

    def test_in_a_header_that_is_not_one(self, acme: Organization, tokens: dict[str, str]) -> None:
        for header in ("Bearer", "Bearer ", "Basic " + tokens["access"], tokens["access"], "Bearer ☃"):
            answer = Client().get(f"/api/v1/orgs/{acme.slug}/projects/", headers={"authorization": header})
            assert answer.status_code == 401, header


class TestKeys:
    def test_a_new_key_signs_and_the_one_before_still_opens(
        self, acme: Organization, tokens: dict[str, str], settings: Settings
    ) -> None:
        old, settings.SECRET_KEY = settings.SECRET_KEY, "another key, as long as a key for production has to be"
        assert ask(acme, tokens["access"]) == 401
        settings.SECRET_KEY_FALLBACKS = ["one that never was", old]
        assert ask(acme, tokens["access"]) == 200
        fresh = send("refresh", {"refresh": tokens["refresh"]}).json()
        jwt.decode(fresh["access"], key_of(settings.SECRET_KEY), ["HS256"], audience="flowboard-api")
        settings.SECRET_KEY_FALLBACKS = []
        with pytest.raises(NotSignedIn):
            read_token(tokens["access"], use=Use.ACCESS)


class TestRights:
    def test_are_the_persons_but_for_what_is_never_a_tokens(self, ada: User, acme: Organization) -> None:
        access = signed_in(ada)["access"]
        plain = RequestFactory().get("/", headers={"authorization": f"Bearer {access}"})
        request = Request(plain, parser_context={"kwargs": {"org": acme.slug}})
        with unit_of_work():
            found = SignInAuthentication().authenticate(request)
            assert found is not None
            actor = found[1]
            assert (actor.user_id, actor.may("write")) == (ada.pk, True)
            assert not policies.can_own(actor)

    def test_a_request_costs_the_same_each_time(self, acme: Organization, tokens: dict[str, str]) -> None:
        ask(acme, tokens["access"])
        with CaptureQueriesContext(connection) as once:
            ask(acme, tokens["access"])
        own = [query["sql"] for query in once if "accounts_user" in query["sql"] or "flowboard_enter" in query["sql"]]
        # The account, and the door.
        assert len(own) == 2


class TestList:
    def test_shows_each_and_ends_one(self, ada: User, acme: Organization, client: Client) -> None:
        confirm(ada)
        send("login", {"email": ada.email, "password": PASSWORD}, user_agent="python-httpx/0.28.1")
        mine = signed_in(ada)
        client.force_login(ada)
        page = client.get("/accounts/sessions/").content.decode()
        assert "python-httpx 0.28.1" in page
        claims = read_token(mine["access"], use=Use.ACCESS)
        assert claims.sign_in_id in page
        assert client.post(f"/accounts/sessions/scripts/{claims.sign_in_id}/end/").status_code == 302
        assert ask(acme, mine["access"]) == 401
        assert len(sign_ins.list_of(ada.pk)) == 1

    def test_knows_nothing_of_somebody_elses(self, acme: Organization, tokens: dict[str, str], client: Client) -> None:
        client.force_login(factories.make_member(acme))
        sign_in_id = read_token(tokens["access"], use=Use.ACCESS).sign_in_id
        assert client.post(f"/accounts/sessions/scripts/{sign_in_id}/end/").status_code == 404
        assert ask(acme, tokens["access"]) == 200

    def test_leaves_out_what_a_new_password_has_ended(self, ada: User, client: Client, tokens: dict[str, str]) -> None:
        ada.set_password("another good one 7")
        ada.save()
        client.force_login(ada)
        assert "No scripts" in client.get("/accounts/sessions/").content.decode()

    def test_is_told_now_and_then_that_one_is_used(
        self, ada: User, acme: Organization, tokens: dict[str, str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        claims = read_token(tokens["access"], use=Use.ACCESS)
        client = get_redis_connection("default")
        [key] = client.keys("fb:sign-in:*")
        client.hset(key, "used", 1_700_000_000)
        ask(acme, tokens["access"])
        found = sign_ins.find(claims)
        assert found is not None
        assert found.used_at > datetime.now(UTC) - timedelta(minutes=1)

    def test_does_not_bring_back_what_ended_meanwhile(self, ada: User) -> None:
        claims = Claims(ada.pk, "gone")
        sign_ins.note_used(claims, address=None)
        assert sign_ins.find(claims) is None
