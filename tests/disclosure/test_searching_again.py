"""What the finder has learned since is sealed in the texts of earlier reports, a part a round."""

from sqlalchemy import select, update

from portal.acts.table import CLAIM
from portal.audit.models import AuditEvent
from portal.audit.tags import Tag
from portal.disclosure import searching_again, text_restoring, ticket_texts
from portal.disclosure.models import TextSearch
from portal.reports import listing
from portal.reports.models import Report
from portal.sensitive_text.rules import rules
from portal.vault.models import SealedValue
from tests.disclosure.test_text_redaction import do
from tests.factories.closing import closed_ticket, ticket_named
from tests.factories.people import id_number
from tests.factories.portals import Portal
from tests.factories.reports import file_report

SECRET, NUMBER = "Zhqk7731Vale", id_number(seed=77)
SAID = f"密码区分大小写，{SECRET}，居民{NUMBER}也打不开，密码还是{SECRET}"


def plant(portal: Portal, number: str, said: str = SAID) -> None:
    """The description as an earlier version of the finder would have left it."""
    with portal.runtime.database.transaction() as session:
        ticket = ticket_named(portal.runtime, number)
        with ticket_texts.changing(session, ticket.report_id):
            report = session.get_one(Report, ticket.report_id)
            report.answers = {**report.answers, "description": said}
        listing.renew(session, session.merge(ticket))


def description(portal: Portal, number: str) -> str:
    with portal.runtime.database.read() as session:
        return session.get_one(Report, ticket_named(portal.runtime, number).report_id).answers["description"]


def test_what_is_found_now_is_masked_everywhere_sealed_and_in_the_trail(portal: Portal) -> None:
    number = file_report(portal.runtime).number
    plant(portal, number)
    do(portal.runtime, number, CLAIM)
    assert searching_again.run(portal.runtime) == 2
    assert SECRET not in description(portal, number) and NUMBER not in description(portal, number)
    shown = ticket_named(portal.runtime, number)
    assert not any(value in shown.excerpt + shown.search_text for value in (SECRET, NUMBER))
    with portal.runtime.database.read() as session:
        rows = session.scalars(select(AuditEvent).where(AuditEvent.tag == Tag.TEXT_SEALED)).all()
        assert {(row.ticket_number, row.actor_name) for row in rows} == {(number, "system")}
        ticket = ticket_named(portal.runtime, number)
        offered = {one.label: one.key for one in text_restoring.restorable(session, ticket)}
        owned = session.scalars(select(SealedValue).where(SealedValue.owner_id == ticket.report_id)).all()
    assert set(offered) == {"问题详细描述中的密码", "问题详细描述中的身份证号"}
    assert any(value.label == "问题详细描述中的密码" for value in owned)
    assert searching_again.run(portal.runtime) == 0

    for key in offered.values():  # a false find is put back by a lead, the latest first
        do(portal.runtime, number, text_restoring.RESTORE, "leo", key=key)
    assert description(portal, number) == SAID


def test_parts_go_on_where_they_stopped_and_begin_anew_with_new_rules(portal: Portal) -> None:
    numbers = [file_report(portal.runtime, id_number=id_number(seed=seed)).number for seed in range(3)]
    for number in numbers:
        plant(portal, number)
    assert [searching_again.run(portal.runtime, 2) for _ in range(4)] == [4, 2, 0, 0]
    plant(portal, numbers[0])
    assert searching_again.run(portal.runtime) == 0  # everything has been searched under these rules
    with portal.runtime.database.transaction() as session:
        session.execute(update(TextSearch).values(rules="older"))
    assert searching_again.run(portal.runtime) == 2
    with portal.runtime.database.read() as session:
        state = session.get_one(TextSearch, 1)
        assert (state.rules, state.is_done) == (rules(), True)


def test_in_a_closed_ticket_a_password_is_destroyed_and_masks_are_no_finds(portal: Portal) -> None:
    number = closed_ticket(portal.runtime).number
    plant(portal, number, f"账号：s**g 密码：••••••••，密码区分大小写，{SECRET}")
    assert searching_again.run(portal.runtime) == 1
    assert description(portal, number).startswith("账号：s**g 密码：••••••••，") and SECRET not in description(
        portal, number
    )
    with portal.runtime.database.read() as session:
        ticket = ticket_named(portal.runtime, number)
        value = session.scalars(
            select(SealedValue).where(SealedValue.owner_id == ticket.report_id, SealedValue.label.endswith("中的密码"))
        ).one()
    assert value.value_sealed is None
