"""One client speaks HTTP to others (`apps/core/egress.py`); nothing else of ours imports one that could."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCES = sorted(path for top in ("apps", "flowboard") for path in (ROOT / top).rglob("*.py"))
CLIENTS = (
    "aiohttp",
    "asks",
    "boto3",
    "botocore",
    "ftplib",
    "h11",
    "http.client",
    "httpcore",
    "httplib2",
    "httpx",
    "pycurl",
    "requests",
    "treq",
    "urllib.request",
    "urllib3",
    "xmlrpc.client",
)
# What speaks HTTP all the same, each with its reason.
NAMED = {
    "apps/core/egress.py": {"httpx", "httpcore"},
    # S3 through its own library, at the operator's own address; what the library raises is named here.
    "apps/core/files_s3.py": {"botocore.exceptions"},
    # Benchmarks ask the server that they have started themselves, over loopback.
    "apps/ops/bench/api.py": {"http.client"},
    "apps/ops/bench/world.py": {"http.client"},
    "apps/ops/bench/board.py": {"http.client"},
}


def imported(source: str) -> set[str]:
    """The modules that a source imports anywhere in it."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.Call) and getattr(node.func, "attr", getattr(node.func, "id", "")) in {
            "import_module",
            "__import__",
        }:
            found |= {str(each.value) for each in node.args if isinstance(each, ast.Constant)}
    return found


def clients_in(source: str) -> set[str]:
    """Those of them that can speak HTTP to others."""
    return {
        name for name in imported(source) if any(name == client or name.startswith(f"{client}.") for client in CLIENTS)
    }


class TestClients:
    def test_nobody_else_has_one(self) -> None:
        assert len(SOURCES) > 200
        others = {}
        for path in SOURCES:
            name = path.relative_to(ROOT).as_posix()
            found = clients_in(path.read_text(encoding="utf-8"))
            others[name] = {
                each
                for each in found
                if not any(each == ours or each.startswith(f"{ours}.") for ours in NAMED.get(name, ()))
            }
        assert {name: found for name, found in others.items() if found} == {}

    def test_those_that_are_named_have_one(self) -> None:
        for name in NAMED:
            assert clients_in((ROOT / name).read_text(encoding="utf-8")), f"{name} needs no exception any more"

    @pytest.mark.parametrize(
        "source",
        [
            "import requests",
            "import urllib.request as u",
            "from urllib import request",
            "from urllib.request import urlopen",
            "from http import client",
            "def f():\n    import httpx",
            "import importlib\nimportlib.import_module('aiohttp')",
            "__import__('urllib3.util')",
        ],
    )
    def test_one_is_recognised(self, source: str) -> None:
        assert clients_in(source)

    @pytest.mark.parametrize(
        "source", ["from urllib.parse import urlsplit", "from apps.core import requests", "import http"]
    )
    def test_others_are_not(self, source: str) -> None:
        assert not clients_in(source)
