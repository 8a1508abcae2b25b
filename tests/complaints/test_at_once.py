"""Complaints under many hands at once, on both databases: one receipt for one form, one review, one choice, no gap."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from sqlalchemy import select

from portal.audit.actor import clinic as at_clinic
from portal.complaints import clinic, filing
from portal.complaints.models import Complaint, ComplaintProposal
from portal.complaints.names import ComplaintState as S
from portal.errors import ConflictError, PortalError
from tests.acts.desk import Desk
from tests.factories.complaints import MANAGERS, REPORT, Case, add_people, complained

HANDS = 6


def together(*works):
    """What each came to: its value, or the refusal's name."""

    def tried(work):
        try:
            return work()
        except PortalError as error:
            return type(error).__name__

    with ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(tried, works))


def test_one_form_is_one_case_and_numbers_have_no_gap(portal):
    runtime, desk = portal.runtime, Desk(portal.runtime)

    def file(submission):
        return filing.file_by_clinic(runtime, at_clinic("127.0.0.9"), desk.ticket.id, complained(), submission).number

    same = together(*[lambda: file("s" * 32)] * HANDS)
    assert len(set(same)) == 1 and same[0].startswith("TS")
    others = together(*(lambda letter=letter: file(letter * 32) for letter in "abcd"))
    assert len(set(others)) == 4
    with runtime.database.read() as session:
        numbers = sorted(session.scalars(select(Complaint.number)))
    assert [int(number[-4:]) for number in numbers] == list(range(1, 6))


def test_one_choice_and_one_review_win(portal):
    runtime = portal.runtime
    add_people(runtime, MANAGERS)
    case = Case.by_clinic(runtime, Desk(runtime).ticket.id).bring_to(S.PROPOSALS)
    case.act("choice", "max", approved=["1", "2"], note="请您选")
    case_id, version = case.row.id, case.row.version

    def managers():
        return case.act("choice", "max", version=version, proposal="2", note="同意").status

    def clinics(position):
        return clinic.choose(runtime, at_clinic("127.0.0.9"), case_id, position) or "chosen"

    found = together(managers, *(lambda at=at: clinics(at) for at in ("1", "2", "1")))
    assert sum(one in ("chosen", "carrying_out") for one in found) == 1, found
    with runtime.database.read() as session:
        states = Counter(session.scalars(select(ComplaintProposal.status)))
    assert states == {"chosen": 1, "rejected": 1} and case.row.state_enum is S.CARRYING_OUT

    case.bring_to(S.FOLLOWED_UP)
    case.act("report", "mona", cause="人手不够", solution="换人并致歉")
    version = case.row.version

    def review():
        return clinic.review(runtime, at_clinic("127.0.0.9"), case_id, "还是没有人道歉") or "reviewed"

    def archive():
        try:
            return case.act("archive", "max", version=version).status
        except ConflictError:
            return "refused"

    found = together(archive, *[review] * 3)
    assert found.count("reviewed") == 1, found
    assert case.row.state_enum is S.JUDGING and case.row.archived_at is None and case.row.handler_id is not None
    assert case.row.first_judge_id != case.row.handler_id


def test_each_act_by_two_at_once_happens_once_and_archives_have_no_gap(portal):
    """The whole way, every step by two presses of the same version; then two cases archived in the same moment."""
    runtime = portal.runtime
    add_people(runtime, MANAGERS)
    cases = [Case.for_caller(runtime, "agnes"), Case.for_caller(runtime, "agnes", kind="other")]
    for reached, name, who, given in cases[0].steps()[:-1]:
        version = cases[0].row.version
        press = partial(cases[0].act, name, who, version, **given)
        found = together(press, press)
        refused = [one for one in found if isinstance(one, str)]
        assert refused == ["StaleComplaintError"] and cases[0].row.state_enum is reached, (name, found)
    for case in cases:
        case.bring_to(S.FOLLOWED_UP)
    cases[1].act("report", "mona", **REPORT)
    together(*(partial(case.act, "archive", "max") for case in cases))
    with runtime.database.read() as session:
        numbers = sorted(session.scalars(select(Complaint.archive_number)))
    assert [number[-3:] for number in numbers] == ["001", "002"]
