"""PostgreSQL and Valkey that come with FlowBoard, for every service that the environment does not name.

Pure Python, no Django: `manage.py` calls `provide()` before any setting is read, so that laptop and cluster run the
same code on the same two servers and differ in two addresses only.
"""

import atexit
import fcntl
import os
from collections.abc import MutableMapping

from .account import service_account
from .errors import EmbeddedError
from .home import Home, try_lock
from .postgres import Postgres
from .valkey import Valkey

__all__ = ["GENERATED", "EmbeddedError", "Home", "provide"]

# The variable that names those which nobody set: processes started from here show them as ours.
GENERATED = "FLOWBOARD_GENERATED"


def provide(environ: MutableMapping[str, str] = os.environ, *, durable: bool = True) -> None:
    """Make sure that PostgreSQL, Valkey and a secret key exist, and name them in `environ`.

    What `environ` already names is left alone; a database is named for all three roles or for none. For the rest the
    services of FLOWBOARD_HOME are found, or started. They run until the last process that uses them has ended:
    whoever leaves last stops them, and the kernel forgets the users that were killed.

    :param durable: False gives up safety against power loss for speed (test suites)
    :raises EmbeddedError: if a service cannot be found or started, or a database is named for one role only
    """
    wants_postgres = "DATABASE_URL" not in environ
    if not wants_postgres:
        for variable in ("DATABASE_OWNER_URL", "DATABASE_STAFF_URL"):
            if variable not in environ:
                raise EmbeddedError(
                    f"{variable} is not set though DATABASE_URL is: name the address for that role too."
                )
    wants_valkey = "REDIS_URL" not in environ
    wants_key = "FLOWBOARD_SECRET_KEY" not in environ
    if not (wants_postgres or wants_valkey or wants_key):
        return

    before = set(environ)
    home = Home.of(environ.get("FLOWBOARD_HOME"))
    environ["FLOWBOARD_HOME"] = str(home.path)
    with home.exclusive():
        secrets = home.secrets()
        postgres = Postgres(home, service_account(home.postgres), secrets, durable)
        valkey = Valkey(home, service_account(home.valkey), secrets, durable)
        if wants_postgres or wants_valkey:
            _stop_when_last_user_leaves(home, postgres, valkey)
        if wants_postgres:
            port = postgres.ensure_running()
            environ["DATABASE_URL"] = postgres.url("flowboard_app", port)
            environ["DATABASE_OWNER_URL"] = postgres.url("flowboard_owner", port)
            environ["DATABASE_STAFF_URL"] = postgres.url("flowboard_staff", port)
        if wants_valkey:
            environ["REDIS_URL"] = valkey.url(valkey.ensure_running())
        if wants_key:
            environ["FLOWBOARD_SECRET_KEY"] = secrets["django"]
    environ[GENERATED] = ",".join(sorted(set(environ) - before))


def _stop_when_last_user_leaves(home: Home, postgres: Postgres, valkey: Valkey) -> None:
    users = home.use()
    process = os.getpid()

    def leave() -> None:
        if os.getpid() != process:
            return  # a forked child: the services are its parent's business
        with home.exclusive(), users:
            if try_lock(users, fcntl.LOCK_EX):
                valkey.stop()
                postgres.stop()

    atexit.register(leave)
