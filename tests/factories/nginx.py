"""Debian's nginx with the file of `docs/`, on free ports, with a certificate of its own, in front of a portal."""

import contextlib
import datetime
import shutil
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import httpx2 as httpx
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.factories.servers import free_port

NAME = "portal.example.cn"
FILE = Path(__file__).parent.parent.parent / "docs" / "nginx.conf"
_MAIN = """
daemon off; master_process on; pid {folder}/nginx.pid; error_log {folder}/error.log; user root;
events {{ worker_connections 4096; }}
http {{
    client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
    include {folder}/portal.conf;
}}
"""


class Nginx:
    """The running proxy. `client()` is a browser at an address of its own."""

    def __init__(self, folder: Path, portal_port: int) -> None:
        self.folder, self.port, self.plain_port = folder, free_port(), free_port()
        _make_certificate(folder)
        text = FILE.read_text(encoding="utf-8")
        for documented, here in {
            "127.0.0.1:8000": f"127.0.0.1:{portal_port}",
            "listen 80;": f"listen 127.0.0.1:{self.plain_port};",
            "listen 443 ssl;": f"listen 127.0.0.1:{self.port} ssl;",
            "/etc/ssl/portal/fullchain.pem": f"{folder}/fullchain.pem",
            "/etc/ssl/portal/key.pem": f"{folder}/key.pem",
            "/var/log/nginx/portal.log": f"{folder}/portal.log",
        }.items():
            assert text.count(documented) == 1, documented
            text = text.replace(documented, here)
        (folder / "portal.conf").write_text(text, encoding="utf-8")
        (folder / "nginx.conf").write_text(_MAIN.format(folder=folder), encoding="utf-8")

    def client(self, address: str = "127.0.0.1") -> httpx.Client:
        """Talks TLS to the name that the certificate holds, as a browser would."""
        context = ssl.create_default_context(cafile=str(self.folder / "fullchain.pem"))
        return httpx.Client(
            transport=httpx.HTTPTransport(verify=context, local_address=address),
            base_url=f"https://127.0.0.1:{self.port}",
            headers={"host": NAME, "origin": f"https://{NAME}"},
            timeout=60,
            event_hooks={"request": [_with_name]},
        )

    @contextlib.contextmanager
    def running(self) -> Iterator["Nginx"]:
        program = shutil.which("nginx", path="/usr/sbin:/usr/bin:/usr/local/sbin")
        assert program, "install nginx: tests/provision.sh test"
        process = subprocess.Popen([program, "-c", str(self.folder / "nginx.conf"), "-p", str(self.folder)])
        try:
            self._wait(process)
            yield self
        finally:
            process.terminate()
            process.wait(20)

    def _wait(self, process: "subprocess.Popen[bytes]") -> None:
        for _ in range(200):
            assert process.poll() is None, (self.folder / "error.log").read_text()
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
                return
            time.sleep(0.05)
        raise AssertionError("nginx did not start")


def _with_name(request: httpx.Request) -> None:
    request.extensions["sni_hostname"] = NAME


def _make_certificate(folder: Path) -> None:
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.datetime.now(datetime.UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, NAME)])
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=2))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(NAME)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    (folder / "fullchain.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
