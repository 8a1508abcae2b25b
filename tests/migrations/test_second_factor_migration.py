"""Migration 0002 back and forth with people, sessions, tokens and their tickets in place (SECURITY I-6)."""

from sqlalchemy import inspect, select, text

from alembic import command
from portal import migrations
from portal.accounts.models import User
from portal.acts.table import CLAIM
from portal.db import Database
from tests.accounts.factors import enrol, is_signed_in
from tests.factories.acts import perform
from tests.factories.cast import actor
from tests.factories.portals import Portal
from tests.factories.reports import file_report

COUNTED = ("users", "staff_sessions", "api_tokens", "tickets", "reports", "sealed_values", "audit_events")
NEW = {"pending_sign_ins", "recovery_codes", "former_passwords"}


def counts(database: Database) -> dict[str, int]:
    with database.read() as session:
        return {name: session.execute(text(f"SELECT count(*) FROM {name}")).scalar_one() for name in COUNTED}


def to_first(database: Database) -> None:
    with database.schema_change() as connection:
        command.downgrade(migrations.config(connection), "0001")


def test_it_goes_down_and_up_and_keeps_everybody(portal: Portal):
    database = portal.runtime.database
    receipt = file_report(portal.runtime)
    with database.transaction() as session:
        perform(session, portal.runtime, actor(portal.runtime, "alice"), CLAIM, receipt.number, 1)
    browser = portal.signed_in("alice")
    enrol(browser)
    portal.api("bob")
    before = counts(database)
    assert before["staff_sessions"] == before["api_tokens"] == before["tickets"] == 1
    to_first(database)
    assert counts(database) == before
    inspector = inspect(database.engine)
    assert not NEW & set(inspector.get_table_names())
    assert "second_factor_at" not in {column["name"] for column in inspector.get_columns("users")}

    migrations.migrate(database)
    assert counts(database) == before
    assert set(inspect(database.engine).get_table_names()) >= NEW
    with database.read() as session:
        people = session.scalars(select(User)).all()
    assert all(person.password_changed_at == person.created_at for person in people)
    assert all(person.second_factor_at is None for person in people)
    assert is_signed_in(browser)
