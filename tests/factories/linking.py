"""Links an account of the OpenID provider of the settings to one of the cast."""

from sqlalchemy import select

from portal.accounts import external
from portal.accounts.models import User
from portal.audit.actor import SYSTEM
from tests.factories.portals import Portal


def link(portal: Portal, name: str, subject: str) -> None:
    """As an administrator does it on the person's page."""
    issuer = portal.settings.oidc_issuer
    with portal.runtime.database.transaction() as session:
        user = session.scalars(select(User).where(User.username == name)).one()
        external.link(session, portal.runtime.vault, SYSTEM, user.id, issuer, subject)
