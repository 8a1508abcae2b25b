"""The commands that run the portal: `serve`, `worker`, `migrate` and `demo`."""

import argparse
import logging
import socket
from collections.abc import Sequence
from contextlib import ExitStack, suppress

from portal import demo, migrations
from portal.accounts import users
from portal.addresses import in_address_bar
from portal.assembly import make_runtime
from portal.cli import data, process
from portal.cli.commands import CommandError, Commands, Needs, command
from portal.db import Database
from portal.retention.schedule import Schedule
from portal.sentences import said
from portal.settings import Settings, load_settings
from portal.upkeep import owners
from portal.upkeep.owners import Use
from portal.vault import binding
from portal.vault.keyring import KeyringError
from portal.watch.loosened import loosened_of
from portal.web.log_output import LogOutput
from portal.web.notices import of_settings
from portal.worker import bind_seals, run_beside, run_forever, run_once, watch_beside, work_round

APPLICATION = "portal.cli.serving:application"  # each of several worker processes builds its own app from this
ERRORS = (migrations.SchemaError,)
Samples = Sequence[tuple[str, str, str]]
_held = ExitStack()  # until the process ends


def add_to(commands: Commands) -> None:
    command(commands, "serve", "migrate and serve the portal", _serve, Needs.SERVE)
    worker = command(commands, "worker", "deliver waiting notifications and tidy up", _work)
    worker.add_argument("--once", action="store_true", help="one round, then exit")
    command(commands, "migrate", "bring the database to this version", _migrate, Needs.ALONE)
    sample = command(
        commands, "demo", "fill an empty data folder with sample people and tickets", _fill_demo, Needs.SERVE
    )
    sample.add_argument("--serve", action="store_true", help="then serve")


def _serve(options: argparse.Namespace, settings: Settings) -> None:
    serve(settings, options.listeners)


def serve(settings: Settings, listeners: list[socket.socket], samples: Samples = ()) -> None:
    """Serve until stopped. Several workers each build the app from the same environment.

    Args:
        samples: numbers with their codes that the pages of a demo show; not with several workers.
    """
    with process.starting():
        import uvicorn  # noqa: PLC0415
        from uvicorn.supervisors import Multiprocess  # noqa: PLC0415

        from portal.app import create_app  # noqa: PLC0415  (server, FastAPI and pages: a second that few commands need)
        from portal.web.connections import HEAD_SECONDS, BoundedProtocol  # noqa: PLC0415

    process.prepare()
    _log_to_stderr()
    data.before_serving(settings)
    with process.starting():
        app = create_app(settings) if settings.workers == 1 else None
        if app is not None:
            app.state.web.templates.globals["samples"] = samples
    runtime = app.state.runtime if app else make_runtime(settings)
    if settings.worker == "inside":
        run_beside(runtime, Schedule.of(settings))
    else:
        watch_beside(runtime)
    _announce(settings, runtime.database)
    config = uvicorn.Config(
        app or APPLICATION,
        factory=app is None,
        workers=settings.workers,
        http=BoundedProtocol,
        ws="none",
        log_config=None,
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=HEAD_SECONDS,
        timeout_graceful_shutdown=30,
    )
    if app is None:
        Multiprocess(config, sockets=listeners).run()
    else:
        with suppress(KeyboardInterrupt):
            uvicorn.Server(config).run(sockets=listeners)


def application() -> object:
    """One of several worker processes; it holds the data folder too, so that it counts should it outlive `serve`."""
    process.prepare()
    _log_to_stderr()
    settings = load_settings()
    _held.enter_context(owners.claimed(settings.data_dir, Use.SHARED, "portal serve"))
    with process.starting():
        from portal.app import create_app  # noqa: PLC0415  (as above)

        return create_app(settings)


def _announce(settings: Settings, database: Database) -> None:
    """What the operator must know; a console that is gone does not stop the portal."""
    with database.transaction() as session:
        code = users.new_setup_code(session)
    local = in_address_bar(settings.host, settings.port)
    place = "开发，内部页面只对本机开放 (development)" if settings.is_development else "正式 (production)"
    told = [
        *of_settings(settings),
        *loosened_of(settings),
        *(said("unknown_setting", name=n) for n in settings.unknown),
    ]
    lines = [f"一线通 {local}", f"运行环境 {place}", *(f"注意：{notice}" for notice in told)]
    if code:
        address = settings.base_url or local
        lines.append(f"{said('first_administrator', address=address, minutes=users.SETUP_MINUTES)}\n\n    {code}\n")
    with suppress(OSError):
        print("\n".join(lines), flush=True)


def _work(options: argparse.Namespace, settings: Settings) -> None:
    _log_to_stderr()
    runtime = make_runtime(settings)
    if options.once:
        run_once(runtime, Schedule.of(settings))
    else:
        run_forever(runtime, Schedule.of(settings))


def _migrate(options: argparse.Namespace, settings: Settings) -> None:
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    database = Database(settings.database_url)
    migrations.migrate(database)
    if binding.is_older(database):
        _bind(settings)


def _bind(settings: Settings) -> None:
    """Bind what an older version sealed, if the keys are here; else the next start does it."""
    try:
        runtime = make_runtime(settings)
    except KeyringError as error:
        print(said("seals_at_next_start", reason=str(error)))
        return
    bind_seals(runtime)
    runtime.database.dispose()


def _fill_demo(options: argparse.Namespace, settings: Settings) -> None:
    runtime = make_runtime(settings)
    is_new = demo.fill(runtime, days=demo.HISTORY_DAYS, rounds=work_round) is not None
    ways = demo.ways_in(runtime)
    runtime.database.dispose()
    if not is_new and not options.serve:
        raise CommandError(said("folder_has_people"))
    print(_ways_in(ways) if ways else said("demo_older", folder=settings.data_dir), flush=True)
    if options.serve:
        serve(settings, options.listeners, ways.samples if ways else ())


def _ways_in(ways: demo.WaysIn) -> str:
    """The people of the demo with their passwords, and a ticket with its code: all invented, so said at each start."""
    lines = [said("demo_people")]
    lines += [f"  {name:<10} {ways.passwords[name]:<14} {shown} {role}" for name, role, _, shown in demo.STAFF]
    lines += [said("demo_ticket", number=ways.number, code=ways.query_code)]
    lines += [f"  {number:<14} {code:<14} {shown}" for shown, number, code in ways.codes]
    return "\n".join(lines)


def _log_to_stderr() -> None:
    output = LogOutput()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s", handlers=[output])
    logging.getLogger("alembic").setLevel(logging.WARNING)
