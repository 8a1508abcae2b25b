"""Checks the addresses that settings name; a ValueError says how one must look, and repeats none."""

import ipaddress
import re
from urllib.parse import urlsplit

from portal.sentences import said


def database_url(text: str) -> str:
    if not text.startswith(("sqlite:///", "postgresql+psycopg://")):
        raise ValueError(said("database_form"))
    try:
        parts = urlsplit(text)
        is_whole = len(parts.path) > 1 and parts.port != 0
    except ValueError:  # its text may hold the password
        is_whole = False
    if not is_whole:
        raise ValueError(
            said("must_look_like", sample="sqlite:////folder/portal.db | postgresql+psycopg://user:password@host/name")
        )
    return text


def uploads(text: str) -> str:
    if "://" in text and not re.fullmatch(r"s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/[A-Za-z0-9._-]{1,64}){0,8}/?", text):
        raise ValueError(said("store_form"))
    return text


def endpoint(text: str) -> str:
    parts = urlsplit(text)
    if text and (parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.username):
        raise ValueError(said("must_look_like", sample="https://s3.example.cn"))
    return text.rstrip("/")


def base_url(text: str) -> str:
    parts = urlsplit(text)
    is_plain = not (parts.query or parts.fragment or parts.username) and parts.port != 0  # a bad port raises too
    if text and (parts.scheme not in ("http", "https") or not parts.hostname or not is_plain):
        raise ValueError(said("must_look_like", sample="https://portal.example.cn"))
    if parts.path.strip("/"):
        raise ValueError(said("no_path"))
    return f"{parts.scheme}://{parts.netloc.lower()}" if text else ""


def syslog(text: str) -> str:
    try:
        parts = urlsplit(text)
        is_good = parts.scheme in ("udp", "tcp", "tls") and bool(parts.hostname) and parts.port != 0 and not parts.path
    except ValueError:
        is_good = False
    if text and not is_good:
        raise ValueError(said("must_look_like", sample="tls://log.example.cn:6514 | tcp://… | udp://…"))
    return text


def issuer(text: str) -> str:
    parts = urlsplit(text)
    is_safe = parts.scheme == "https" or (parts.scheme == "http" and is_loopback(parts.hostname or ""))
    is_plain = not (parts.username or parts.query or parts.fragment) and len(text) <= 255
    if text and not (is_safe and is_plain and parts.hostname):
        raise ValueError(said("must_look_safe", sample="https://accounts.example.cn"))
    return text


def is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def outgoing(text: str) -> str:
    """Where a notification is sent: the address may hold a key, and no message of an error repeats it."""
    try:
        parts = urlsplit(text)
        is_safe = parts.scheme == "https" or (parts.scheme == "http" and is_loopback(parts.hostname or ""))
        is_plain = bool(parts.hostname) and not (parts.username or parts.fragment) and parts.port != 0
    except ValueError:
        is_safe = is_plain = False
    if text and not (is_safe and is_plain and text.isascii() and text.isprintable() and len(text) <= 1000):
        raise ValueError(said("must_look_safe", sample="https://robot.example.cn/send?key=…"))
    return text


def smtp_url(text: str) -> str:
    try:
        parts = urlsplit(text)
        is_good = parts.scheme in ("smtp", "smtps") and bool(parts.hostname) and parts.port != 0
        is_good = is_good and not (parts.path.strip("/") or parts.query or parts.fragment)
    except ValueError:
        is_good = False
    if text and not is_good:
        raise ValueError(
            said("must_look_like", sample="smtps://user:password@mail.example.cn:465 | smtp://mail.example.cn:587")
        )
    return text


def mail_address(text: str) -> str:
    if text and not is_mail_address(text):
        raise ValueError(said("must_look_like", sample="portal@example.cn"))
    return text


def is_mail_address(text: str) -> bool:
    """One plain address: no name, no blank, nothing that ends a header."""
    local, _, domain = text.rpartition("@")
    is_local = bool(re.fullmatch(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}", local))
    return is_local and len(domain) <= 189 and bool(re.fullmatch(r"[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*", domain))
