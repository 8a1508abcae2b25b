"""The demo: people of every role and tickets in every state, through the real services."""

from pathlib import Path

from portal import demo
from portal.accounts.models import User
from portal.accounts.roles import Role
from portal.app import make_runtime
from portal.audit import trail
from portal.knowledge import known_issues
from portal.settings import Settings
from portal.tickets import queries
from portal.tickets.states import TicketState


def test_it_fills_every_role_and_state_once(empty_settings: Settings, tmp_path: Path) -> None:
    runtime = make_runtime(empty_settings)
    passwords = demo.fill(runtime)
    with runtime.database.read() as session:
        roles = {user.role for user in session.query(User)}
        counts = {
            state: sum(queries.state_counts(session, queue)[state] for queue in ("general", "his"))
            for state in TicketState
        }
        assert trail.verify(session).first_break is None
        assert [issue.title for issue in known_issues.applying(session, "general")] == ["家医签约续签时提示已签约"]
    assert roles == set(Role)
    assert all(counts.values()), counts
    assert len(set(passwords.values())) == len(demo.STAFF)
    assert demo.fill(runtime) == {}
