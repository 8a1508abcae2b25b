"""Runs beside the portal: delivers notifications and sweeps leftovers."""

import logging
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from itertools import count
from threading import Event, Thread
from types import ModuleType

from portal import readiness
from portal.acts import late_replies, offer_ends, own_reminders, promises_due, reply_drafts
from portal.audit import trail
from portal.audit.actor import SYSTEM
from portal.audit.tags import Tag
from portal.audit.trail import Particulars
from portal.collaboration import late, undispatched
from portal.complaints import due_steps as complaint_steps
from portal.disclosure import searching_again
from portal.due_work import all_of
from portal.escalation import clock_steps, due_steps, empty_rota, missing_years
from portal.follow_up.call_backs import due_steps as call_backs_due
from portal.knowledge import settled_calls
from portal.kpi.archive import due_steps as archive_steps
from portal.kpi.archive import reminding as day_end_reminding
from portal.kpi.books import due as books_due
from portal.kpi.score import drafting as score_drafting
from portal.notify.channels.active import active_channels
from portal.notify.delivery import Dispatcher
from portal.reports import index_filling
from portal.retention import expiry, schedule
from portal.retention.schedule import Schedule
from portal.runtime import Runtime
from portal.screenshots.sweep import GRACE, orphan_blobs
from portal.supplements import reminders
from portal.tracking import unconfirmed
from portal.vault import binding
from portal.vault.binding import Binding, BoundMark
from portal.watch import clock_doubt, forwarding

PAUSE_SECONDS = 15
_ROUNDS_TO_TIDY = 40  # scanning every screenshot and row is for every ten minutes
# In this order: what a clock has told of already, `late_replies` leaves out.
_DUE: tuple[ModuleType, ...] = (
    reminders, unconfirmed, own_reminders, offer_ends, promises_due, reply_drafts, late, settled_calls, call_backs_due,
    undispatched, complaint_steps, clock_steps, due_steps, empty_rota, missing_years, archive_steps, day_end_reminding,
    books_due, score_drafting, late_replies,
)  # fmt: skip
_logger = logging.getLogger("portal.worker")


def run_beside(runtime: Runtime, rules: Schedule) -> Event:
    """Work in a thread of the serving process until the event is set, so that one process is the whole portal."""
    stop = Event()
    Thread(target=run_forever, args=(runtime, rules, stop, PAUSE_SECONDS), name="worker", daemon=True).start()
    return stop


def run_forever(runtime: Runtime, rules: Schedule, stop: Event | None = None, first_after: float = 0) -> None:
    """One round after another, the first after so many seconds; a round that fails is logged and retried."""
    stopped, pause = stop or Event(), first_after
    dispatcher = _dispatcher(runtime)  # reused, because it knows which channel still hangs
    for number in count():
        if stopped.wait(pause):
            return
        _tried(watch, runtime)
        _tried(deliver, runtime, dispatcher)
        if number % _ROUNDS_TO_TIDY == 0:
            _tried(bind_seals, runtime)
            _tried(tidy, runtime, rules)
        pause = PAUSE_SECONDS


def _tried(work: Callable[..., object], *arguments: object) -> None:
    try:
        work(*arguments)
    except Exception as error:
        _logger.error("round failed: %s", type(error).__name__)


def run_once(runtime: Runtime, rules: Schedule | None = None) -> None:
    watch(runtime)
    bind_seals(runtime)
    deliver(runtime, _dispatcher(runtime))
    tidy(runtime, rules)


def work_round(runtime: Runtime) -> None:
    """One round without watching and tidying: what a demo's history is made with.

    Its messages are of the past and go to nobody, whatever channels there are.
    """
    deliver(runtime, Dispatcher(runtime.database, ()))


def deliver(runtime: Runtime, dispatcher: Dispatcher) -> None:
    """Sign the trail's end, remind clinics and engineers, end offers, tell of late replies, departments and drafts,
    close what clinics left unanswered, archive what is complete, freeze the reports of weeks and months, deliver
    notifications.

    Nothing is reminded or closed while the clock is doubted. After an upgrade, index a part of the values of earlier
    versions, and search a part of the texts again for secrets.
    """
    runtime.checkpoints.make_quietly()  # first: it must not wait for a round in which something fails
    due = () if _is_doubted(runtime) else _DUE
    works: list[Callable[[], object]] = [
        *(partial(_run, part, runtime) for part in due),
        partial(index_filling.run, runtime),
        dispatcher.run,
        partial(searching_again.run, runtime),
    ]
    for _ in all_of(works):  # one part that fails holds up neither the others nor the notifications
        pass


def _run(part: ModuleType, runtime: Runtime) -> None:
    part.run(runtime)


def watch(runtime: Runtime) -> None:
    """Move the trusted time along, and note alarms. `serve` does it too when the worker runs apart."""
    clock_doubt.beat(runtime.database)
    _forward_trail(runtime)
    readiness.note_alarms(runtime)


def _forward_trail(runtime: Runtime) -> None:
    if not runtime.settings.syslog:
        return
    try:
        forwarding.forward(runtime.database, runtime.settings.syslog)
    except OSError as error:
        _logger.error("the trail was not forwarded: %s", type(error).__name__)


def watch_beside(runtime: Runtime) -> Event:
    """Watch in a thread of the serving process, round after round, until the event is set."""
    stop = Event()

    def rounds() -> None:
        while not stop.wait(PAUSE_SECONDS):
            _tried(watch, runtime)

    Thread(target=rounds, name="watch", daemon=True).start()
    return stop


def _is_doubted(runtime: Runtime) -> bool:
    with runtime.database.read() as session:
        return clock_doubt.doubted(session) is not None


def _dispatcher(runtime: Runtime) -> Dispatcher:
    return Dispatcher(runtime.database, active_channels(runtime), runtime.settings.base_url)


def tidy(runtime: Runtime, rules: Schedule | None = None) -> None:
    """Delete expired rows and blobs without a row. With `rules`, destroy what is past its retention period.

    Raises:
        ClockDoubtedError, WrongStoreError: nothing is deleted then.
    """
    clock_doubt.ensure_trusted(runtime.database)
    runtime.blobs.ensure_right()
    if rules is None:
        expiry.sweep(runtime)
    else:
        schedule.run(runtime, rules, is_quiet=True)
    sweep_uploads(runtime)


def bind_seals(runtime: Runtime) -> Binding | None:
    """Bind what an older version sealed, once, with its row of the trail; None if nothing was to do.

    Raises:
        OlderDatabaseError: the database is older than its data folder.
    """
    mark = BoundMark(runtime.settings.data_dir)
    done = binding.bind(runtime.database, runtime, mark)
    if done is not None:
        particulars: Particulars = {"bound": done.total, "unopened": done.left, "keys_listed": done.listed}
        with runtime.database.transaction() as session:
            fingerprint = binding.finish(session)
            trail.record(session, Tag.SEALS_BOUND, SYSTEM, particulars=particulars)
        mark.put(fingerprint, is_listed=True)
    return done


def sweep_uploads(runtime: Runtime, grace: timedelta = GRACE) -> int:
    """Delete orphan blobs older than `grace` and return how many there were. Raises ClockDoubtedError."""
    clock_doubt.ensure_trusted(runtime.database)
    with runtime.database.read() as session:
        orphans = orphan_blobs(session, runtime.blobs, grace)
    for name in orphans:
        runtime.blobs.delete(name)
    if orphans:
        with runtime.database.transaction() as session:
            trail.record(session, Tag.UPLOADS_SWEPT, SYSTEM, particulars={"files": len(orphans)})
    return len(orphans)
