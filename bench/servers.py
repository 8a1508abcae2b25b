"""Starts the portal and the floor as processes of their own, and reads what they cost."""

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Server:
    """A running server: where it listens and which process it is."""

    host: str
    port: int
    process: subprocess.Popen[bytes]

    def cpu_seconds(self) -> float:
        """CPU time of the process so far."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def resident_mb(self) -> float:
        """Resident memory in MB."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return int(fields[21]) * os.sysconf("SC_PAGE_SIZE") / 2**20


@contextmanager
def portal_server(folder: Path) -> Iterator[Server]:
    """The portal as `make run` starts it, in a folder of its own."""
    environ = {
        **os.environ,
        "PORTAL_DATA_DIR": str(folder),
        "PORTAL_UPLOADS": str(folder / "uploads"),
        "PORTAL_REPORTS_PER_HOUR": "1000000",
    }
    with _running([sys.executable, "-m", "portal", "serve"], environ, "PORTAL_PORT", "/healthz") as server:
        yield server


@contextmanager
def floor_server(folder: Path) -> Iterator[Server]:
    """The floor behind one uvicorn process."""
    folder.mkdir(parents=True)
    port = _free_port()
    command = [
        *(sys.executable, "-m", "uvicorn", "bench.floor:app", "--host", "127.0.0.1", "--port", str(port)),
        *("--no-access-log", "--log-level", "warning"),
    ]
    with _running(command, {**os.environ, "FLOOR_DIR": str(folder)}, "", "/", port) as server:
        yield server


@contextmanager
def _running(
    command: list[str], environ: dict[str, str], port_name: str, path: str, port: int | None = None
) -> Iterator[Server]:
    port = port or _free_port()
    if port_name:
        environ[port_name] = str(port)
    process = subprocess.Popen(command, env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _wait_until_up(process, port, path)
        yield Server("127.0.0.1", port, process)
    finally:
        process.terminate()
        process.wait(30)


def _wait_until_up(process: subprocess.Popen[bytes], port: int, path: str) -> None:
    for _ in range(300):
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=1).close()
            return
        except urllib.error.HTTPError:
            return
        except OSError:
            if process.poll() is not None:
                raise SystemExit("a server of the benchmark did not start") from None
            time.sleep(0.1)
    raise SystemExit("a server of the benchmark did not answer")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
