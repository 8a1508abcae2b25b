"""The proposal who keeps what: even numbers first, within the people who know county or system."""

import uuid
from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from portal.keepers.proposal import Candidate, Unkept, loads, propose

COUNTIES, SYSTEMS = ("高唐县", "茌平区", "东阿县"), ("浪潮系统", "东软")
NOBODY: frozenset[str] = frozenset()


def person(at: int, counties=(), systems=(), kept=0) -> Candidate:
    return Candidate(uuid.UUID(int=at), frozenset(counties), frozenset(systems), kept)


def place(at: int, county="高唐县", systems=()) -> Unkept:
    return Unkept(uuid.UUID(int=1000 + at), f"样例{at}", county, frozenset(systems))


people = st.lists(
    st.tuples(st.frozensets(st.sampled_from(COUNTIES)), st.frozensets(st.sampled_from(SYSTEMS)), st.integers(0, 6)),
    min_size=1, max_size=7,
)  # fmt: skip
places = st.lists(st.tuples(st.sampled_from(COUNTIES), st.frozensets(st.sampled_from(SYSTEMS))), max_size=40)


@given(people, places)
def test_equal_skills_get_equal_numbers(people, places):
    staff = [person(at, *told) for at, told in enumerate(people, 1)]
    unkept = [place(at, *told) for at, told in enumerate(places, 1)]
    proposed = propose(unkept, staff)
    assert set(proposed) == {each.id for each in unkept}
    numbers = loads(staff, proposed)
    for one in staff:
        alike = [other for other in staff if (other.counties, other.systems) == (one.counties, one.systems)]
        before, after = ([numbers[each.id][when] for each in alike] for when in (0, 1))
        assert max(after) - min(after) <= max(1, max(before) - min(before))
    for each in unkept:
        knows = {one.id for one in staff if one.knows(each)}
        assert proposed[each.id] in (knows or {one.id for one in staff})


@given(st.integers(1, 6), st.integers(0, 40))
def test_alike_and_new_they_differ_by_one_at_most(number, count):
    staff = [person(at) for at in range(1, number + 1)]
    shares = Counter(propose([place(at) for at in range(count)], staff).values())
    assert max(shares.values(), default=0) - min((shares[each.id] for each in staff), default=0) <= 1


def test_places_that_few_know_are_given_away_first():
    one, both = person(1, ("高唐县",)), person(2, ("高唐县", "茌平区"))
    places = [place(at) for at in range(4)] + [place(at, "茌平区") for at in range(4, 8)]
    shares = Counter(propose(places, [one, both]).values())
    assert shares == {one.id: 4, both.id: 4}


def test_a_system_counts_as_a_county_does_and_nobody_gets_nothing():
    knows = person(1, systems=("浪潮系统",), kept=9)
    assert propose([place(1, systems=("浪潮系统",))], [knows, person(2)]) == {place(1).id: knows.id}
    assert propose([place(1)], [knows, person(2)]) == {place(1).id: person(2).id}
    assert propose([place(1)], []) == {}
