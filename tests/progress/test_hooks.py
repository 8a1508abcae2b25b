"""Rooms above are told of a moment once, when it comes."""

from portal.acts.table import CLAIM, CLOSE, NOTE, REOPEN, RESOLVE
from portal.progress.hooks import Hooks, Moment
from tests.acts.desk import CONFIRMED, Desk


def test_an_end_is_told_once_each_time_it_comes(portal, monkeypatch):
    told = []
    hooks = Hooks(listeners=((Moment.ENDED, lambda session, ticket: told.append(ticket.state)),))
    for name, value in hooks.session_info().items():
        monkeypatch.setitem(portal.runtime.database.session_info, name, value)
    desk = Desk(portal.runtime)
    desk.act(CLAIM)
    desk.act(RESOLVE, text="已恢复")
    desk.act(CLOSE, **CONFIRMED)
    desk.act(NOTE, text="机构来电致谢")
    assert told == ["closed"]
    desk.act(REOPEN, text="又出现了")
    desk.act(RESOLVE, text="已恢复")
    desk.act(CLOSE, **CONFIRMED)
    assert told == ["closed", "closed"]
