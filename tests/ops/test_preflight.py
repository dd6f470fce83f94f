import socket

import pytest

from apps.ops import preflight


class TestCheckPort:
    def test_names_the_port_that_somebody_listens_on_and_the_way_out(self) -> None:
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            port = taken.getsockname()[1]
            with pytest.raises(preflight.Obstacle, match=f"Port {port} is taken .* with PORT=") as refusal:
                preflight.check_port("127.0.0.1", port, patience=0.2)
        assert str(refusal.value).count(".") == 1
        preflight.check_port("127.0.0.1", port)

    @pytest.mark.parametrize("text", ["0", "65536", "http", "-1", "８０", ""])
    def test_refuses_what_is_no_port(self, text: str) -> None:
        with pytest.raises(preflight.Obstacle, match="PORT must be a number"):
            preflight.parse_port(text)

    def test_takes_a_port(self) -> None:
        assert preflight.parse_port("8000") == 8000


class TestCheckDatabase:
    def test_names_the_variable_and_the_address_but_not_the_password(self) -> None:
        with pytest.raises(preflight.Obstacle, match="DATABASE_URL") as refusal:
            preflight.check_database("DATABASE_URL", "postgres://flowboard_app:s3cret@127.0.0.1:1/flowboard")
        assert "127.0.0.1:1/flowboard" in str(refusal.value)
        assert "s3cret" not in str(refusal.value)
        assert "\n" not in str(refusal.value)


class TestCheckRedis:
    @pytest.mark.parametrize("url", ["redis://:s3cret@127.0.0.1:1/0", "nonsense"])
    def test_names_the_address_but_not_the_password(self, url: str) -> None:
        with pytest.raises(preflight.Obstacle, match="REDIS_URL") as refusal:
            preflight.check_redis(url)
        assert "s3cret" not in str(refusal.value)
