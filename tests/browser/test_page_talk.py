"""A talk on the page with a server that is a script: every state, what it sends, and what really sounds."""

from __future__ import annotations

import math

import pytest

pytest.importorskip("playwright", reason="playwright is not installed")
from playwright.sync_api import Page, expect

from tests.browser.scripted_server import Script, talk
from tests.browser.states import CHROMIUM, wait_for

pytestmark = [pytest.mark.browser, pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")]


def test_a_greeting_sounds_and_is_reported_to_its_end(page: Page, address: str, script: Script) -> None:
    talk(page, address)
    wait_for(page, "speaking")
    wait_for(page, "resting")
    played = page.evaluate("window.kaikou.played")
    rate = page.evaluate("new AudioContext().sampleRate")
    assert played["samples"] == pytest.approx(rate, rel=0.01)
    assert played["rms"] == pytest.approx(6000 / 32768 / math.sqrt(2), rel=0.05)
    reports = script.sent("kaikou.playback")
    assert reports[0]["playing"] is True
    assert {key: reports[-1][key] for key in ("item_id", "played_ms", "playing")} == {
        "item_id": "a1",
        "played_ms": 1000,
        "playing": False,
    }
    assert script.sent("conversation.item.truncate") == []


def test_the_microphone_goes_up_in_frames_of_20_ms(page: Page, address: str, script: Script) -> None:
    talk(page, address)
    wait_for(page, "resting")
    assert len(script.frames) > 10
    assert set(script.frames) == {640}
    session = script.sent("session.update")[0]["session"]
    assert session["audio"]["input"]["format"] == {"type": "audio/pcm", "rate": 16000}
    assert session["kaikou"] == {"language": "en", "barge_in": "confirmed"}


def test_the_time_of_an_answer_opens_into_the_waterfall(page: Page, address: str) -> None:
    talk(page, address)
    wait_for(page, "resting")
    expect(page.locator(".timing summary")).to_have_text("0.41 s")
    page.click(".timing summary")
    expect(page.locator(".waterfall tr")).to_have_count(4)


def test_escape_stops_the_voice_and_strikes_through_what_was_not_heard(
    page: Page, address: str, script: Script
) -> None:
    script.seconds = 12.0
    talk(page, address)
    page.wait_for_selector("[data-role=character] [data-mark=now]")
    page.keyboard.press("Escape")
    wait_for(page, "interrupted")
    wait_for(page, "resting")
    heard = script.sent("conversation.item.truncate")
    assert len(heard) == 1
    assert 0 < heard[0]["audio_end_ms"] < 9000
    expect(page.locator("[data-role=character] [data-mark=unheard]").last).to_have_text("four")


def test_a_doubt_pauses_quietly_and_a_resume_loses_nothing(page: Page, address: str, script: Script) -> None:
    script.seconds = 4.0
    talk(page, address)
    wait_for(page, "speaking")
    script.send("input_audio_buffer.speech_started", item_id="u1", audio_start_ms=100)
    script.send("kaikou.playback.pause", item_id="a1")
    wait_for(page, "paused")
    page.wait_for_timeout(300)
    script.send("input_audio_buffer.speech_stopped", item_id="u1", audio_end_ms=400)
    kind = "conversation.item.input_audio_transcription.completed"
    script.send(kind, item_id="u1", content_index=0, transcript="")
    script.send("kaikou.playback.resume", item_id="a1")
    wait_for(page, "resting")
    assert script.sent("kaikou.playback")[-1]["played_ms"] == 4000
    assert script.sent("conversation.item.truncate") == []


def test_a_voice_over_the_reply_stops_it_without_waiting_for_the_server(
    page: Page, address: str, script: Script
) -> None:
    script.seconds = 12.0
    talk(page, address)
    wait_for(page, "speaking")
    script.send("input_audio_buffer.speech_started", item_id="u1", audio_start_ms=100)
    wait_for(page, "interrupted")
    wait_for(page, "listening")
    assert len(script.sent("conversation.item.truncate")) == 1


def test_a_typed_line_interrupts_and_is_answered(page: Page, address: str, script: Script) -> None:
    script.seconds = 12.0
    talk(page, address)
    wait_for(page, "speaking")
    page.keyboard.press("/")
    page.keyboard.type("Why?")
    page.keyboard.press("Enter")
    page.wait_for_function("document.querySelectorAll('[data-role=character]').length === 2")
    kinds = [event["type"] for event in script.received]
    order = ["conversation.item.truncate", "conversation.item.create", "response.create"]
    assert [kind for kind in kinds if kind in order] == order
    expect(page.locator("[data-role=user] .said")).to_have_text("Why?")


SOUNDED = {"language": "en", "emotion": "angry", "sounds": ["laughter", "thunder"]}


@pytest.mark.parametrize(("language", "words"), [("en", ["angry", "laughter"]), ("zh", ["生气", "笑声"])])
def test_how_the_person_sounded_stands_quietly_beside_their_line(
    page: Page, address: str, script: Script, language: str, words: list[str]
) -> None:
    page.add_init_script(f"Object.defineProperty(navigator, 'language', {{ get: () => '{language}' }})")
    talk(page, address)
    wait_for(page, "resting")
    script.send("input_audio_buffer.speech_started", item_id="u1", audio_start_ms=0)
    script.send("input_audio_buffer.speech_stopped", item_id="u1", audio_end_ms=900)
    script.send("kaikou.heard", item_id="u1", **SOUNDED)
    script.send("conversation.item.input_audio_transcription.completed", item_id="u1", transcript="Not again.")
    line = page.locator("#captions [data-item=u1]")
    expect(line.locator(".said")).to_have_text("Not again.")
    expect(line.locator(".vocal-cues > span:not(.unseen)")).to_have_text(words)
    expect(line.locator(".vocal-cues svg[aria-hidden=true]")).to_have_count(2)
    expect(line.locator(".unseen")).to_have_text("Sounded" if language == "en" else "听起来")
    expect(page.locator("#captions [data-role=character] .vocal-cues > *")).to_have_count(0)
    assert line.locator(".speaker").evaluate("p => p.offsetHeight < 1.6 * parseFloat(getComputedStyle(p).lineHeight)")
    page.click("#end")
    expect(page.locator(".transcript [data-role=user] .said")).to_have_text("Not again.")
    expect(page.locator(".transcript [data-role=user] .vocal-cues > span:not(.unseen)")).to_have_text(words)


def test_space_turns_the_microphone_off_and_on(page: Page, address: str) -> None:
    talk(page, address)
    wait_for(page, "resting")
    page.keyboard.press(" ")
    expect(page.locator("#mute")).to_have_attribute("aria-pressed", "true")
    page.keyboard.press(" ")
    expect(page.locator("#mute")).to_have_attribute("aria-pressed", "false")


def test_a_failed_answer_is_explained_and_the_next_turn_works(page: Page, address: str, script: Script) -> None:
    script.fails = True
    talk(page, address)
    wait_for(page, "failed")
    expect(page.locator(".panel")).to_contain_text("The voice is away.")
    script.fails = False
    page.fill("#say", "Again, please")
    page.click("#send")
    wait_for(page, "speaking")
    expect(page.locator(".panel")).to_have_count(0)


def test_a_slow_answer_is_said_to_be_slow(page: Page, address: str, script: Script) -> None:
    talk(page, address)
    wait_for(page, "resting")
    script.send("response.created", response={"id": "r9", "status": "in_progress"})
    wait_for(page, "thinking")
    expect(page.locator("#status")).to_contain_text("takes a moment")


def test_afterwards_there_is_the_transcript_and_its_sound(page: Page, address: str, script: Script) -> None:
    talk(page, address)
    wait_for(page, "resting")
    page.click("#end")
    wait_for(page, "ended")
    expect(page.locator(".transcript [data-role=character] .said")).to_have_text("One two three four")
    page.click(".transcript button")
    expect(page.locator(".transcript button.playing")).to_have_count(1)
    page.click("#continue")
    wait_for(page, "resting")
    assert len(script.sent("kaikou.greet")) == 1


def test_ending_in_the_middle_of_an_answer_keeps_what_was_heard(page: Page, address: str, script: Script) -> None:
    script.seconds = 12.0
    talk(page, address)
    page.wait_for_selector("[data-role=character] [data-mark=now]")
    page.click("#end")
    wait_for(page, "ended")
    expect(page.locator(".transcript [data-mark=unheard]").last).to_have_text("four")
    page.click("#continue")
    wait_for(page, "resting")


def test_starting_over_forgets_and_greets_again(page: Page, address: str, script: Script) -> None:
    talk(page, address)
    wait_for(page, "resting")
    page.click("#restart")
    page.wait_for_function("document.querySelectorAll('#captions [data-item=a2]').length === 1")
    expect(page.locator("#captions > div")).to_have_count(1)
    assert len(script.sent("kaikou.greet")) == 2
