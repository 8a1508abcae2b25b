"""The wheel carries everything: installed anywhere, it serves without the source tree."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
SERVE_ONE_PAGE = """
import sys
from pathlib import Path
import portal
from starlette.testclient import TestClient
from portal.app import create_app
from portal.settings import load_settings
from portal.settings import data_folder

installed, folder = map(Path, sys.argv[1:])
assert installed in Path(portal.__file__).parents, portal.__file__
for name in ("templates", "static", "alembic"):
    assert installed in data_folder(name).parents, data_folder(name)
    assert any(data_folder(name).rglob("*.*")), name
app = create_app(load_settings({"PORTAL_DATA_DIR": str(folder / "var"), "PORTAL_UPLOADS": str(folder / "uploads")}))
client = TestClient(app, base_url="http://portal.test")
page = client.get("/")
assert page.status_code == 200, page.text
import re
for address in re.findall(r'(?:href|src)="(/static/[^"]+)"', page.text):
    assert client.get(address).status_code == 200, address
assert client.get("/readyz").json()["checks"]["migrations"]
print(page.text)
"""


@pytest.fixture(scope="module")
def installed(tmp_path_factory) -> Path:
    """The wheel, built and installed outside the source tree."""
    folder = tmp_path_factory.mktemp("wheel")
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet"]
    build = [*pip, "wheel", "--no-deps", "--no-build-isolation", "--no-index", "-w", str(folder), str(ROOT)]
    subprocess.run(build, check=True, capture_output=True, cwd=folder, timeout=60)
    (wheel,) = folder.glob("*.whl")
    install = [*pip, "install", "--no-deps", "--no-index", "--target", str(folder / "site"), str(wheel)]
    subprocess.run(install, check=True, capture_output=True, cwd=folder, timeout=60)
    return folder / "site"


def test_it_serves_from_an_installed_wheel(installed, tmp_path):
    command = [sys.executable, "-c", SERVE_ONE_PAGE, str(installed), str(tmp_path)]
    environ = {"PYTHONPATH": str(installed), "PATH": "/usr/bin:/bin"}
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, env=environ, timeout=60, check=False)

    assert done.returncode == 0, done.stderr
    assert "一线通" in done.stdout


def test_the_wheel_holds_no_tests_and_no_data(installed):
    names = {path.relative_to(installed).as_posix() for path in installed.rglob("*") if path.is_file()}

    assert "portal/app.py" in names
    assert "portal/_data/alembic/versions/0001_first_schema.py" in names
    assert not [name for name in names if name.startswith(("tests/", "bench/", "var/", "uploads/"))]
    assert not [name for name in names if name.endswith((".db", "keyring.json", ".log"))]


def test_the_console_script_is_the_command_line(installed, tmp_path):
    done = subprocess.run(
        [str(installed / "bin" / "portal"), "nonsense"],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env={"PYTHONPATH": str(installed), "PATH": "/usr/bin:/bin"},
        timeout=60,
        check=False,
    )

    assert done.returncode == 2
    assert "usage: portal" in done.stderr


def test_the_wheel_carries_an_sbom_of_everything_that_is_locked(installed):
    (path,) = installed.glob("*.dist-info/sboms/*.cdx.json")
    sbom = json.loads(path.read_text(encoding="utf-8"))
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    locked = set(re.findall(r"^([\w.-]+)(?:\[[^]]*\])?==([^ ;\\]+)", lock, re.MULTILINE))
    hashes = [entry["content"] for part in sbom["components"] for entry in part["externalReferences"][0]["hashes"]]

    assert (sbom["bomFormat"], sbom["metadata"]["component"]["name"]) == ("CycloneDX", "yixiantong-portal")
    assert {(part["name"], part["version"]) for part in sbom["components"]} == locked
    assert len(locked) > 30
    assert sorted(hashes) == sorted(re.findall(r"sha256:([0-9a-f]{64})", lock))
