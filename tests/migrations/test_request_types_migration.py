"""0045 gives every ticket that is there 求助 and no module, with its data kept; on both databases, and back."""

from sqlalchemy import inspect, text

from alembic import command
from portal import migrations
from portal.institutions import modules
from tests.factories.closing import ticket_named
from tests.factories.reports import file_report


def test_tickets_of_before_are_help_and_keep_what_they_hold(portal):
    runtime = portal.runtime
    number = file_report(runtime, module="随访").number
    with runtime.database.transaction() as session:
        session.execute(text("UPDATE tickets SET request_type = 'consultation', classified_module = '登录'"))
    before = ticket_named(runtime, number)
    with runtime.database.schema_change() as connection:
        command.downgrade(migrations.config(connection), "0044")
        assert not {"request_type", "module"} & {one["name"] for one in inspect(connection).get_columns("tickets")}
        assert not inspect(connection).has_table("modules")
    migrations.migrate(runtime.database)

    after = ticket_named(runtime, number)
    assert (after.request_type, after.filed_as, after.module, after.classified_module) == ("help", "help", "", None)
    assert (after.institution, after.excerpt, after.query_code_hash) == (
        before.institution, before.excerpt, before.query_code_hash,
    )  # fmt: skip
    with runtime.database.read() as session:
        assert "随访" in modules.offered(session, "general") and "收费" in modules.offered(session, "his")
