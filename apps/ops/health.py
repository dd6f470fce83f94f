"""Whether this process can serve: what a load balancer asks once a second."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock

import redis
import structlog
from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor

logger = structlog.get_logger("flowboard.health")

FRESH_FOR = 1.0
OK = "ok"


@dataclass(frozen=True, slots=True)
class Readiness:
    """The outcome of each check: `ok`, or a few words that give nothing away (the log has the rest)."""

    checks: dict[str, str]

    @property
    def is_ready(self) -> bool:
        """Whether every check passed."""
        return all(outcome == OK for outcome in self.checks.values())


def pending_migrations(executor_connection: object = connection) -> list[str]:
    """The migrations of this release that the database has not seen, as `app.name`.

    :raises DatabaseError: if the database cannot be asked
    """
    executor = MigrationExecutor(executor_connection)  # type: ignore[arg-type]
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return [f"{migration.app_label}.{migration.name}" for migration, _ in plan]


def _database() -> str:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError as error:
        logger.warning("not ready", check="database", error=str(error))
        return "unreachable"
    return OK


def _migrations() -> str:
    try:
        pending = pending_migrations()
    except DatabaseError as error:
        logger.warning("not ready", check="migrations", error=str(error))
        return "unknown"
    if pending:
        logger.warning("not ready", check="migrations", pending=pending)
        return f"{len(pending)} pending"
    return OK


def _valkey() -> str:
    try:
        with redis.Redis.from_url(settings.REDIS_URL, socket_connect_timeout=1, socket_timeout=2) as client:
            client.ping()
    except (redis.RedisError, ValueError) as error:
        logger.warning("not ready", check="valkey", error=str(error))
        return "unreachable"
    return OK


_CHECKS: dict[str, Callable[[], str]] = {"database": _database, "migrations": _migrations, "valkey": _valkey}


class Probe:
    """Runs the checks at most once in `FRESH_FOR` seconds, however many ask."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._asked_at = float("-inf")
        self._latest = Readiness({})

    def readiness(self) -> Readiness:
        """The state of a moment ago. Who asks while it is being found out waits for the same answer."""
        with self._lock:
            if time.monotonic() - self._asked_at >= FRESH_FOR:
                self._latest = Readiness({name: check() for name, check in _CHECKS.items()})
                self._asked_at = time.monotonic()
            return self._latest


probe = Probe()
