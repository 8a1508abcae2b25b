"""Every step of an article from every state by every role: where it leads, and whom it is refused."""

import itertools
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from portal.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError, PortalError
from portal.knowledge.articles import own_approval
from portal.knowledge.articles.states import APPROVE, RETIRE, RETURN, SAVE, STEPS, SUBMIT
from portal.knowledge.articles.states import ArticleState as S
from portal.knowledge.articles.steps import StaleArticleError
from tests.factories.articles import TEXT, Shelf
from tests.factories.cast import actor, add_partners

pytestmark = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)

# Written by hand from the design, not read from the table of steps.
LEADS = {
    ("versions", S.DRAFT): S.DRAFT,
    ("versions", S.RETURNED): S.DRAFT,
    ("versions", S.IN_REVIEW): S.IN_REVIEW,
    ("versions", S.PUBLISHED): S.DRAFT,
    ("submission", S.DRAFT): S.IN_REVIEW,
    ("submission", S.RETURNED): S.IN_REVIEW,
    ("submission", S.PUBLISHED): S.IN_REVIEW,
    ("approval", S.IN_REVIEW): S.PUBLISHED,
    ("return", S.IN_REVIEW): S.RETURNED,
    ("retirement", S.DRAFT): S.RETIRED,
    ("retirement", S.RETURNED): S.RETIRED,
    ("retirement", S.IN_REVIEW): S.RETIRED,
    ("retirement", S.PUBLISHED): S.RETIRED,
}
EVERYBODY = ("alice", "bob", "hanna", "agnes", "leo", "ada", "petra")
ABSENT_FOR = {"hanna", "ada", "petra"}  # another queue, no queue
CHANGED = replace(TEXT, steps="一、退出后重新登录\n二、请主管在后台同步字典")


def right_answer(step, state, who):
    """What the design says: a state, or how it is refused."""
    if who in ABSENT_FOR or (who in {"bob", "agnes"} and state is not S.PUBLISHED):
        return NotFoundError  # what is not published is its writers' and the leads'
    if who != "leo" and (step in (APPROVE, RETURN) or (step is RETIRE and state is S.PUBLISHED)):
        return ForbiddenError
    return LEADS.get((step.name, state), ConflictError)


@pytest.mark.parametrize("state", S)
def test_every_step_by_everybody(portal, state):
    add_partners(portal.runtime)
    shelf, wrong, version = Shelf(portal.runtime), [], 0
    for step, who in itertools.product(STEPS, EVERYBODY):
        if not shelf.number or shelf.row.state_enum is not state or shelf.row.version != version:
            shelf.bring_to(state)
            version = shelf.row.version
        right, before = right_answer(step, state, who), (version, len(shelf.trail()))
        found: object
        try:
            text = CHANGED if step in (SAVE, SUBMIT) else None
            found = shelf.take(step, who, text=text, note="请写清楚").state_enum
        except PortalError as error:
            found = StaleArticleError if isinstance(error, StaleArticleError) else type(error)
        if found is not right:
            wrong.append((step.name, who, found))
        if isinstance(right, type) and shelf.row.version != before[0]:
            wrong.append((step.name, who, "left something behind"))
        if isinstance(right, S) and len(shelf.trail()) != before[1] + 1:
            wrong.append((step.name, who, "is not one row of the trail"))
    assert wrong == []


def refused_same_person(shelf, who="leo"):
    with pytest.raises(InvalidError) as refused:
        shelf.take(APPROVE, who)
    assert [fault.code for fault in refused.value.faults] == ["same_person"]


class TestAnotherPerson:
    def test_neither_author_nor_editor_nor_submitter_approves(self, portal):
        shelf = Shelf(portal.runtime)
        shelf.make("leo")
        shelf.take(SUBMIT, "leo")
        refused_same_person(shelf)  # the author

        shelf.make("alice")
        shelf.take(SUBMIT, "leo")
        refused_same_person(shelf)  # who asked for it

        shelf.bring_to(S.IN_REVIEW)
        shelf.take(SAVE, "leo", text=CHANGED)  # mended under review
        refused_same_person(shelf)
        shelf.take(SAVE, "alice", text=TEXT)  # a later edit by another person takes nothing back
        refused_same_person(shelf)
        assert shelf.row.published_version is None

    def test_who_wrote_an_earlier_published_version_may_approve_a_change(self, portal):
        shelf = Shelf(portal.runtime)
        shelf.publish()
        shelf.take(SUBMIT, "bob", text=CHANGED)
        assert shelf.take(APPROVE, "leo").published_version == 2

    def test_a_lead_of_a_one_person_site_may_once_it_is_switched_on(self, portal):
        runtime, shelf = portal.runtime, Shelf(portal.runtime)
        with pytest.raises(ForbiddenError), runtime.database.transaction() as session:
            own_approval.switch(session, actor(runtime, "alice"), True)
        for is_on in (True, True, False, True):
            with runtime.database.transaction() as session:
                own_approval.switch(session, actor(runtime, "leo"), is_on)
        shelf.make("leo")
        shelf.take(SUBMIT, "leo")
        assert shelf.take(APPROVE, "leo").is_own_approval
        (approved,) = [row for row in shelf.trail() if row.tag == "article:approve"]
        assert approved.particulars["is_own_approval"] is True
        shelf.take(SUBMIT, "alice", text=CHANGED)
        assert not shelf.take(APPROVE, "leo").is_own_approval  # the next version was not

    def test_of_two_tabs_at_once_one_decides(self, portal):
        shelf = Shelf(portal.runtime)
        shelf.bring_to(S.IN_REVIEW)
        version = shelf.row.version

        def decide(step):
            try:
                return shelf.take(step, "leo", version, note="请改").status
            except ConflictError as error:
                return error.code

        with ThreadPoolExecutor(2) as pool:
            found = list(pool.map(decide, (APPROVE, RETURN)))
        assert "stale" in found
        assert shelf.row.status in found


def test_a_change_leaves_the_old_version_published(portal):
    shelf = Shelf(portal.runtime)
    shelf.publish()
    first = shelf.row.published_at
    shelf.take(SAVE, "bob", text=replace(CHANGED, title="新标题", is_public=False))
    row = shelf.row
    assert (row.status, row.published_version, row.text_version) == ("draft", 1, 2)
    assert (row.title, row.is_public, row.is_published) == (TEXT.title, True, True)
    with pytest.raises(ForbiddenError):
        shelf.take(SAVE, "agnes", text=TEXT)  # bob's change is under way
    shelf.take(SUBMIT, "bob")
    shelf.take(RETURN, "leo", note="标题太短")
    assert shelf.row.is_published
    shelf.take(SUBMIT, "bob")
    shelf.take(APPROVE, "leo")
    row = shelf.row
    assert (row.published_version, row.title, row.is_public) == (2, "新标题", False)
    assert row.published_at == first < row.approved_at


def test_all_faults_at_once_and_three_parts_are_required(portal):
    shelf = Shelf(portal.runtime)
    shelf.make(text=replace(TEXT, problem="", steps="　", cautions=""))
    with pytest.raises(InvalidError) as refused:
        shelf.take(SUBMIT, "alice")
    assert [fault.field for fault in refused.value.faults] == ["problem", "steps", "cautions"]
    bad = replace(TEXT, title="", problem="用户 13812345678", steps="字" * 5001, cautions="\x00", queue="his")
    with pytest.raises(InvalidError) as refused:
        shelf.take(SAVE, "alice", text=bad)
    assert {(fault.field, fault.code) for fault in refused.value.faults} == {
        ("title", "required"), ("problem", "sensitive_text"), ("steps", "too_long"), ("cautions", "invalid"),
        ("queue", "invalid"),
    }  # fmt: skip
    shelf.bring_to(S.IN_REVIEW)
    with pytest.raises(InvalidError) as refused:
        shelf.take(RETURN, "leo", note="")
    assert [(fault.field, fault.code) for fault in refused.value.faults] == [("note", "required")]


def test_leads_and_author_are_told(portal):
    shelf = Shelf(portal.runtime)
    shelf.bring_to(S.IN_REVIEW)
    assert shelf.told("leo") == ["article-submitted"]
    assert not shelf.told("alice")
    assert not shelf.told("bob")
    shelf.take(RETURN, "leo", note="请写清楚第二步")
    assert shelf.told("alice") == ["article-decided"]
    returned = shelf.trail()[-1]
    assert (returned.tag, returned.reason) == ("article:return", "请写清楚第二步")
