"""The server dies in the middle of an answer, without a word, and is started again: the same conversation goes on."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

pytest.importorskip("playwright", reason="playwright is not installed")
from playwright.sync_api import Page, expect

from tests.browser.states import CHROMIUM, wait_for
from tests.browser.visits import recording, visiting
from tests.speech import silence

pytestmark = [
    pytest.mark.browser,
    pytest.mark.timeout(180),
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine"),
]

WAIT_S = 30


@contextmanager
def server(port: int) -> Iterator[subprocess.Popen[str]]:
    """A server as a person starts it, on this port."""
    command = [sys.executable, "-m", "server", "--port", str(port), "--engines", "embedded"]
    environment = {**os.environ, "KAIKOU_LLM_DISCOVER": "0", "KAIKOU_LOG": "error"}
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)
    assert process.stdout is not None
    try:
        assert any("http://" in line for line in process.stdout)
        yield process
    finally:
        process.kill()
        process.wait(WAIT_S)
        process.stdout.close()


def say(page: Page, text: str, answer: int) -> str:
    """Type a line and hear its answer out: that of the character's turn with this number."""
    page.fill("#say", text)
    page.press("#say", "Enter")
    said = page.locator("#captions [data-role=character] .said").nth(answer)
    expect(said).to_have_text(re.compile(r"\w+ \w+"))
    return said.text_content() or ""


def test_a_server_that_was_killed_in_an_answer_costs_that_answer_and_not_the_conversation(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    with server(port) as first, visiting(address, recording(tmp_path, silence(90.0)), "assistant") as (page, wire):
        wait_for(page, "speaking")
        say(page, "My name is Ada.", answer=1)
        wait_for(page, "speaking")
        first.kill()
        first.wait(WAIT_S)
        wait_for(page, "reconnecting")
        expect(page.locator("[data-state=reconnecting]")).to_be_attached()
        with server(port):
            expect(page.locator(".notice")).to_contain_text("may be missing")
            answer = say(page, "What is my name?", answer=2)
            page.wait_for_function("() => kaikou.played.rms > 0.01")
            assert "Ada" in answer
            assert len(wire.of("session.created")) == 2
            expect(page.locator("#captions [data-role=user]")).to_have_count(2)
