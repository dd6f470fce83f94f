"""What comes from outside: addresses, text, numbers, request ids, oversized bodies; and what the limits count."""

import re

import pytest
from django.core.cache import caches
from django.test import Client, RequestFactory, override_settings

from apps.accounts.models import User
from apps.core import limits
from apps.core.addresses import client_address
from apps.core.errors import Invalid, TooMany, Unavailable
from apps.core.markdown import render_markdown
from apps.core.requests import whole_number
from apps.orgs.models import Organization
from apps.projects.models import Project
from tests.factories import make_issues

ATTACKS = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x](data:text/html;base64,PHNjcmlwdD4=)",
    "[x](vbscript:msgbox)",
    "![x](javascript:alert(1))",
    "![x](https://evil.example/pixel.png)",
    "<a href='#' hx-get='/evil' data-hx-get='/evil' onclick='x()'>x</a>",
    "<iframe src=//evil></iframe>",
    "<svg/onload=alert(1)>",
    "<style>*{display:none}</style>",
    "<form action=/evil><input name=password></form>",
    "<math><mtext></mtext></math>",
    "`<script>`",
    '[x](# "\' onmouseover=alert(1)")',
    "<div style='position:fixed'>x</div>",
    "<base href=//evil>",
    "<meta http-equiv=refresh content=0>",
]


class TestMarkdown:
    @pytest.mark.parametrize("text", ATTACKS)
    def test_nothing_that_acts_survives(self, text: str) -> None:
        html = str(render_markdown(text))
        tags = " ".join(re.findall(r"<[^>]*>", html))
        assert not re.search(r"<\s*(script|iframe|svg|style|form|math|base|meta|object|link)", tags, re.IGNORECASE)
        assert not re.search(r"""\s(on\w+|style|hx-\w+|data-[\w-]+|srcdoc)\s*=""", re.sub(r'"[^"]*"', '""', tags))
        assert not re.search(r"(href|src)=\"(javascript|data|vbscript)", tags, re.IGNORECASE)
        assert "evil.example" not in tags

    def test_keeps_what_people_write(self) -> None:
        html = str(
            render_markdown(
                "# Title\n\n**bold** ~~gone~~ `code`\n\n- [x] done\n- [ ] open\n\n|a|b|\n|-|-|\n|1|2|\n\nline\nnext"
            )
        )
        for piece in ("<h1>", "<strong>", "<s>", "<code>", 'type="checkbox"', "checked", "<table>", "<br>"):
            assert piece in html

    def test_links_tell_their_target_nothing(self) -> None:
        assert 'rel="noopener noreferrer nofollow"' in render_markdown("[x](https://example.test/)")

    def test_names_the_language_of_code(self) -> None:
        assert 'class="language-python"' in render_markdown("```python\nx\n```")
        assert "evil" not in re.findall(r"<[^>]*>", str(render_markdown('```" evil\nx\n```')))[1]


class TestAddress:
    def meta(self, peer: str, forwarded: str = "") -> dict[str, str]:
        return {"REMOTE_ADDR": peer, "HTTP_X_FORWARDED_FOR": forwarded}

    @pytest.mark.parametrize(
        ("peer", "forwarded", "expected"),
        [
            ("192.0.2.1", "", "192.0.2.1"),
            ("192.0.2.1", "203.0.113.9", "192.0.2.1"),  # not one of our proxies: it may say what it likes
            ("10.0.0.1", "203.0.113.9", "203.0.113.9"),
            ("10.0.0.1", "198.51.100.7, 203.0.113.9", "203.0.113.9"),  # the first hop is the client's own claim
            ("10.0.0.1", "198.51.100.7, 203.0.113.9, 10.0.0.2", "203.0.113.9"),
            ("10.0.0.1", "nonsense", None),
            ("10.0.0.1", "", "10.0.0.1"),
            ("2001:db8::1", "", "2001:db8::1"),
            ("", "", None),
        ],
    )
    def test_is_the_nearest_one_that_is_not_ours(self, peer: str, forwarded: str, expected: str | None) -> None:
        with override_settings(TRUSTED_PROXIES=["10.0.0.0/8"]):
            assert client_address(self.meta(peer, forwarded)) == expected


class TestWholeNumber:
    @pytest.mark.parametrize("text", ["", "-1", "1.5", "x", "١", "9" * 19, "1\x00"])
    def test_refuses_what_the_database_could_not_take(self, text: str) -> None:
        with pytest.raises(Invalid):
            whole_number({"n": text}, "n")

    def test_reads_the_rest(self) -> None:
        assert whole_number({"n": "42"}, "n") == 42


@pytest.mark.usefixtures("db", "steady_clock")
class TestLimits:
    def use(self, name: str, key: str) -> None:
        limits.count(RequestFactory().get("/"), name, key)

    def test_refuses_beyond_the_rate_and_says_when_to_come_back(self) -> None:
        for _use in range(5):
            self.use("sign-in", "192.0.2.1:ada")
        with pytest.raises(TooMany) as refused:
            self.use("sign-in", "192.0.2.1:ada")
        assert 1 <= refused.value.retry_after <= 60
        self.use("sign-in", "198.51.100.7:ada")

    @override_settings(
        CACHES={"limits": {"BACKEND": "django_redis.cache.RedisCache", "LOCATION": "redis://127.0.0.1:1/0"}}
    )
    def test_without_redis_sign_in_is_closed_and_reading_open(self) -> None:
        caches["limits"]
        with pytest.raises(Unavailable):
            self.use("sign-in", "192.0.2.1:ada")
        self.use("api-read", "user:1")


class TestRequests:
    @pytest.fixture
    def client(self, ada: User) -> Client:
        client = Client(raise_request_exception=False)
        client.force_login(ada)
        return client

    def test_carry_the_proxys_id_or_get_one(self, client: Client) -> None:
        assert client.get("/", headers={"X-Request-ID": "abc-12345678"})["X-Request-ID"] == "abc-12345678"
        for nonsense in ("short", "x" * 65, "line\r\nbreak-break", "quote\"'<>-----"):
            given = client.get("/", headers={"X-Request-ID": nonsense})["X-Request-ID"]
            assert re.fullmatch(r"[0-9a-f]{32}", given)

    def test_a_five_megabyte_title_is_refused_with_a_sentence(
        self, client: Client, ada: User, acme: Organization, flow: Project
    ) -> None:
        make_issues(acme, flow, ada, "a")
        path = f"/{acme.slug}/issue/FLOW-1/edit/"
        answer = client.post(
            path, {"field": "title", "value": "x" * 5_000_000}, content_type="application/x-www-form-urlencoded"
        )
        assert answer.status_code in {413, 422}
        long = client.post(path, {"field": "title", "value": "x" * 600}, headers={"Accept": "application/json"})
        assert long.status_code == 422
        assert "at most 500 characters" in long.json()["detail"]

    def test_an_oversized_form_is_413(self, client: Client, acme: Organization, flow: Project) -> None:
        body = "title=" + "x" * 5_000_000
        answer = client.post(f"/{acme.slug}/FLOW/board/create/", body, content_type="application/x-www-form-urlencoded")
        assert answer.status_code == 413
        assert "too large" in answer.content.decode()

    def test_every_page_has_the_strict_policy(self, client: Client) -> None:
        policy = client.get("/")["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert "unsafe-eval" not in client.get("/admin/")["Content-Security-Policy"]

    def test_a_failed_csrf_check_explains_itself(self, ada: User, acme: Organization, flow: Project) -> None:
        client = Client(enforce_csrf_checks=True)
        client.force_login(ada)
        answer = client.post(f"/{acme.slug}/FLOW/board/create/", {"title": "x"})
        assert answer.status_code == 403
        assert "open for too long" in answer.content.decode()

    def test_an_unknown_page_helps(self, client: Client, acme: Organization) -> None:
        answer = client.get(f"/{acme.slug}/no/such/page/")
        assert answer.status_code == 404
        assert "Go to the start page" in answer.content.decode()
