"""The command line: `portal …` or `python -m portal …` (CONTRACT, Commands)."""

import argparse
import logging
import os
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import date

import uvicorn
from sqlalchemy import func, select

from portal import clock, demo, migrations
from portal.accounts import external, second_factor, users
from portal.accounts.roles import SCOPES, Role
from portal.app import create_app, make_runtime
from portal.cli import audit, data
from portal.cli.commands import ADMINISTRATOR, command, group
from portal.db import Database
from portal.errors import InvalidError, PortalError
from portal.kinds.table import QUEUES
from portal.retention.schedule import Schedule
from portal.settings import SUITES, Settings, SettingsError, load_settings
from portal.upkeep import rotation
from portal.vault.keyring import (
    KeyringError,
    key_date,
    keyring_text,
    new_keyring,
    parsed_keyring,
    with_new_key,
)
from portal.vault.models import DataKey
from portal.worker import run_beside, run_forever, run_once, sweep_uploads


class CommandError(Exception):
    """One clear sentence for stderr; exit code 1."""


def main(arguments: list[str] | None = None) -> None:
    """Run one command and exit: 0 done, 1 failed, 2 used wrongly."""
    options = _parser().parse_args(arguments)
    os.umask(0o077)  # database, log, checkpoints and backups are for the portal's own user alone
    run: Callable[[argparse.Namespace, Settings], None] = options.run
    try:
        run(options, load_settings())
    except SettingsError as error:
        sys.exit("settings: " + "\nsettings: ".join(error.faults))
    except InvalidError as error:
        sys.exit("; ".join(fault.message for fault in error.faults))
    except (*audit.ERRORS, *data.ERRORS) as error:
        sys.exit(str(error))
    except (CommandError, KeyringError, rotation.NotCleanError, migrations.SchemaError) as error:
        sys.exit(str(error))
    except PortalError as error:
        sys.exit(error.message)
    except OSError as error:
        sys.exit(f"{error.filename or 'error'}: {error.strerror or error}")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="portal", description="一线通")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    command(commands, "serve", "migrate and serve the portal", _serve)
    worker = command(commands, "worker", "deliver waiting notifications and tidy up", _work)
    worker.add_argument("--once", action="store_true", help="one round, then exit")
    command(commands, "migrate", "bring the database to this version", _migrate)

    people = group(commands, "users", "members of staff")
    add = command(people, "add", "add a member of staff", _add_user)
    add.add_argument("name")
    add.add_argument("--role", required=True, choices=[role.value for role in Role])
    add.add_argument("--queue", action="append", default=[], choices=QUEUES)
    add.add_argument("--display-name", default="")
    add.add_argument("--password-stdin", action="store_true", required=True)

    reset = command(people, "reset-second-factor", "forget a lost second factor", _reset_second_factor)
    reset.add_argument("name")
    link = command(people, "link", "let an account of the OpenID provider sign in as a member of staff", _link_external)
    link.add_argument("name")
    link.add_argument("--subject", required=True, help="the number that the portal shows to an account without a link")
    unlink = command(people, "unlink", "take the account of the OpenID provider away again", _unlink_external)
    unlink.add_argument("name")

    tokens = group(commands, "tokens", "bearer tokens for the API")
    token = command(tokens, "add", "add a token and print it once", _add_token)
    token.add_argument("name")
    token.add_argument("--user", required=True)
    token.add_argument("--scope", action="append", default=[], choices=list(SCOPES), help="default: all the user may")
    token.add_argument("--days", type=int, default=users.TOKEN_DAYS, help=f"1 to {users.MOST_TOKEN_DAYS}")

    uploads = group(commands, "uploads", "stored pictures")
    command(uploads, "sweep", "remove pictures that belong to no report", _sweep_uploads)

    keys = group(commands, "keys", "encryption keys")
    command(keys, "status", "show the active key and what it protects", _show_keys)
    rotate = command(keys, "rotate", "make a new active key and wrap everything under it", _rotate_keys)
    rotate.add_argument("--suite", choices=SUITES, help="also seal everything anew under this suite")
    command(keys, "verify", "open every sealed value and picture", _verify_keys)
    command(keys, "new", "print a keyring with one more key, for PORTAL_KEYRING_JSON", _new_keyring)
    retire = command(keys, "retire", "destroy an old key, after a clean verify", _retire_key)
    retire.add_argument("key_id")

    sample = command(commands, "demo", "fill an empty data folder with sample people and tickets", _fill_demo)
    sample.add_argument("--serve", action="store_true", help="then serve")

    data.add_to(commands)

    audit.add_to(commands)
    return parser


def _serve(options: argparse.Namespace, settings: Settings) -> None:
    _announce_first_administrator(settings)
    serve(settings)


def serve(settings: Settings) -> None:
    """Serve until stopped. Several workers are made anew from the same environment."""
    _log_to_stderr()
    data.before_serving(settings)
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
    app = create_app(settings) if settings.workers == 1 else None
    if settings.worker == "inside":
        run_beside(app.state.runtime if app else make_runtime(settings), Schedule.of(settings))
    if app is None:
        uvicorn.run("portal.cli:application", factory=True, workers=settings.workers, **shared)  # type: ignore[arg-type]
    else:
        uvicorn.run(app, **shared)  # type: ignore[arg-type]


def application() -> object:
    """The app of one worker process."""
    _log_to_stderr()
    return create_app(load_settings())


def _announce_first_administrator(settings: Settings) -> None:
    runtime = make_runtime(settings)
    with runtime.database.transaction() as session:
        code = users.new_setup_code(session)
    runtime.database.dispose()
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
    runtime = make_runtime(settings)
    if options.once:
        run_once(runtime, Schedule.of(settings))
    else:
        run_forever(runtime, Schedule.of(settings))


def _migrate(options: argparse.Namespace, settings: Settings) -> None:
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    migrations.migrate(Database(settings.database_url))


def _add_user(options: argparse.Namespace, settings: Settings) -> None:
    password = sys.stdin.readline().rstrip("\r\n")
    runtime = make_runtime(settings)
    with runtime.database.transaction() as session:
        users.add_user(
            session,
            ADMINISTRATOR,
            username=options.name,
            password=password,
            role=options.role,
            queues=options.queue,
            display_name=options.display_name,
            policy=settings.password_policy,
        )


def _reset_second_factor(options: argparse.Namespace, settings: Settings) -> None:
    runtime = make_runtime(settings)
    with runtime.database.transaction() as session:
        user = users.user_named(session, options.name)
        second_factor.reset(session, ADMINISTRATOR, user.id)


def _link_external(options: argparse.Namespace, settings: Settings) -> None:
    if not settings.oidc_issuer:
        raise CommandError("PORTAL_OIDC_ISSUER is not set")
    runtime = make_runtime(settings)
    with runtime.database.transaction() as session:
        user = users.user_named(session, options.name)
        external.link(session, runtime.vault, ADMINISTRATOR, user.id, settings.oidc_issuer, options.subject)


def _unlink_external(options: argparse.Namespace, settings: Settings) -> None:
    runtime = make_runtime(settings)
    with runtime.database.transaction() as session:
        external.unlink(session, runtime.vault, ADMINISTRATOR, users.user_named(session, options.name).id)


def _add_token(options: argparse.Namespace, settings: Settings) -> None:
    runtime = make_runtime(settings)
    with runtime.database.transaction() as session:
        token = users.add_token(
            session,
            ADMINISTRATOR,
            name=options.name,
            username=options.user,
            scopes=options.scope,
            days=options.days,
        )
    print(token)


def _sweep_uploads(options: argparse.Namespace, settings: Settings) -> None:
    print(f"{sweep_uploads(make_runtime(settings))} orphan files removed")


def _show_keys(options: argparse.Namespace, settings: Settings) -> None:
    runtime = make_runtime(settings)
    provider = runtime.vault.keyring
    with runtime.database.read() as session:
        rows = session.execute(
            select(DataKey.key_id, DataKey.suite, func.count(), func.min(DataKey.created_at))
            .group_by(DataKey.key_id, DataKey.suite)
            .order_by(DataKey.key_id, DataKey.suite)
        ).all()
    print(f"keys in: {provider.place}")
    print(f"active: {provider.active_key_id}, {_age_of(provider.active_key_id)}, new data: {runtime.vault.suite.name}")
    for key_id, suite, count, oldest in rows:
        print(f"{key_id} {suite}: {count} data keys, the oldest {_days_since(oldest.date())}")
    for key_id in sorted(provider.key_ids() - {provider.active_key_id} - {row[0] for row in rows}):
        print(f"{key_id}: nothing hangs on it, {_age_of(key_id)}; keys retire {key_id} removes it")
    if waiting := rotation.waiting(runtime.database, provider.active_key_id):
        print(f"rotation is not finished: {waiting} data keys hang on older keys; run keys rotate")


def _age_of(key_id: str) -> str:
    day = key_date(key_id)
    return _days_since(day) if day else "age unknown"


def _days_since(day: date) -> str:
    return f"{(clock.now().date() - day).days} days old"


def _rotate_keys(options: argparse.Namespace, settings: Settings) -> None:
    runtime = make_runtime(replace(settings, suite=options.suite or settings.suite))
    done = rotation.rotate(
        runtime, ADMINISTRATOR, only_finish=bool(options.suite) and rotation.is_half_converted(runtime)
    )
    print(f"active: {done.active_key_id}, {done.rewrapped} data keys wrapped anew", flush=True)
    left = done.left
    if options.suite:
        conversion = rotation.convert(runtime, ADMINISTRATOR)
        print(f"{conversion.converted} data keys converted to {options.suite}")
        left = max(left, conversion.left)
    if left:
        raise CommandError(f"{left} data keys cannot be opened and stay as they are; run keys verify")


def _verify_keys(options: argparse.Namespace, settings: Settings) -> None:
    found = rotation.verify(make_runtime(settings), _tell_broken)
    if found.broken_count:
        raise CommandError(f"{found.broken_count} cannot be opened, {found.opened} sealed values and pictures open")
    print(f"{found.opened} sealed values and pictures open")


def _tell_broken(place: str) -> None:
    print(f"cannot be opened: {place}", file=sys.stderr, flush=True)


def _retire_key(options: argparse.Namespace, settings: Settings) -> None:
    rotation.retire(make_runtime(settings), options.key_id, ADMINISTRATOR, _tell_broken)
    print(f"{options.key_id} is destroyed")


def _new_keyring(options: argparse.Namespace, settings: Settings) -> None:
    text = settings.keyring_json
    print(keyring_text(with_new_key(parsed_keyring(text, "PORTAL_KEYRING_JSON")) if text else new_keyring()))


def _fill_demo(options: argparse.Namespace, settings: Settings) -> None:
    runtime = make_runtime(settings)
    passwords = demo.fill(runtime)
    runtime.database.dispose()
    if passwords:
        print("演示人员与密码，只显示这一次 (sample staff, shown once):")
        for name, role, _, shown in demo.STAFF:
            print(f"  {name:<10} {passwords[name]:<14} {shown} {role}")
    elif not options.serve:
        raise CommandError("this data folder already has people in it; give another PORTAL_DATA_DIR")
    if options.serve:
        serve(settings)


def _log_to_stderr() -> None:
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    logging.getLogger("alembic").setLevel(logging.WARNING)
