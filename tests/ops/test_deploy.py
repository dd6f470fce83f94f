"""The deployment files, checked as far as that goes without a container engine (see also test_deploy_topology.py)."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import psycopg
import pytest
import yaml
from django.conf import settings

from apps.ops.embedded.postgres import program
from apps.ops.management.commands import up

from .conftest import ROOT
from .test_health import superuser_url

COMPOSE = ROOT / "docker-compose.yml"
REFERENCE = re.compile(r"\$\{([A-Z_]+)(:[-?][^}]*)?\}")
STATIC_IMPORT = re.compile(r"""(?:from\s*|import\s*\(?\s*)["'](\.{1,2}/[^"']+)["']""")
HASHED = re.compile(r"\.[0-9a-f]{12}\.\w+$")


def compose() -> dict[str, Any]:
    return dict(yaml.safe_load(COMPOSE.read_text()))


def prod_environ(**more: str) -> dict[str, str]:
    """What a web process of an installation is told, and nothing else."""
    return {
        "PATH": os.environ["PATH"],
        "DJANGO_SETTINGS_MODULE": "flowboard.settings.prod",
        "FLOWBOARD_SECRET_KEY": "0123456789abcdef" * 4,
        "FLOWBOARD_ALLOWED_HOSTS": "flowboard.test",
        "DATABASE_URL": "postgresql://nobody/nothing",
        "REDIS_URL": "redis://nobody/0",
        **more,
    }


def manage(*arguments: str, environ: dict[str, str]) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "manage.py", *arguments]
    return subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True, timeout=120, check=False)


class TestCompose:
    def test_follows_the_compose_specification(self) -> None:
        checker = Path(sys.executable).parent / "check-jsonschema"
        done = subprocess.run(
            [str(checker), "--builtin-schema", "vendor.compose-spec", str(COMPOSE)],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr

    def test_only_what_migrates_and_manages_knows_the_owners_password(self) -> None:
        knowing = {
            name
            for name, service in compose()["services"].items()
            if "DATABASE_OWNER_URL" in (service.get("environment") or {})
        }
        assert knowing == {"migrate", "manage"}

    def test_no_service_falls_back_to_settings_for_trials(self) -> None:
        text = COMPOSE.read_text()
        assert "FLOWBOARD_DEMO" not in text
        assert "settings.dev" not in text
        assert "load_demo" not in text

    def test_everything_that_serves_waits_for_the_migration(self) -> None:
        services = compose()["services"]
        for name in ("web", "worker", "beat"):
            assert services[name]["depends_on"]["migrate"] == {"condition": "service_completed_successfully"}
        assert services["web"]["deploy"]["replicas"] >= 2
        for name in ("postgres", "valkey", "web", "nginx"):
            assert services[name]["healthcheck"]["test"], name

    def test_processes_run_without_privileges(self) -> None:
        for name in ("migrate", "web", "worker", "beat", "manage"):
            service = compose()["services"][name]
            assert service["cap_drop"] == ["ALL"]
            assert service["read_only"] is True
            assert "user" not in service

    def test_images_name_their_version(self) -> None:
        images = [service["image"] for service in compose()["services"].values()]
        assert all(re.search(r":.*\d", image) and not image.endswith(":latest") for image in images), images

    def test_files_that_it_mounts_exist(self) -> None:
        mounted = re.findall(r"- \./([^:]+):", COMPOSE.read_text())
        assert len(mounted) == 5
        assert all((ROOT / path).exists() for path in mounted), mounted

    def test_the_generated_environment_answers_every_question(self) -> None:
        done = subprocess.run(
            [sys.executable, "deploy/make_env.py", "flowboard.example.org"],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        )
        given = dict(line.split("=", 1) for line in done.stdout.splitlines() if not line.startswith("#"))
        required = {name for name, default in REFERENCE.findall(COMPOSE.read_text()) if default.startswith(":?")}
        assert {name for name in required if not given.get(name)} == set()
        assert len(given["FLOWBOARD_SECRET_KEY"]) >= 50
        secrets = [value for name, value in given.items() if name.endswith(("PASSWORD", "KEY")) and value]
        assert len(set(secrets)) == len(secrets) == 6
        example = {line.split("=")[0] for line in (ROOT / ".env.example").read_text().splitlines() if "=" in line[:40]}
        assert required <= example

    def test_refuses_to_write_nonsense(self) -> None:
        command = [sys.executable, "deploy/make_env.py", "two words; $(rm)"]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stdout) == (1, "")


class TestImage:
    lines = (ROOT / "Dockerfile").read_text().replace("\\\n", " ").splitlines()

    def arguments(self, instruction: str) -> list[str]:
        return [line.removeprefix(instruction).strip() for line in self.lines if line.startswith(instruction + " ")]

    def test_installs_by_hash_and_runs_as_nobody_special(self) -> None:
        assert any("--require-hashes" in line for line in self.arguments("RUN"))
        assert self.arguments("USER") == ["flowboard"]
        assert self.arguments("ADD") == []
        assert all(re.search(r":\d", base) for base in self.arguments("FROM"))

    def test_everything_that_it_copies_exists_and_is_let_through(self) -> None:
        allowed = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
        copied = {line.split()[0] for line in self.arguments("COPY") if not line.startswith("--from")}
        assert all((ROOT / path).exists() for path in copied)
        assert copied == allowed

    def test_serves_as_make_up_does(self) -> None:
        (served,) = self.arguments("CMD")
        options = set(re.findall(r"--[a-z-]+", served)) - {"--timeout-graceful-shutdown"}
        web = up._programs(8000)[0]
        assert options <= {word for word in web.command if word.startswith("--")}
        assert '"--ws-max-size", "65536"' in served
        assert "--ws-max-size 65536" in " ".join(web.command)

    def test_no_secret_gets_into_the_context(self) -> None:
        assert (ROOT / ".dockerignore").read_text().splitlines()[1] == "*"


class TestDatabaseScript:
    def test_sets_roles_and_passwords_and_can_be_run_again(self, django_db_setup: None) -> None:
        """The first start of the container, played on a real server: its own roles keep their passwords."""
        url = psycopg.conninfo.conninfo_to_dict(superuser_url("flowboard"))
        owner, app, staff = (
            psycopg.conninfo.conninfo_to_dict(os.environ[name])["password"]
            for name in ("DATABASE_OWNER_URL", "DATABASE_URL", "DATABASE_STAFF_URL")
        )
        environ = {
            "PATH": f"{program('psql').parent}:{os.environ['PATH']}",
            "PGHOST": str(url["host"]),
            "PGPORT": str(url["port"]),
            "PGPASSWORD": str(url["password"]),
            "POSTGRES_USER": "postgres",
            "POSTGRES_DB": "flowboard",
            "FLOWBOARD_ROLES": str(ROOT / "deploy" / "postgres" / "roles.sql"),
            "FLOWBOARD_OWNER_PASSWORD": str(owner),
            "FLOWBOARD_APP_PASSWORD": str(app),
            "FLOWBOARD_STAFF_PASSWORD": str(staff),
        }
        done = subprocess.run(
            ["bash", str(ROOT / "deploy/postgres/init.sh")], env=environ, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        for name in ("DATABASE_OWNER_URL", "DATABASE_URL", "DATABASE_STAFF_URL"):
            psycopg.connect(os.environ[name], dbname="flowboard").close()


class TestProductionSettings:
    @pytest.mark.parametrize(
        "missing", ["FLOWBOARD_SECRET_KEY", "FLOWBOARD_ALLOWED_HOSTS", "DATABASE_URL", "REDIS_URL"]
    )
    def test_refuse_to_start_half_configured(self, missing: str) -> None:
        environ = prod_environ()
        del environ[missing]
        done = manage("check", environ=environ)
        assert done.returncode == 1
        assert missing in done.stderr

    def test_pass_the_deployment_checks(self) -> None:
        done = manage("check", "--deploy", "--fail-level", "WARNING", environ=prod_environ())
        assert done.returncode == 0, done.stderr

    def test_do_without_the_owner_who_then_refuses_every_use(self) -> None:
        done = manage("migrate", environ=prod_environ())
        assert done.returncode == 1
        assert "settings.DATABASES is improperly configured" in done.stderr


class TestStaticFiles:
    def test_every_module_imports_hashed_files_that_exist(self, tmp_path: Path) -> None:
        done = manage("collectstatic", "--noinput", environ=prod_environ(FLOWBOARD_STATIC_ROOT=str(tmp_path)))
        assert done.returncode == 0, done.stderr[-2000:]
        modules = [path for path in (tmp_path / "js").rglob("*.js") if HASHED.search(path.name)]
        assert len(modules) == len(list(Path(settings.BASE_DIR, "static", "js").rglob("*.js")))
        imports = 0
        for module in modules:
            for target in STATIC_IMPORT.findall(module.read_text()):
                imports += 1
                assert HASHED.search(target), f"{module.name} imports {target}"
                assert (module.parent / target).resolve().is_file(), f"{module.name} imports {target}"
        assert imports > 20


@pytest.mark.skipif(shutil.which("nginx") is None, reason="there is no nginx on this machine")
def test_nginx_accepts_its_configuration(tmp_path: Path) -> None:
    """As it is, except for Docker's name server and a host name that only Docker knows."""
    for name in ("nginx.conf", "local/server.conf", "local/http.conf"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        text = (ROOT / "deploy/nginx" / name).read_text().replace("/tmp/nginx", f"{tmp_path}/nginx")
        (tmp_path / name).write_text(text.replace("server web:8000 resolve ", "server 127.0.0.1:8000 "))
    shutil.copytree(ROOT / "deploy/nginx/away", tmp_path / "away")
    command = ["nginx", "-t", "-q", "-p", str(tmp_path), "-c", str(tmp_path / "nginx.conf")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


class TestDocumentation:
    def test_the_readme_lists_exactly_the_variables_that_are_read(self) -> None:
        sources = [
            *(ROOT / "flowboard").rglob("*.py"),
            *(ROOT / "apps" / "ops").rglob("*.py"),
            *(ROOT / "scripts").glob("*.py"),
            ROOT / "manage.py",
        ]
        text = "\n".join(path.read_text() for path in sources)
        read = set(re.findall(r"""env\.\w+\(\s*["']([A-Z_]+)["']""", text))
        read |= set(re.findall(r"""environ(?:\.get\(|\[|\.setdefault\()\s*["']([A-Z_]+)["']""", text))
        # Set by others, for others; the last two by `make screenshots` and by tests for servers of their own.
        read -= {"PATH", "SUDO_USER", "DJANGO_ALLOW_ASYNC_UNSAFE", "DEBIAN_FRONTEND", "FLOWBOARD_MOMENT"}
        read -= {"FLOWBOARD_TEST_LIMITS"}
        # uvicorn reads the first itself; the second is read by tests.
        read |= {"WEB_CONCURRENCY", "FLOWBOARD_SAMPLES"}
        table = (ROOT / "README.md").read_text().partition("## Configuration")[2].partition("\n## ")[0]
        rows = [line.split("|")[1] for line in table.splitlines() if line.startswith("|")]
        listed = {name for row in rows for name in re.findall(r"`([A-Z_]{4,})`", row)}
        assert listed == read

    def test_pictures_and_pages_that_the_readme_names_exist(self) -> None:
        for page in (ROOT / "README.md", ROOT / "CONTRIBUTING.md"):
            for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text()):
                assert (ROOT / target).exists(), f"{page.name} names {target}"

    def test_decisions_are_numbered_once(self) -> None:
        numbers = [path.name[:4] for path in (ROOT / "docs" / "adr").glob("*.md")]
        assert len(numbers) == len(set(numbers))
