"""How the tests are given to the workers of a run: so that nothing is built twice and no processor waits."""

import pytest

_WAITS = ("browser", "servers")


def keep_together(item: pytest.Item) -> None:
    """One worker runs what shares a fixture of its module: three would build it three times."""
    shared = any(one.scope == "module" for known in item._fixtureinfo.name2fixturedefs.values() for one in known)
    if shared and not item.get_closest_marker("xdist_group"):
        item.add_marker(pytest.mark.xdist_group(item.path.stem))


def spread(items: list[pytest.Item]) -> list[pytest.Item]:
    """What mostly waits for a browser or a server is spread evenly among what counts, which fills the waiting."""
    waiting, others = [], []
    for item in items:
        (waiting if any(item.get_closest_marker(name) for name in _WAITS) else others).append(item)
    placed = [(place / len(kind), item) for kind in (waiting, others) for place, item in enumerate(kind)]
    return [item for _, item in sorted(placed, key=lambda one: one[0])]
