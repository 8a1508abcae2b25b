"""A small load generator over plain sockets, so that the client costs little of the two cores."""

import asyncio
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from bench.servers import Server


@dataclass
class Result:
    """One round: jobs a second, CPU milliseconds of the server a job, latencies in ms."""

    per_second: float
    cpu_ms: float
    latencies: list[float] = field(default_factory=list)

    def percentile(self, share: float) -> float:
        """A latency in ms."""
        ordered = sorted(self.latencies)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def run(server: Server, request: Callable[[], bytes], *, jobs: int, clients: int, expected: int) -> Result:
    """Send `jobs` requests over `clients` keep-alive connections and measure."""
    cpu = server.cpu_seconds()
    started = time.perf_counter()
    latencies = asyncio.run(_all(server, request, jobs, clients, expected))
    seconds = time.perf_counter() - started
    return Result(jobs / seconds, (server.cpu_seconds() - cpu) * 1000 / jobs, latencies)


async def _all(server: Server, request: Callable[[], bytes], jobs: int, clients: int, expected: int) -> list[float]:
    waiting = iter(range(jobs))
    latencies: list[float] = []

    async def client() -> None:
        reader, writer = await asyncio.open_connection(server.host, server.port, limit=2**24)
        for _ in waiting:
            started = time.perf_counter()
            writer.write(request())
            await writer.drain()
            status, _body = await _answer(reader)
            latencies.append((time.perf_counter() - started) * 1000)
            if status != expected:
                raise SystemExit(f"the benchmark got status {status}, not {expected}")
        writer.close()

    await asyncio.gather(*(client() for _ in range(clients)))
    return latencies


async def _answer(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    head = await reader.readuntil(b"\r\n\r\n")
    status = int(head.split(b" ", 2)[1])
    length = next(
        (int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")), 0
    )
    return status, await reader.readexactly(length)


def multipart(path: str, fields: dict[str, str], picture: bytes) -> bytes:
    """A whole HTTP request that files a report with one picture."""
    boundary = secrets.token_hex(16)
    parts = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in fields.items()
    ]
    parts.append(
        f'--{boundary}\r\nContent-Disposition: form-data; name="screenshots"; filename="screen.png"\r\n'
        "Content-Type: image/png\r\n\r\n".encode()
    )
    body = b"".join([*parts, picture, f"\r\n--{boundary}--\r\n".encode()])
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: multipart/form-data; boundary={boundary}\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def get(path: str, cookie: str = "") -> bytes:
    """A whole HTTP GET."""
    extra = f"Cookie: {cookie}\r\n" if cookie else ""
    return f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{extra}\r\n".encode()
