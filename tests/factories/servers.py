"""Runs the portal as people do: as a process, with an environment, from another folder."""

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from tests.factories import commands

_ROOT = Path(__file__).parent.parent.parent
_PATIENCE_SECONDS = 120  # a loaded machine is no fault


class Site:
    """A data folder with the environment that points to it."""

    def __init__(self, folder: Path, **settings: str) -> None:
        self.folder = folder
        self.port = 0
        own = {
            "PORTAL_DATA_DIR": str(folder / "var"),
            "PORTAL_UPLOADS": str(folder / "uploads"),
            "PYTHONPATH": str(_ROOT),
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("PORTAL_")}
        self.environ = {**inherited, **own, **settings}

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def run(self, *arguments: str, stdin: str = "", **settings: str) -> subprocess.CompletedProcess[str]:
        """One command, to its end."""
        return commands.run(
            arguments,
            stdin=stdin,
            cwd=self.folder,
            env={"PORTAL_PORT": str(free_port()), **self.environ, **settings},
            timeout=_PATIENCE_SECONDS,
        )

    @contextlib.contextmanager
    def serving(self, *, handles: int = 0, output: int | None = None, **settings: str) -> Iterator["Server"]:
        """The portal, answering; killed at the end.

        Args:
            handles: the most that the system allows it.
            output: where it writes, in place of the file `log`.
        """
        server = self._started(settings, handles, output)
        try:
            yield server
        finally:
            server.kill()

    def _started(self, settings: dict[str, str], handles: int, output: int | None) -> "Server":
        for _ in range(5):
            self.port = free_port()
            server = Server(self, {"PORTAL_PORT": str(self.port), **settings}, handles, output)
            try:
                server.wait_until_ready()
            except PortTakenError:
                continue
            except BaseException:
                server.kill()
                raise
            return server
        raise PortTakenError


class PortTakenError(Exception):
    """Between looking for a port and listening on it another process took it."""


class Server:
    """`portal serve` as a process; what it says goes to the file `log`."""

    def __init__(self, site: Site, settings: dict[str, str], handles: int, output: int | None) -> None:
        self.site = site
        self.log = site.folder / "serve.log"
        self.began = len(self.said()) if self.log.exists() else 0
        limited = ["prlimit", f"--nofile={handles}:{handles}"] if handles else []
        with self.log.open("ab") as out:
            self.process = subprocess.Popen(
                [*limited, sys.executable, "-m", "portal", "serve"],
                stdin=subprocess.DEVNULL,
                stdout=out if output is None else output,
                stderr=out if output is None else output,
                cwd=site.folder,
                env={**site.environ, **settings},
            )

    def wait_until_ready(self) -> None:
        """Until /healthz answers."""
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while time.monotonic() < deadline:
            if self.process.poll() is not None and "address already in use" in self.said()[self.began :]:
                raise PortTakenError
            assert self.process.poll() is None, self.said()
            with contextlib.suppress(OSError), urllib.request.urlopen(f"{self.site.url}/healthz", timeout=2):
                return
            time.sleep(0.05)
        raise AssertionError(f"the portal did not start: {self.said()}")

    def kill(self) -> None:
        """kill -9."""
        self.process.kill()
        self.process.wait()

    def stop(self) -> int:
        """SIGTERM, and the exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(_PATIENCE_SECONDS)

    def said(self) -> str:
        """Everything it printed and logged so far."""
        return self.log.read_text(encoding="utf-8")

    def setup_code(self) -> str:
        """The one-time code for the first administrator."""
        found = re.search(r"^    (\S+)$", self.said(), re.MULTILINE)
        assert found, self.said()
        return found[1]


def free_port() -> int:
    """A TCP port that nobody uses just now; whoever listens on it must be ready to find it taken."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
