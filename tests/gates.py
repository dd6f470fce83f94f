"""A way to a service that can be shut while both of its ends live on: the service seems to have gone away."""

import socket
from contextlib import suppress
from threading import Lock, Thread
from urllib.parse import urlsplit


class Gate:
    """Listens on a port of its own and passes everything on to a service, until it is shut."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._service = (parts.hostname or "127.0.0.1", parts.port or 0)
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._lock = Lock()
        self._through: set[socket.socket] = set()
        self._is_open = True
        port = self._listening.getsockname()[1]
        place = parts.netloc.rpartition("@")
        self.url = parts._replace(netloc=f"{place[0]}{place[1]}127.0.0.1:{port}").geturl()
        Thread(target=self._accept, daemon=True).start()

    def shut(self) -> None:
        """Cut every connection, and take none any more."""
        with self._lock:
            self._is_open = False
            for end in self._through:
                with suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)

    def open(self) -> None:
        """The service is back."""
        with self._lock:
            self._is_open = True

    def close(self) -> None:
        self.shut()
        self._listening.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                Thread(target=self._serve, args=[self._listening.accept()[0]], daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with client, suppress(OSError):
            with self._lock:
                if not self._is_open:
                    return
                service = socket.create_connection(self._service)
                self._through |= {client, service}
            with service:
                back = Thread(target=_pass_on, args=[service, client], daemon=True)
                back.start()
                _pass_on(client, service)
                back.join()
            with self._lock:
                self._through -= {client, service}


def _pass_on(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while piece := source.recv(65536):
            target.sendall(piece)
    with suppress(OSError):
        target.shutdown(socket.SHUT_WR)
