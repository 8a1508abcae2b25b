"""A real S3-compatible server (SeaweedFS, one process), and a bad line to it."""

import contextlib
import json
import os
import shutil
import socket
import subprocess
import sysconfig
import threading
import time
from pathlib import Path

import botocore.session
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from tests.factories.servers import free_port

BUCKET = "pictures"
ACCESS_KEY, SECRET_KEY = "invented-access-key", "invented-secret-phrase"
_PATIENCE_SECONDS = 120  # a loaded machine is no fault


class S3Server:
    """`weed server` in a folder of its own. It ignores SIGTERM and is killed."""

    def __init__(self, folder: Path, *, megabytes: int = 1024, volumes: int = 8) -> None:
        self.folder = folder
        self.volumes = volumes
        self.megabytes = megabytes
        self.ports = {name: free_port() for name in ("master", "volume", "filer", "s3")}
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.ports['s3']}"

    def start(self) -> None:
        """Returns once the bucket is there."""
        self.folder.mkdir(parents=True, exist_ok=True)
        identities = self.folder / "identities.json"
        credentials = {"accessKey": ACCESS_KEY, "secretKey": SECRET_KEY}
        may = ["Admin", "Read", "Write", "List"]
        identities.write_text(
            json.dumps({"identities": [{"name": "portal", "credentials": [credentials], "actions": may}]})
        )
        ports = [f"-{name}.port={port}" for name, port in self.ports.items()]
        ports += [f"-{name}.port.grpc={free_port()}" for name in self.ports]
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [
                    str(Path(sysconfig.get_path("scripts")) / "weed"), "server", f"-dir={self.folder}", "-s3",
                    "-ip=127.0.0.1", "-ip.bind=127.0.0.1", "-master.telemetry=false",
                    "-s3.autoCreateBucket=false", "-s3.port.iceberg=0", "-s3.port.lance=0", f"-s3.config={identities}",
                    f"-volume.max={self.volumes}", f"-master.volumeSizeLimitMB={self.megabytes}", *ports,
                ],
                stdout=log, stderr=log, cwd=self.folder, env={"PATH": os.environ["PATH"], "HOME": str(self.folder)},
            )  # fmt: skip
        self._wait()

    def _wait(self) -> None:
        deadline = time.monotonic() + _PATIENCE_SECONDS
        client = self.client()
        while time.monotonic() < deadline:
            assert self.process is not None and self.process.poll() is None, (self.folder / "log").read_text()[-2000:]
            with contextlib.suppress(BotoCoreError, ClientError):
                if not any(bucket["Name"] == BUCKET for bucket in client.list_buckets()["Buckets"]):
                    client.create_bucket(Bucket=BUCKET)
                client.put_object(Bucket=BUCKET, Key="ready", Body=b"yes")
                client.delete_object(Bucket=BUCKET, Key="ready")
                return
            time.sleep(0.1)
        raise AssertionError((self.folder / "log").read_text()[-2000:])

    def client(self):
        """A client of the tests' own, to look at what is stored."""
        return botocore.session.Session().create_client(
            "s3", endpoint_url=self.endpoint, region_name="us-east-1", aws_access_key_id=ACCESS_KEY,
            aws_secret_access_key=SECRET_KEY,
            config=Config(retries={"total_max_attempts": 1}, connect_timeout=2, read_timeout=10),
        )  # fmt: skip

    def kill(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def settings(self, prefix: str, endpoint: str | None = None) -> dict[str, str]:
        """The environment of a portal that keeps its pictures here."""
        return {
            "PORTAL_UPLOADS": f"s3://{BUCKET}/{prefix}",
            "PORTAL_S3_ENDPOINT": endpoint or self.endpoint,
            "AWS_ACCESS_KEY_ID": ACCESS_KEY,
            "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
        }

    def remove(self) -> None:
        self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)


def _refusal(status: str, code: str = "") -> bytes:
    body = f"<?xml version='1.0'?><Error><Code>{code}</Code><Message>no</Message></Error>" if code else ""
    return f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n{body}".encode()


REFUSALS = {
    "full": _refusal("403 Forbidden", "QuotaExceeded"),
    "full disk": _refusal("507 Insufficient Storage"),
    "slow down": _refusal("503 Slow Down", "SlowDown"),
    "conflict": _refusal("409 Conflict", "ConditionalRequestConflict"),
}


class BadLine:
    """Stands between a portal and its store. What it does to connections that are made from now on is `mode`.

    through; refuse: no connection; silent: takes the request and never answers; cut: ends within the answer;
    lost: the store gets the request and the answer never comes back; one of `REFUSALS`: the store answers that.
    """

    def __init__(self, endpoint: str) -> None:
        self.mode = "through"
        self.refusals_left = 1000
        self.taken = 0
        self.requests = 0
        self._target = ("127.0.0.1", int(endpoint.rpartition(":")[2]))
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.endpoint = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.taken += 1
            threading.Thread(target=self._serve, args=(connection, self.mode), daemon=True).start()

    def _serve(self, near: socket.socket, mode: str) -> None:
        with near, contextlib.suppress(OSError):
            if mode == "refuse":
                return
            if mode in REFUSALS and self.refusals_left > 0:
                self.refusals_left -= 1
                self._refuse(near, REFUSALS[mode])
                return
            with socket.create_connection(self._target) as far:
                sender = threading.Thread(target=self._send, args=(near, far), daemon=True)
                sender.start()
                self._answer(near, far, mode)

    def _send(self, near: socket.socket, far: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while block := near.recv(1 << 16):
                self.requests += block.startswith((b"GET ", b"PUT ", b"DELETE "))
                far.sendall(block)
            far.shutdown(socket.SHUT_WR)

    @staticmethod
    def _answer(near: socket.socket, far: socket.socket, mode: str) -> None:
        if mode == "silent":
            time.sleep(60)
        elif mode == "lost":
            far.recv(1)
        elif mode == "cut":
            near.sendall(far.recv(900))
        else:
            while block := far.recv(1 << 16):
                near.sendall(block)

    @staticmethod
    def _refuse(near: socket.socket, answer: bytes) -> None:
        """Once the request is there as a whole: what is not read yet would break the line in front of the answer."""
        near.settimeout(0.5)
        with contextlib.suppress(OSError):
            while near.recv(1 << 16):
                pass
        near.sendall(answer)
