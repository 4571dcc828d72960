"""The page in Chromium, Chinese speech as its microphone, and the server with real weights, where they are installed."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

pytest.importorskip("playwright", reason="playwright is not installed")
from playwright.sync_api import expect

from tests.browser.states import CHROMIUM, wait_for
from tests.browser.threads import served
from tests.browser.visits import recording, visiting
from tests.models.recordings import recording as spoken
from tests.serving import PACED_S
from tests.speech import silence

pytestmark = [pytest.mark.browser, pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")]

WEIGHTS = Path(__file__).resolve().parents[2] / "models" / "weights"
HAN = re.compile("[\u4e00-\u9fff]")
WAIT_MS = 60_000


def test_chinese_is_heard_written_down_and_answered_aloud_in_chinese(tmp_path: Path) -> None:
    if not (WEIGHTS / "whisper-base").is_dir():
        pytest.skip("Whisper's weights are not installed")
    said = spoken("zh_aishell_0121.wav")
    microphone = recording(tmp_path, silence(12.0), said.pcm, silence(90.0))
    flags = {"engines": "auto", "weights": WEIGHTS, "lead_s": PACED_S}
    with served(**flags) as server, visiting(server.http, microphone, "mandarin-coach") as (page, wire):
        wait_for(page, "speaking")
        person = page.locator("#captions [data-role=user] .said")
        expect(person).to_have_text(re.compile(f"({HAN.pattern}.*){{6}}"), timeout=WAIT_MS)
        answer = page.locator("#captions [data-role=character] .said").nth(1)
        expect(answer).to_have_text(HAN, timeout=WAIT_MS)
        page.wait_for_function("() => kaikou.played.rms > 0.01", timeout=WAIT_MS)
        heard = set(HAN.findall(person.text_content() or ""))
        spoken_item = wire.of("response.output_audio.delta")[-1]["item_id"]
        page.click("#end")

    meant = set(HAN.findall(said.about["text"]))
    assert len(heard & meant) >= 0.6 * len(meant)
    assert wire.seconds(spoken_item) > 0.3
