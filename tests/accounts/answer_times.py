"""How long sign-in takes to refuse: unknown, wrong, locked and disabled should not be told apart (SECURITY E-7).

Not a test, since times depend on the machine: `python -m tests.accounts.answer_times [tries]`.
"""

import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import delete, update

from portal.accounts.models import AttemptCounter, User
from portal.app import create_app
from tests.accounts.factors import enrol
from tests.conftest import settings_in
from tests.factories.cast import add_cast, password_of
from tests.factories.portals import Portal, csrf_of


def measure(portal: Portal, tries: int) -> dict[str, list[float]]:
    """Milliseconds of every try, kind by kind in turn so that a slow moment hits all alike."""
    with portal.runtime.database.transaction() as session:
        session.execute(update(User).where(User.username == "bob").values(is_active=False))
    enrol(portal.signed_in("leo"))
    kinds: dict[str, tuple[str, str]] = {
        "unknown": ("nobody", "not-this-one"),
        "wrong": ("alice", "not-this-one"),
        "wrong, second factor": ("leo", "not-this-one"),
        "locked": ("hanna", password_of("hanna")),
        "disabled": ("bob", password_of("bob")),
    }
    browser = portal.browser()
    token = csrf_of(browser.get("/sign-in").text)

    def enter(name: str, password: str) -> float:
        started = time.perf_counter()
        answer = browser.post("/sign-in", data={"csrf": token, "username": name, "password": password})
        assert answer.status_code == 422
        return (time.perf_counter() - started) * 1000

    times: dict[str, list[float]] = {kind: [] for kind in kinds}
    for number in range(tries + 3):
        for kind, (name, password) in kinds.items():
            _prepare(portal, enter if kind == "locked" else None)
            took = enter(name, password)
            if number >= 3:  # the first ones warm caches
                times[kind].append(took)
    return times


def _prepare(portal: Portal, enter: Callable[[str, str], float] | None) -> None:
    """No counter stands, unless the name is to be locked."""
    with portal.runtime.database.transaction() as session:
        session.execute(delete(AttemptCounter))
    if enter:
        for _ in range(5):
            enter("hanna", "not-this-one")


def main() -> None:
    """Print the medians and how far they lie apart."""
    tries = int(sys.argv[1]) if len(sys.argv) > 1 else 60
    with tempfile.TemporaryDirectory() as folder:
        settings = settings_in(Path(folder))
        portal = Portal(create_app(settings), settings)
        add_cast(portal.runtime)
        times = measure(portal, tries)
        portal.close()
    medians = {kind: statistics.median(values) for kind, values in times.items()}
    for kind, median in medians.items():
        print(f"{kind:<22} median {median:6.2f} ms   95 % {sorted(times[kind])[int(tries * 0.95)]:6.2f} ms")
    spread = (max(medians.values()) - min(medians.values())) / min(medians.values())
    print(f"spread of the medians {spread:.1%}")


if __name__ == "__main__":
    main()
