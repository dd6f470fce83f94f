"""A real HTTP server for tests, on loopback: it keeps what it was sent, and answers as it is told."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True)
class Received:
    """One request, with its fields' names in small letters."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    at: float


# Writes an answer to a request.
Script = Callable[[BaseHTTPRequestHandler, Received], None]


def answer(status: int, body: bytes = b"ok", **headers: str) -> Script:
    """Answer at once. Names of header fields are written with `_`."""

    def write(handler: BaseHTTPRequestHandler, _received: Received) -> None:
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    return write


def hang(seconds: float) -> Script:
    """Say nothing for so long, then close."""

    def write(_handler: BaseHTTPRequestHandler, _received: Received) -> None:
        time.sleep(seconds)

    return write


def trickle(seconds: float, every: float = 0.05) -> Script:
    """Answer one byte at a time, for so long."""

    def write(handler: BaseHTTPRequestHandler, _received: Received) -> None:
        handler.send_response(200)
        handler.end_headers()
        ends_at = time.monotonic() + seconds
        while time.monotonic() < ends_at:
            handler.wfile.write(b".")
            handler.wfile.flush()
            time.sleep(every)

    return write


def nonsense(data: bytes) -> Script:
    """Answer something that is not HTTP."""

    def write(handler: BaseHTTPRequestHandler, _received: Received) -> None:
        handler.wfile.write(data)

    return write


class Endpoint:
    """A server at `url`; `script` writes all answers, `scripts` the next ones, each once."""

    def __init__(self, host: str = "127.0.0.1") -> None:
        self.received: list[Received] = []
        self.script: Script = answer(200)
        self.scripts: list[Script] = []
        self.at_once = 0
        self.most_at_once = 0
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer((host, 0), self._handler())
        self._server.daemon_threads = True
        self.port = int(self._server.server_address[1])
        self.url = f"http://{host}:{self.port}/hook"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)

    def __enter__(self) -> "Endpoint":
        self._thread.start()
        return self

    def __exit__(self, *_exception: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        endpoint = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                headers = {name.lower(): value for name, value in self.headers.items()}
                received = Received(self.command, self.path, headers, body, time.monotonic())
                with endpoint._turn(received) as script:
                    try:
                        script(self, received)
                    except (BrokenPipeError, ConnectionResetError):
                        self.close_connection = True

            do_POST = do_GET  # noqa: N815 (the library's word)

            def log_message(self, *_arguments: Any) -> None:
                """Say nothing."""

        return Handler

    @contextmanager
    def _turn(self, received: Received) -> Iterator[Script]:
        with self._lock:
            self.received.append(received)
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)
            script = self.scripts.pop(0) if self.scripts else self.script
        try:
            yield script
        finally:
            with self._lock:
                self.at_once -= 1
