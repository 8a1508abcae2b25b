"""Portals with an OpenID provider: a real one, and one that lies."""

from collections.abc import Iterator

import pytest

from portal.accounts.oidc import RETURN_PATH
from tests.factories.openid import BASE_URL, HostileProvider, real_provider, use_provider
from tests.factories.portals import Portal


@pytest.fixture(scope="session")
def issuer() -> Iterator[str]:
    """The address of a real provider."""
    with real_provider(BASE_URL + RETURN_PATH) as address:
        yield address


@pytest.fixture
def external(portal: Portal, issuer: str) -> Portal:
    """A portal that the real provider's accounts can sign in to once they are linked."""
    use_provider(portal, issuer)
    return portal


@pytest.fixture(scope="session")
def liar() -> Iterator[HostileProvider]:
    """The provider that signs what it is told."""
    made = HostileProvider()
    yield made
    made.close()


@pytest.fixture
def hostile(liar: HostileProvider) -> HostileProvider:
    """As `liar`, behaving well until told otherwise."""
    liar.reset()
    return liar


@pytest.fixture
def deceived(portal: Portal, hostile: HostileProvider) -> Portal:
    """A portal that trusts the lying provider."""
    use_provider(portal, hostile.issuer)
    return portal
