"""A proposal who keeps which institution: even numbers first, within the people who know the place (REQUIREMENTS L2a).

Nobody is assigned by it: a lead sees, changes and confirms it.
"""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Unkept:
    """An institution without a keeper. `systems`: those that it used before, as far as its reports say so."""

    id: uuid.UUID
    name: str
    county: str
    systems: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Candidate:
    """Somebody who may keep institutions, with what they know and how many they keep already."""

    id: uuid.UUID
    counties: frozenset[str]
    systems: frozenset[str]
    kept: int = 0

    def knows(self, institution: Unkept) -> bool:
        return institution.county in self.counties or bool(institution.systems & self.systems)


def propose(institutions: Iterable[Unkept], people: Sequence[Candidate]) -> dict[uuid.UUID, uuid.UUID]:
    """Keeper by institution. Whoever knows county or system comes before the others; among them, who keeps fewest.

    Institutions that few people know are given away first, so that these are not full already. People with equal
    skills never differ by more than one more than they did before.
    """
    load = {person.id: person.kept for person in people}
    rank = {person.id: at for at, person in enumerate(people)}
    places = [(_able(place, people), place) for place in institutions] if people else []
    given: dict[uuid.UUID, uuid.UUID] = {}
    for able, place in sorted(places, key=lambda each: (len(each[0]), each[1].county, each[1].name, str(each[1].id))):
        chosen = min(able, key=lambda person: (load[person], rank[person]))
        load[chosen] += 1
        given[place.id] = chosen
    return given


def loads(people: Sequence[Candidate], given: Mapping[uuid.UUID, uuid.UUID]) -> dict[uuid.UUID, tuple[int, int]]:
    """By person: how many they keep now, and would keep."""
    more: dict[uuid.UUID, int] = dict.fromkeys((person.id for person in people), 0)
    for keeper in given.values():
        more[keeper] = more.get(keeper, 0) + 1
    return {person.id: (person.kept, person.kept + more[person.id]) for person in people}


def _able(place: Unkept, people: Sequence[Candidate]) -> Sequence[uuid.UUID]:
    known = [person.id for person in people if person.knows(place)]
    return known or [person.id for person in people]
