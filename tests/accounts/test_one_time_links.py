"""What every one-time link has in common: tokens, hashes, expiry, and the limit on wrong tries."""

from datetime import UTC, datetime, timedelta

import pytest

from portal.accounts import one_time_links
from portal.accounts.limiter import RateLimit
from portal.accounts.one_time_links import OneTimeLink
from portal.errors import TooManyRequestsError

LINK = OneTimeLink("a test's link", timedelta(minutes=5), RateLimit("test-link", most=2, minutes=10), "请在 {at} 再试")


@pytest.mark.parametrize("backend", ["sqlite"])
def test_a_token_of_one_sort_opens_none_of_another(portal):
    vault, token = portal.runtime.vault, one_time_links.new_token()
    other = OneTimeLink("another", LINK.life, LINK.wrong_tries, LINK.too_many)
    assert LINK.token_hash(vault, token) == LINK.token_hash(vault, token)
    assert LINK.token_hash(vault, token) not in (token, other.token_hash(vault, token))


@pytest.mark.parametrize("backend", ["sqlite"])
def test_tokens_have_160_bits(portal):
    tokens = {one_time_links.new_token() for _ in range(50)}
    derived = {one_time_links.derived_token(portal.runtime.vault, "a test", str(seed)) for seed in range(50)}
    assert (len(tokens), {len(token) for token in tokens}) == (50, {27})
    assert (len(derived), {len(token) for token in derived}) == (50, {40})
    assert one_time_links.derived_token(portal.runtime.vault, "a test", "0") in derived


def test_a_link_ends_when_its_life_is_over():
    made_at = datetime(2026, 11, 27, 8, tzinfo=UTC)
    assert LINK.expires_at(made_at) == made_at + timedelta(minutes=5)


@pytest.mark.parametrize("backend", ["sqlite"])
def test_wrong_tries_stop_their_address_and_no_other(portal):
    database = portal.runtime.database
    for _ in range(LINK.wrong_tries.most):
        LINK.ensure_room(database, "192.0.2.1")
        LINK.count_wrong_try(database, "192.0.2.1")
    with pytest.raises(TooManyRequestsError, match="请在"):
        LINK.ensure_room(database, "192.0.2.1")
    LINK.ensure_room(database, "192.0.2.2")
