"""From ASGI to WSGI: HTTP requests in a small, fixed pool of threads beside the event loop that serves the sockets.

Each thread keeps its database connection. Bodies are received on the loop, so that a slow client holds up no thread;
then a request crosses to a thread once, and its answer comes back once, unless that is too long for one piece. Each
runs in a context of its own, so that no thread sees the context variables of the request before.
"""

import asyncio
import sys
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from contextlib import ExitStack
from contextvars import Context, copy_context
from dataclasses import dataclass
from io import BytesIO
from itertools import chain
from queue import SimpleQueue
from tempfile import SpooledTemporaryFile
from threading import Event, Thread
from typing import IO, Any
from wsgiref.types import WSGIApplication
from wsgiref.util import FileWrapper

import structlog

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

# An answer of the bridge itself, for a request's environment and a status: header fields and body.
Refuse = Callable[[dict[str, Any], int], tuple[list[tuple[str, str]], bytes]]

logger = structlog.get_logger("flowboard.bridge")

# Where the environment of a request holds that its answer can wait (a `Wait`), and then, that it has waited.
WAIT = "flowboard.wait"
HAS_WAITED = "flowboard.has_waited"

# Bodies up to this size stay in memory, answers up to it go back in one piece.
IN_MEMORY = 1024 * 1024
PIECE = 64 * 1024
# A client that takes no piece for so long is gone, and its thread is needed.
PATIENCE = 30.0


@dataclass(frozen=True, slots=True)
class Wait:
    """What an answer that has nothing to tell yet can wait for: that a stream grows beyond `seq`.

    :ivar caller: who waits, for what is bounded per caller
    :ivar seconds: for how long at most
    """

    stream_id: int
    seq: int
    caller: str
    seconds: float


# Waits on the event loop; whether it has come, so that it is worth asking the application again.
Hold = Callable[[Wait], Awaitable[bool]]


class ClientGone(OSError):
    """The client closed its connection, or takes nothing any more."""


class BodyTooLarge(Exception):
    """The request's body is larger than the server takes."""


class Bridge:
    """An ASGI application for HTTP that runs a WSGI application.

    :param threads: how many requests run at once
    :param queue: how many more may wait; beyond them the answer is 503 with Retry-After
    :param largest_body: in bytes; beyond it the answer is 413
    :param refuse: words these answers, and the 500 of an application that did not even fail in its own way
    :param hold: waits for what answers can wait for (long polling), without a thread; None: nothing waits
    """

    def __init__(
        self,
        application: WSGIApplication,
        *,
        threads: int,
        queue: int,
        largest_body: int,
        refuse: Refuse | None = None,
        hold: Hold | None = None,
    ) -> None:
        self._application = application
        self._refuse = refuse or refuse_plainly
        self._hold = hold
        self._limit = threads + queue
        self._largest_body = largest_body
        self._inside = 0
        self._waiting: SimpleQueue[_Request | None] = SimpleQueue()
        self._threads = [Thread(target=self._work, name=f"http-{n}", daemon=True) for n in range(threads)]
        self._is_started = False

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        """Serve one request."""
        try:
            declared = declared_length(scope)
            body, length = await receive_body(receive, largest=self._largest_body, declared=declared)
        except ClientGone:
            return
        except BodyTooLarge:
            await _answer(send, self._refusal(build_environ(scope, BytesIO(), 0), 413))
            return
        with body:
            environ = build_environ(scope, body, length)
            held_back = await self._run(environ, receive, send)
            if not held_back or self._hold is None:
                return
            try:
                has_come = await _unless_gone(self._hold(environ[WAIT]), receive)
            except ClientGone:
                return
            if has_come:
                await self._run(build_environ(scope, body, length) | {HAS_WAITED: True}, receive, send)
            else:
                await _answer(send, held_back)

    async def _run(self, environ: dict[str, Any], receive: Receive, send: Send) -> list[Message]:
        """Run the application in one of the threads, and answer; or give the answer back, where it can wait."""
        if self._inside >= self._limit:
            logger.warning("too many requests at once", limit=self._limit)
            await _answer(send, self._refusal(environ, 503))
            return []
        if not self._is_started:
            self._is_started = True
            for thread in self._threads:
                thread.start()
        self._inside += 1
        try:
            request = _Request(environ, asyncio.get_running_loop(), receive, send)
            self._waiting.put(request)
            answer = await request.done
            if WAIT in environ and self._hold is not None:
                return answer
            await _answer(send, answer)
            return []
        finally:
            self._inside -= 1

    def stop(self) -> None:
        """Let the threads end. The server has waited for running requests before."""
        if self._is_started:
            for _thread in self._threads:
                self._waiting.put(None)
            for thread in self._threads:
                thread.join(timeout=5)

    def _work(self) -> None:
        while (request := self._waiting.get()) is not None:
            request.context.run(request.run, self._application, self._refusal)

    def _refusal(self, environ: dict[str, Any], status: int) -> list[Message]:
        """An answer that is not the application's."""
        try:
            headers, body = self._refuse(environ, status)
        except Exception:  # whatever broke the request may break its error page, and the client is answered
            logger.exception("refusal not worded", status=status)
            headers, body = refuse_plainly(environ, status)
        return _whole(status, headers, b"" if environ["REQUEST_METHOD"] == "HEAD" else body)


class _Request:
    """One request: its way through a thread, and its answer."""

    def __init__(self, environ: dict[str, Any], loop: asyncio.AbstractEventLoop, receive: Receive, send: Send) -> None:
        self.context: Context = copy_context()
        # What is left to be sent when the thread has finished.
        self.done: asyncio.Future[list[Message]] = loop.create_future()
        self._environ = environ
        self._loop = loop
        self._receive = receive
        self._send = send
        self._start: Message | None = None
        self._length: int | None = None
        self._is_begun = False
        self._is_abandoned = Event()

    def run(self, application: WSGIApplication, refusal: Callable[[dict[str, Any], int], list[Message]]) -> None:
        """Run the application in this thread, and answer whatever it does."""
        rest: list[Message] = []
        try:
            body = application(self._environ, self._start_response)
            try:
                rest = self._send_all(body)
            finally:
                if hasattr(body, "close"):
                    body.close()
        except ClientGone as error:
            logger.info("answer not finished", path=self._environ["PATH_INFO"], reason=str(error))
        except BaseException:  # the boundary of a request: its thread lives on, and its client is answered
            logger.exception("request failed outside of Django", path=self._environ["PATH_INFO"])
            if not self._is_begun:
                rest = refusal(self._environ, 500)
        self._loop.call_soon_threadsafe(self._finish, rest)

    def _finish(self, rest: list[Message]) -> None:
        if not self.done.done():
            self.done.set_result(rest)

    def _start_response(
        self, status: str, headers: list[tuple[str, str]], exc_info: Any = None
    ) -> Callable[[bytes], object]:
        if exc_info and self._is_begun:
            raise exc_info[1].with_traceback(exc_info[2])
        encoded = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers]
        self._start = {"type": "http.response.start", "status": int(status[:3]), "headers": encoded}
        self._length = next((int(value) for name, value in encoded if name == b"content-length"), None)
        return self._write

    def _send_all(self, body: Iterable[bytes]) -> list[Message]:
        """Send a long answer, or one of unknown length, piece by piece; what is left goes back with the thread's end.

        :raises ClientGone: if nobody takes it
        """
        pieces = iter(body)
        first = next(pieces, b"")
        if self._length is not None and self._length <= IN_MEMORY:
            return self._after_start([{"type": "http.response.body", "body": b"".join([first, *pieces])}])
        for piece in chain([first], pieces):
            if piece:
                self._write(piece)
        return self._after_start([{"type": "http.response.body", "body": b""}])

    def _after_start(self, messages: list[Message]) -> list[Message]:
        """The messages, with the answer's head before the first of all."""
        if self._is_begun:
            return messages
        if self._start is None:
            raise RuntimeError("The application gave a body before its status.")
        self._is_begun = True
        return [self._start, *messages]

    def _write(self, piece: bytes) -> None:
        if self._is_abandoned.is_set():
            raise ClientGone("the client left")
        if not self._is_begun:
            self._loop.call_soon_threadsafe(self._watch)
        messages = self._after_start([{"type": "http.response.body", "body": piece, "more_body": True}])
        try:
            asyncio.run_coroutine_threadsafe(_answer(self._send, messages), self._loop).result(PATIENCE)
        except TimeoutError as error:
            raise ClientGone("the client takes nothing") from error

    def _watch(self) -> None:
        """While pieces are sent, notice that the client leaves: the server swallows what is sent to nobody."""

        async def wait() -> None:
            while (await self._receive())["type"] != "http.disconnect":
                pass
            self._is_abandoned.set()

        watching = self._loop.create_task(wait())
        self.done.add_done_callback(lambda _done: watching.cancel())


def declared_length(scope: MutableMapping[str, Any]) -> int:
    """How long the request says that its body is; 0 if it does not."""
    said = next((value for name, value in scope["headers"] if name == b"content-length"), b"")
    return int(said) if said.isdigit() else 0


async def receive_body(receive: Receive, *, largest: int, declared: int = 0) -> tuple[IO[bytes], int]:
    """The whole body of a request and its length; a large one is in a temporary file.

    :param declared: what it says of its length; where that is too much, none of it is received
    :raises ClientGone: if the rest of it will never come
    :raises BodyTooLarge: if it has more than `largest` bytes
    """
    if declared > largest:
        raise BodyTooLarge
    message = await receive()
    if message["type"] == "http.request" and not message.get("more_body", False):
        piece = message.get("body", b"")
        return BytesIO(piece), len(piece)
    with ExitStack() as on_failure:
        file = on_failure.enter_context(SpooledTemporaryFile(max_size=IN_MEMORY))
        length = 0
        while message["type"] == "http.request":
            length += file.write(message.get("body", b""))
            if length > largest:
                raise BodyTooLarge
            if not message.get("more_body", False):
                file.seek(0)
                on_failure.pop_all()
                return file, length
            message = await receive()
        raise ClientGone("the client left during its upload")


def build_environ(scope: MutableMapping[str, Any], body: IO[bytes], length: int) -> dict[str, Any]:
    """The WSGI environment of an ASGI HTTP scope."""
    root = scope.get("root_path", "")
    server = scope.get("server") or ("localhost", 80)
    client = scope.get("client") or ("", 0)
    environ: dict[str, Any] = {
        "REQUEST_METHOD": scope["method"],
        "SCRIPT_NAME": root.encode().decode("latin-1"),
        "PATH_INFO": scope["path"].removeprefix(root).encode().decode("latin-1"),
        "QUERY_STRING": scope["query_string"].decode("latin-1"),
        "SERVER_PROTOCOL": f"HTTP/{scope['http_version']}",
        "SERVER_NAME": str(server[0]),
        "SERVER_PORT": str(server[1] or 80),
        "REMOTE_ADDR": str(client[0]),
        "REMOTE_PORT": str(client[1]),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope.get("scheme", "http"),
        "wsgi.input": body,
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
        "wsgi.file_wrapper": _in_large_pieces,
    }
    for raw_name, raw_value in scope["headers"]:
        name, value = raw_name.decode("latin-1").upper(), raw_value.decode("latin-1")
        # `X_Forwarded_For` would pass for `X-Forwarded-For`, which the proxy in front has checked.
        if "_" in name:
            continue
        key = "CONTENT_TYPE" if name == "CONTENT-TYPE" else f"HTTP_{name.replace('-', '_')}"
        if key in environ:
            value = f"{environ[key]}{'; ' if key == 'HTTP_COOKIE' else ','}{value}"
        environ[key] = value
    # Counted, rather than believed: a chunked body has no length of its own.
    environ.pop("HTTP_CONTENT_LENGTH", None)
    environ["CONTENT_LENGTH"] = str(length) if length else ""
    return environ


def _in_large_pieces(file: IO[bytes], size: int = PIECE) -> FileWrapper:
    return FileWrapper(file, max(size, PIECE))


_SENTENCES = {
    413: b"This is larger than the server takes.\n",
    500: b"Something broke on our side. Nothing was saved.\n",
    503: b"The server is busy. Please try again in a moment.\n",
}


def refuse_plainly(environ: dict[str, Any], status: int) -> tuple[list[tuple[str, str]], bytes]:
    """A sentence as plain text."""
    headers = [("Content-Type", "text/plain; charset=utf-8")]
    return headers + ([("Retry-After", "1")] if status == 503 else []), _SENTENCES[status]


def _whole(status: int, headers: Iterable[tuple[str, str]], body: bytes) -> list[Message]:
    encoded = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers]
    return [
        {"type": "http.response.start", "status": status, "headers": encoded},
        {"type": "http.response.body", "body": body},
    ]


async def _unless_gone(waiting: Awaitable[bool], receive: Receive) -> bool:
    """Wait, unless the client leaves meanwhile.

    :raises ClientGone: then
    """
    held = asyncio.ensure_future(waiting)
    # The body has come whole, so what comes next is that the client leaves.
    leaving = asyncio.ensure_future(receive())
    try:
        await asyncio.wait({held, leaving}, return_when=asyncio.FIRST_COMPLETED)
        if not held.done():
            raise ClientGone("the client left while it waited")
        return held.result()
    finally:
        held.cancel()
        leaving.cancel()


async def _answer(send: Send, messages: Iterable[Message]) -> None:
    for message in messages:
        await send(message)
