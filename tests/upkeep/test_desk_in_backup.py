"""What the desk keeps goes through a backup whole and unreadable: complaints, contacts, surveys, call texts, notes,
monthly sheets."""

from sqlalchemy import select

from portal.acts import performing
from portal.acts.table import CALL, CLASSIFY
from portal.assembly import make_runtime
from portal.audit import export
from portal.audit.actor import SYSTEM
from portal.complaints import texts
from portal.complaints.models import Complaint
from portal.complaints.names import ComplaintState
from portal.follow_up import surveys
from portal.follow_up.models import Rating, Survey
from portal.keepers import contacts
from portal.kpi.score import correcting
from portal.kpi.score.correcting import Correction
from portal.kpi.score.models import MonthlyScore, ScoreCase, ScoreCorrection, ScorePolicy, ScoreRun, WorkFact
from portal.reports.call_records import CallRecord
from portal.tickets.models import Ticket
from portal.upkeep import backup, restore, rotation
from portal.vault.models import SealedValue
from tests.factories.cast import actor
from tests.factories.complaints import CANARIES, CONTENT, MANAGERS, Case, add_people
from tests.factories.contacts import NAME, PHONE, add_contact
from tests.factories.directories import add_entry
from tests.factories.rated import Rated
from tests.factories.scores import month_of_work
from tests.upkeep.test_backup import elsewhere

__all__ = ["elsewhere"]  # a fixture
CALLED, NOTED, COMMENT = "Called#4711canary", "Noted#4712canary", "Comment#4713canary"
SECRETS = (CALLED, NOTED, COMMENT, NAME, PHONE, *CANARIES)


def _filled(runtime):
    """A rated ticket with secrets in its texts, a contact and a complaint; the survey's token."""
    add_people(runtime, MANAGERS)
    desk = Rated(runtime)
    given = ((CALL, {"channel": "phone", "text": f"登录密码：{CALLED}，又打来问"}),
             (CLASSIFY, {"summary": f"登录密码：{NOTED}，保存没有反应"}))  # fmt: skip
    for act, texts_of in given:
        agnes, version = actor(runtime, "agnes"), desk.ticket.version
        performing.carry_out(runtime, agnes, act, desk.number, version, texts_of, seal_found=True)
    desk.rate(1, "other", f"登录密码：{COMMENT}，等了三天")
    add_contact(runtime, add_entry(runtime))
    Case.by_clinic(runtime, desk.ticket.id).bring_to(ComplaintState.ANSWERED)
    with runtime.database.read() as session:
        return surveys.Signer.of(runtime.vault).token(session.scalars(select(Survey)).one())


def _scored(runtime):
    """A month of sheets, one of them corrected."""
    month = month_of_work(runtime)
    with runtime.database.transaction() as session:
        given = Correction("少记了一天", present=20)
        correcting.correct(session, actor(runtime, "leo"), month, "alice", 1, given)


def _score_rows(runtime):
    with runtime.database.read() as session:
        return [
            sorted(map(str, session.execute(select(*model.__table__.columns)).all()))
            for model in (WorkFact, ScorePolicy, MonthlyScore, ScoreCase, ScoreCorrection, ScoreRun)
        ]


def test_it_comes_back_whole_and_no_word_lies_in_clear(portal, elsewhere, tmp_path, caplog):
    token = _filled(portal.runtime)
    _scored(portal.runtime)
    path = tmp_path / "desk.yxb"
    backup.make(portal.runtime, portal.settings.data_dir, path, SYSTEM)
    restore.restore(elsewhere, path, SYSTEM)
    back = make_runtime(elsewhere)
    try:
        assert rotation.verify(back).broken == []
        assert _score_rows(back) == _score_rows(portal.runtime) and all(_score_rows(back))
        with back.database.read() as session:
            case = session.scalars(select(Complaint)).one()
            assert texts.latest(session, back, case, texts.Field.CONTENT) == CONTENT
            [entry] = session.scalars(select(contacts.InstitutionContact))
            phone = session.scalars(
                select(SealedValue).where(SealedValue.owner_id == entry.id, SealedValue.field == contacts.PHONE)
            ).one()
            assert back.vault.open_value(session, phone) == PHONE
            ticket = session.scalars(select(Ticket).where(Ticket.id == case.ticket_id)).one()
            assert surveys.opened(back, token, "127.0.0.1").number == ticket.number
            kept = [*session.scalars(select(Rating.comment)), *session.scalars(select(CallRecord.text))]
            assert any("又打来问" in text for text in kept) and not [one for one in SECRETS if one in str(kept)]
        exported: list[bytes] = []
        export.export(back.database, back.checkpoints.signer, SYSTEM, export.Range(), exported.append)
    finally:
        back.database.dispose()
    places = [portal.settings.data_dir, elsewhere.data_dir, path.parent]
    for one in {one for place in places for one in place.rglob("*") if one.is_file()}:
        content = one.read_bytes()
        assert not [word for word in (*SECRETS, token) if word.encode() in content], one
    assert not [word for word in (*SECRETS, token) if word in b"".join(exported).decode() + caplog.text]
