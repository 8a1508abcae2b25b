"""House rules about the rooms: what each may own, import and call (ARCHITECTURE 2)."""

import ast
from collections.abc import Iterator

from portal.accounts.roles import Role
from tests.architecture.house import ROOT, imports_of, is_portal, is_template, layers, matches, nodes, room, rule

# Everything below the pages, by the import contract: nothing here is entered by hand.
_ROOMS = layers()
_DOORS = next(number for number, names in enumerate(_ROOMS) if "pages" in names)
SERVICES = {name for names in _ROOMS[_DOORS + 1 :] for name in names} - {"web"}
PAGE_ROOMS = sorted(path.name for path in (ROOT / "portal/pages").iterdir() if (path / "__init__.py").exists())

# Below the pages, yet they know a request; with the reason.
MAY_KNOW_REQUESTS = {
    "portal/accounts/guard.py": "the guard of the routes: it answers a request or lets it through",
    "portal/runtime.py": "gives a request the runtime of its app",
}
MAY_READ_THE_APP = {
    "portal/app.py": "puts the parts there",
    "portal/runtime.py": "the one accessor of the runtime",
    "portal/web/context.py": "the one accessor of what pages are made with",
    "portal/pages/account/openid.py": "the one accessor of the provider",
    "portal/cli/serving.py": "the worker beside the server shares its runtime",
}
MAY_DECLARE_FORMS = {
    "portal/web/csrf.py": "the forms of pages, with their check",
    "portal/api/bodies.py": "the uploads of the API, which knows no cookies to ride on",
}
MAY_LIST_ROLES = {"portal/accounts/roles.py": "the table itself"}
MAY_SEE_FILE_NAMES = {
    "portal/web/body.py": "takes the upload apart",
    "portal/pages/directory/importing.py": "the name of a list is shown again in its preview",
}
EXCEPTIONS = MAY_KNOW_REQUESTS | MAY_READ_THE_APP | MAY_DECLARE_FORMS | MAY_LIST_ROLES | MAY_SEE_FILE_NAMES
_OPENERS = ("open_value", "open_with", "reseal")
_SEALERS = ("sealed_value", "data_key", "new_data_key", "rewrap")


def is_page(path: str) -> bool:
    return path.startswith(("portal/pages/", "portal/api/")) and path.endswith(".py")


def _calls(text: str) -> Iterator[tuple[ast.Call, str, str]]:
    """Every call as (node, what it is called on, the last name)."""
    for node in nodes(text, ast.Call):
        owner, _, name = ast.unparse(node.func).rpartition(".")
        yield node, owner, name


def _opened_seals(text: str, names: tuple[str, ...], acts: tuple[str, ...]) -> Iterator[str]:
    for node, owner, name in _calls(text):
        last = owner.split(".")[-1]
        if name in names or (name in acts and last == "vault") or (name == "open_picture" and last == "screenshots"):
            yield f"{node.lineno}: {owner}.{name}()"


@rule(
    bad=[
        ("portal/tickets/x.py", "from starlette.requests import Request"),
        ("portal/vault/x.py", "import fastapi"),
        ("portal/notify/channels/x.py", "from jinja2 import Environment"),
        ("portal/audit/x.py", "from portal.web import context"),
        ("portal/reports/x.py", "from portal.web.body import PostedForm"),
        ("portal/db.py", "import starlette"),
    ],
    good=[
        ("portal/web/x.py", "import jinja2"),
        ("portal/pages/clinic/x.py", "from starlette.requests import Request"),
        ("portal/tickets/x.py", "from portal.audit import trail"),
        ("portal/cli/x.py", "import uvicorn"),
    ],
)
def services_know_no_web(path: str, text: str) -> Iterator[str]:
    """A service is called by pages, the API, the command line and tests alike, so it knows none of them."""
    if is_portal(path) and room(path) in SERVICES and path not in MAY_KNOW_REQUESTS:
        yield from imports_of(text, "starlette", "fastapi", "jinja2", "uvicorn", "portal.web")


@rule(
    bad=[
        ("portal/api/x.py", "from portal.pages.clinic import steps"),
        ("portal/pages/triage/x.py", "from portal.pages import review"),
        ("portal/pages/triage/x.py", "from portal.pages.review.views import people"),
        ("portal/pages/triage/x.py", "from portal.api import schemas"),
    ],
    good=[
        ("portal/api/x.py", "from portal.api import schemas"),
        ("portal/pages/triage/x.py", "from portal.pages.triage import queue"),
        ("portal/app.py", "from portal.pages.clinic import steps"),
    ],
)
def pages_stand_side_by_side(path: str, text: str) -> Iterator[str]:
    """What two rooms of pages need belongs to a domain, or to the web kit; the app alone puts them together."""
    if not is_page(path):
        return
    own = "portal.api" if room(path) == "api" else f"portal.pages.{path.split('/')[2]}"
    others = {f"portal.pages.{name}" for name in PAGE_ROOMS} | {"portal.api"}
    yield from imports_of(text, *(others - {own}))


@rule(
    bad=[
        ("portal/pages/clinic/x.py", "class Draft(Base):\n    pass"),
        ("portal/pages/review/x.py", "class Sample(db.Base):\n    __tablename__ = 'samples'"),
        ("portal/api/x.py", "from sqlalchemy import Table\nTable('x', metadata)"),
    ],
    good=[
        ("portal/reports/draft_models.py", "class Draft(Base):\n    __tablename__ = 'drafts'"),
        ("portal/pages/clinic/x.py", "class View(BaseView):\n    pass"),
    ],
)
def pages_own_no_tables(path: str, text: str) -> Iterator[str]:
    """A table among the pages is imported by retention, rotation and worker: the arrows would point upward."""
    if not is_page(path):
        return
    for node in nodes(text, ast.ClassDef):
        if any(ast.unparse(base).split(".")[-1] == "Base" for base in node.bases):
            yield f"{node.lineno}: table {node.name}"
    for node in nodes(text, ast.Name):
        if node.id == "__tablename__":
            yield f"{node.lineno}: __tablename__"
    yield from imports_of(text, "sqlalchemy.Table", "sqlalchemy.orm.mapped_column")


@rule(
    bad=[
        ("portal/pages/triage/x.py", "runtime.vault.open_value(session, row)"),
        ("portal/pages/clinic/x.py", "vault.open(session, place, sealed)"),
        ("portal/pages/clinic/x.py", "runtime.vault.seal(key, place, b'')"),
        ("portal/pages/desk/x.py", "screenshots.open_picture(session, vault, blobs, row)"),
        ("portal/api/x.py", "runtime.blobs.get(key)"),
        ("portal/api/x.py", "from portal.storage.local import LocalBlobStore"),
        ("portal/pages/triage/x.py", "from PIL import Image"),
        ("portal/pages/triage/x.py", "from portal.vault.suites import suite_of"),
    ],
    good=[
        ("portal/pages/health/x.py", "runtime.blobs.is_writable()"),
        ("portal/pages/triage/x.py", "reveals.reveal(runtime, actor, number)"),
        ("portal/pages/triage/x.py", "from portal.vault.masks import MASKS"),
    ],
)
def pages_open_no_seal(path: str, text: str) -> Iterator[str]:
    """A page that can open a value can show it without actor, reason and trail row."""
    if not is_page(path):
        return
    yield from _opened_seals(text, (*_OPENERS, *_SEALERS), ("open", "seal"))
    yield from imports_of(text, "PIL", "cryptography", "portal.storage", "portal.vault.suites", "portal.vault.keyring")
    for node, owner, name in _calls(text):
        if owner.split(".")[-1] == "blobs" and name != "is_writable":
            yield f"{node.lineno}: blobs.{name}()"


@rule(
    bad=[
        ("portal/tickets/models.py", "from portal.vault.vault import Vault"),
        ("portal/reports/draft_models.py", "from portal.runtime import Runtime"),
        ("portal/accounts/models.py", "from portal.vault import vault"),
    ],
    good=[("portal/tickets/models.py", "from portal.kinds.names import Channel")],
)
def models_hold_no_keys(path: str, text: str) -> Iterator[str]:
    """A property that decrypts does so on every list page, unasked and unrecorded."""
    if is_portal(path) and path.endswith("models.py") and path != "portal/models.py":
        yield from imports_of(text, "portal.vault.vault", "portal.vault.keyring", "portal.runtime")


@rule(
    bad=[
        ("portal/tickets/x.py", "router = APIRouter()"),
        ("portal/reports/x.py", "@router.get('/x')\ndef show(): ..."),
        ("portal/disclosure/x.py", "app.add_api_route('/x', show)"),
        ("portal/supplements/x.py", "app.include_router(routes)"),
    ],
    good=[
        ("portal/pages/clinic/x.py", "router = APIRouter()"),
        ("portal/api/x.py", "@router.get('/x')\ndef show(): ..."),
        ("portal/app.py", "app.add_route('/x', show)"),
        ("portal/tickets/x.py", "row = session.get(Ticket, id)"),
    ],
)
def domains_own_no_routes(path: str, text: str) -> Iterator[str]:
    """A route outside the pages would be missed by whoever reads them to know what can be asked."""
    if not is_portal(path) or is_page(path) or path == "portal/app.py":
        return
    for node, owner, name in _calls(text):
        is_verb = name in ("get", "post", "put", "patch", "delete")
        is_route = is_verb and owner.split(".")[-1] in ("router", "app")
        if is_route or name in ("APIRouter", "include_router", "add_api_route", "add_route", "mount"):
            yield f"{node.lineno}: {ast.unparse(node)[:80]}"


@rule(
    bad=[
        ("portal/pages/triage/routes.py", "router.include_router(acts.router)"),
        ("portal/app.py", "app.include_router(routes)"),
    ],
    good=[("portal/pages/triage/routes.py", "router = APIRouter(routes=routes_of(acts.router))")],
)
def routes_are_flat(path: str, text: str) -> Iterator[str]:
    """An included router reads its routes once more at each start, and requests meet them again at each level."""
    if is_portal(path):
        for node, _, name in _calls(text):
            if name == "include_router":
                yield f"{node.lineno}: {ast.unparse(node)[:80]}"


@rule(
    bad=[
        ("portal/pages/clinic/x.py", "settings = request.app.state.web.settings"),
        ("portal/accounts/guard.py", "app.state.runtime"),
    ],
    good=[
        ("portal/runtime.py", "request.app.state.runtime"),
        ("portal/pages/clinic/x.py", "request.state.principal = 1"),
        ("portal/pages/clinic/x.py", "ticket.state"),
    ],
)
def one_accessor_reads_the_app(path: str, text: str) -> Iterator[str]:
    """`app.state` has no types: read in one place each, a misspelt or moved part is found by mypy, not by a clinic."""
    if not is_portal(path) or path in MAY_READ_THE_APP:
        return
    for node in nodes(text, ast.Attribute):
        if node.attr == "state" and ast.unparse(node.value).split(".")[-1] == "app":
            yield f"{node.lineno}: {ast.unparse(node)}"


@rule(
    bad=[
        ("portal/pages/clinic/x.py", "def f(form: Annotated[PostedForm, Depends(posted_form)]): ..."),
        ("portal/pages/desk/x.py", "Form = Annotated[body.PostedForm, Depends(csrf.posted_upload)]"),
    ],
    good=[
        ("portal/web/csrf.py", "Form = Annotated[PostedForm, Depends(posted_form)]"),
        ("portal/api/bodies.py", "UploadForm = Annotated[PostedForm, Depends(upload_form)]"),
        ("portal/pages/clinic/x.py", "def f(form: Form): ..."),
    ],
)
def forms_are_declared_once(path: str, text: str) -> Iterator[str]:
    """Form and its cross-site check are one type, so that nobody can take the first without the second."""
    if not is_portal(path) or path in MAY_DECLARE_FORMS:
        return
    for node in nodes(text, ast.Subscript):
        if ast.unparse(node.value) == "Annotated" and "PostedForm" in ast.unparse(node.slice):
            yield f"{node.lineno}: {ast.unparse(node)}"


_READ = "@router.get('/x')\ndef show(request):\n    with runtime.database.transaction() as session:\n        "


@rule(
    bad=[
        ("portal/pages/clinic/x.py", _READ + "session.add(row)"),
        ("portal/api/x.py", _READ + "work.claim(session, actor, number, 1)"),
        ("portal/pages/review/x.py", _READ + "trail.record(session, Tag.TICKET_CLAIMED, actor)"),
    ],
    good=[
        ("portal/pages/review/x.py", _READ + "trail.record(session, Tag.AUDIT_VIEWED, actor)"),
        ("portal/pages/clinic/x.py", _READ.replace("transaction", "read") + "find(session)"),
        ("portal/pages/clinic/x.py", _READ.replace(".get(", ".post(") + "session.add(row)"),
    ],
)
def reading_writes_nothing_but_who_looked(path: str, text: str) -> Iterator[str]:
    """Browsers prefetch, mail scanners follow links: a GET may leave a row that somebody looked or searched."""
    if not is_page(path):
        return
    for handler in nodes(text, ast.FunctionDef, ast.AsyncFunctionDef):
        if not any(".get(" in ast.unparse(decorator) for decorator in handler.decorator_list):
            continue
        for block in (node for node in ast.walk(handler) if isinstance(node, ast.With)):
            is_write = any(".transaction(" in ast.unparse(item.context_expr) for item in block.items)
            if is_write and not any(
                word in ast.unparse(part) for part in block.body for word in ("_VIEWED", "VALUE_SEARCHED")
            ):
                yield f"{block.lineno}: {handler.name} writes"


@rule(
    bad=[("portal/reports/x.py", "path = folder / upload.filename")],
    good=[("portal/web/body.py", "upload.filename"), ("portal/cli/x.py", "error.filename")],
)
def a_clients_file_name_is_no_path(path: str, text: str) -> Iterator[str]:
    """A name like ../../x written by a stranger must not reach a path, a key or a header."""
    if not is_portal(path) or path in MAY_SEE_FILE_NAMES:
        return
    for node in nodes(text, ast.Attribute):
        owner = ast.unparse(node.value)
        if node.attr == "filename" and any(word in owner for word in ("upload", "file", "form")):
            yield f"{node.lineno}: {ast.unparse(node)}"


@rule(
    bad=[
        ("templates/x.html", '<input type="password" name="p" value="{{ typed }}">'),
        ("templates/x.html", '<input value="{{ typed }}" type="password">'),
    ],
    good=[
        ("templates/x.html", '<input type="password" name="p">'),
        ("templates/x.html", '<input value="1" type="text">'),
    ],
)
def no_password_comes_back_into_a_form(path: str, text: str) -> Iterator[str]:
    """A page with the password in it is kept by caches, proxies and the browser's history."""
    if is_template(path):
        yield from matches(
            text, r'<input\b[^>]*\btype="password"[^>]*\bvalue=|<input\b[^>]*\bvalue=[^>]*\btype="password"'
        )


@rule(
    bad=[
        ("tests/x.py", "from unittest.mock import patch"),
        ("tests/x.py", "import mock"),
        ("tests/x.py", "def test_x(mocker): ..."),
    ],
    good=[("tests/x.py", "def test_x(monkeypatch): ...")],
)
def tests_mock_nothing(path: str, text: str) -> Iterator[str]:
    """A mocked vault, database or store agrees with every mistake."""
    if not (path.startswith("tests/") and path.endswith(".py")):
        return
    yield from imports_of(text, "unittest.mock", "mock", "pytest_mock")
    for node in nodes(text, ast.arg):
        if node.arg == "mocker":
            yield f"{node.lineno}: mocker"


@rule(
    bad=[
        ("portal/reports/x.py", "logging.getLogger('portal').warning(f'refused {value}')"),
        ("portal/web/x.py", "_logger.error('failed', exc_info=True)"),
        ("portal/web/x.py", "_logger.exception('failed')"),
        ("portal/worker.py", "_logger.info('%s' % row.text)"),
        ("portal/worker.py", "_logger.info('{}'.format(row.text))"),
    ],
    good=[
        ("portal/worker.py", "_logger.error('round failed: %s', type(error).__name__)"),
        ("portal/web/x.py", "raise ValueError(f'must be {size}')"),
    ],
)
def logs_hold_no_text_of_an_error(path: str, text: str) -> Iterator[str]:
    """A traceback or a built sentence carries whatever was typed, and logs are kept and copied like nothing else."""
    if not is_portal(path):
        return
    for node, owner, name in _calls(text):
        if "logger" not in owner.lower() or name not in (*_LEVELS, "exception"):
            continue
        is_built = not (node.args and isinstance(node.args[0], ast.Constant))
        if is_built or name == "exception" or any(keyword.arg == "exc_info" for keyword in node.keywords):
            yield f"{node.lineno}: {ast.unparse(node)[:80]}"


_LEVELS = ("debug", "info", "warning", "error", "critical")
_ROLE_NAMES = {role.value for role in Role}


@rule(
    bad=[
        ("portal/pages/admin/x.py", "ROLES = ('agent', 'engineer')"),
        ("portal/cli/x.py", "labels = {Role.LEAD: '主管', Role.ADMIN: '管理员'}"),
        ("portal/accounts/users.py", "if role in ['lead']: pass"),
        ("templates/admin/x.html", '{% set words = {"agent": "登记", "lead": "审计"} %}'),
    ],
    good=[
        ("portal/accounts/roles.py", "LABELS = {Role.AGENT: '坐席'}"),
        ("portal/accounts/users.py", "if role == Role.ENGINEER: pass"),
        ("portal/notify/x.py", "words = ('lead', 'time')"),
    ],
)
def what_differs_between_roles_stands_beside_their_table(path: str, text: str) -> Iterator[str]:
    """A role that is added must not be missing from a second list; what a role may do is in `accounts/roles.py`."""
    if is_template(path):
        yield from matches(text, rf"""["']({"|".join(sorted(_ROLE_NAMES))})["']\s*:""")
    if not is_portal(path) or path in MAY_LIST_ROLES:
        return
    for node in nodes(text, ast.List, ast.Tuple, ast.Set, ast.Dict):
        listed = [part for part in (node.keys if isinstance(node, ast.Dict) else node.elts) if part is not None]
        if listed and all(_names_a_role(part) for part in listed):
            yield f"{node.lineno}: a list of roles: {ast.unparse(node)[:80]}"


def _names_a_role(node: ast.expr) -> bool:
    if isinstance(node, ast.Constant):
        return node.value in _ROLE_NAMES
    return ast.unparse(node).removesuffix(".value").rpartition(".")[0].split(".")[-1] == "Role"
