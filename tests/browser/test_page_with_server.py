"""The page in Chromium, a recording as its microphone, and the real server with its embedded engines: a whole talk."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("playwright", reason="playwright is not installed")
from playwright.sync_api import expect

from tests.browser.line import Line
from tests.browser.states import CHROMIUM, wait_for
from tests.browser.visits import recording, visiting
from tests.speech import NEEDS_POCKETSPHINX, sentence, silence

pytestmark = [
    pytest.mark.browser,
    pytest.mark.timeout(180),
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine"),
]

LATE_S = 0.3
"""The page notes what was played when it hears of a state, which on a busy machine is some tenths of a second late."""

HAN = re.compile("[\u4e00-\u9fff]{4}")


@pytest.fixture(scope="module")
def line() -> Iterator[Line]:
    with Line().running() as line:
        yield line


@NEEDS_POCKETSPHINX
def test_a_greeting_is_interrupted_by_a_voice_which_is_written_down_and_answered(line: Line, tmp_path: Path) -> None:
    with visiting(line.address, recording(tmp_path, silence(3.0), sentence(), silence(60.0))) as (page, wire):
        greeting = page.locator("#captions [data-role=character] .said").first
        expect(greeting).to_contain_text("dog")
        page.wait_for_function("() => kaikou.played.rms > 0.01")
        wait_for(page, "interrupted")
        wait_for(page, "thinking")
        expect(
            page.locator("#captions [data-role=character]").first.locator("[data-mark=unheard]").last
        ).to_be_visible()
        person = page.locator("#captions [data-role=user] .said")
        expect(person).to_have_text(re.compile(r"\w+ \w+"))
        wait_for(page, "speaking")
        answer = page.locator("#captions [data-role=character] .said").nth(1)
        expect(answer).to_have_text(re.compile(r"\w+ \w+"))
        page.locator(".timing summary").last.click()
        marks = page.locator(".waterfall").last.locator("tr")
        page.wait_for_function("() => document.querySelectorAll('.waterfall tr').length >= 4")
        expect(marks.first).to_be_visible()
        trace = page.evaluate("trace")
        rate = page.evaluate("new AudioContext().sampleRate")
        states = [state for state, _at, _samples in trace]
        over = next(i for i, state in enumerate(states) if state in ("paused", "listening"))
        stopped = states.index("interrupted")
        again = states.index("speaking", stopped)
        assert trace[again][2] - trace[over][2] < LATE_S * rate
        assert len(wire.of("conversation.item.truncated")) >= 1


def test_a_reply_in_chinese_survives_a_cut_of_the_line_and_says_nothing_twice(line: Line, tmp_path: Path) -> None:
    with visiting(line.address, recording(tmp_path, silence(60.0))) as (page, wire):
        wait_for(page, "speaking")
        page.fill("#say", "什么是勇气？")
        page.press("#say", "Enter")
        answer = page.locator("#captions [data-role=character] .said").nth(1)
        expect(answer).to_have_text(HAN)
        wait_for(page, "speaking")
        before = page.evaluate("trace.findLast(([state]) => state === 'speaking')[2]")
        line.cut()
        wait_for(page, "reconnecting")
        wait_for(page, "speaking")
        wait_for(page, "resting")
        item = wire.of("response.output_audio.delta")[-1]["item_id"]
        rate = page.evaluate("new AudioContext().sampleRate")
        ids = [event["event_id"] for event in wire.events]
        assert [("&resume=" in address) for address in wire.addresses] == [False, True]
        assert len(wire.of("kaikou.resumed")) == 1
        assert len(ids) == len(set(ids))
        played = (page.evaluate("kaikou.played.samples") - before) / rate
        # The page says "speaking" when it comes to it, and may have played some by then.
        assert wire.seconds(item) - 1.5 < played < wire.seconds(item) + LATE_S
        assert page.evaluate("kaikou.played.rms") > 0.01
        said = wire.of("response.output_audio_transcript.done", item_id=item)[0]["transcript"]
        expect(answer).to_have_text(said)
        expect(page.locator("#captions > div")).to_have_count(3)
        expect(page.locator(".panel, .notice")).to_have_count(0)


@pytest.mark.parametrize("told", [True, False], ids=["the browser tells of it", "nobody tells of it"])
def test_a_line_that_died_in_silence_is_noticed_and_the_talk_goes_on(line: Line, tmp_path: Path, *, told: bool) -> None:
    with visiting(line.address, recording(tmp_path, silence(60.0))) as (page, wire):
        wait_for(page, "speaking")
        line.silence()
        if told:
            page.evaluate("window.dispatchEvent(new Event('online'))")
        wait_for(page, "reconnecting")
        wait_for(page, "resting")
        said = wire.of("response.output_audio_transcript.done")[0]["transcript"]
        assert [("&resume=" in address) for address in wire.addresses] == [False, True]
        assert len(wire.of("kaikou.resumed")) == 1
        expect(page.locator("#captions [data-role=character] .said")).to_have_text(said)
