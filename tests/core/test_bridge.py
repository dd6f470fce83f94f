"""The bridge under a real uvicorn: uploads, streams, leaving clients, full queues, failures, and draining."""

import hashlib
import http.client
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from tests.core.bridged import LARGEST
from tests.processes import ROOT, free_port


class Server:
    """uvicorn with the bridged application."""

    def __init__(self) -> None:
        self.port = free_port()
        command = f"-m uvicorn tests.core.bridged:application --host 127.0.0.1 --port {self.port} --log-level error"
        self.process = subprocess.Popen([sys.executable, *command.split(), "--lifespan", "off"], cwd=ROOT)
        deadline = time.monotonic() + 30
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port)).close()
                return
            except ConnectionRefusedError:
                assert time.monotonic() < deadline, "the server does not start"
                time.sleep(0.05)

    def connect(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)

    def ask(self, path: str, method: str = "GET", **kwargs: object) -> tuple[int, bytes]:
        connection = self.connect()
        connection.request(method, path, **kwargs)  # type: ignore[arg-type]
        response = connection.getresponse()
        answer = response.status, response.read()
        connection.close()
        return answer


@contextmanager
def held(place: Path) -> Iterator[Callable[[int], None]]:
    """What is asked of `/held` with this place waits for the end of it; the returned waits until so many have begun."""

    def has_begun(count: int) -> None:
        deadline = time.monotonic() + 20
        while len(list(place.glob("begun-*"))) < count:
            assert time.monotonic() < deadline, "it does not begin"
            time.sleep(0.02)

    try:
        yield has_begun
    finally:
        (place / "go").touch()


@pytest.fixture(scope="module")
def shared() -> Iterator[Server]:
    server = Server()
    yield server
    server.process.terminate()
    server.process.wait(20)


@pytest.fixture
def own() -> Iterator[Server]:
    server = Server()
    yield server
    server.process.kill()
    server.process.wait()


class TestRequests:
    def test_carries_method_path_query_and_headers(self, shared: Server) -> None:
        headers = {"X-One": "1", "Cookie": "a=b", "X_Two": "smuggled"}
        assert shared.ask("/caf%C3%A9?a=%20b", "PUT", headers=headers) == (
            200,
            b"PUT /caf\xc3\xa9 a=%20b HTTP_COOKIE=a=b HTTP_X_ONE=1".replace(b"\xc3\xa9", "Ã©".encode()),
        )

    def test_a_small_body_and_none(self, shared: Server) -> None:
        assert shared.ask("/upload", "POST", body=b"abc")[1].startswith(b"3 3 ")
        assert shared.ask("/upload", "POST")[1].startswith(b"0  ")

    def test_a_large_upload_arrives_whole(self, shared: Server) -> None:
        body = bytes(range(256)) * 20_000
        expected = f"{len(body)} {len(body)} {hashlib.sha256(body).hexdigest()}".encode()
        assert shared.ask("/upload", "POST", body=body) == (200, expected)

    def test_a_chunked_upload_has_a_length_too(self, shared: Server) -> None:
        pieces = [b"abc" * 1000, b"def" * 1000]
        status, answer = shared.ask("/upload", "POST", body=iter(pieces), encode_chunked=True)
        assert (status, answer) == (200, f"6000 6000 {hashlib.sha256(b''.join(pieces)).hexdigest()}".encode())

    def test_more_than_the_server_takes_is_refused(self, shared: Server) -> None:
        connection = self._send_headers(shared, 2 * LARGEST)
        try:
            for _ in range(LARGEST // 65536 + 2):
                connection.send(b"x" * 65536)
        except (BrokenPipeError, ConnectionResetError):
            pass  # the server has answered and does not read on
        assert connection.getresponse().status == 413

    def test_more_than_the_server_takes_is_refused_before_it_is_sent(self, shared: Server) -> None:
        connection = self._send_headers(shared, 2 * LARGEST)
        assert connection.getresponse().status == 413
        # What says nothing of its length is counted.
        chunked = shared.connect()
        pieces = (b"x" * 65536 for _ in range(LARGEST // 65536 + 2))
        with suppress(BrokenPipeError, ConnectionResetError):
            chunked.request(
                "POST", "/upload", body=pieces, headers={"Transfer-Encoding": "chunked"}, encode_chunked=True
            )
        assert chunked.getresponse().status == 413

    def test_slow_uploads_hold_up_nobody(self, shared: Server) -> None:
        slow = [self._send_headers(shared, 1000) for _ in range(10)]
        began = time.monotonic()
        assert shared.ask("/upload", "POST", body=b"abc")[0] == 200
        assert time.monotonic() - began < 10, "the slow ones would never end"
        for connection in slow:
            connection.close()
        assert shared.ask("/upload", "POST", body=b"abc")[0] == 200

    def test_each_request_has_a_context_of_its_own(self, shared: Server) -> None:
        connection = shared.connect()
        for _ in range(6):
            connection.request("GET", "/context")
            assert connection.getresponse().read() == b"nothing"
        connection.close()

    @staticmethod
    def _send_headers(server: Server, length: int) -> http.client.HTTPConnection:
        connection = server.connect()
        connection.putrequest("POST", "/upload")
        connection.putheader("Content-Length", str(length))
        connection.endheaders(b"x")
        return connection


class TestAnswers:
    @pytest.mark.parametrize("size", [4096, 409_600, 4_096_000])
    def test_a_long_answer_arrives_whole(self, shared: Server, size: int) -> None:
        status, body = shared.ask(f"/file?{size}")
        assert (status, len(body)) == (200, size)

    def test_a_stream_is_sent_as_it_is_made_and_closed_when_the_client_leaves(
        self, shared: Server, tmp_path: Path
    ) -> None:
        note = tmp_path / "note"
        connection = shared.connect()
        connection.request("GET", f"/stream?{note}")
        response = connection.getresponse()
        assert response.read(6) == b"piece\n"
        response.close()
        connection.close()
        deadline = time.monotonic() + 10
        while not note.exists():
            assert time.monotonic() < deadline, "the stream goes on for nobody"
            time.sleep(0.05)
        assert shared.ask("/")[0] == 200

    @pytest.mark.parametrize("path", ["/fail", "/exit"])
    def test_a_failure_is_answered_and_the_threads_live_on(self, shared: Server, path: str) -> None:
        for _ in range(5):
            assert shared.ask(path)[0] == 500
        assert shared.ask("/")[0] == 200

    def test_a_failure_in_the_middle_ends_the_answer_visibly(self, shared: Server) -> None:
        connection = shared.connect()
        connection.request("GET", "/fail-late")
        response = connection.getresponse()
        assert response.status == 200
        with pytest.raises(http.client.IncompleteRead):
            response.read()
        assert shared.ask("/")[0] == 200


class TestLoad:
    """The server has two threads, and two places in its queue."""

    def test_a_full_queue_is_refused_at_once_with_retry_after(self, own: Server, tmp_path: Path) -> None:
        with ThreadPoolExecutor(4) as pool, held(tmp_path) as has_begun:
            running = [pool.submit(own.ask, f"/held?{tmp_path}") for _ in range(2)]
            has_begun(2)
            running += [pool.submit(own.ask, f"/held?{tmp_path}") for _ in range(2)]
            time.sleep(0.7)  # nobody outside sees that these wait in the queue
            connection = own.connect()
            connection.request("GET", "/")
            response = connection.getresponse()
            assert (response.status, response.headers["Retry-After"]) == (503, "1")
        assert [each.result() for each in running] == [(200, b"done")] * 4
        assert own.ask("/")[0] == 200

    def test_a_stopping_server_finishes_what_runs(self, own: Server, tmp_path: Path) -> None:
        with ThreadPoolExecutor(2) as pool, held(tmp_path) as has_begun:
            running = [pool.submit(own.ask, f"/held?{tmp_path}") for _ in range(2)]
            has_begun(2)
            own.process.send_signal(signal.SIGTERM)
            time.sleep(0.7)  # it stops now, and has to wait
        assert [each.result() for each in running] == [(200, b"done")] * 2
        assert own.process.wait(10) is not None
