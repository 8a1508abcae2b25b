"""The command line: `portal …` or `python -m portal …` (CONTRACT, Commands)."""

import argparse
import logging
import sys
from collections.abc import Callable
from dataclasses import replace

import uvicorn
from sqlalchemy import func, select

from portal import demo, migrations, rotation
from portal.accounts import users
from portal.accounts.roles import Role
from portal.app import create_app, make_tools
from portal.audit import trail
from portal.audit.actor import Actor
from portal.audit.tags import Tag
from portal.db import Database
from portal.errors import InvalidError, PortalError
from portal.settings import SUITES, Settings, SettingsError, load_settings
from portal.vault.keyring import KeyringError
from portal.vault.models import DataKey
from portal.worker import run_forever, run_once, sweep_uploads

ADMINISTRATOR = Actor("command line", "system", display_name="命令行")


class CommandError(Exception):
    """One clear sentence for stderr; exit code 1."""


def main(arguments: list[str] | None = None) -> None:
    """Run one command and exit: 0 done, 1 failed, 2 used wrongly."""
    options = _parser().parse_args(arguments)
    run: Callable[[argparse.Namespace, Settings], None] = options.run
    try:
        run(options, load_settings())
    except SettingsError as error:
        sys.exit("settings: " + "\nsettings: ".join(error.faults))
    except InvalidError as error:
        sys.exit("; ".join(fault.message for fault in error.faults))
    except (CommandError, KeyringError, rotation.NotCleanError, migrations.SchemaError) as error:
        sys.exit(str(error))
    except PortalError as error:
        sys.exit(error.message)
    except OSError as error:
        sys.exit(f"{error.filename or 'error'}: {error.strerror or error}")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="portal", description="一线通")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    _command(commands, "serve", "migrate and serve the portal", _serve)
    worker = _command(commands, "worker", "deliver waiting notifications and tidy up", _work)
    worker.add_argument("--once", action="store_true", help="one round, then exit")
    _command(commands, "migrate", "bring the database to this version", _migrate)

    people = _group(commands, "users", "members of staff")
    add = _command(people, "add", "add a member of staff", _add_user)
    add.add_argument("name")
    add.add_argument("--role", required=True, choices=list(Role))
    add.add_argument("--queue", action="append", default=[], choices=users.QUEUES)
    add.add_argument("--display-name", default="")
    add.add_argument("--password-stdin", action="store_true", required=True)

    tokens = _group(commands, "tokens", "bearer tokens for the API")
    token = _command(tokens, "add", "add a token and print it once", _add_token)
    token.add_argument("name")
    token.add_argument("--user", required=True)

    uploads = _group(commands, "uploads", "stored pictures")
    _command(uploads, "sweep", "remove pictures that belong to no report", _sweep_uploads)

    keys = _group(commands, "keys", "encryption keys")
    _command(keys, "status", "show the active key and what it protects", _show_keys)
    rotate = _command(keys, "rotate", "make a new active key and wrap everything under it", _rotate_keys)
    rotate.add_argument("--suite", choices=SUITES, help="also seal everything anew under this suite")
    _command(keys, "verify", "open every sealed value and picture", _verify_keys)
    retire = _command(keys, "retire", "remove an old key from the keyring, after a clean verify", _retire_key)
    retire.add_argument("key_id")

    sample = _command(commands, "demo", "fill an empty data folder with sample people and tickets", _fill_demo)
    sample.add_argument("--serve", action="store_true", help="then serve")

    audit = _group(commands, "audit", "the trail")
    _command(audit, "verify", "prove the trail whole", _verify_audit)
    return parser


def _group(commands: argparse._SubParsersAction, name: str, text: str) -> argparse._SubParsersAction:
    group = commands.add_parser(name, help=text)
    return group.add_subparsers(dest="action", required=True, metavar="ACTION")


def _command(
    commands: argparse._SubParsersAction,
    name: str,
    text: str,
    run: Callable[[argparse.Namespace, Settings], None],
) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser(name, help=text, description=text)
    parser.set_defaults(run=run)
    return parser


def _serve(options: argparse.Namespace, settings: Settings) -> None:
    _announce_first_administrator(settings)
    serve(settings)


def serve(settings: Settings) -> None:
    """Serve until stopped. Several workers are made anew from the same environment."""
    _log_to_stderr()
    shared = {
        "host": settings.host,
        "port": settings.port,
        "access_log": False,
        "server_header": False,
        "proxy_headers": False,
        "timeout_graceful_shutdown": 30,
        "log_level": "warning",
    }
    print(f"一线通 http://{settings.host}:{settings.port}", flush=True)
    if settings.workers > 1:
        uvicorn.run("portal.cli:application", factory=True, workers=settings.workers, **shared)  # type: ignore[arg-type]
    else:
        uvicorn.run(create_app(settings), **shared)  # type: ignore[arg-type]


def application() -> object:
    """The app of one worker process."""
    _log_to_stderr()
    return create_app(load_settings())


def _announce_first_administrator(settings: Settings) -> None:
    tools = make_tools(settings)
    with tools.database.transaction() as session:
        code = users.new_setup_code(session)
    tools.database.dispose()
    if code:
        address = settings.base_url or f"http://{settings.host}:{settings.port}"
        print(
            f"还没有管理员。请在 {users.SETUP_MINUTES} 分钟内打开 {address}/setup ，"
            f"用一次性代码建立第一位管理员。\nFirst administrator: open {address}/setup and use this one-time code:\n"
            f"\n    {code}\n",
            flush=True,
        )


def _work(options: argparse.Namespace, settings: Settings) -> None:
    _log_to_stderr()
    tools = make_tools(settings)
    if options.once:
        run_once(tools)
    else:
        run_forever(tools)


def _migrate(options: argparse.Namespace, settings: Settings) -> None:
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    migrations.migrate(Database(settings.database_url))


def _add_user(options: argparse.Namespace, settings: Settings) -> None:
    password = sys.stdin.readline().rstrip("\r\n")
    tools = make_tools(settings)
    with tools.database.transaction() as session:
        users.add_user(
            session,
            ADMINISTRATOR,
            username=options.name,
            password=password,
            role=options.role,
            queues=options.queue,
            display_name=options.display_name,
        )


def _add_token(options: argparse.Namespace, settings: Settings) -> None:
    tools = make_tools(settings)
    with tools.database.transaction() as session:
        token = users.add_token(session, ADMINISTRATOR, name=options.name, username=options.user)
    print(token)


def _sweep_uploads(options: argparse.Namespace, settings: Settings) -> None:
    print(f"{sweep_uploads(make_tools(settings))} orphan files removed")


def _show_keys(options: argparse.Namespace, settings: Settings) -> None:
    tools = make_tools(settings)
    with tools.database.read() as session:
        counts = session.execute(
            select(DataKey.key_id, DataKey.suite, func.count()).group_by(DataKey.key_id, DataKey.suite)
        )
        for key_id, suite, count in counts:
            print(f"{key_id} {suite}: {count} data keys")
    print(f"active: {tools.vault.keyring.active_key_id}, new data: {tools.vault.suite.name}")


def _rotate_keys(options: argparse.Namespace, settings: Settings) -> None:
    tools = make_tools(replace(settings, suite=options.suite or settings.suite))
    key_id, count = rotation.rotate(tools, settings.keyring, ADMINISTRATOR)
    print(f"active: {key_id}, {count} data keys wrapped anew")
    if options.suite:
        print(f"{rotation.convert(tools, ADMINISTRATOR)} data keys converted to {options.suite}")


def _verify_keys(options: argparse.Namespace, settings: Settings) -> None:
    found = rotation.verify(make_tools(settings))
    if found.broken:
        raise CommandError("cannot be opened: " + "\ncannot be opened: ".join(found.broken))
    print(f"{found.opened} sealed values and pictures open")


def _retire_key(options: argparse.Namespace, settings: Settings) -> None:
    rotation.retire(make_tools(settings), settings.keyring, options.key_id, ADMINISTRATOR)
    print(f"{options.key_id} is no longer in the keyring")


def _fill_demo(options: argparse.Namespace, settings: Settings) -> None:
    tools = make_tools(settings)
    passwords = demo.fill(tools)
    tools.database.dispose()
    if passwords:
        print("演示人员与密码，只显示这一次 (sample staff, shown once):")
        for name, role, _, shown in demo.STAFF:
            print(f"  {name:<10} {passwords[name]:<14} {shown} {role}")
    elif not options.serve:
        raise CommandError("this data folder already has people in it; give another PORTAL_DATA_DIR")
    if options.serve:
        serve(settings)


def _verify_audit(options: argparse.Namespace, settings: Settings) -> None:
    tools = make_tools(settings)
    with tools.database.read() as session:
        result = trail.verify(session)
    if result.first_break:
        raise CommandError(f"row {result.first_break.seq}: {result.first_break.problem}")
    with tools.database.transaction() as session:
        trail.record(session, Tag.AUDIT_VERIFIED, ADMINISTRATOR, detail=f"{result.count} rows")
    print(f"审计记录完整，共 {result.count} 条 ({result.count} rows, chain whole)")


def _log_to_stderr() -> None:
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
