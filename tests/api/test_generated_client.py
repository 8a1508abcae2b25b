"""A client made from the description alone files a report and works its ticket, against a running server."""

import importlib
import io
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from portal.accounts import users
from portal.app import create_app
from portal.audit.actor import SYSTEM
from tests.api.calls import V1
from tests.conftest import settings_in
from tests.factories.live import serving
from tests.factories.pictures import whole_screen
from tests.factories.portals import Portal
from tests.factories.reports import general_fields

CONFIG = Path(__file__).with_name("client.yml")
pytestmark = pytest.mark.xdist_group("generated-client")


@pytest.fixture(scope="module")
def client_folder(sqlite_template, tmp_path_factory):
    """The generated package, importable. Any warning of the generator fails."""
    folder = tmp_path_factory.mktemp("generated")
    file, client = folder / "openapi.json", folder / "client"
    settings = settings_in(shutil.copytree(sqlite_template, folder / "var"))
    described = Portal(create_app(settings), settings)
    file.write_text(described.browser().get(f"{V1}/openapi.json").text)
    described.close()
    command = ["generate", "--path", str(file), "--output-path", str(client), "--config", str(CONFIG)]
    _run("-m", "openapi_python_client", *command, "--fail-on-warning")
    sys.path.insert(0, str(client))
    yield client
    sys.path.remove(str(client))
    for name in [name for name in sys.modules if name.startswith("portal_client")]:
        del sys.modules[name]


def _run(*arguments: str) -> None:
    done = subprocess.run([sys.executable, *arguments], capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_it_is_typed(client_folder):
    package = client_folder / "portal_client"
    _run("-m", "mypy", "--config-file", "", "--cache-dir", str(client_folder / "cache"), str(package))
    answers = [path for path in (package / "api").rglob("*.py") if "-> Any | None" in path.read_text()]
    assert [path.stem for path in answers] == []


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_it_files_a_report_and_works_the_ticket(portal, client_folder):
    client, models = importlib.import_module("portal_client"), importlib.import_module("portal_client.models")
    with portal.runtime.database.transaction() as session:
        token = users.add_token(session, SYSTEM, name="client", username="alice")
    with serving(portal.app) as url:
        nobody = client.Client(base_url=url)
        staff = client.AuthenticatedClient(base_url=url, token=token)
        refused = _call("file_report", client=nobody, body=_report(models, id_number=["11010119900307001"]))
        assert isinstance(refused, models.InvalidProblem)
        assert [(fault.field, fault.code) for fault in refused.errors] == [("id_number", models.FaultCode.ID_LENGTH)]

        receipt = _call("file_report", client=nobody, body=_report(models))
        assert isinstance(receipt, models.Receipt)
        assert receipt.state is models.TicketState.SUBMITTED and receipt.ignored == []

        page = _call("list_tickets", client=staff, queue=models.Queue.GENERAL)
        assert isinstance(page, models.TicketPage)
        [row] = [item for item in page.items if item.number == receipt.number]
        taken = _call("assignment", receipt.number, client=staff, body=models.AssignmentBody(version=row.version))
        assert isinstance(taken, models.Ticket) and taken.state is models.TicketState.IN_PROGRESS
        stale = _call("release", receipt.number, client=staff, body=models.ReleaseBody(version=row.version))
        assert isinstance(stale, models.TicketConflict)
        assert stale.code is models.ConflictCode.STALE and stale.ticket.version == taken.version
        body = models.ResolutionBody(version=taken.version, text="已修复，请刷新后重试", root_cause="misuse")
        solved = _call("resolution", receipt.number, client=staff, body=body)
        assert isinstance(solved, models.Ticket)
        assert solved.state is models.TicketState.AWAITING_CONFIRMATION

        tracked = _call("track_ticket", client=nobody, body=_track(models, receipt))
        assert isinstance(tracked, models.TrackedTicket) and tracked.resolution == "已修复，请刷新后重试"
        [picture] = solved.pictures
        shown = _call("open_screenshot", receipt.number, picture.id, client=staff)
        assert isinstance(shown, models.Problem | client.types.File)
        unknown = _call("list_tickets", client=client.AuthenticatedClient(url, "wrong"), queue=models.Queue.GENERAL)
        assert isinstance(unknown, models.Problem) and unknown.status == 401


def _call(name: str, *path, **given):
    """The typed answer of a call."""
    return importlib.import_module(f"portal_client.api.default.{name}").sync(*path, **given)


def _report(models, **changes):
    types = importlib.import_module("portal_client.types")
    picture = types.File(payload=io.BytesIO(whole_screen()), file_name="a.png", mime_type="image/png")
    fields = {name: value for name, value in general_fields().items() if name not in ("kind", "id_number")}
    fields |= {"id_number": [general_fields()["id_number"]], "screenshots": [picture]} | changes
    words = {"channel": models.Channel, "symptom": models.Symptom, "scope": models.Scope}
    for name, word in words.items():
        if name in fields:
            fields[name] = word(fields[name])
    return models.ReportForm(kind=models.Queue.GENERAL, **fields)


def _track(models, receipt):
    return models.TrackBody(number=receipt.number, query_code=receipt.query_code)
