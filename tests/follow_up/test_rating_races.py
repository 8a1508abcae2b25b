"""A hundred answers at once are one rating, on both databases (DESK 4.8)."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from portal.errors import PortalError
from portal.follow_up.models import Rating
from portal.follow_up.ratings import AlreadyRatedError, Way
from tests.factories.rated import Rated


def test_a_hundred_answers_at_once_are_one_rating(portal):
    rated = Rated(portal.runtime)

    def one(number):
        try:
            if number % 3 == 0:
                rated.record(who="bob")
            else:
                rated.rate(4, way=(Way.PAGE, Way.LINK)[number % 2], round=1)
        except AlreadyRatedError:
            return 0
        except PortalError as error:
            return error.message
        return 1

    with ThreadPoolExecutor(8) as pool:
        outcomes = list(pool.map(one, range(100)))
    assert sum(outcomes) == 1 and len(rated.of(Rating)) == 1


def test_the_database_refuses_to_rewrite_a_rating(portal):
    rated = Rated(portal.runtime)
    rated.rate(5)
    for statement in ("UPDATE ratings SET score = 1", "DELETE FROM ratings"):
        with pytest.raises(DBAPIError), portal.runtime.database.transaction() as session:
            session.execute(text(statement))
    assert [row.score for row in rated.of(Rating)] == [5]
