"""What is drawn by a seed: the smallest hashes of seed and key. With the same seed everybody draws the same ones."""

import hashlib
import heapq
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

Item = TypeVar("Item")


def drawn(seed: str, items: Iterable[Item], size: int, key: Callable[[Item], object]) -> tuple[list[Item], int]:
    """The drawn items in the order given, and how many there were to choose from; few are in memory."""
    count = 0

    def hashed() -> Iterator[tuple[bytes, int, Item]]:
        nonlocal count
        for place, item in enumerate(items):
            count += 1
            yield hashlib.sha256(f"{seed}:{key(item)}".encode()).digest(), place, item

    chosen = heapq.nsmallest(size, hashed(), key=lambda one: one[:2])
    return [item for _, _, item in sorted(chosen, key=lambda one: one[1])], count
