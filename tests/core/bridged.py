"""A WSGI application that misbehaves in every way the bridge has to bear; `test_bridge.py` runs it under uvicorn."""

import hashlib
import os
import time
from collections.abc import Iterator
from contextvars import ContextVar
from pathlib import Path
from typing import Any
from uuid import uuid4
from wsgiref.types import StartResponse

from apps.core.bridge import Bridge

seen: ContextVar[str] = ContextVar("seen", default="nothing")
LARGEST = 8 * 1024 * 1024


def wsgi(environ: dict[str, Any], start: StartResponse) -> Any:
    """Do what the path says."""
    path = environ["PATH_INFO"]
    if path == "/upload":
        digest, length = hashlib.sha256(), 0
        while piece := environ["wsgi.input"].read(65536):
            digest.update(piece)
            length += len(piece)
        return _text(start, f"{length} {environ['CONTENT_LENGTH']} {digest.hexdigest()}")
    if path == "/held":
        place = Path(environ["QUERY_STRING"])
        (place / f"begun-{uuid4()}").touch()
        while not (place / "go").exists():
            time.sleep(0.02)
        return _text(start, "done")
    if path == "/context":
        before = seen.get()
        seen.set("somebody else's")
        return _text(start, before)
    if path == "/stream":
        start("200 OK", [("Content-Type", "text/plain")])
        return Stream(Path(environ["QUERY_STRING"]))
    if path == "/fail":
        raise RuntimeError("on purpose")
    if path == "/exit":
        raise SystemExit("on purpose")
    if path == "/fail-late":
        start("200 OK", [("Content-Type", "text/plain")])
        return _failing()
    if path == "/file":
        size = int(environ["QUERY_STRING"])
        start("200 OK", [("Content-Length", str(size))])
        return (b"x" * 4096 for _ in range(size // 4096))
    headers = sorted(f"{key}={value}" for key, value in environ.items() if key.startswith(("HTTP_X", "HTTP_COOKIE")))
    return _text(start, " ".join([environ["REQUEST_METHOD"], path, environ["QUERY_STRING"], *headers]))


class Stream:
    """Pieces for as long as somebody takes them; notes in a file that it was closed."""

    def __init__(self, note: Path) -> None:
        self.note = note

    def __iter__(self) -> Iterator[bytes]:
        while True:
            yield b"piece\n"
            time.sleep(0.02)

    def close(self) -> None:
        self.note.write_text("closed")


def _failing() -> Iterator[bytes]:
    yield b"the beginning"
    raise RuntimeError("on purpose")


def _text(start: StartResponse, text: str) -> list[bytes]:
    body = text.encode()
    start("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(body)))])
    return [body]


application = Bridge(wsgi, threads=2, queue=int(os.environ.get("QUEUE", "2")), largest_body=LARGEST)
