"""How often a name, a code or an address may be tried, and where the attempts are counted (SECURITY E-5, E-6)."""

from sqlalchemy.orm import Session

from portal.accounts import limiter
from portal.accounts.known_browsers import Browser
from portal.accounts.limiter import RateLimit
from portal.accounts.models import User
from portal.accounts.second_factor import CODE_ANYWHERE, CODE_LIMIT

# Five failures lock a name for 15 minutes where they came from, known or not; an address gets more because it may be
# shared (SECURITY E-5). From all unknown places together a name gets fifty; its own browsers are not among them.
NAME_LIMIT = RateLimit("sign-in-name", most=5, minutes=15, is_lock=True)
NAME_ANYWHERE = RateLimit("sign-in-name-anywhere", most=50, minutes=15, is_lock=True)
ADDRESS_LIMIT = RateLimit("sign-in-address", most=1000, minutes=15)
OWN_PASSWORD_LIMIT = RateLimit("own-password", most=5, minutes=15, is_lock=True)


def name_limits(user: User | None, key: str, browser: Browser) -> limiter.Limited:
    name = key if user else limiter.anonymous_key(key)
    return _limits(NAME_LIMIT, NAME_ANYWHERE, name, browser.place_of(user), browser)


def code_limits(user: User, browser: Browser) -> limiter.Limited:
    return _limits(CODE_LIMIT, CODE_ANYWHERE, user.name_key, browser.place_of(user), browser)


def _limits(here: RateLimit, anywhere: RateLimit, name: str, place: str, browser: Browser) -> limiter.Limited:
    at_place = (here, f"{name}|{place}")
    return (at_place, (anywhere, name)) if place == browser.address else (at_place,)


def counted(session: Session, limited: limiter.Limited) -> int:
    """Count one attempt for each; negative while there is room, 0 for the attempt that locks, positive after it."""
    return max(limiter.count(session, limit, subject) - limit.most for limit, subject in limited)


def clear(session: Session, limited: limiter.Limited) -> None:
    """A right answer resets the attempts of its place; strangers elsewhere keep theirs."""
    limiter.clear(session, *limited[0])
