"""Runs commands of the portal in forks of a process that has imported it: starting Python anew takes a second each."""

import atexit
import json
import os
import select
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, TextIO

_ROOT = Path(__file__).parent.parent.parent
_idle: list["_Forker"] = []


def run(
    arguments: tuple[str, ...], *, stdin: str, cwd: Path, env: dict[str, str], timeout: float
) -> subprocess.CompletedProcess[str]:
    """`python -m portal ARGUMENTS` to its end, as `subprocess.run` with captured output.

    Raises:
        subprocess.TimeoutExpired: it was killed after `timeout` seconds.
    """
    if env.get("PYTHONPATH") != str(_ROOT):  # another portal than this one
        command = [sys.executable, "-m", "portal", *arguments]
        return subprocess.run(
            command, input=stdin, capture_output=True, text=True, cwd=cwd, env=env, timeout=timeout, check=False
        )
    forker = _idle.pop() if _idle else _Forker()  # each runs one command at a time
    with tempfile.TemporaryDirectory() as folder:
        names = [str(Path(folder, name)) for name in ("stdin", "stdout", "stderr")]
        Path(names[0]).write_text(stdin, encoding="utf-8")
        code = forker.run({"arguments": arguments, "cwd": str(cwd), "env": env, "files": names}, timeout)
        _idle.append(forker)
        output, errors = (Path(name).read_text(encoding="utf-8") for name in names[1:])
    return subprocess.CompletedProcess(["portal", *arguments], code, output, errors)


class _Forker:
    def __init__(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.factories.commands"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=_ROOT,
            env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
            start_new_session=True,
        )
        atexit.register(self.stop)

    def run(self, job: dict[str, Any], timeout: float) -> int:
        asked, answer = self._pipes()
        asked.write(json.dumps(job) + "\n")
        asked.flush()
        ready, _, _ = select.select([answer], [], [], timeout)
        if not ready:
            self.stop()
            raise subprocess.TimeoutExpired(["portal", *job["arguments"]], timeout)
        return int(answer.readline())

    def stop(self) -> None:
        """With the command it runs."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()

    def _pipes(self) -> tuple[TextIO, TextIO]:
        assert self.process.stdin
        assert self.process.stdout
        return self.process.stdin, self.process.stdout


def _serve() -> None:
    """Answer each job with the exit code of its fork; in the fork itself, return so that it ends as any program."""
    from sqlalchemy.orm import configure_mappers

    from portal.cli import main

    configure_mappers()
    while line := sys.stdin.readline():
        job = json.loads(line)
        child = os.fork()
        if not child:
            _become(job)
            main.main(job["arguments"])
            return
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


def _become(job: dict[str, Any]) -> None:
    os.environ.clear()
    os.environ.update(job["env"])
    os.chdir(job["cwd"])
    for number, name in enumerate(job["files"]):
        flags = os.O_RDONLY if number == 0 else os.O_WRONLY | os.O_CREAT
        os.dup2(os.open(name, flags, 0o600), number)
    sys.stdin = open(0, encoding="utf-8", closefd=False)  # what was read ahead belongs to the parent  # noqa: SIM115


if __name__ == "__main__":
    _serve()
