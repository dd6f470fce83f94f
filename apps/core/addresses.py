"""The address a request comes from. `X-Forwarded-For` is believed only as far as configured proxies wrote it."""

from collections.abc import Mapping
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Any

from django.conf import settings


@lru_cache(maxsize=1)
def _networks(configured: tuple[str, ...]) -> tuple[IPv4Network | IPv6Network, ...]:
    return tuple(ip_network(entry, strict=False) for entry in configured)


def _is_trusted(address: str) -> bool:
    networks = _networks(tuple(settings.TRUSTED_PROXIES))
    try:
        parsed = ip_address(address)
    except ValueError:
        return False
    return any(parsed in network for network in networks)


def client_address(meta: Mapping[str, Any]) -> str | None:
    """The nearest address that is not one of our proxies, or None where the peer has none (a local socket)."""
    peer = str(meta.get("REMOTE_ADDR") or "")
    hops = [hop.strip() for hop in str(meta.get("HTTP_X_FORWARDED_FOR") or "").split(",") if hop.strip()]
    address = peer
    while hops and _is_trusted(address):
        address = hops.pop()
    try:
        return str(ip_address(address))
    except ValueError:
        return None
