"""Forms as clients really send them, and servers that have no room for them."""

from __future__ import annotations

import asyncio
import os
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import numpy as np
import pytest

from models.stub import HEARD
from tests.full_disk import largest_file
from tests.server.audio.files import file_of
from tests.serving import Serving
from tests.speech import sentence, silence

pytestmark = pytest.mark.asyncio(loop_scope="module")

WAV = file_of(np.concatenate([silence(0.5), sentence(), silence(0.5)]))
LARGE = WAV + bytes(3_000_000)
"""More than is kept in memory."""

FORM = {"Content-Type": "multipart/form-data; boundary=b"}


def form(disposition: str, content: bytes = WAV, type: str = "application/octet-stream") -> bytes:
    """A form with one part, byte by byte."""
    head = f"--b\r\nContent-Disposition: form-data; {disposition}\r\nContent-Type: {type}\r\n\r\n"
    return head.encode() + content + b"\r\n--b--\r\n"


async def sent(server: Serving, body: bytes) -> httpx2.Response:
    async with httpx2.AsyncClient(timeout=30) as client:
        return await client.post(f"{server.http}/v1/audio/transcriptions", content=body, headers=FORM)


@pytest.mark.parametrize(
    "disposition",
    [
        'name="file"',
        "name=file",
        'name="file"; filename=""',
        "name=\"file\"; filename*=UTF-8''%E5%BD%95%E9%9F%B3.m4a",
        'name="file"; filename="录音 1.m4a"',
        'name="file"; filename="../../etc/passwd"',
        'name="file"; filename="C:\\\\fakepath\\\\speech.wav"',
        'name="file"; filename="a\\"b;c.wav"',
        'name="file"; filename="' + "x" * 2_000 + '.wav"',
        'name="file"; filename="%00.wav"',
        'filename="speech.wav"; name="file"',
        'name="file"; filename="blob"',
        'name="file"; filename=".pdf"',
    ],
)
async def test_a_file_is_heard_whatever_its_name(server: Serving, disposition: str) -> None:
    answer = await sent(server, form(disposition))
    assert (answer.status_code, answer.json().get("text")) == (200, HEARD)


@pytest.mark.parametrize(
    "type", ["audio/wav", "video/mp4", "text/plain", "application/json", "audio/webm;codecs=opus", "x"]
)
async def test_a_file_is_heard_whatever_its_content_type(server: Serving, type: str) -> None:
    answer = await sent(server, form('name="file"; filename="speech.mp3"', WAV, type))
    assert (answer.status_code, answer.json().get("text")) == (200, HEARD)


@pytest.mark.parametrize("disposition", ['name="file"', 'name="file"; filename="speech.wav"'])
async def test_an_empty_file_is_named_as_such(server: Serving, disposition: str) -> None:
    answer = await sent(server, form(disposition, b""))
    assert answer.status_code == 400
    assert "empty" in answer.json()["error"]["message"]


# --- No room -------------------------------------------------------------------------------------------------------------


def _told(answer: httpx2.Response) -> tuple[int, str, str]:
    error = answer.json()["error"]
    return answer.status_code, error["type"], error["code"]


async def test_a_disk_that_is_full_is_told(server: Serving) -> None:
    before = open_temporary_files()
    with largest_file(2_000_000):
        answer = await sent(server, form('name="file"; filename="large.wav"', LARGE))
    assert _told(answer) == (507, "server_error", "no_room")
    assert open_temporary_files() == before
    assert (await sent(server, form('name="file"; filename="large.wav"', LARGE))).status_code == 200


async def test_a_folder_for_temporary_files_that_is_gone_is_told(
    server: Serving, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "gone"))
    answer = await sent(server, form('name="file"; filename="large.wav"', LARGE))
    assert _told(answer) == (507, "server_error", "no_room")
    small = await sent(server, form('name="file"; filename="small.wav"'))
    assert small.status_code == 200, "what fits into memory needs no disk"


def open_temporary_files() -> int:
    """How many files without a name this process has open, where Linux tells."""
    open_files = [os.path.realpath(f"/proc/self/fd/{number}") for number in range(256)]
    return sum("(deleted)" in path for path in open_files)


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="needs /proc to see open files")
async def test_nothing_stays_behind_when_the_client_leaves_in_the_middle(server: Serving) -> None:
    before = open_temporary_files()

    async def half() -> AsyncIterator[bytes]:
        yield form('name="file"; filename="large.wav"', LARGE)[:2_500_000]
        while open_temporary_files() == before:
            await asyncio.sleep(0.01)
        raise ConnectionAbortedError

    async with asyncio.timeout(10):
        with pytest.raises(ConnectionAbortedError):
            async with httpx2.AsyncClient(timeout=30) as client:
                await client.post(f"{server.http}/v1/audio/transcriptions", content=half(), headers=FORM)
        while open_temporary_files() != before:
            await asyncio.sleep(0.01)
