"""The page's pure modules of sound: what is heard, played, kept and sent again."""

from __future__ import annotations

from typing import Any

import pytest

pytest.importorskip("playwright", reason="playwright is not installed")
from playwright.sync_api import Browser, Page

from tests.browser.modules import empty_page, run
from tests.browser.states import CHROMIUM

pytestmark = [pytest.mark.browser, pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")]


@pytest.fixture(scope="module")
def page(browser: Browser, address: str) -> Page:
    return empty_page(browser, address)


# --- The ring ---------------------------------------------------------------------------------------------------------


def test_ring_buffer_wraps_and_refuses_what_does_not_fit(page: Page) -> None:
    script = """
      const ring = new m.RingBuffer(4);
      const steps = [ring.write(Int16Array.of(1, 2, 3))];
      ring.skip(2);
      steps.push(ring.write(Int16Array.of(4, 5, 6, 7)), ring.length, ring.space);
      steps.push(ring.peek(0), ring.peek(1), ring.peek(2), ring.peek(3), ring.peek(4));
      ring.skip(9);
      steps.push(ring.length, ring.taken, ring.written);
      return steps;
    """
    assert run(page, "audio/ring-buffer.js", script) == [3, 3, 4, 0, 3, 4, 5, 6, 0, 0, 6, 6]


def test_clearing_the_ring_keeps_its_totals(page: Page) -> None:
    script = """
      const ring = new m.RingBuffer(8);
      ring.write(Int16Array.of(1, 2, 3));
      ring.clear();
      return [ring.length, ring.taken, ring.written, ring.space];
    """
    assert run(page, "audio/ring-buffer.js", script) == [0, 3, 3, 8]


# --- The microphone's filter ------------------------------------------------------------------------------------------

TONE = """
  const { rate, hertz } = arg;
  const resampler = new m.Resampler(rate);
  const block = new Float32Array(128);
  const out = new Float32Array(resampler.most(128));
  let count = 0, energy = 0, measured = 0;
  for (let at = 0; at + 128 <= rate; at += 128) {
    for (let i = 0; i < 128; i++) block[i] = 0.5 * Math.sin(2 * Math.PI * hertz * (at + i) / rate);
    const n = resampler.process(block, out);
    for (let i = 0; i < n; i++) if (count++ > 800) { energy += out[i] ** 2; measured++; }
  }
  return { count, rms: Math.sqrt(energy / measured) };
"""
UNTOUCHED = 0.5 / 2**0.5


@pytest.mark.parametrize("rate", [16000, 22050, 44100, 48000, 96000])
def test_speech_survives_decimation_to_16_khz(page: Page, rate: int) -> None:
    result = run(page, "audio/resampler.js", TONE, {"rate": rate, "hertz": 440})
    assert result["rms"] == pytest.approx(UNTOUCHED, rel=0.01)
    assert result["count"] == pytest.approx(16000 * (rate // 128 * 128) / rate, abs=1)


@pytest.mark.parametrize("rate", [44100, 48000, 96000])
@pytest.mark.parametrize("hertz", [9500, 11000, 15000])
def test_what_would_alias_is_gone_by_sixty_decibels(page: Page, rate: int, hertz: int) -> None:
    result = run(page, "audio/resampler.js", TONE, {"rate": rate, "hertz": hertz})
    assert result["rms"] < UNTOUCHED / 1000


def test_decimation_does_not_depend_on_how_the_input_is_cut(page: Page) -> None:
    script = """
      const input = Float32Array.from({ length: 4410 }, (_, i) => Math.sin(i * 0.11) + 0.3 * Math.sin(i * 0.7));
      const through = (size) => {
        const resampler = new m.Resampler(44100), all = [];
        const out = new Float32Array(resampler.most(size));
        for (let at = 0; at < input.length; at += size) {
          const count = resampler.process(input.subarray(at, at + size), out);
          all.push(...out.subarray(0, count));
        }
        return all;
      };
      const whole = through(4410), parts = through(37);
      return [whole.length === parts.length, whole.every((value, i) => value === parts[i])];
    """
    assert run(page, "audio/resampler.js", script) == [True, True]


# --- Playing ----------------------------------------------------------------------------------------------------------

PLAYOUT = """
  const KINDS = ["position", "started", "ended", "flushed"];
  const reports = [];
  const player = new m.PlayoutBuffer({ rate: 24000, capacity: 240000 }, arg.rate ?? 48000, (report) =>
    reports.push([KINDS[report[0]], report[1], report[2]]));
  const out = [];
  const play = (frames) => {
    const block = new Float32Array(128);
    for (let at = 0; at < frames; at += 128) { player.fill(block); out.push(...block); }
  };
  const pcm = (samples, value = 8192) => new Int16Array(samples).fill(value).buffer;
  const marks = () => reports.filter(([kind]) => kind !== "position");
"""


def play(page: Page, script: str, argument: dict[str, Any]) -> Any:
    """Evaluate `script` beside a player of 24 kHz audio."""
    return run(page, "audio/playout-buffer.js", PLAYOUT + script, argument)


def test_items_start_and_end_in_order_at_their_exact_length(page: Page) -> None:
    script = """
      player.receive({ do: "push", item: 1, pcm: pcm(2400) });
      player.receive({ do: "push", item: 1, pcm: pcm(1001) });
      player.receive({ do: "end", item: 1 });
      player.receive({ do: "push", item: 2, pcm: pcm(1600) });
      player.receive({ do: "end", item: 2 });
      play(12800);
      return [marks(), player.frames];
    """
    marks, frames = play(page, script, {})
    assert marks == [["started", 1, 0], ["ended", 1, 3401], ["started", 2, 0], ["ended", 2, 1600]]
    assert frames == 2 * (3401 + 1600)


@pytest.mark.parametrize("rate", [16000, 24000, 44100, 48000])
def test_a_flush_tells_how_many_samples_of_the_item_were_played(page: Page, rate: int) -> None:
    script = """
      player.receive({ do: "push", item: 7, pcm: pcm(24000) });
      play(arg.rate / 2);
      const frames = player.frames;
      player.receive({ do: "flush" });
      play(1280);
      return [reports.at(-1), frames, out.at(-1)];
    """
    report, frames, last = play(page, script, {"rate": rate})
    assert report[:2] == ["flushed", 7]
    assert report[2] == pytest.approx(frames * 24000 / rate, abs=1)
    assert abs(last) < 1e-3


def test_a_pause_is_silent_and_a_resume_goes_on_at_the_same_sample(page: Page) -> None:
    script = """
      player.receive({ do: "push", item: 1, pcm: pcm(24000) });
      play(4800);
      player.receive({ do: "pause" });
      const held = reports.at(-1);
      const before = out.length;
      play(4800);
      const silent = Math.max(...out.slice(before + 1200).map(Math.abs));
      player.receive({ do: "pause" });
      const still = reports.at(-1);
      player.receive({ do: "resume" });
      play(128);
      player.receive({ do: "pause" });
      return [held[2] === still[2], reports.at(-1)[2] - held[2], silent];
    """
    same, moved, silent = play(page, script, {})
    assert same
    assert moved == 64
    assert silent < 1e-4


def test_a_late_packet_is_waited_for_and_nothing_of_it_is_lost(page: Page) -> None:
    script = """
      player.receive({ do: "push", item: 1, pcm: pcm(2400) });
      play(9600);
      player.receive({ do: "push", item: 1, pcm: pcm(4800) });
      player.receive({ do: "end", item: 1 });
      play(19200);
      return [marks(), player.gaps];
    """
    assert play(page, script, {}) == [[["started", 1, 0], ["ended", 1, 7200]], 1]


def test_sound_that_runs_out_is_told_at_once_and_when_it_goes_on(page: Page) -> None:
    script = """
      const standing = [];
      const buffer = new m.PlayoutBuffer({ rate: 24000, capacity: 240000 }, 24000, (report) =>
        standing.push([report[2], report[8]]));
      const block = new Float32Array(128);
      const fill = (frames) => { for (let at = 0; at < frames; at += 128) buffer.fill(block); };
      buffer.receive({ do: "push", item: 1, pcm: pcm(2000) });
      fill(2304);
      buffer.receive({ do: "push", item: 1, pcm: pcm(4000) });
      fill(1024);
      return standing;
    """
    assert play(page, script, {}) == [[0, 0], [1999, 1], [1999, 0]]


def test_a_tone_keeps_its_pitch_and_level_and_starts_without_a_click(page: Page) -> None:
    script = """
      const tone = Int16Array.from({ length: 24000 }, (_, i) => 16384 * Math.sin(2 * Math.PI * 300 * i / 24000));
      player.receive({ do: "push", item: 1, pcm: tone.buffer });
      play(48000);
      let crossings = 0, jump = 0;
      for (let i = 1; i < out.length; i++) {
        if (out[i - 1] < 0 && out[i] >= 0) crossings++;
        jump = Math.max(jump, Math.abs(out[i] - out[i - 1]));
      }
      return [crossings, player.peak, jump];
    """
    crossings, peak, jump = play(page, script, {})
    assert crossings == pytest.approx(300, abs=2)
    assert peak == pytest.approx(0.5, abs=0.005)
    assert jump < 0.03


# --- What went out ----------------------------------------------------------------------------------------------------


def test_the_microphone_is_caught_up_from_any_sample_a_second_at_a_time(page: Page) -> None:
    script = """
      const recordings = new m.Recordings();
      const frame = (i) => new Int16Array(320).fill(i % 50).buffer;
      const hear = (seconds) => { for (let i = 0; i < 50 * seconds; i++) recordings.addMicrophone(frame(i)); };
      hear(3);
      recordings.beginSession();
      hear(2);
      const parts = recordings.microphoneSince(12345);
      const values = parts.flatMap((part) => [...part]);
      const exact = values.every((value, i) => value === Math.floor((12345 + i) / 320) % 50);
      return [parts.map((part) => part.length), exact, recordings.microphoneSince(32000)];
    """
    assert run(page, "audio/recordings.js", script) == [[16000, 3655], True, []]


def test_what_is_not_kept_any_more_is_left_out_and_the_numbers_follow_the_server(page: Page) -> None:
    script = """
      const recordings = new m.Recordings();
      for (let second = 0; second < 70; second++) recordings.addMicrophone(new Int16Array(16000).fill(second).buffer);
      const parts = recordings.microphoneSince(16000);
      recordings.addMicrophone(new Int16Array(100).fill(99).buffer);
      const after = recordings.microphoneSince(16000 + 60 * 16000);
      return [parts.length, parts[0][0], parts.at(-1)[15999], after.map((part) => [part.length, part[0]])];
    """
    assert run(page, "audio/recordings.js", script) == [60, 10, 69, [[100, 99]]]


def test_messages_that_the_server_has_are_forgotten_and_the_rest_is_sent_again_in_order(page: Page) -> None:
    script = """
      const out = new m.ResendBuffer();
      for (const text of "abcde") out.add(text);
      const first = [...out.missing(3)];
      out.add("f");
      return [first, [...out.missing(4)], [...out.missing(6)], out.count];
    """
    assert run(page, "protocol/resend-buffer.js", script) == [["d", "e"], ["e", "f"], [], 6]


def test_what_was_heard_is_told_every_200_ms_and_at_once_when_it_starts_stops_or_is_another_item(page: Page) -> None:
    script = """
      const reports = new m.PlaybackReports();
      const told = (event, itemId, playedMs, paused = false, waits = false) =>
        reports.next({ event, itemId, playedMs, waits }, paused);
      return [
        told("flushed", "", 0),
        told("started", "a", 0),
        told("position", "a", 100),
        told("position", "a", 200),
        told("position", "a", 250, true),
        told("position", "a", 260, true),
        told("ended", "a", 260),
        told("started", "b", 0),
        told("position", "b", 40, false, true),
        told("position", "b", 40),
      ];
    """

    def report(item: str, played_ms: int, playing: bool) -> dict[str, Any]:
        return {"item_id": item, "played_ms": played_ms, "playing": playing}

    assert run(page, "audio/playback-reports.js", script) == [
        None,
        report("a", 0, True),
        None,
        report("a", 200, True),
        report("a", 250, False),
        None,
        report("a", 260, False),
        report("b", 0, True),
        report("b", 40, False),
        report("b", 40, True),
    ]


# --- What is kept -----------------------------------------------------------------------------------------------------


def test_an_utterance_is_cut_out_of_what_the_microphone_heard(page: Page) -> None:
    script = """
      const recordings = new m.Recordings();
      for (let frame = 0; frame < 100; frame++) recordings.addMicrophone(new Int16Array(320).fill(frame).buffer);
      recordings.keepUtterance("u1", 1000, 1040);
      return recordings.wav("u1").arrayBuffer().then((wav) => {
        const view = new DataView(wav);
        return [wav.byteLength, view.getUint32(24, true), view.getInt16(44, true), view.getInt16(44 + 2 * 639, true)];
      });
    """
    assert run(page, "audio/recordings.js", script) == [44 + 1280, 16000, 50, 51]
