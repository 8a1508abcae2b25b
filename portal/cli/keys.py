"""The commands of encryption keys: `keys …`."""

import argparse
import sys
from dataclasses import replace
from datetime import date

from sqlalchemy import func, select

from portal import clock
from portal.assembly import make_runtime
from portal.cli.commands import ADMINISTRATOR, CommandError, Commands, Needs, command, group
from portal.sentences import said
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
    command(keys, "new", "print a keyring with one more key, for PORTAL_KEYRING_JSON", _new_keyring, Needs.NOTHING)
    command(keys, "bind", "bind the seals of an older database that was put in place by hand", _bind_seals)
    retire = command(keys, "retire", "destroy an old key, after a clean verify", _retire_key)
    retire.add_argument("key_id", help="the id of an old key, see keys status")


def _show_keys(options: argparse.Namespace, settings: Settings) -> None:
    runtime = make_runtime(settings)
    provider = runtime.vault.keyring
    with runtime.database.read() as session:
        rows = session.execute(
            select(DataKey.key_id, DataKey.suite, func.count(), func.min(DataKey.created_at))
            .group_by(DataKey.key_id, DataKey.suite)
            .order_by(DataKey.key_id, DataKey.suite)
        ).all()
    print(said("keys_in", place=provider.place))
    active = provider.active_key_id
    print(said("key_active", key=active, suite=runtime.vault.suite.name, **_age_of(active)))
    for key_id, suite, count, oldest in rows:
        print(said("key_use", key=key_id, suite=suite, count=count, **_days_since(oldest.date())))
    for key_id in sorted(provider.key_ids() - {active} - {row[0] for row in rows}):
        print(said("key_unused", key=key_id, **_age_of(key_id)))
    if binding.is_older(runtime.database):
        print(said("seals_older"))
    if waiting := rotation.waiting(runtime.database, active):
        print(said("rotation_unfinished", count=waiting))


def _age_of(key_id: str) -> dict[str, str]:
    day = key_date(key_id)
    return _days_since(day) if day else {"age": "时间不详", "age_twin": "age unknown"}


def _days_since(day: date) -> dict[str, str]:
    days = (clock.now().date() - day).days
    return {"age": f"{days} 天前", "age_twin": f"{days} days old"}


def _rotate_keys(options: argparse.Namespace, settings: Settings) -> None:
    runtime = make_runtime(replace(settings, suite=options.suite or settings.suite))
    done = rotation.rotate(
        runtime, ADMINISTRATOR, only_finish=bool(options.suite) and rotation.is_half_converted(runtime)
    )
    print(said("key_rotated", key=done.active_key_id, count=done.rewrapped), flush=True)
    left = done.left
    if options.suite:
        conversion = rotation.convert(runtime, ADMINISTRATOR)
        print(said("keys_converted", count=conversion.converted, suite=options.suite))
        left = max(left, conversion.left)
    if left:
        raise CommandError(said("keys_left", count=left))


def _verify_keys(options: argparse.Namespace, settings: Settings) -> None:
    found = rotation.verify(make_runtime(settings), _report_broken)
    if found.broken_count:
        raise CommandError(said("seals_broken", broken=found.broken_count, count=found.opened))
    print(said("seals_open", count=found.opened))


def _bind_seals(options: argparse.Namespace, settings: Settings) -> None:
    BoundMark(settings.data_dir).remove()
    done = bind_seals(make_runtime(settings))
    if done is None:
        print(said("seals_bound_before"))
        return
    print(said("seals_bound", tables=", ".join(f"{count} of {table}" for table, count in done.bound.items())))
    if done.left:
        raise CommandError(said("seals_left", count=done.left))


def _report_broken(problem: str) -> None:
    print(said("seal_broken", problem=problem), file=sys.stderr, flush=True)


def _retire_key(options: argparse.Namespace, settings: Settings) -> None:
    rotation.retire(make_runtime(settings), options.key_id, ADMINISTRATOR, _report_broken)
    print(said("key_retired", key=options.key_id))


def _new_keyring(options: argparse.Namespace, settings: Settings) -> None:
    text = settings.keyring_json
    print(keyring_text(with_new_key(parsed_keyring(text, "PORTAL_KEYRING_JSON")) if text else new_keyring()))
