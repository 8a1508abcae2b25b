"""The floor: the least that a durable, encrypted, checked submission can cost. Started by uvicorn, never shipped.

POST /submit: parse multipart in memory, decode the picture fully, AES-256-GCM, write + fsync file and folder,
one INSERT, COMMIT with synchronous=FULL.
"""

import io
import os
import secrets
import sqlite3
import threading
from pathlib import Path

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from PIL import Image
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.formparsers import MultiPartParser
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

FOLDER = Path(os.environ["FLOOR_DIR"])
_cipher = AESGCM(bytes(32))
_local = threading.local()


class _MemoryParser(MultiPartParser):
    spool_max_size = 64 * 1024 * 1024


def _connection() -> sqlite3.Connection:
    if not hasattr(_local, "connection"):
        connection = sqlite3.connect(FOLDER / "floor.db", timeout=30, isolation_level=None)
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute(
            "CREATE TABLE IF NOT EXISTS reports (id TEXT PRIMARY KEY, body TEXT, secret BLOB, blob TEXT)"
        )
        _local.connection = connection
    return _local.connection


def _keep(fields: dict[str, str], picture: bytes) -> str:
    Image.open(io.BytesIO(picture)).load()
    row_id, nonce = secrets.token_hex(12), secrets.token_bytes(12)
    path = FOLDER / row_id
    handle = os.open(f"{path}.part", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    os.write(handle, nonce + _cipher.encrypt(nonce, picture, row_id.encode()))
    os.fsync(handle)
    os.close(handle)
    os.rename(f"{path}.part", path)
    folder = os.open(FOLDER, os.O_RDONLY)
    os.fsync(folder)
    os.close(folder)
    secret = nonce + _cipher.encrypt(nonce, "\0".join(fields.values()).encode(), row_id.encode())
    connection = _connection()
    connection.execute("BEGIN IMMEDIATE")
    connection.execute(
        "INSERT INTO reports VALUES (?, ?, ?, ?)", (row_id, fields.get("description", ""), secret, row_id)
    )
    connection.execute("COMMIT")
    return row_id


async def submit(request: Request) -> Response:
    """One submission."""
    form = await _MemoryParser(request.headers, request.stream()).parse()
    fields = {name: value for name, value in form.items() if isinstance(value, str)}
    upload = form["screenshots"]
    assert not isinstance(upload, str)
    row_id = await run_in_threadpool(_keep, fields, await upload.read())
    return JSONResponse({"id": row_id}, 201)


app = Starlette(routes=[Route("/submit", submit, methods=["POST"])])
