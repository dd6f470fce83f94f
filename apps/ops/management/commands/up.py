import asyncio
import os
import signal
import sys
from io import StringIO
from typing import Any

from django.conf import settings
from django.core.management import call_command, get_commands
from django.core.management.base import BaseCommand, CommandError
from django.db import connections

from apps.ops import preflight
from apps.ops.embedded import Home
from apps.ops.management.commands.setup_link import fresh_setup_path
from apps.ops.supervisor import NeverReady, Program, Supervisor

HOST = "127.0.0.1"
DRAINING = "--timeout-graceful-shutdown 10"
# The only worker has nobody to greet at start.
ALONE = "--without-gossip --without-mingle"


class Command(BaseCommand):
    help = "Runs FlowBoard on this machine: migrates, loads the demo on first run, serves pages, sockets and jobs."
    requires_system_checks = ()

    def handle(self, *args: Any, **options: Any) -> None:
        """Start everything, say so when it is ready, and return when all of it has stopped.

        :raises CommandError: with one sentence, if FlowBoard cannot start
        """
        home = Home.of(str(settings.FLOWBOARD_HOME))
        claim = home.claim()
        if claim is None:
            raise CommandError(
                f"Another FlowBoard runs on {home.path}: stop it, or name another directory in FLOWBOARD_HOME."
            )
        with claim:
            try:
                port = self._check()
                call_command("migrate", interactive=False, verbosity=0)
                way_in = self._way_in(port)
                connections.close_all()
                self._supervise(home, port, way_in)
            except (preflight.Obstacle, NeverReady) as error:
                raise CommandError(str(error)) from error

    def _check(self) -> int:
        port = preflight.parse_port(os.environ.get("PORT") or "8000")
        preflight.check_port(HOST, port)
        for variable in preflight.DATABASE_VARIABLES:
            preflight.check_database(variable, os.environ[variable])
        preflight.check_redis(settings.REDIS_URL)
        return port

    def _way_in(self, port: int) -> str:
        """How to begin here, for the ready line: the demo's sign-in, or the link that makes the first operator."""
        sign_in = self._load_demo()
        if sign_in:
            return f" (sign in: {sign_in})"
        path = fresh_setup_path()
        return f" (first operator: http://{HOST}:{port}{path})" if path else ""

    def _load_demo(self) -> str:
        """Load the demo where there is nothing yet, and return how to sign in to it: `EMAIL / PASSWORD`, or nothing."""
        if os.environ.get("FLOWBOARD_DEMO") == "0" or "load_demo" not in get_commands():
            return ""
        remarks = StringIO()
        sign_in = call_command("load_demo", stdout=StringIO(), stderr=remarks) or ""
        if not sign_in:
            self.stderr.write(remarks.getvalue())
        return sign_in

    def _supervise(self, home: Home, port: int, way_in: str) -> None:
        address = f"http://{HOST}:{port}/"

        def announce() -> None:
            self.stdout.write(f"FlowBoard is ready: {address}{way_in}")
            self.stdout.flush()

        asyncio.run(
            Supervisor(
                _programs(port),
                is_ready=lambda: _is_ready(port),
                on_ready=announce,
                logs=home.path / "logs",
                directory=settings.BASE_DIR,
            ).run()
        )
        # What is left is stopping PostgreSQL and Valkey, which an impatient Ctrl-C must not cut short.
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)


def _programs(port: int) -> list[Program]:
    jobs = os.environ.get("CELERY_CONCURRENCY", "2")
    python = [sys.executable, "-m"]
    # Whoever starts FlowBoard as root has chosen to; celery need not say so at every start.
    celery = [sys.executable, "-W", "ignore:You're running the worker", *"-m celery --quiet --app flowboard".split()]
    # uvicorn takes the number of its processes from WEB_CONCURRENCY.
    # A socket's client has only little to say.
    serving = f"--host {HOST} --port {port} --log-level warning --no-access-log --no-proxy-headers --ws-max-size 65536"
    return [
        Program("web", [*python, "uvicorn", "flowboard.asgi:application", *serving.split(), *DRAINING.split()]),
        Program("worker", [*celery, *f"worker --loglevel info --concurrency {jobs}".split(), *ALONE.split()]),
        Program("beat", [*celery, *"beat --loglevel warning --pidfile=".split()]),
    ]


async def _is_ready(port: int) -> bool:
    """Ask the web process whether it can serve. Plain sockets: a thread beside fork() would be a risk for nothing."""
    try:
        async with asyncio.timeout(10):
            reader, writer = await asyncio.open_connection(HOST, port)
            writer.write(f"GET /readyz HTTP/1.1\r\nHost: {HOST}:{port}\r\nConnection: close\r\n\r\n".encode())
            status = await reader.readline()
            writer.close()
    except OSError:
        return False
    return status.startswith(b"HTTP/1.1 200 ")
