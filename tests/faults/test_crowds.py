"""Many connections and many bytes at once: the clinics are served meanwhile, and it is over when the crowd leaves."""

import contextlib
import http.client
import json
import re
import resource
import socket
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.factories.reports import general_fields
from tests.factories.servers import Server, Site
from tests.faults.test_crashes import encoded, get, post_report

pytestmark = pytest.mark.xdist_group("crowds")
MB = 1024 * 1024
PATIENCE_SECONDS = 3
UPLOAD = (
    "POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {length}\r\n"
    "Content-Type: multipart/form-data; boundary=x\r\n\r\n"
    '--x\r\nContent-Disposition: form-data; name="screenshots"; filename="a.png"\r\n\r\n'
)


@pytest.fixture
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    return Site(tmp_path_factory.mktemp("crowds"))


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    site = Site(tmp_path_factory.mktemp("served"))
    with site.serving() as server:
        for _ in range(3):
            assert post_report(site, uuid.uuid4().hex).status == 201
        yield server
        assert server.process.poll() is None
        assert "Traceback" not in server.said()[server.began :]


@pytest.fixture(autouse=True)
def many_handles() -> Iterator[None]:
    """For the crowd's own ends."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (before[1], before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


class Crowd:
    """Raw connections, closed at the end."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.sockets: list[socket.socket] = []

    def join(self, data: bytes = b"", *, source: str = "127.0.0.1") -> socket.socket:
        member = socket.create_connection(("127.0.0.1", self.site.port), 10, (source, 0))
        self.sockets.append(member)
        with contextlib.suppress(OSError):
            member.sendall(data)
        return member

    def leave(self) -> None:
        for member in self.sockets:
            member.close()
        self.sockets.clear()


@pytest.fixture
def crowd(request: pytest.FixtureRequest) -> Iterator[Crowd]:
    """Of the test's own server."""
    own = "server" in request.fixturenames
    made = Crowd(request.getfixturevalue("server").site if own else request.getfixturevalue("site"))
    yield made
    made.leave()


def memory_of(server: Server) -> float:
    """MB that the process and its workers hold."""
    own = server.process.pid
    children = Path(f"/proc/{own}/task/{own}/children").read_text().split()
    statuses = [Path(f"/proc/{process}/status").read_text() for process in (own, *children)]
    return sum(int(kilobytes) for status in statuses for kilobytes in re.findall(r"VmRSS:\s+(\d+) kB", status)) / 1024


def handles_of(server: Server) -> int:
    return len(list(Path(f"/proc/{server.process.pid}/fd").iterdir()))


def answer_of(member: socket.socket, seconds: float = 10) -> bytes:
    """What comes until the other side closes; empty where it was reset."""
    member.settimeout(seconds)
    said = b""
    with contextlib.suppress(ConnectionError):
        while piece := member.recv(65536):
            said += piece
    return said


def filed(site: Site) -> float:
    """A clinic's report through the API; the seconds it took."""
    answer = post_report(site, uuid.uuid4().hex)
    assert answer.status == 201, answer
    return answer.seconds


def upload(path: str = "/api/v1/reports", length: int = 60 * MB) -> bytes:
    return UPLOAD.format(path=path, length=length).encode()


@pytest.mark.parametrize(
    "start", [b"", b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: "], ids=["silent", "half a head"]
)
def test_an_idle_connection_is_closed(server: Server, crowd: Crowd, start: bytes) -> None:
    member, began = crowd.join(start), time.monotonic()
    assert answer_of(member, 30) == b""
    assert 8 < time.monotonic() - began < 15


def test_a_head_that_drips_is_closed(server: Server, crowd: Crowd) -> None:
    member, began = crowd.join(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: "), time.monotonic()
    with contextlib.suppress(OSError):
        while time.monotonic() - began < 30:
            member.sendall(b"a")
            time.sleep(0.2)
    assert time.monotonic() - began < 16


def test_a_second_request_on_a_connection_has_the_same_time(server: Server, crowd: Crowd) -> None:
    member = crowd.join(b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
    began = time.monotonic()
    assert answer_of(member, 30).endswith(b'{"status":"ok"}')
    assert 8 < time.monotonic() - began < 15


@pytest.mark.parametrize("head", [b"GET /" + b"a" * 10 * MB, b"GET / HTTP/1.1\r\nX: " + b"a" * 10 * MB,
                                  b"GET / HTTP/1.1\r\n" + b"X: a\r\n" * 2 * MB],
                         ids=["address", "field", "fields"])  # fmt: skip
def test_an_endless_head_is_refused(server: Server, crowd: Crowd, head: bytes) -> None:
    before = memory_of(server)
    crowd.join(head)
    assert filed(server.site) < PATIENCE_SECONDS
    assert memory_of(server) - before < 30


@pytest.mark.parametrize("workers", ["1", "2"])
@pytest.mark.parametrize("source", ["one address", "many addresses"])
def test_a_clinic_files_while_a_crowd_is_held(site: Site, crowd: Crowd, workers: str, source: str) -> None:
    with site.serving(PORTAL_WORKERS=workers) as server:
        for _ in range(3):
            filed(site)
        before = memory_of(server)
        for member in range(1500):
            crowd.join(source="127.0.0.1" if source == "one address" else f"127.0.{member // 200}.{member % 200 + 2}")
        for _ in range(20):
            crowd.join(upload() + b"a" * 1000, source="127.0.0.1")
        slowest = max(filed(site) for _ in range(5))
        rise = memory_of(server) - before
        print(f"{workers} workers, {source}: slowest {slowest:.2f} s, memory +{rise:.0f} MB")
        assert slowest < PATIENCE_SECONDS
        assert rise < 100
        if workers == "1":
            assert handles_of(server) < 2048 + 256
            deadline = time.monotonic() + 40
            while handles_of(server) > 100 and time.monotonic() < deadline:
                time.sleep(0.5)
            assert handles_of(server) < 100, "it recovers by itself, while the crowd still holds its ends"
        assert filed(site) < PATIENCE_SECONDS
        said = server.said()[server.began :]
        assert said.count("limit reached") <= int(workers)
        assert "Traceback" not in said


def test_the_process_is_prepared(server: Server) -> None:
    """As many handles as the system allows, and no dump of a memory that holds keys."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    assert resource.prlimit(server.process.pid, resource.RLIMIT_NOFILE) == (min(hard, 65_536), hard)
    assert resource.prlimit(server.process.pid, resource.RLIMIT_CORE) == (0, 0)


def test_few_handles_are_enough(site: Site, crowd: Crowd) -> None:
    """Where the system allows few handles, the limit of connections is below them."""
    with site.serving(handles=400) as server:
        for member in range(500):
            crowd.join(source=f"127.0.0.{member // 3 + 2}")
        assert filed(site) < PATIENCE_SECONDS
        assert "Traceback" not in server.said()[server.began :]


def test_twelve_large_bodies_that_stall(server: Server, crowd: Crowd) -> None:
    """12 × 58 of 60 MB: most wait on disk, some are told to come again."""
    before, began = memory_of(server), time.monotonic()
    members = [crowd.join(upload()) for _ in range(12)]
    piece, highest, slowest = b"a" * MB, 0.0, 0.0
    for step in range(58):
        for member in members:
            with contextlib.suppress(OSError):
                member.sendall(piece)
        highest = max(highest, memory_of(server) - before)
        if step % 10 == 9:
            slowest = max(slowest, filed(server.site))
    slowest = max(slowest, filed(server.site))
    highest = max(highest, memory_of(server) - before)
    print(f"large bodies: slowest {slowest:.2f} s, memory +{highest:.0f} MB in {time.monotonic() - began:.0f} s")
    assert slowest < PATIENCE_SECONDS
    assert highest < 100
    statuses = sorted({answer_of(member, 60)[9:12] for member in members})
    assert statuses and set(statuses) <= {b"408", b"503", b""}, statuses
    assert time.monotonic() - began < 90
    assert filed(server.site) < PATIENCE_SECONDS
    assert memory_of(server) - before < 60


def test_a_slow_body_is_cut_by_its_rate(server: Server, crowd: Crowd) -> None:
    member, began = crowd.join(upload(length=5000)), time.monotonic()
    member.settimeout(0.2)
    said = b""
    while time.monotonic() - began < 40 and not said:
        with contextlib.suppress(OSError):
            member.sendall(b"a")
        with contextlib.suppress(TimeoutError):
            said = member.recv(65536)
    assert 15 < time.monotonic() - began < 30
    assert b" 408 " in said and "网络太慢" in (said + answer_of(member)).decode()


def test_what_the_ceiling_refuses_is_told_when_to_come_again(server: Server, crowd: Crowd) -> None:
    members = [crowd.join(upload()) for _ in range(12)]
    piece = b"a" * MB
    for _ in range(40):
        for member in members:
            with contextlib.suppress(OSError):
                member.sendall(piece)
    page = crowd.join(upload("/track/RC2026110001/supplements") + piece)  # any form with pictures
    answers = [answer_of(member, 60) for member in [*members, page]]
    refused = [answer for answer in answers if b" 503 " in answer[:20]]
    assert refused
    for answer in refused:
        head, _, body = answer.partition(b"\r\n\r\n")
        assert b"retry-after: 15" in head.lower()
        assert b"application/problem+json" in head and "过半分钟再提交" in json.loads(body)["title"]
    assert server.said().count("ceiling of bodies in flight reached") == 1


def test_a_real_report_over_the_memory_of_one_body_arrives_whole(server: Server) -> None:
    """It goes through the encrypted file on disk."""
    site = server.site
    answer = post_report(site, uuid.uuid4().hex, pause=0.5)
    assert answer.status == 201
    body = encoded(general_fields(remark="长" * 900), "invented-boundary")
    padding = b"\r\n".join([b"--invented-boundary", b'Content-Disposition: form-data; name="x"; filename="x"', b"",
                            b"p" * 3 * MB, b""])  # fmt: skip
    connection = http.client.HTTPConnection("127.0.0.1", site.port, timeout=60)
    head = {"Content-Type": "multipart/form-data; boundary=invented-boundary", "Idempotency-Key": uuid.uuid4().hex}
    connection.request("POST", "/api/v1/reports", padding + body, head)
    answered = connection.getresponse()
    assert (answered.status, bool(json.loads(answered.read())["number"])) == (201, True)
    connection.close()
    assert get(site, "/healthz")[0] == 200
