"""Nothing unverified reaches a clinic, through whichever act; and what has passed may."""

import random

import pytest

from portal.accounts.roles import GRANTS, Role
from portal.acts.act import Act
from portal.acts.table import ASK_VOID, CLAIM, MERGE, REPLY, RESOLVE
from portal.casefile import acts
from portal.collaboration.states import ANSWER, JUDGE, START, VERIFY, WITHDRAW
from portal.collaboration.states import CollaborationState as C
from portal.collaboration.unverified import PIECE, refusal
from portal.errors import InvalidError
from portal.escalation.reporting import ESCALATE
from portal.progress import lifecycle
from portal.progress.lifecycle import ANY_STATE, Move
from portal.tickets import lookup
from tests.acts.desk import Desk
from tests.acts.test_table import given
from tests.factories.cast import actor
from tests.factories.collaborations import ANSWER_TEXT, Case
from tests.factories.reports import file_report

pytestmark = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
PUBLIC = [
    (act, text.name) for act in acts.ACTS for text in act.texts() if act.reaches_clinic(text) and text.most > PIECE
]
_BETWEEN = " \n　，。、,.-—！？\u200b（）"


def disguised(piece: str, dice: random.Random) -> str:
    """The same letters in full width, with blanks, punctuation and invisible signs between them."""
    signs = [chr(ord(sign) + 0xFEE0) if "!" <= sign <= "~" and dice.random() < 0.5 else sign for sign in piece]
    return "".join(sign + (dice.choice(_BETWEEN) if dice.random() < 0.4 else "") for sign in signs)


def codes(refused: InvalidError) -> set[str]:
    return {fault.code for fault in refused.faults}


def test_every_public_act_is_tried(backend) -> None:
    names = {act.name for act, _ in PUBLIC}
    assert {"reply", "ask", "resolve", "close", "reopen", "ask_void"} <= names


# What comes before some acts, so that nothing but the text keeps them from being carried out.
BEFORE = {
    "close": lambda desk: desk.act(RESOLVE, text="已恢复"),
    "reopen": lambda desk: desk.act(RESOLVE, text="已恢复"),
    "unmerge": lambda desk: desk.act(MERGE, into=file_report(desk.runtime).number),
    "decide_escalation": lambda desk: desk.act(ESCALATE, reason="处理不了"),
    "decide_void": lambda desk: desk.act(ASK_VOID, kind="test", text="不是问题"),
}


@pytest.mark.parametrize(("act", "name"), PUBLIC, ids=lambda part: getattr(part, "name", part))
def test_no_act_takes_a_piece_of_it(portal, act: Act, name: str) -> None:
    case = Case(portal.runtime)
    case.bring_to(C.RETURNED)
    case.take(WITHDRAW, "alice", text="自己查到了")  # nothing objects to any act, and the answer is still unverified
    dice = random.Random(act.name + name)
    desk, words = case.desk, "".join(sign for sign in ANSWER_TEXT if sign.isalnum())
    BEFORE.get(act.name, lambda desk: None)(desk)
    who = "alice" if act.permission in GRANTS[Role.ENGINEER] else "leo"
    for _ in range(12):
        start = dice.randrange(len(words) - PIECE + 1)
        piece = disguised(words[start : start + PIECE + dice.randrange(8)], dice)
        text = f"{dice.choice(['', '我们查过：', '您好，'])}{piece}{dice.choice(['', '。谢谢'])}"
        values = {**given(act, portal.runtime), name: text}
        with pytest.raises(InvalidError) as refused:
            desk.act(act, who, **values)
        assert codes(refused.value) == {"not_verified"}, text
        assert text not in {line.text for line in desk.entries()}


def test_nineteen_signs_and_other_words_are_peoples_duty(portal):
    case = Case(portal.runtime)
    case.bring_to(C.ANSWERED)
    words = "".join(sign for sign in ANSWER_TEXT if sign.isalnum())
    case.desk.act(REPLY, text=words[: PIECE - 1])
    with pytest.raises(InvalidError):
        case.desk.act(REPLY, text=words[:PIECE])
    case.desk.act(REPLY, text="已经请信息科查看，有结果后马上告诉您")


@pytest.mark.parametrize("state", [C.ANSWERED, C.VERIFYING, C.RETURNED])
def test_it_stays_closed_until_it_passes(portal, state):
    case = Case(portal.runtime)
    case.bring_to(state)
    with pytest.raises(InvalidError):
        case.desk.act(REPLY, text=ANSWER_TEXT)


@pytest.mark.parametrize("state", [C.PASSED, C.FILED])
def test_what_has_passed_may_be_sent(portal, state):
    case = Case(portal.runtime)
    case.bring_to(state)
    case.desk.act(REPLY, text=ANSWER_TEXT)
    case.desk.act(RESOLVE, text=ANSWER_TEXT)


def test_an_answer_that_was_returned_stays_closed_after_another_passes(portal):
    case = Case(portal.runtime)
    case.bring_to(C.RETURNED)
    better = "药品目录同步任务停了三天，已经补跑，今天上午抽查了二十个品种都对得上"
    case.take(START, "petra")
    case.take(ANSWER, "petra", text=better)
    case.take(VERIFY, "alice")
    case.take(JUDGE, "alice", passed=True)
    case.desk.act(REPLY, text=better)
    with pytest.raises(InvalidError):
        case.desk.act(REPLY, text=ANSWER_TEXT)


def test_what_passed_elsewhere_is_no_secret_of_a_later_answer(portal):
    case = Case(portal.runtime)
    case.bring_to(C.PASSED)
    case.bring_to(C.ANSWERED)  # a second one, with the same words
    case.desk.act(REPLY, text=ANSWER_TEXT)


def test_a_piece_put_together_from_two_inputs_is_found_in_the_line(portal):
    case = Case(portal.runtime)
    case.bring_to(C.ANSWERED)
    public = Move("reply", "回复机构", ANY_STATE)
    with pytest.raises(InvalidError) as refused, portal.runtime.database.transaction() as session:
        ticket = lookup.find(session, actor(portal.runtime, "alice"), case.desk.number, lock=True)
        lifecycle.apply(session, ticket, public, actor(portal.runtime, "alice"), text=ANSWER_TEXT)
    assert codes(refused.value) == {"not_verified"}


def test_the_other_ticket_of_a_merge_is_closed_too(portal):
    case = Case(portal.runtime)
    case.bring_to(C.ANSWERED)
    target = Desk(portal.runtime)
    target.act(CLAIM)
    case.desk.act(acts.BY_NAME["merge"], into=target.number)
    with pytest.raises(InvalidError):
        target.act(REPLY, text=ANSWER_TEXT)
    case.take(VERIFY, "alice")
    case.take(JUDGE, "alice", passed=True)
    target.act(REPLY, text=ANSWER_TEXT)


def test_the_clinics_own_words_and_another_ticket_are_free(portal):
    case = Case(portal.runtime)
    case.bring_to(C.ANSWERED)
    other = Desk(portal.runtime)
    other.act(CLAIM)
    other.act(REPLY, text=ANSWER_TEXT)
    with portal.runtime.database.read() as session:
        ticket = lookup.find(session, actor(portal.runtime, "alice"), case.desk.number)
        assert refusal(session, ticket, "") is None
        assert refusal(session, ticket, "好的") is None


def test_notes_stay_free(portal):
    case = Case(portal.runtime)
    case.bring_to(C.ANSWERED)
    case.desk.act(acts.BY_NAME["note"], text=ANSWER_TEXT)
