"""Work that is due on many rows: one that fails holds up none after it."""

import logging
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import TypeVar

from sqlalchemy.orm import Session

from portal.db import ContendedError, Database
from portal.errors import StorageUnavailableError

_logger = logging.getLogger("portal.worker")
Result = TypeVar("Result")


def each(database: Database, works: Iterable[Callable[[Session], Result]]) -> Iterator[Result]:
    """The results of works, each in a transaction of its own. A row that cannot be worked on is tried again next round.

    Raises:
        Exception: the first failure, when every work had its turn; at once if the database cannot be reached.
    """
    return all_of(partial(database.run, work) for work in works)


def all_of(works: Iterable[Callable[[], Result]]) -> Iterator[Result]:
    """As `each`, of works that make their own transactions."""
    failure: Exception | None = None
    for work in works:
        try:
            result = work()
        except Exception as error:
            if isinstance(error, StorageUnavailableError) and not isinstance(error, ContendedError):
                raise
            _logger.error("due work failed: %s", type(error).__name__)
            failure = failure or error
        else:
            yield result
    if failure is not None:
        raise failure
