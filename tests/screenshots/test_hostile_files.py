"""Whatever the bytes: no exception, one sentence with the way out, and little time and memory (SECURITY B-10)."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
MOST_SECONDS = 4.0  # of CPU for one file
MOST_KILOBYTES = 400_000
MOST_WRONG, MOST_MESSAGE = 15, 90  # characters

# What must not be refused: it is drawn as it should be, or cannot be told from what is.
TAKEN = {
    "png and zip", "jpeg and zip", "png with php", "jpeg with a page", "webp and bmp", "apng", "print colours",
    "deep grey", "nearly black deep grey", "sixteen colours", "zero alpha bmp", "sixteen bit bmp",
    "png with text of 30 MB", "exif of 65535 entries in a circle",
}  # fmt: skip
NAMED = {
    "gif": "GIF 图片", "tiff": "TIFF 图片", "ico": "ICO 图标", "avif": "AVIF 图片", "heic": "HEIC 照片",
    "heic of a burst": "HEIC 照片", "video": "视频", "jpeg 2000": "JPEG 2000 图片", "psd": "PSD 图片",
    "svg": "SVG 图片", "pdf": "PDF 文件", "word": "Office 文件", "docx": "文档或压缩包", "rar": "压缩包",
}  # fmt: skip


@pytest.fixture(scope="module")
def report() -> dict[str, Any]:
    command = [sys.executable, "-m", "tests.screenshots.hostile_worker"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=600, check=False
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_there_are_174_of_them(report: dict[str, Any]) -> None:
    names = [answer["name"] for answer in report["answers"]]

    assert len(names) == len(set(names)) == 174


def test_each_costs_little(report: dict[str, Any]) -> None:
    slow = {answer["name"]: answer["seconds"] for answer in report["answers"] if answer["seconds"] > MOST_SECONDS}

    assert slow == {}
    assert report["grown_kilobytes"] < MOST_KILOBYTES


def test_each_gets_one_sentence_with_the_way_out(report: dict[str, Any]) -> None:
    for answer in report["answers"]:
        message = answer["message"]
        assert (message == "") == (answer["verdict"] == "accept"), answer
        if message:
            wrong = re.split("[。，]", message, maxsplit=1)[0]
            assert 0 < len(wrong) <= MOST_WRONG and len(message) <= MOST_MESSAGE, answer
            assert "请" in message and message.endswith("。"), answer


def test_what_is_kept_opens_and_what_is_refused_is_not_kept(report: dict[str, Any]) -> None:
    for answer in report["answers"]:
        assert (answer["opens"] is None) == (answer["verdict"] == "refuse"), answer


def test_only_what_can_be_drawn_is_taken(report: dict[str, Any]) -> None:
    taken = {answer["name"] for answer in report["answers"] if answer["verdict"] != "refuse"}

    assert taken >= TAKEN
    assert not {name for name in taken - TAKEN if "renamed" in name or ("cut at" in name and "progressive" not in name)}


@pytest.mark.parametrize(("kind", "name"), NAMED.items())
def test_a_renamed_file_is_named(report: dict[str, Any], kind: str, name: str) -> None:
    (answer,) = [answer for answer in report["answers"] if answer["name"] == f"{kind} renamed"]

    assert answer["code"] == "image_type"
    assert answer["message"].startswith(f"{name}不能用，需要 PNG、JPG、WebP 或 BMP。")
