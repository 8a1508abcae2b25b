"""House rules as code (ARCHITECTURE 7). Each has its reason, and a bad sample that proves it red."""

import ast
import re
from collections.abc import Iterator

import pytest

from tests.architecture import rooms
from tests.architecture.house import (
    RULES,
    breaches,
    files,
    imports_of,
    is_portal,
    is_template,
    matches,
    nodes,
    parsed,
    prose,
    rule,
)  # fmt: skip

pytestmark = pytest.mark.xdist_group("texts")  # what one has read and parsed the others need too

# Files that may print markup as it is, with the reason.
MAY_PRINT_MARKUP = {"portal/pages/clinic/steps.py": "the receipt's QR code, drawn by segno from our own address"}
# Files that may look at one kind, with the reason.
MAY_NAME_A_KIND = {
    "portal/kinds/table.py": "the table itself",
    "portal/demo/people.py": "who works in which queue",
    "portal/demo/recent.py": "sample texts, not behaviour",
}
MOST_LINES = 400


@rule(
    bad=[
        ("portal/tickets/x.py", "from cryptography.hazmat.primitives import hashes"),
        ("portal/web/x.py", "def f():\n    import cryptography"),
    ],
    good=[("portal/vault/suites.py", "import cryptography"), ("portal/tickets/x.py", "import hashlib")],
)
def only_the_vault_imports_ciphers(path: str, text: str) -> Iterator[str]:
    """Keys and ciphers behind one door: a review of the vault is a review of all cryptography."""
    if is_portal(path) and not path.startswith("portal/vault/"):
        yield from imports_of(text, "cryptography")


DECODERS = [f"portal/screenshots/{name}.py" for name in ("decoding", "looks", "pixels", "rendering")]


@rule(
    bad=[("portal/intake/x.py", "from PIL import Image"), ("portal/screenshots/service.py", "import PIL.Image")],
    good=[("portal/screenshots/decoding.py", "from PIL import Image")],
)
def only_the_inspection_imports_pillow(path: str, text: str) -> Iterator[str]:
    """An image is decoded only after its size and header are checked, so only where those checks are."""
    if is_portal(path) and path not in DECODERS:
        yield from imports_of(text, "PIL")


@rule(
    bad=[
        ("portal/cli/main.py", "import os\nos.environ['A']"),
        ("portal/web/x.py", "import os\nos.getenv('A')"),
        ("portal/web/x.py", "from os import environ"),
    ],
    good=[("portal/settings.py", "import os\nos.environ"), ("portal/web/x.py", "environment = request.environ")],
)
def only_settings_read_the_environment(path: str, text: str) -> Iterator[str]:
    """Every setting is checked at the start and documented; one read elsewhere is neither."""
    if not is_portal(path) or path == "portal/settings.py":
        return
    yield from imports_of(text, "os.environ", "os.getenv", "os.environb")
    for node in nodes(text, ast.Attribute):
        is_os = isinstance(node.value, ast.Name) and node.value.id == "os"
        if is_os and node.attr in ("environ", "environb", "getenv", "putenv"):
            yield f"{node.lineno}: os.{node.attr}"


@rule(
    bad=[("portal/acts/work.py", "def f(session):\n    session.commit()")],
    good=[("portal/db.py", "session.commit()"), ("portal/x.py", "'''Never .commit() here.'''")],
)
def only_the_database_commits(path: str, text: str) -> Iterator[str]:
    """A change, its trail row and its notification are one transaction; a second commit tears them apart."""
    if is_portal(path) and path != "portal/db.py":
        for node in nodes(text, ast.Call):
            if isinstance(node.func, ast.Attribute) and node.func.attr == "commit":
                yield f"{node.lineno}: .commit()"


@rule(
    bad=[
        ("portal/acts/work.py", "ticket.state = 'closed'"),
        ("portal/pages/triage/routes.py", "a, ticket.is_open = 1, False"),
        ("portal/acts/work.py", "setattr(ticket, 'state', 'closed')"),
        ("portal/acts/work.py", "session.execute(update(Ticket).values(state='closed'))"),
        ("portal/demo/recent.py", "Ticket(number='1', state='closed')"),
    ],
    good=[
        ("portal/progress/lifecycle.py", "ticket.state, ticket.is_open = 'closed', False"),
        ("portal/reports/filing.py", "Ticket(state='submitted', is_open=True)"),
        ("portal/app.py", "app.state.settings = settings"),
    ],
)
def only_the_lifecycle_sets_a_state(path: str, text: str) -> Iterator[str]:
    """The transition table, clocks, counts and timeline move together only there."""
    if not is_portal(path) or path == "portal/progress/lifecycle.py":
        return
    names = ("state", "is_open")
    for node in nodes(text, ast.Attribute):
        if isinstance(node.ctx, ast.Store) and node.attr in names:
            yield f"{node.lineno}: sets .{node.attr}"
    for node in nodes(text, ast.Call):
        called = ast.unparse(node.func)
        given = {keyword.arg for keyword in node.keywords}
        if called == "setattr" and isinstance(node.args[1], ast.Constant) and node.args[1].value in names:
            yield f"{node.lineno}: setattr"
        if called.endswith(".values") and "Ticket" in called and given & set(names):
            yield f"{node.lineno}: UPDATE of a state"
        if called == "Ticket" and path != "portal/reports/filing.py":
            yield f"{node.lineno}: makes a Ticket"


@rule(
    bad=[
        ("portal/admin/x.py", "session.execute(delete(AuditEvent))"),
        ("portal/admin/x.py", "update(models.AuditEvent).values(reason='')"),
        ("portal/admin/x.py", "session.query(AuditEvent).delete()"),
        ("portal/admin/x.py", "text('DELETE FROM audit_events')"),
        ("portal/audit/purge.py", "session.execute(update(AuditEvent).values(reason=''))"),
        ("portal/audit/purge.py", "text('DELETE FROM audit_events')"),
        ("portal/audit/trail.py", "session.execute(delete(AuditEvent))"),
    ],
    good=[
        ("portal/audit/trail.py", "insert(AuditEvent).values(tag='x'); update(AuditHead).values(seq=1)"),
        ("portal/audit/purge.py", "session.execute(delete(AuditEvent).where(AuditEvent.seq <= end))"),
    ],
)
def nothing_rewrites_the_trail(path: str, text: str) -> Iterator[str]:
    """The trail is insert-only: what may be corrected may be falsified. The purge by age alone removes rows."""
    if not is_portal(path):
        return
    for node in nodes(text, ast.Call):
        called, given = ast.unparse(node.func), " ".join(ast.unparse(argument) for argument in node.args)
        is_purge = path == "portal/audit/purge.py" and called == "delete"
        is_rewrite = called.split(".")[-1] in ("update", "delete") and not is_purge
        if is_rewrite and re.search(r"\bAuditEvent\b", f"{called} {given}"):
            yield f"{node.lineno}: {called}({given})"
    yield from matches(text, r"(UPDATE|DELETE FROM|TRUNCATE)\s+audit_events")


@rule(
    bad=[
        ("portal/acts/work.py", "if kind == TicketKind.HIS: pass"),
        ("portal/pages/triage/x.py", "x = 1 if ticket.queue != 'general' else 2"),
        ("portal/pages/clinic/x.py", "if kind is states.TicketKind.GENERAL: pass"),
        ("portal/pages/clinic/x.py", "match kind:\n    case 'his':\n        pass"),
        ("portal/accounts/users.py", "QUEUES = ('general', 'his')"),
        ("portal/pages/health/x.py", "for queue in ['general', TicketKind.HIS]: pass"),
        ("portal/cli/x.py", "choices = {'general'}"),
        ("portal/metrics/x.py", "label = {TicketKind.GENERAL: 'a', TicketKind.HIS: 'b'}[kind]"),
        ("portal/metrics/x.py", "label = {'his': 'b'}.get(kind)"),
        ("templates/clinic/x.html", '{% if kind.name == "his" %}'),
        ("templates/layouts/x.html", '{% for queue, words in (("general", "日常"), ("his", "HIS")) %}'),
        ("templates/clinic/x.html", '<a href="/report/his">'),
        ("templates/clinic/x.html", '<p class="badge badge--general">'),
        ("static/css/x.css", ".tab--his .count { color: red }"),
    ],
    good=[
        ("portal/kinds/table.py", "if kind == TicketKind.HIS: pass"),
        ("portal/pages/triage/x.py", "if kind == other.kind: pass"),
        ("portal/sensitive_text/x.py", "words = ('app', 'his', 'web')"),
        ("templates/clinic/x.html", '<a href="/report/{{ kind.name }}" class="badge--{{ kind.mark }}">'),
        ("static/js/x.js", "history.replaceState(null, '', here)"),
    ],
)
def what_differs_between_kinds_stands_in_one_table(path: str, text: str) -> Iterator[str]:
    """A third queue must be one entry in `kinds/table.py`, not a hunt for comparisons and second lists."""
    if path in MAY_NAME_A_KIND:
        return
    if is_template(path):
        yield from matches(text, r"""[=!]=\s*['"](his|general)['"]|['"](his|general)['"]\s*([=!]=|[,:])""")
        yield from matches(text, r"""/(report|queues|print)/(his|general)\b""")
    if is_template(path) or path.startswith("static/css/"):
        yield from matches(text, r"""(\b(queue|ink|tab)-+|--)(his|general)\b""")
    if is_portal(path):
        yield from _python_that_names_kinds(text)


def _python_that_names_kinds(text: str) -> Iterator[str]:
    for node in nodes(text, ast.Compare):
        compared = [node.left, *node.comparators]
        is_equality = any(isinstance(operator, ast.Eq | ast.NotEq | ast.Is | ast.IsNot) for operator in node.ops)
        if is_equality and any(_names_a_kind(side) for side in compared):
            yield f"{node.lineno}: {ast.unparse(node)}"
    for node in nodes(text, ast.MatchValue):
        if _names_a_kind(node.value):
            yield f"{node.value.lineno}: case {ast.unparse(node.value)}"
    for node in nodes(text, ast.List, ast.Tuple, ast.Set, ast.Dict):
        listed = [part for part in (node.keys if isinstance(node, ast.Dict) else node.elts) if part is not None]
        if listed and all(_names_a_kind(part) for part in listed):
            yield f"{node.lineno}: a list of kinds: {ast.unparse(node)}"


def _names_a_kind(node: ast.AST) -> bool:
    if isinstance(node, ast.Constant):
        return node.value in ("his", "general")
    return bool(re.fullmatch(r"(\w+\.)*TicketKind\.(HIS|GENERAL)(\.value)?", ast.unparse(node)))


@rule(
    bad=[
        ("templates/x.html", '<p style="color:red">'),
        ("templates/x.html", "<style>p{}</style>"),
        ("templates/x.html", "<script>alert(1)</script>"),
        ("templates/x.html", '<button\n  onclick="go()">'),
        ("templates/x.html", '<a href="javascript:go()">'),
    ],
    good=[
        ("templates/x.html", '<script src="{{ static_url(path) }}" defer></script>'),
        ("templates/x.html", '<p data-style="x" title="one=1">'),
    ],
)
def templates_hold_no_inline_code(path: str, text: str) -> Iterator[str]:
    """The content security policy forbids inline script and style: it would be dead, or the policy weakened."""
    if is_template(path):
        yield from matches(
            text, r"<style\b|<script(?![^>]*\bsrc=)|(?<![\w-])style\s*=|(?<![\w-])on[a-z]+\s*=\s*[\"']|javascript:"
        )


@rule(
    bad=[("templates/x.html", "{{ text|safe }}"), ("templates/x.html", "{% autoescape false %}"),
         ("portal/web/x.py", "from markupsafe import Markup")],
    good=[("templates/x.html", "{{ text }} is safe")],
)  # fmt: skip
def nothing_escapes_the_escaping(path: str, text: str) -> Iterator[str]:
    """What a clinic types is shown to engineers: one unescaped value is a stored attack on them."""
    if is_template(path) and path not in MAY_PRINT_MARKUP:
        yield from matches(text, r"\|\s*safe\b|autoescape\s+false")
    if is_portal(path) and path not in MAY_PRINT_MARKUP:
        yield from imports_of(text, "markupsafe")


SPREADSHEET = "portal/kpi/tables/xlsx_file.py"


@rule(
    bad=[
        ("portal/api/x.py", "page = '<img src=x>'"),
        ("portal/web/x.py", "f'<b>{name}</b>'"),
    ],
    good=[
        (SPREADSHEET, "cell = '<c><v>'"),
        ("portal/web/x.py", "'''Gives <b>nothing</b>.'''"),
        ("portal/x.py", "r'(?P<name>x)'"),
        ("portal/web/x.py", "a = 'x < y > z'"),
    ],
)
def python_builds_no_markup(path: str, text: str) -> Iterator[str]:
    """Markup in Python is not escaped by anyone and seen by no designer. A spreadsheet's XML is no page."""
    if not is_portal(path) or path == SPREADSHEET:
        return
    docstrings = prose(text)
    for node in nodes(text, ast.Constant):
        is_text = isinstance(node.value, str) and id(node) not in docstrings
        if is_text and re.search(r"(?<!\?P)</?[a-z][a-z0-9]*(\s[^<>]*)?/?>", node.value):
            yield f"{node.lineno}: {node.value[:60]}"


@rule(
    bad=[("portal/x.py", '"""Long."""\n' + "x = 1\n" * MOST_LINES)],
    good=[("portal/x.py", '"""Long."""\n' + "x = 1\n" * (MOST_LINES - 1))],
)
def no_module_is_long(path: str, text: str) -> Iterator[str]:
    """Who reads one thing should not scroll through four."""
    if is_portal(path) and len(text.splitlines()) > MOST_LINES:
        yield f"{len(text.splitlines())} lines"


@rule(
    bad=[("portal/x.py", "x = 1"), ("tests/x.py", "# a comment"), ("portal/x/__init__.py", "")],
    good=[("portal/x.py", '"""Says what it is for."""'), ("tests/x/__init__.py", "")],
)
def every_module_says_what_it_is_for(path: str, text: str) -> Iterator[str]:
    """One to three lines at the top save reading the rest."""
    is_bare = path.startswith("tests/") and not text.strip()
    if path.endswith(".py") and not is_bare and not ast.get_docstring(parsed(text)):
        yield "no docstring"


_HOSTS = ("py" + "pi.", "python" + "hosted", "npm" + "js", "index" + "-url http", "find" + "-links http")
_PLACES = r"(?<![\w.])/(" + "|".join(("wo" + "rk", "ro" + "ot", "ho" + "me", "Us" + "ers")) + r")/\w"


@rule(
    bad=[
        ("requirements.lock", "--" + _HOSTS[3] + "s://mirror.example/simple"),
        ("Makefile", "pip install -i https://" + _HOSTS[0] + "org/simple x"),
        ("README.md", "See /" + "ho" + "me/somebody/portal."),
        ("portal/x.py", "'/" + "wo" + "rk/main'"),
    ],
    good=[
        ("Makefile", "--no-emit-index-url"),
        ("portal/x.py", "'https://example.cn/home/page'"),
        ("README.md", "a/home/b"),
    ],
)
def committed_files_name_no_machine(path: str, text: str) -> Iterator[str]:
    """A clone must build anywhere, from whatever mirror is set up there."""
    yield from matches(text, "|".join(re.escape(host) for host in _HOSTS))
    yield from matches(text, _PLACES)


# Modules that connect to other machines, with the reason.
MAY_CONNECT = {
    "portal/accounts/oidc.py": "the OpenID provider of the settings, when somebody signs in there",
    "portal/notify/speaking.py": "the bots, webhook and gateway of the settings, with an event and a number",
    "portal/notify/channels/mail.py": "the mail server of the settings, with an event and a number",
}


@rule(
    bad=[
        ("portal/tickets/x.py", "import requests"),
        ("portal/web/x.py", "def f():\n    from urllib.request import urlopen"),
        ("portal/pages/account/sign_in.py", "from authlib.integrations.requests_client import OAuth2Session"),
        ("portal/x.py", "import http.client"),
        ("portal/notify/channels/x.py", "import smtplib"),
    ],
    good=[("portal/accounts/oidc.py", "import requests"), ("portal/x.py", "from urllib.parse import urlsplit")],
)
def few_modules_connect_outwards(path: str, text: str) -> Iterator[str]:
    """What is typed here stays here (SECURITY I-10): every way out has an address from the settings and a reason."""
    if is_portal(path) and path not in MAY_CONNECT:
        yield from imports_of(
            text,
            "requests",
            "authlib",
            "urllib3",
            "urllib.request",
            "http.client",
            "httpx",
            "httpx2",
            "aiohttp",
            "smtplib",
        )


# Modules that open what is sealed, with the reason.
MAY_OPEN = {
    "portal/disclosure/disclose.py": "shows a value or a picture once the trail has it",
    "portal/disclosure/reveals.py": "previews of pictures on which nothing can be read",
    "portal/screenshots/service.py": "the one place that knows where a picture lies",
    "portal/disclosure/own_copy.py": "a patient's own number, for the patient, recorded first",
    "portal/reports/receipts.py": "a random key beside a hash; nothing that anybody typed",
    "portal/disclosure/text_restoring.py": "an act with its row of the trail; the passage goes back into its text",
    "portal/reports/draft_answers.py": "the answers of a draft, for whoever is writing it",
    "portal/reports/draft_pictures.py": "a picture of a draft, for whoever added it",
    "portal/acts/unsent_texts.py": "what somebody typed and has not sent, for that person",
    "portal/accounts/second_factor.py": "checks a code; shows the secret while a person enrols",
    "portal/notify/contact_phones.py": "the clinic's own phone for one text message that it agreed to, recorded first",
    "portal/complaints/texts.py": "one complaint, for whom `complaints.access` has judged and the trail knows",
    "portal/holdings.py": "the register through which rotation seals anew",
    "portal/screenshots/holdings.py": "how rotation proves that a picture opens",
}


@rule(
    bad=[
        ("portal/pages/triage/x.py", "runtime.vault.open_value(session, row)"),
        ("portal/knowledge/contacts.py", "def f(vault):\n    return [vault.open_value(s, r) for r in rows]"),
        ("portal/casefile/view.py", "self.vault.open(session, place, sealed)"),
        ("portal/api/x.py", "screenshots.open_picture(session, vault, blobs, row)"),
        ("portal/api/x.py", "from portal.screenshots.service import open_picture"),
        ("portal/disclosure/x.py", "opener = runtime.vault.open_value"),
    ],
    good=[
        ("portal/disclosure/disclose.py", "runtime.vault.open_value(session, row)"),
        ("portal/vault/vault.py", "value = self.open_value(session, row)"),
        ("portal/api/x.py", "shown = reveals.open_picture(runtime, actor, number, picture_id)"),
        ("portal/x.py", "path.open()"),
    ],
)
def few_modules_open_what_is_sealed(path: str, text: str) -> Iterator[str]:
    """Whoever opens a value without `disclose` shows it without reason, right, quota and a row in the trail."""
    if not is_portal(path) or path in MAY_OPEN or path.startswith("portal/vault/"):
        return
    for node in nodes(text, ast.Attribute):
        if re.search(r"\bopen_value$|\bvault\.open(_with)?$|\b(screenshots|service)\.open_picture$", ast.unparse(node)):
            yield f"{node.lineno}: {ast.unparse(node)}"
    yield from imports_of(text, "portal.screenshots.service.open_picture")


@rule(
    bad=[("alembic/__init__.py", '"""A package."""')],
    good=[("alembic/env.py", '"""Runs migrations."""')],
)
def migrations_are_no_package(path: str, text: str) -> Iterator[str]:
    """As a package the folder would hide the library of the same name."""
    if path == "alembic/__init__.py":
        yield "must not exist"


@pytest.fixture(scope="module")
def project() -> dict[str, str]:
    return files()


@pytest.mark.parametrize("kept", RULES, ids=lambda kept: kept.name)
def test_the_project_keeps(kept, project):
    assert breaches(kept, project) == [], kept.find.__doc__


@pytest.mark.parametrize(
    ("kept", "sample"), [pytest.param(kept, sample, id=kept.name) for kept in RULES for sample in kept.bad]
)
def test_the_rule_turns_red(kept, sample):
    assert breaches(kept, dict([sample]))


@pytest.mark.parametrize(
    ("kept", "sample"), [pytest.param(kept, sample, id=kept.name) for kept in RULES for sample in kept.good]
)
def test_the_rule_stays_green(kept, sample):
    assert breaches(kept, dict([sample])) == []


def test_no_exception_outlives_its_file(project):
    exceptions = MAY_PRINT_MARKUP | MAY_NAME_A_KIND | MAY_CONNECT | MAY_OPEN | rooms.EXCEPTIONS

    assert [path for path in exceptions if not any(name.startswith(path) for name in project)] == []
    assert all(exceptions.values())


def test_who_may_open_a_seal_does_so(project, monkeypatch):
    listed = list(MAY_OPEN)
    monkeypatch.setitem(globals(), "MAY_OPEN", {})
    assert [path for path in listed if not list(few_modules_open_what_is_sealed(path, project[path]))] == []


def test_every_rule_gives_its_reason():
    assert all(kept.find.__doc__ for kept in RULES)


def test_the_rules_see_the_project(project):
    assert sum(map(is_portal, project)) > 50
    assert sum(map(is_template, project)) > 5
    assert {"README.md", "Makefile", "pyproject.toml"} <= set(project)


def unused_templates(sources: dict[str, str]) -> set[str]:
    """Templates that no page renders and no other template names; `f"a/{step}.html"` names every file of `a`."""
    named = "\n".join(text for path, text in sources.items() if is_portal(path) or is_template(path))
    patterns = [
        re.sub(r"\\\{.*?\\\}", "[a-z_]+", re.escape(name))
        for name in re.findall(r"""["']([^"'\s]+\.html)["']""", named)
    ]
    templates = {path.removeprefix("templates/") for path in sources if is_template(path)}
    return {name for name in templates if not any(re.fullmatch(pattern, name) for pattern in patterns)}


def test_every_template_is_used(project):
    assert unused_templates(project) == set()


def test_an_unused_template_is_found():
    sources = {"templates/a/x.html": "", "templates/b.html": "", "templates/c/y.html": ""}
    sources["portal/web/x.py"] = 'render(request, "b.html"); render(request, f"c/{step}.html")'

    assert unused_templates(sources) == {"a/x.html"}


def test_every_template_that_is_named_exists(project):
    templates = {path.removeprefix("templates/") for path in project if is_template(path)}
    named = {
        name
        for path, text in project.items()
        if is_portal(path) or is_template(path)
        for name in re.findall(r"""["']([a-z_]+(?:/[a-z_]+)*\.html)["']""", text)
    }

    assert named - templates == set()
