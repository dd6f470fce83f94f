"""A proxy of the kind that offices have: it passes pages on, and refuses sockets for as long as it is told to."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Thread

from tests.processes import WebProcess

REFUSED = b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


class Proxy:
    """Listens on a port of its own; `refuses` are the beginnings of the paths that it lets nobody reach."""

    def __init__(self, server: WebProcess) -> None:
        self.refuses: tuple[bytes, ...] = (b"/ws/",)
        self._server = server
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listening.getsockname()[1]}"
        Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._listening.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                Thread(target=self._serve, args=[self._listening.accept()[0]], daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        """One connection, one request: the browser is told to make another for the next."""
        with client, suppress(OSError):
            head = b""
            while b"\r\n\r\n" not in head:
                piece = client.recv(65536)
                if not piece:
                    return
                head += piece
            path = head.split(b" ", 2)[1]
            if any(start in path for start in self.refuses):
                client.sendall(REFUSED)
                return
            if b"\r\nupgrade: websocket" not in head.lower():
                head = head.replace(b"Connection: keep-alive", b"Connection: close")
            with socket.create_connection(("127.0.0.1", self._server.port)) as upstream:
                upstream.sendall(head)
                Thread(target=_pass_on, args=[client, upstream], daemon=True).start()
                _pass_on(upstream, client)


def _pass_on(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while piece := source.recv(65536):
            target.sendall(piece)
        target.shutdown(socket.SHUT_WR)


@contextmanager
def blocking_proxy(server: WebProcess) -> Iterator[Proxy]:
    """A proxy in front of a server."""
    proxy = Proxy(server)
    yield proxy
    proxy.close()
