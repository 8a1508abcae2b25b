"""A real PostgreSQL for the tests: a throw-away cluster on a free port of this machine."""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from glob import glob
from pathlib import Path


class PostgresServer:
    """initdb and pg_ctl as the user postgres, because the server refuses to run as root."""

    def __init__(self) -> None:
        self.bin = Path(sorted(glob("/usr/lib/postgresql/*/bin"))[-1])
        self.folder = Path(tempfile.mkdtemp(prefix="portal-pg-"))
        self.port = _free_port()

    def start(self) -> None:
        if os.getuid() == 0:
            postgres = pwd.getpwnam("postgres")
            os.chown(self.folder, postgres.pw_uid, postgres.pw_gid)
        data = self.folder / "data"
        self._run("initdb", "-D", data, "-U", "portal", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
        self.resume()

    def resume(self) -> None:
        """Start the cluster that `halt` stopped."""
        data = self.folder / "data"
        options = (
            f"-p {self.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={self.folder} "
            "-c fsync=off -c max_connections=200"
        )
        self._run("pg_ctl", "-D", data, "-w", "-l", self.folder / "log", "-o", options, "start")

    def halt(self) -> None:
        """Stop at once, as a crash would; the data stay."""
        self._run("pg_ctl", "-D", self.folder / "data", "-m", "immediate", "stop")

    def stop(self) -> None:
        self.halt()
        shutil.rmtree(self.folder, ignore_errors=True)

    def url(self, database: str) -> str:
        return f"postgresql+psycopg://portal@127.0.0.1:{self.port}/{database}"

    def _run(self, program: str, *arguments: object) -> None:
        drop = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"] if os.getuid() == 0 else []
        command = [*drop, str(self.bin / program), *map(str, arguments)]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd="/")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
