"""Static files over upgrades: published beside those of former releases, with the right to be kept by browsers."""

import os
from datetime import timedelta
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.http import HttpResponse
from django.test import RequestFactory
from whitenoise.middleware import WhiteNoiseMiddleware

from apps.ops.assets import MANIFEST, AssetsError, Published, publish

DAY = 24 * 60 * 60
NOW = 1_800_000_000


def release(source: Path, *names: str) -> Path:
    """What collectstatic leaves behind: the names, and nothing of another release."""
    for old in source.rglob("*"):
        if old.is_file():
            old.unlink()
    for name in (*names, MANIFEST):
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        (source / name).write_text(f"{name} of {names}")
    return source


def names(target: Path) -> set[str]:
    return {str(path.relative_to(target)) for path in target.rglob("*") if path.is_file()} - {MANIFEST}


class TestPublish:
    @pytest.fixture
    def source(self, tmp_path: Path) -> Path:
        return tmp_path / "collected"

    @pytest.fixture
    def target(self, tmp_path: Path) -> Path:
        return tmp_path / "served"

    def test_keeps_what_former_releases_had_for_tabs_that_are_open(self, source: Path, target: Path) -> None:
        assert publish(release(source, "js/a.1.js", "icon.svg"), target, now=NOW) == Published(3, 0, 0)
        assert publish(release(source, "js/a.2.js", "icon.svg"), target, now=NOW + DAY) == Published(3, 1, 0)
        assert names(target) == {"js/a.1.js", "js/a.2.js", "icon.svg"}
        assert (target / "icon.svg").read_text() == "icon.svg of ('js/a.2.js', 'icon.svg')"

    def test_days_are_counted_from_the_end_of_a_release_not_from_its_beginning(
        self, source: Path, target: Path
    ) -> None:
        publish(release(source, "a.1.js"), target, now=NOW)
        in_force_for_long = NOW + 300 * DAY
        publish(release(source, "a.2.js"), target, now=in_force_for_long)
        assert names(target) == {"a.1.js", "a.2.js"}
        publish(source, target, now=in_force_for_long + 29 * DAY)
        assert names(target) == {"a.1.js", "a.2.js"}, "publishing the same again ends nothing early"
        assert publish(source, target, now=in_force_for_long + 31 * DAY) == Published(2, 0, 1)
        assert names(target) == {"a.2.js"}

    def test_a_restart_does_not_give_former_files_more_days(self, source: Path, target: Path) -> None:
        publish(release(source, "a.1.js"), target, now=NOW)
        publish(release(source, "a.2.js"), target, now=NOW + 1)
        for day in range(1, 40):
            publish(source, target, now=NOW + day * DAY)
        assert names(target) == {"a.2.js"}

    def test_a_file_that_comes_back_is_current_again(self, source: Path, target: Path) -> None:
        publish(release(source, "a.1.js"), target, now=NOW)
        publish(release(source, "a.2.js"), target, now=NOW + DAY)
        publish(release(source, "a.1.js"), target, now=NOW + 2 * DAY)
        publish(release(source, "a.1.js"), target, now=NOW + 50 * DAY)
        assert names(target) == {"a.1.js"}

    def test_a_server_never_sees_half_a_file(self, source: Path, target: Path) -> None:
        publish(release(source, "a.js"), target, now=NOW)
        with (target / "a.js").open() as reading:
            (source / "a.js").write_text("longer than before, and another file")
            publish(source, target, now=NOW + DAY)
            assert reading.read() == "a.js of ('a.js',)"
        assert oct((target / "a.js").stat().st_mode & 0o777) == "0o644"

    def test_refuses_what_was_not_collected(self, source: Path, target: Path) -> None:
        with pytest.raises(AssetsError, match="run collectstatic first"):
            publish(source, target)
        release(source, "a.js")
        with pytest.raises(AssetsError, match="name another directory"):
            publish(source, source)

    def test_the_command_says_what_it_did(
        self, source: Path, target: Path, settings: Any, capsys: pytest.CaptureFixture[str]
    ) -> None:
        settings.STATIC_ROOT = str(release(source, "a.js"))
        call_command("publish_static", str(target))
        assert "2 files of release" in capsys.readouterr().out
        with pytest.raises(CommandError, match="negative"):
            call_command("publish_static", str(target), "--keep-days", "-1")
        (source / MANIFEST).unlink()
        with pytest.raises(CommandError, match="collectstatic"):
            call_command("publish_static", str(target))

    def test_days_can_be_named(self, source: Path, target: Path) -> None:
        publish(release(source, "a.1.js"), target, now=NOW)
        publish(release(source, "a.2.js"), target, now=NOW + DAY)
        assert publish(source, target, kept_for=timedelta(hours=1), now=NOW + 2 * DAY).removed == 1


class TestFilesServedByAProcess:
    def ask(self, path: str, **headers: str) -> tuple[HttpResponse, bytes]:
        """One request, as a process with the settings of now answers it."""
        response: Any = WhiteNoiseMiddleware(lambda _request: HttpResponse(status=404))(
            RequestFactory().get(path, headers=headers)
        )
        return response, b"".join(response) if response.status_code == 200 else b""

    def test_only_hashed_names_are_kept_without_asking(self, tmp_path: Path, settings: Any) -> None:
        settings.STATIC_ROOT = str(tmp_path)
        settings.WHITENOISE_USE_FINDERS = False
        settings.WHITENOISE_MAX_AGE = import_module("flowboard.settings.base").WHITENOISE_MAX_AGE
        for name in ("app.js", "app.0123456789ab.js", "app.css.map"):
            (tmp_path / name).write_text("text")
        # Of a former release, so no storage knows it; its name says enough.
        hashed, _ = self.ask("/static/app.0123456789ab.js")
        assert hashed["Cache-Control"] == "max-age=315360000, public, immutable"
        for name in ("app.js", "app.css.map"):
            plain, _ = self.ask(f"/static/{name}")
            assert plain["Cache-Control"] == "max-age=0, public"
            assert self.ask(f"/static/{name}", if_none_match=plain["ETag"])[0].status_code == 304

    def test_the_icons_outlast_the_connection_where_names_are_not_hashed(self, settings: Any) -> None:
        dev = import_module("flowboard.settings.dev")
        settings.WHITENOISE_ADD_HEADERS_FUNCTION = dev.WHITENOISE_ADD_HEADERS_FUNCTION
        settings.WHITENOISE_MAX_AGE = dev.WHITENOISE_MAX_AGE
        assert self.ask("/static/vendor/icons.svg")[0]["Cache-Control"] == "max-age=3600, public"
        assert self.ask("/static/js/board/place.js")[0]["Cache-Control"] == "max-age=0, public"

    def test_a_file_that_is_edited_under_a_running_process_is_served_whole(self, tmp_path: Path, settings: Any) -> None:
        for name, value in vars(import_module("flowboard.settings.dev")).items():
            if name.startswith("WHITENOISE_"):
                setattr(settings, name, value)
        settings.STATICFILES_DIRS = [str(tmp_path)]
        page = tmp_path / "edited.js"
        page.write_text("short")
        middleware = WhiteNoiseMiddleware(lambda _request: HttpResponse(status=404))

        def ask(**headers: str) -> Any:
            return middleware(RequestFactory().get("/static/edited.js", headers=headers))

        first = ask()
        assert b"".join(first) == b"short"
        page.write_text("much longer than it was")
        os.utime(page, (NOW, NOW))
        second = ask(if_none_match=first["ETag"])
        assert (second.status_code, second["Content-Length"]) == (200, "23")
        assert b"".join(second) == b"much longer than it was"
        assert second["Cache-Control"] == "max-age=0, public"
        assert middleware(RequestFactory().get("/static/../edited.js")).status_code == 404
