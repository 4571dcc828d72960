"""What comes from a microphone, in the page's pure modules: channels made one, and silence that means a dead one."""

from __future__ import annotations

from typing import Any

import pytest

pytest.importorskip("playwright", reason="playwright is not installed")
from playwright.sync_api import Browser, Page

from tests.browser.modules import empty_page, run
from tests.browser.states import CHROMIUM

pytestmark = [pytest.mark.browser, pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")]


@pytest.fixture(scope="module")
def modules(browser: Browser, address: str) -> Page:
    return empty_page(browser, address)


# --- Channels ---------------------------------------------------------------------------------------------------------

MIX = """
  const RATE = 48000, BLOCK = 128;
  const mixdown = new m.Mixdown(RATE);
  const voice = (i) => 0.4 * Math.sin(2 * Math.PI * 220 * i / RATE) + 0.2 * Math.sin(2 * Math.PI * 1330 * i / RATE);
  const noise = () => Math.random() * 2 - 1;
  const channels = {
    same: [voice, voice],
    opposite: [voice, (i) => -voice(i)],
    "right silent": [voice, () => 0],
    "left silent": [() => 0, voice],
    "an offset on the left": [() => 0.5, voice],
    "noise on the left": [() => 0.01 * noise(), voice],
    "third of four": [() => 0, () => 0, voice, () => 0],
    "all but one opposite": [voice, voice, (i) => -voice(i), (i) => -voice(i)],
    one: [voice],
  }[arg];
  const out = [];
  for (let at = 0; at < RATE; at += BLOCK) {
    const block = channels.map((channel) => Float32Array.from({ length: BLOCK }, (_, i) => channel(at + i)));
    out.push(...mixdown.mix(block));
  }
  const rms = (samples) => Math.sqrt(samples.reduce((sum, x) => sum + x * x, 0) / samples.length);
  const wanted = Array.from({ length: RATE }, (_, i) => voice(i));
  return rms(out.slice(2400)) / rms(wanted.slice(2400));
"""


@pytest.mark.parametrize(
    "channels",
    [
        "same",
        "opposite",
        "right silent",
        "left silent",
        "an offset on the left",
        "noise on the left",
        "third of four",
        "all but one opposite",
        "one",
    ],
)
def test_a_voice_is_as_loud_whatever_the_other_channels_do(modules: Page, channels: str) -> None:
    assert run(modules, "audio/mixdown.js", MIX, channels) == pytest.approx(1.0, abs=0.03)


def test_two_channels_that_have_nothing_in_common_are_both_heard(modules: Page) -> None:
    script = """
      const mixdown = new m.Mixdown(48000);
      const tone = (hertz, i) => 0.5 * Math.sin(2 * Math.PI * hertz * i / 48000);
      let [low, high] = [0, 0];
      for (let at = 0; at < 48000; at += 128) {
        const channels = [300, 700].map((hertz) => Float32Array.from({ length: 128 }, (_, i) => tone(hertz, at + i)));
        mixdown.mix(channels).forEach((x, i) => { low += x * tone(300, at + i); high += x * tone(700, at + i); });
      }
      return [low / 6000, high / 6000];
    """
    assert run(modules, "audio/mixdown.js", script) == pytest.approx([0.5, 0.5], abs=0.02)


def test_a_channel_that_turns_over_and_back_makes_no_click(modules: Page) -> None:
    script = """
      const mixdown = new m.Mixdown(48000);
      const tone = (i) => 0.5 * Math.sin(2 * Math.PI * 200 * i / 48000);
      const turning = (i) => Math.cos(2 * Math.PI * i / 48000) * tone(i);
      let [jump, last] = [0, 0];
      for (let at = 0; at < 144000; at += 128) {
        const block = (channel) => Float32Array.from({ length: 128 }, (_, i) => channel(at + i));
        const mono = mixdown.mix([block(tone), block(turning)]);
        for (const x of mono) { jump = Math.max(jump, Math.abs(x - last)); last = x; }
      }
      return jump;
    """
    steepest = 0.5 * 2 * 3.1416 * 200 / 48000
    assert run(modules, "audio/mixdown.js", script) < 1.3 * steepest


# --- Silence ----------------------------------------------------------------------------------------------------------

WATCH = """
  const watch = new m.SilenceWatch();
  const told = [];
  let at = 0;
  const last = (seconds, { range = 0, muted = false, expectant = true, frames = 25 } = {}) => {
    for (let tick = 0; tick < 2 * seconds; tick++) {
      for (let i = 0; i < frames; i++) watch.frame(range);
      const before = watch.silent;
      watch.tick(muted, expectant);
      at += m.TICK_MS / 1000;
      if (watch.silent !== before) told.push([watch.silent, at]);
    }
  };
"""


def watched(page: Page, script: str) -> list[Any]:
    """When a microphone was taken for dead, and when no more: `[dead, seconds]`."""
    return list(run(page, "audio/silence-watch.js", f"{WATCH} {script}; return told"))


@pytest.mark.parametrize("silence", ["range: 0", "range: 2"], ids=["constant", "the last bit flickers"])
def test_a_microphone_that_was_never_heard_is_dead_after_four_seconds(modules: Page, silence: str) -> None:
    assert watched(modules, f"last(30, {{ {silence} }})") == [[True, 4]]


def test_the_sound_of_a_quiet_room_is_no_silence(modules: Page) -> None:
    assert watched(modules, "last(60, { range: 3 })") == []


def test_a_microphone_that_falls_silent_is_dead_after_eight_seconds_until_it_is_heard(modules: Page) -> None:
    assert watched(modules, "last(3, { range: 900 }); last(20); last(1, { range: 900 })") == [[True, 11], [False, 23.5]]


def test_a_click_as_the_device_starts_is_not_being_heard(modules: Page) -> None:
    assert watched(modules, "watch.frame(5000); last(0.5); last(10)") == [[True, 4.5]]


def test_silence_while_the_character_is_heard_means_nothing(modules: Page) -> None:
    assert watched(modules, "last(60, { expectant: false }); last(5)") == [[True, 64]]


@pytest.mark.parametrize("absent", ["muted: true", "frames: 0"])
def test_a_muted_track_and_one_without_frames_are_dead_at_once(modules: Page, absent: str) -> None:
    script = (
        f"last(5, {{ range: 900 }}); last(10, {{ {absent}, expectant: false }}); last(1); last(1, {{ range: 900 }})"
    )
    assert watched(modules, script) == [[True, 7], [False, 16.5]]


def test_a_noise_gate_is_learnt_and_left_in_peace(modules: Page) -> None:
    phrases = "for (let i = 0; i < 3; i++) { last(2, { range: 900 }); last(3) }"
    assert watched(modules, f"{phrases}; last(20); last(2, {{ range: 900 }}); last(40)") == [[True, 67]]
