"""The commands for people: `users …` and `tokens …`."""

import argparse
import sys

from portal.accounts import external, second_factor, users
from portal.accounts.roles import SCOPES, Duty, Role
from portal.assembly import make_runtime
from portal.cli.commands import ADMINISTRATOR, CommandError, Commands, Needs, command, group
from portal.kinds.table import QUEUES
from portal.sentences import said
from portal.settings import Settings


def add_to(commands: Commands) -> None:
    people = group(commands, "users", "members of staff")
    add = command(people, "add", "add a member of staff", _add_user, Needs.ANY_FOLDER)
    add.add_argument("name", help="the user name")
    add.add_argument("--role", required=True, choices=[role.value for role in Role], help="what they may do")
    add.add_argument("--queue", action="append", default=[], choices=QUEUES, help="a queue; may be given again")
    add.add_argument("--display-name", default="", help="the name that others read")
    add.add_argument("--staff-number", default="", metavar="N", help="1 to 12 letters and digits, with - inside")
    add.add_argument(
        "--duty",
        action="append",
        default=[],
        choices=[duty.value for duty in Duty],
        help="a duty besides; may be given again",
    )
    add.add_argument("--department", default="", metavar="NAME", help="the department of a partner")
    add.add_argument(
        "--password-stdin", action="store_true", required=True, help="the password is a line on standard input"
    )

    reset = command(people, "reset-second-factor", "forget a lost second factor", _reset_second_factor)
    reset.add_argument("name", help="the user name")
    link = command(people, "link", "let an account of the OpenID provider sign in as a member of staff", _link_external)
    link.add_argument("name", help="the user name")
    link.add_argument("--subject", required=True, help="the number that the portal shows to an account without a link")
    unlink = command(people, "unlink", "take the account of the OpenID provider away again", _unlink_external)
    unlink.add_argument("name", help="the user name")

    tokens = group(commands, "tokens", "bearer tokens for the API")
    token = command(tokens, "add", "add a token and print it once", _add_token)
    token.add_argument("name", help="what the token is for")
    token.add_argument("--user", required=True, help="the user name")
    token.add_argument(
        "--scope",
        action="append",
        default=[],
        choices=list(SCOPES),
        help="what it may do, all the user may unless told; may be given again",
    )
    token.add_argument("--days", type=int, default=users.TOKEN_DAYS, help="for how many days, 1 to 730")


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
            staff_number=options.staff_number,
            department=options.department,
            duties=options.duty,
            policy=settings.password_policy,
        )


def _reset_second_factor(options: argparse.Namespace, settings: Settings) -> None:
    runtime = make_runtime(settings)
    with runtime.database.transaction() as session:
        user = users.user_named(session, options.name)
        second_factor.reset(session, ADMINISTRATOR, user.id)


def _link_external(options: argparse.Namespace, settings: Settings) -> None:
    if not settings.oidc_issuer:
        raise CommandError(said("oidc_unset"))
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
