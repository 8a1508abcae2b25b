"""Addresses of clients: read as proxies write them, and grouped as limits count them."""

import ipaddress
from collections.abc import Sequence

from portal.settings import Network

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
_LIMITED_BITS = 64  # one IPv6 subscriber usually holds a whole /64


def parsed(text: str) -> Address | None:
    """An address as sockets and proxies write it: with a port, brackets, quotes or a zone, or IPv4 inside IPv6."""
    text = text.strip().strip('"')
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def limited(text: str) -> str:
    """What a limit counts for this client: an IPv4 address, or the /64 network of an IPv6 address."""
    address = parsed(text)
    if isinstance(address, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((int(address), _LIMITED_BITS), strict=False))
    return str(address) if address else text


def is_in(address: Address | None, networks: Sequence[Network]) -> bool:
    return address is not None and any(address in network for network in networks)


def in_address_bar(host: str, port: int) -> str:
    """How a browser on this machine opens what listens on this host and port."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
