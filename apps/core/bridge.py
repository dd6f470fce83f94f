"""From ASGI to WSGI: HTTP requests in a small, fixed pool of threads beside the event loop that serves the sockets.

Each thread keeps its database connection. A request crosses from the loop to a thread once and back once, unless it
uploads or streams; each runs in a context of its own, so that no thread sees another request's context variables.
"""

import asyncio
import io
import sys
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from concurrent.futures import Future
from contextvars import Context, copy_context
from dataclasses import dataclass, field
from queue import SimpleQueue
from threading import Event, Thread
from typing import Any
from wsgiref.types import WSGIApplication

import structlog

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

logger = structlog.get_logger("flowboard.bridge")

BUSY_BODY = b"FlowBoard is busy. Please try again in a moment.\n"
FAILED_BODY = b"Something broke on our side. Nothing was saved.\n"


class ClientGone(OSError):
    """The client closed its connection before everything was sent."""


class Upload(io.RawIOBase):
    """The request's body, read by a thread piece by piece as the server receives it."""

    def __init__(self, first: Message, receive: Callable[[], Message]) -> None:
        self._piece = memoryview(first.get("body", b""))
        self._is_last = not first.get("more_body", False)
        self._receive = receive

    def readable(self) -> bool:
        """Always."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill the buffer as far as the piece at hand reaches; wait for the next one where there is none.

        :raises ClientGone: if the rest will never come
        """
        while not self._piece and not self._is_last:
            message = self._receive()
            if message["type"] == "http.disconnect":
                raise ClientGone("The client left in the middle of its upload.")
            self._piece = memoryview(message.get("body", b""))
            self._is_last = not message.get("more_body", False)
        size = min(len(buffer), len(self._piece))
        buffer[:size] = self._piece[:size]
        self._piece = self._piece[size:]
        return size


@dataclass(slots=True)
class _Request:
    """One request on its way through a thread."""

    environ: dict[str, Any]
    loop: asyncio.AbstractEventLoop
    send: Send
    receive: Receive
    context: Context
    done: "asyncio.Future[list[Message]]"
    is_abandoned: Event = field(default_factory=Event)

    def wait_for(self, awaitable: Any) -> Any:
        """Let the loop do something, and wait for it in this thread."""
        future: Future[Any] = asyncio.run_coroutine_threadsafe(awaitable, self.loop)
        return future.result()

    def finish(self, messages: list[Message]) -> None:
        """Hand what is left to be sent back to the loop."""
        self.loop.call_soon_threadsafe(self._set_done, messages)

    def _set_done(self, messages: list[Message]) -> None:
        if not self.done.done():
            self.done.set_result(messages)


class Bridge:
    """An ASGI application for HTTP that runs a WSGI application.

    :param threads: how many requests run at once
    :param queue: how many more may wait; beyond them the answer is 503 with Retry-After
    """

    def __init__(self, application: WSGIApplication, *, threads: int, queue: int) -> None:
        self._application = application
        self._threads = [Thread(target=self._work, name=f"http-{n}", daemon=True) for n in range(threads)]
        self._limit = threads + queue
        self._inside = 0
        self._queue: SimpleQueue[_Request | None] = SimpleQueue()
        self._is_started = False

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        """Serve one request."""
        if self._inside >= self._limit:
            await self._refuse(send)
            return
        if not self._is_started:
            self._is_started = True
            for thread in self._threads:
                thread.start()
        self._inside += 1
        try:
            await self._serve(scope, receive, send)
        finally:
            self._inside -= 1

    def stop(self) -> None:
        """Let the threads end after what they are doing. The server has waited for running requests before."""
        if self._is_started:
            for _thread in self._threads:
                self._queue.put(None)
            for thread in self._threads:
                thread.join(timeout=5)

    async def _refuse(self, send: Send) -> None:
        logger.warning("too many requests at once", limit=self._limit)
        headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"retry-after", b"1")]
        await send({"type": "http.response.start", "status": 503, "headers": headers})
        await send({"type": "http.response.body", "body": BUSY_BODY})

    async def _serve(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        first = await receive()
        if first["type"] == "http.disconnect":
            return
        loop = asyncio.get_running_loop()
        request = _Request({}, loop, send, receive, copy_context(), loop.create_future())
        request.environ = build_environ(scope, Upload(first, lambda: request.wait_for(receive())))
        self._queue.put(request)
        for message in await request.done:
            await send(message)

    def _work(self) -> None:
        while (request := self._queue.get()) is not None:
            request.context.run(self._run, request)

    def _run(self, request: _Request) -> None:
        """Run the application in this thread and answer, whatever it does."""
        response = _Response(request)
        try:
            body = self._application(request.environ, response.start)
            try:
                response.send_all(body)
            finally:
                if hasattr(body, "close"):
                    body.close()
        except ClientGone:
            request.finish([])
        except Exception:  # noqa: BLE001 (the boundary of a request: the thread must live on)
            logger.exception("request failed outside of Django", path=request.environ["PATH_INFO"])
            request.finish(response.failure())
        else:
            request.finish(response.rest)


class _Response:
    """What the application answers. One piece as long as its Content-Length goes back in one crossing."""

    def __init__(self, request: _Request) -> None:
        self._request = request
        self._start: Message | None = None
        self._is_sent = False
        self._length: int | None = None
        self.rest: list[Message] = []

    def start(self, status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Callable[[bytes], object]:
        """WSGI's start_response."""
        if exc_info and self._is_sent:
            raise exc_info[1].with_traceback(exc_info[2])
        encoded = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers]
        self._start = {"type": "http.response.start", "status": int(status[:3]), "headers": encoded}
        self._length = next((int(value) for name, value in encoded if name == b"content-length"), None)
        return self._write

    def send_all(self, body: Iterable[bytes]) -> None:
        """Send each piece as it comes, waiting for the client; keep the last one for the way back.

        :raises ClientGone: if nobody is left to read it
        """
        pieces = iter(body)
        piece = next(pieces, b"")
        if self._length is None or len(piece) < self._length:
            while piece is not None:
                if piece:
                    self._write(piece)
                piece = next(pieces, None)  # type: ignore[arg-type]
            piece = b""
        if not self._is_sent:
            assert self._start is not None, "the application answered without start_response"  # noqa: S101
            self.rest.append(self._start)
        self.rest.append({"type": "http.response.body", "body": piece})

    def failure(self) -> list[Message]:
        """The answer to a failed application; none where a part of its own answer is already on the way."""
        if self._is_sent:
            return []
        headers = [(b"content-type", b"text/plain; charset=utf-8")]
        return [
            {"type": "http.response.start", "status": 500, "headers": headers},
            {"type": "http.response.body", "body": FAILED_BODY},
        ]

    def _write(self, piece: bytes) -> None:
        messages: list[Message] = [{"type": "http.response.body", "body": piece, "more_body": True}]
        if not self._is_sent:
            assert self._start is not None, "the application answered without start_response"  # noqa: S101
            messages.insert(0, self._start)
            self._is_sent = True
            self._request.loop.call_soon_threadsafe(self._watch)
        if self._request.is_abandoned.is_set():
            raise ClientGone("The client left in the middle of the answer.")
        self._request.wait_for(self._send(messages))

    async def _send(self, messages: list[Message]) -> None:
        for message in messages:
            await self._request.send(message)

    def _watch(self) -> None:
        """While pieces are sent, notice that the client leaves: the server swallows what is sent to nobody."""

        async def wait() -> None:
            while (await self._request.receive())["type"] != "http.disconnect":
                pass
            self._request.is_abandoned.set()

        watching = self._request.loop.create_task(wait())
        self._request.done.add_done_callback(lambda _done: watching.cancel())


def build_environ(scope: MutableMapping[str, Any], body: io.RawIOBase) -> dict[str, Any]:
    """The WSGI environment of an ASGI HTTP scope."""
    root = scope.get("root_path", "")
    path = scope["path"].removeprefix(root)
    server = scope.get("server") or ("localhost", 80)
    client = scope.get("client") or ("", 0)
    environ: dict[str, Any] = {
        "REQUEST_METHOD": scope["method"],
        "SCRIPT_NAME": root.encode().decode("latin-1"),
        "PATH_INFO": path.encode().decode("latin-1"),
        "QUERY_STRING": scope["query_string"].decode("latin-1"),
        "SERVER_PROTOCOL": f"HTTP/{scope['http_version']}",
        "SERVER_NAME": str(server[0]),
        "SERVER_PORT": str(server[1] or 80),
        "REMOTE_ADDR": str(client[0]),
        "REMOTE_PORT": str(client[1]),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope.get("scheme", "http"),
        "wsgi.input": io.BufferedReader(body),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }
    for raw_name, raw_value in scope["headers"]:
        name, value = raw_name.decode("latin-1").upper(), raw_value.decode("latin-1")
        # A name with an underscore would pass for the same name with a hyphen, which a proxy may have checked.
        if "_" in name:
            continue
        key = name.replace("-", "_")
        if key not in {"CONTENT_TYPE", "CONTENT_LENGTH"}:
            key = f"HTTP_{key}"
        if key in environ:
            value = f"{environ[key]}{'; ' if key == 'HTTP_COOKIE' else ','}{value}"
        environ[key] = value
    if environ.get("HTTP_TRANSFER_ENCODING", "").lower() == "chunked":
        environ.setdefault("wsgi.input_terminated", True)
    return environ
