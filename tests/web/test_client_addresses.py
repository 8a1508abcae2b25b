"""Whom the portal takes for its client: forwarding headers of listed proxies, and nobody's word besides."""

import logging

import pytest
from starlette.requests import Request

from portal import addresses
from portal.accounts.limiter import RateLimit
from portal.errors import TooManyRequestsError
from portal.settings import load_settings
from portal.web import context
from portal.web.memory_limiter import Pace
from tests.factories.portals import Portal

PROXY = "10.0.0.1"


@pytest.fixture
def backend() -> str:
    return "sqlite"


@pytest.fixture
def proxied(portal: Portal) -> Portal:
    """Behind one proxy that is listed, and a second one in front of it."""
    portal.change_settings(
        trusted_proxies=load_settings({"PORTAL_TRUSTED_PROXIES": "10.0.0.0/24, ::1"}).trusted_proxies
    )
    return portal


def client(portal: Portal, *fields: str, peer: str = PROXY, **others: str) -> str:
    headers = [(b"x-forwarded-for", field.encode("latin-1")) for field in fields]
    headers += [(name.replace("_", "-").encode(), value.encode()) for name, value in others.items()]
    return context.client_address(Request({"type": "http", "app": portal.app, "client": (peer, 1), "headers": headers}))


@pytest.mark.parametrize(
    ("fields", "address"),
    [
        (["198.51.100.7"], "198.51.100.7"),
        (["198.51.100.7:51234"], "198.51.100.7"),
        (["[2001:db8::7]:51234"], "2001:db8::7"),
        (["[2001:db8::7]"], "2001:db8::7"),
        (["2001:db8::7"], "2001:db8::7"),
        (["::ffff:198.51.100.7"], "198.51.100.7"),
        (["fe80::7%eth0"], "fe80::7"),
        (['"198.51.100.7"'], "198.51.100.7"),
        (["203.0.113.1, 198.51.100.7"], "198.51.100.7"),
        (["203.0.113.1", "198.51.100.7"], "198.51.100.7"),  # two fields are one list
        (["203.0.113.1, 198.51.100.7", "10.0.0.9"], "198.51.100.7"),
        (["198.51.100.7", "10.0.0.9:443, 10.0.0.8"], "198.51.100.7"),
        (["10.0.0.5, 10.0.0.9"], "10.0.0.5"),
        (["198.51.100.7, unknown"], PROXY),
        (["198.51.100.7, _hidden:9"], PROXY),
        (["198.51.100.7,,"], "198.51.100.7"),
        ([""], PROXY),
        (["\xe4\xf6"], PROXY),
        ([], PROXY),
    ],
)
def test_a_listed_proxy_tells_the_client(proxied: Portal, fields: list[str], address: str) -> None:
    assert client(proxied, *fields) == address


def test_a_proxy_that_calls_over_ipv6_is_the_same_proxy(proxied: Portal) -> None:
    assert client(proxied, "198.51.100.7", peer="::ffff:10.0.0.1") == "198.51.100.7"
    assert client(proxied, "198.51.100.7", peer="::1") == "198.51.100.7"
    assert client(proxied, peer="::ffff:203.0.113.9") == "203.0.113.9"


def test_other_headers_say_nothing(proxied: Portal) -> None:
    told = {"forwarded": "for=198.51.100.7", "x_real_ip": "198.51.100.7"}
    assert client(proxied, **told) == PROXY
    assert client(proxied, "203.0.113.1", **told) == "203.0.113.1"


def test_a_stranger_is_never_believed_and_named_once(proxied: Portal, caplog: pytest.LogCaptureFixture) -> None:
    ada = proxied.signed_in("ada")
    with caplog.at_level(logging.WARNING, logger="portal.notices"):
        for header in ("x-forwarded-for", "x-forwarded-for", "forwarded", "x-real-ip"):
            proxied.browser("203.0.113.9").get("/track", headers={header: "198.51.100.7"})
            assert client(proxied, "198.51.100.7", peer="203.0.113.9") == "203.0.113.9"
    assert caplog.text.count("203.0.113.9") == 2  # one line, in two languages
    assert "203.0.113.9 发来了转发请求头" in ada.get("/admin/system").text
    assert "203.0.113.9" not in proxied.browser().get("/readyz").text


def test_many_strangers_do_not_fill_the_page(proxied: Portal) -> None:
    for last in range(200):
        client(proxied, "198.51.100.7", peer=f"203.0.113.{last}")
    assert len(list(proxied.app.state.web.notices)) <= 20


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        ("198.51.100.7", "198.51.100.8", False),
        ("198.51.100.7", "::ffff:198.51.100.7", True),
        ("::ffff:198.51.100.7", "::ffff:198.51.100.8", False),
        ("alice", "bob", False),
        ("RC2026110001", "RC2026110001", True),
    ],
)
def test_limits_count_ipv6_by_its_network(one: str, other: str, is_same: bool) -> None:
    limit, pace = RateLimit("test", most=1, minutes=1), Pace(1)
    assert (addresses.limited(one) == addresses.limited(other)) is is_same
    assert (limit.key(one) == limit.key(other)) is is_same
    pace.count(one)
    if is_same:
        with pytest.raises(TooManyRequestsError):
            pace.count(other)
    else:
        pace.count(other)
