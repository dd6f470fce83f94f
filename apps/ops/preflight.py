"""What must hold before FlowBoard starts: one clear sentence for each thing that does not."""

import socket
import time
from urllib.parse import urlsplit

import psycopg
import redis

DATABASE_VARIABLES = ("DATABASE_URL", "DATABASE_OWNER_URL", "DATABASE_STAFF_URL")


class Obstacle(Exception):
    """FlowBoard cannot start; the message is one sentence that says what to do."""


def parse_port(text: str) -> int:
    """Return the port that a person wrote.

    :raises Obstacle: if it is none
    """
    if text.isascii() and text.isdigit() and 0 < int(text) < 65536:
        return int(text)
    raise Obstacle(f"PORT must be a number from 1 to 65535, not {text!r}.")


def check_port(host: str, port: int, *, patience: float = 2.0) -> None:
    """Check that nobody listens on the port; one that is just being closed gets a moment.

    :raises Obstacle: if the port is taken, or may not be opened
    """
    deadline = time.monotonic() + patience
    while True:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
                return
            except PermissionError as error:
                raise Obstacle(
                    f"Port {port} may not be opened by this user: choose one above 1023 with PORT=."
                ) from error
            except OSError as error:
                if time.monotonic() > deadline:
                    raise Obstacle(
                        f"Port {port} is taken by another program: stop that one or choose another port with PORT=."
                    ) from error
        time.sleep(0.1)


def check_database(variable: str, url: str) -> None:
    """Check that a database can be reached with the given address.

    :raises Obstacle: if it cannot
    """
    try:
        psycopg.connect(url, connect_timeout=5).close()
    except psycopg.Error as error:
        reason = str(error).strip().splitlines()[-1]
        raise Obstacle(
            f"The database of {variable} ({_without_password(url)}) cannot be reached: {reason.rstrip('.')}."
        ) from error


def check_redis(url: str) -> None:
    """Check that Valkey or Redis can be reached with the given address.

    :raises Obstacle: if it cannot
    """
    try:
        with redis.Redis.from_url(url, socket_connect_timeout=5, socket_timeout=5) as client:
            client.ping()
    except (redis.RedisError, ValueError) as error:
        raise Obstacle(f"The server of REDIS_URL ({_without_password(url)}) cannot be reached: {error}") from error


def _without_password(url: str) -> str:
    parts = urlsplit(url)
    address = parts.netloc.rpartition("@")[2]
    return f"{parts.scheme}://{address}{parts.path}"
