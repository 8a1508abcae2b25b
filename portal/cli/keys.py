"""The commands of encryption keys: `keys …`."""

import argparse
import sys
from dataclasses import replace
from datetime import date

from sqlalchemy import func, select

from portal import clock
from portal.app import make_runtime
from portal.cli.commands import ADMINISTRATOR, CommandError, Commands, command, group
from portal.settings import SUITES, Settings
from portal.upkeep import rotation
from portal.vault import binding
from portal.vault.binding import BoundMark, OlderDatabaseError
from portal.vault.keyring import KeyringError, key_date, keyring_text, new_keyring, parsed_keyring, with_new_key
from portal.vault.models import DataKey
from portal.worker import bind_seals

ERRORS = (KeyringError, OlderDatabaseError, rotation.NotCleanError)


def add_to(commands: Commands) -> None:
    keys = group(commands, "keys", "encryption keys")
    command(keys, "status", "show the active key and what it protects", _show_keys)
    rotate = command(keys, "rotate", "make a new active key and wrap everything under it", _rotate_keys)
    rotate.add_argument("--suite", choices=SUITES, help="also seal everything anew under this suite")
    command(keys, "verify", "open every sealed value and picture", _verify_keys)
    command(keys, "new", "print a keyring with one more key, for PORTAL_KEYRING_JSON", _new_keyring)
    command(keys, "bind", "bind the seals of an older database that was put in place by hand", _bind_seals)
    retire = command(keys, "retire", "destroy an old key, after a clean verify", _retire_key)
    retire.add_argument("key_id")


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
    if binding.is_older(runtime.database):
        print("what an older version sealed is not bound to its owners yet; the next start or the worker does it")
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
    found = rotation.verify(make_runtime(settings), _report_broken)
    if found.broken_count:
        raise CommandError(f"{found.broken_count} cannot be opened, {found.opened} sealed values and pictures open")
    print(f"{found.opened} sealed values and pictures open")


def _bind_seals(options: argparse.Namespace, settings: Settings) -> None:
    BoundMark(settings.data_dir).remove()
    done = bind_seals(make_runtime(settings))
    if done is None:
        print("all seals are bound already")
        return
    print(", ".join(f"{count} of {table}" for table, count in done.bound.items()) + " bound")
    if done.left:
        raise CommandError(f"{done.left} cannot be opened and stay closed; run keys verify")


def _report_broken(problem: str) -> None:
    print(f"cannot be opened: {problem}", file=sys.stderr, flush=True)


def _retire_key(options: argparse.Namespace, settings: Settings) -> None:
    rotation.retire(make_runtime(settings), options.key_id, ADMINISTRATOR, _report_broken)
    print(f"{options.key_id} is destroyed")


def _new_keyring(options: argparse.Namespace, settings: Settings) -> None:
    text = settings.keyring_json
    print(keyring_text(with_new_key(parsed_keyring(text, "PORTAL_KEYRING_JSON")) if text else new_keyring()))
