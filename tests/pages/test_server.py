"""The operator's page: what it decides, what it does for people, and that it tells no secret to anybody."""

import re
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.core.management import call_command
from django.test import Client

from apps.accounts.models import Server, User
from apps.audit.models import LogEntry
from apps.core.tenancy import enter_person, unit_of_work
from apps.ops import installation
from apps.ops.embedded import GENERATED
from tests.factories import PASSWORD, make_user
from tests.mailbox import Mailbox
from tests.ops.test_demo_removal import tell_demo

PAGE = "/settings/server/"


@pytest.fixture
def root(db: None) -> User:
    return make_user("Root Operator", email="root@example.test", is_staff=True)


@pytest.fixture
def operator(client: Client, root: User) -> Client:
    client.force_login(root)
    return client


def kinds_of(user: User) -> list[tuple[str, int | None]]:
    with unit_of_work():
        enter_person(user_id=user.pk)
        return list(LogEntry.objects.filter(org=None).order_by("id").values_list("event_kind", "object_id"))


@pytest.mark.django_db
class TestWhoSeesIt:
    def test_operators_find_it_in_their_menu_and_others_do_not(self, operator: Client) -> None:
        assert f'href="{PAGE}"' in operator.get("/?choose=1").content.decode()
        assert operator.get(PAGE).status_code == 200
        other = Client()
        other.force_login(make_user("Somebody"))
        assert f'href="{PAGE}"' not in other.get("/?choose=1").content.decode()
        assert other.get(PAGE).status_code == 404
        assert Client().get(PAGE).status_code == 404

    def test_one_who_was_suspended_is_out(self, operator: Client, root: User) -> None:
        User.objects.filter(pk=root.pk).update(is_active=False)
        assert operator.get(PAGE).status_code == 404


@pytest.mark.django_db
class TestAdmission:
    def test_is_saved_shown_and_written_down(self, operator: Client, root: User) -> None:
        sent = {"sign_up": "domains", "domains": "example.org, @Example.net", "founders": "operators"}
        answer = operator.post(f"{PAGE}admission/", sent)
        assert answer.url == f"{PAGE}#admission"  # type: ignore[attr-defined]
        page = operator.get(PAGE).content.decode()
        assert "example.org\nexample.net</textarea>" in page
        assert re.search(r'value="operators" checked', page)
        kinds = kinds_of(root)
        assert ("server.changed", 1) in kinds

    @pytest.mark.parametrize(
        ("sent", "field"),
        [
            ({"sign_up": "domains", "domains": "", "founders": "everybody"}, "domains"),
            ({"sign_up": "domains", "domains": "not a domain!", "founders": "everybody"}, "domains"),
            ({"sign_up": "nobody", "founders": "everybody"}, "sign_up"),
        ],
    )
    def test_a_mistake_is_said_at_its_field(self, operator: Client, sent: dict[str, str], field: str) -> None:
        answer = operator.post(f"{PAGE}admission/", sent)
        assert answer.status_code == 422
        assert re.search(rf'id="id_{field}(_0)?_error"', answer.content.decode())
        assert not Server.objects.exclude(sign_up="invited").exists()


@pytest.mark.django_db
class TestMail:
    def test_a_test_mail_goes_out_and_the_page_says_who_took_it(self, operator: Client, mailbox: Mailbox) -> None:
        operator.post(f"{PAGE}mail/", {"mail-email": "ada@example.test"})
        assert [mail["To"] for mail in mailbox.mails] == ["ada@example.test"]
        assert "took the mail to ada@example.test" in operator.get(PAGE).content.decode()

    def test_what_is_wrong_is_said_in_a_sentence(self, operator: Client, mailbox: Mailbox) -> None:
        mailbox.refuses = True
        page = operator.post(f"{PAGE}mail/", {"mail-email": "ada@example.test"}).content.decode()
        assert "The mail did not go out" in page
        assert "Try again later" in page

    def test_without_a_server_it_says_what_to_set(self, operator: Client, settings: Any) -> None:
        settings.EMAIL_HOST = ""
        assert "This server sends no mail" in operator.get(PAGE).content.decode()
        assert "set EMAIL_HOST" in operator.post(f"{PAGE}mail/", {"mail-email": "a@example.test"}).content.decode()
        assert operator.post(f"{PAGE}mail/", {}).status_code == 422

    def test_whoever_forgot_a_password_is_sent_to_the_operator(self, client: Client, settings: Any) -> None:
        settings.EMAIL_HOST = ""
        assert "Ask whoever runs it for a link" in client.get("/accounts/password/reset/").content.decode()
        settings.EMAIL_HOST = "mail.example.test"
        assert "Send the link" in client.get("/accounts/password/reset/").content.decode()


@pytest.mark.django_db
class TestResetLink:
    def test_lets_somebody_choose_a_new_password_once_and_is_written_down(self, operator: Client, root: User) -> None:
        ada = make_user("Ada Okafor", email="ada@example.test")
        page = operator.post(f"{PAGE}reset-link/", {"reset-email": "Ada@Example.test"})
        assert "no-store" in page["Cache-Control"]
        found = re.search(
            r'data-copy="http://127\.0\.0\.1:\d+(/accounts/password/reset/key/[^"]+)"', page.content.decode()
        )
        assert found is not None
        link = found[1]
        assert link not in operator.get(PAGE).content.decode()
        assert ("account.reset_link_made", ada.pk) in kinds_of(root)
        person = Client()
        form = person.get(link, follow=True).request["PATH_INFO"]
        new = {"password1": "quite another 55", "password2": "quite another 55"}
        assert person.post(form, new).status_code == 302
        ada.refresh_from_db()
        assert ada.check_password("quite another 55")
        assert "no longer works" in Client().get(link, follow=True).content.decode()

    @pytest.mark.parametrize(
        ("email", "words"),
        [("nobody@example.test", "Nobody has an account"), ("gone@example.test", "is suspended"), ("", "required")],
    )
    def test_is_refused_where_nobody_could_sign_in(self, operator: Client, email: str, words: str) -> None:
        make_user("Gone", email="gone@example.test", is_active=False)
        answer = operator.post(f"{PAGE}reset-link/", {"reset-email": email})
        assert answer.status_code == 422
        assert words in answer.content.decode()


@pytest.mark.django_db(transaction=True)
class TestDemo:
    def test_goes_by_a_tick_and_a_button(self, operator: Client) -> None:
        _org, ada, _ben = tell_demo()
        page = operator.get(PAGE).content.decode()
        assert "Deletes Acme Robotics" in page
        assert operator.post(f"{PAGE}demo/").status_code == 422
        assert User.objects.filter(pk=ada.pk).exists()
        assert operator.post(f"{PAGE}demo/", {"sure": "on"}).url == PAGE  # type: ignore[attr-defined]
        page = operator.get(PAGE).content.decode()
        assert "The demo is gone: 1 organization and 2 people." in page
        assert 'id="demo"' not in page
        assert not User.objects.filter(pk=ada.pk).exists()

    def test_says_who_stays(self, operator: Client) -> None:
        _org, ada, _ben = tell_demo()
        User.objects.filter(pk=ada.pk).update(is_staff=True)
        operator.post(f"{PAGE}demo/", {"sure": "on"})
        assert "1 person of the demo stays" in operator.get(PAGE).content.decode()


@pytest.mark.django_db
class TestInstallation:
    def test_every_setting_of_the_readme_is_shown(self, operator: Client) -> None:
        page = operator.get(PAGE).content.decode()
        readme = (django_settings.BASE_DIR / "README.md").read_text(encoding="utf-8")
        cells = re.findall(r"^\| (`[^|]+`) \|", readme, re.MULTILINE)
        named = {name for cell in cells for name in re.findall(r"`([A-Z_]+)`", cell)}
        # Read by commands, before there are settings, or by the tests.
        elsewhere = {"DJANGO_SETTINGS_MODULE", "FLOWBOARD_PYTHON", "FLOWBOARD_DEMO", "FLOWBOARD_SAMPLES"}
        elsewhere |= {"WEB_CONCURRENCY", "CELERY_CONCURRENCY"}
        # Of one of the two modes only.
        elsewhere |= {"FLOWBOARD_TLS", "FLOWBOARD_DEBUG"}
        assert len(named) > 30
        assert {name for name in named - elsewhere if f"<code>{name}</code>" not in page} == set()

    def test_no_secret_is(self, operator: Client) -> None:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("EMAIL_HOST_PASSWORD", "the mail server's own word")
            patch.setenv("FLOWBOARD_SECRET_KEY", "the key that signs everything")
            patch.setenv("DATABASE_URL", "postgresql://flowboard_app:hush@db.example:5432/flowboard?password=hush")
            patch.setenv("REDIS_URL", "redis://:hush@valkey:6379/0")
            page = operator.get(PAGE).content.decode()
        assert "own word" not in page
        assert "signs everything" not in page
        assert "hush" not in page
        assert "postgresql://db.example:5432/flowboard" in page
        assert "set, not shown" in page

    def test_each_says_where_it_comes_from(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("EMAIL_PORT", "2525")
        monkeypatch.delenv("EMAIL_HOST_USER", raising=False)
        monkeypatch.setenv(GENERATED, "DATABASE_URL,REDIS_URL")
        found = {each.name: (each.value, each.source) for each in installation.settings_in_force()}
        assert found["EMAIL_PORT"] == ("2525", "environment")
        assert found["EMAIL_HOST_USER"] == ("", "default")
        assert found["FLOWBOARD_WEB_QUEUE"] == ("100", "default")
        assert found["DATABASE_URL"][1] == "generated"

    def test_storage_is_counted(self, settings: Any, tmp_path: Path) -> None:
        (tmp_path / "avatars").mkdir()
        (tmp_path / "avatars" / "a.webp").write_bytes(b"x" * 1000)
        (tmp_path / "b.webp").write_bytes(b"x" * 500)
        settings.MEDIA_ROOT = str(tmp_path)
        found = installation.storage()
        assert (found.media, found.files) == (1500, 2)
        assert found.database > 1_000_000
        assert 0 < found.free <= found.total
        (tmp_path / "c.webp").write_bytes(b"x")
        assert installation.storage().files == 2, "counted once in a while"

    def test_versions_name_what_runs(self, settings: Any) -> None:
        found = dict(installation.versions())
        assert found["FlowBoard"] == settings.RELEASE
        assert found["PostgreSQL"].startswith("18")
        assert re.match(r"(Redis )?\d+\.\d+", found["Valkey"])
        settings.REDIS_URL = "redis://127.0.0.1:1/0"
        assert dict(installation.versions())["Valkey"] == "cannot be reached"

    def test_licences_are_those_of_the_packages(self, operator: Client) -> None:
        found = {each.name.lower(): each for each in installation.packages()}
        assert found["django"].licence.startswith("BSD")
        assert found["psycopg"].licence != "not stated"
        assert installation.vendored()[0].name == "htmx.org"
        page = operator.get(f"{PAGE}licences/").content.decode()
        assert "lucide-static" in page
        assert "djangorestframework" in page

    def test_the_admin_site_shows_the_same_figures(self, operator: Client) -> None:
        page = operator.get("/admin/").content.decode()
        for label in ("Database", "Uploaded files", "Free disk", "Mail", "PostgreSQL"):
            assert re.search(rf'href="{PAGE}#\w+">{label}</a>', page), label


@pytest.mark.django_db
def test_a_command_cannot_be_fooled_into_another_operator(root: User) -> None:
    output = StringIO()
    with pytest.raises(Exception, match="runs this server already"):
        call_command("setup_link", stdout=output)
    assert PASSWORD not in output.getvalue()
