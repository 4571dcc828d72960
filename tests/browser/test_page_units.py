"""The page's pure modules, run where they will run: in Chromium."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

pytest.importorskip("playwright", reason="playwright is not installed")
from playwright.sync_api import Page, sync_playwright

from tests.browser.states import CHROMIUM
from tests.browser.static_server import STATIC, serve_static

pytestmark = [pytest.mark.browser, pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")]


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    with serve_static() as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page()
        page.goto(f"{address}/static/icon.svg")
        yield page
        browser.close()


def run(page: Page, modules: str, script: str, argument: Any = None) -> Any:
    """Evaluate `script`, the body of a function of `m` (what the modules export) and `arg`, in the page."""
    return page.evaluate(
        """async ([paths, script, arg]) => {
          const modules = await Promise.all(paths.map((path) => import(path)));
          return new Function('m', 'arg', script)(Object.assign({}, ...modules), arg);
        }""",
        [[f"/static/{module}" for module in modules.split()], script, argument],
    )


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


# --- The conversation -------------------------------------------------------------------------------------------------

CONVERSATION = "conversation/conversation.js conversation/effects.js conversation/heard-text.js"
FOLD = """
  let state = m.EMPTY;
  const trace = [], orders = [];
  for (const event of arg) {
    orders.push(...m.effects(state, event).map((order) => ({ on: event.type, ...order })));
    state = m.reduce(state, event);
    trace.push(m.phase(state));
  }
  const shown = state.lines.map((line) => ({
    role: line.role, text: line.text, cut: line.cutMs,
    parts: m.parts(line, line.cutMs ?? Infinity).reduce(
      (all, { text, mark }) => ({ ...all, [mark]: (all[mark] ?? "") + text }), {}),
  }));
  return { trace, orders, shown, history: m.history(state), state };
"""


def started(item: str) -> dict[str, Any]:
    return {"type": "input_audio_buffer.speech_started", "item_id": item, "audio_start_ms": 0}


def stopped(item: str) -> dict[str, Any]:
    return {"type": "input_audio_buffer.speech_stopped", "item_id": item, "audio_end_ms": 900}


def transcribed(item: str, text: str) -> dict[str, Any]:
    kind = "conversation.item.input_audio_transcription.completed"
    return {"type": kind, "item_id": item, "content_index": 0, "transcript": text}


def heard(kind: str, item: str, played_ms: int) -> dict[str, Any]:
    return {"type": "page.playback", "event": kind, "item_id": item, "played_ms": played_ms, "total_ms": 1200}


def reply(response: str, item: str, words: str) -> list[dict[str, Any]]:
    """A reply up to its first audio, each word 300 ms long."""
    texts = [word if i == 0 else f" {word}" for i, word in enumerate(words.split())]
    timed = [{"text": text, "start_ms": 300 * i, "end_ms": 300 * i + 300} for i, text in enumerate(texts)]
    added = {"id": item, "type": "message", "role": "assistant", "content": []}
    return [
        {"type": "response.created", "response": {"id": response, "status": "in_progress"}},
        {"type": "response.output_item.added", "response_id": response, "item": added},
        {"type": "response.output_audio_transcript.delta", "response_id": response, "item_id": item, "delta": words},
        {"type": "kaikou.words", "response_id": response, "item_id": item, "words": timed},
        {"type": "response.output_audio.delta", "response_id": response, "item_id": item, "delta": "AAAA"},
    ]


def done(response: str, status: str, message: str = "") -> dict[str, Any]:
    details = {"type": status, "error": {"message": message}} if message else None
    return {"type": "response.done", "response": {"id": response, "status": status, "status_details": details}}


SPOKEN_TURN = [
    started("u1"),
    {"type": "kaikou.partial", "item_id": "u1", "text": "what is"},
    {"type": "kaikou.partial", "item_id": "u1", "text": "what is courage"},
    stopped("u1"),
    transcribed("u1", "What is courage?"),
    *reply("r1", "a1", "Say what you fear"),
    heard("started", "a1", 0),
    {"type": "response.output_audio.done", "response_id": "r1", "item_id": "a1"},
    done("r1", "completed"),
    heard("ended", "a1", 1200),
]


def test_acting_is_shown_as_a_part_of_its_own_and_a_product_is_none(page: Page) -> None:
    line = [{"text": "*She nods.* Hello", "mark": "heard"}, {"text": " 2*3*4 *waves*", "mark": "coming"}]
    assert run(page, CONVERSATION, "return m.acted(arg);", line) == [
        {"text": "She nods.", "mark": "heard", "acting": True},
        {"text": " Hello", "mark": "heard"},
        {"text": " 2*3*4 ", "mark": "coming"},
        {"text": "waves", "mark": "coming", "acting": True},
    ]


def test_a_spoken_turn_goes_from_listening_to_resting_when_it_was_played(page: Page) -> None:
    result = run(page, CONVERSATION, FOLD, SPOKEN_TURN)
    phases = [phase for i, phase in enumerate(result["trace"]) if i == 0 or phase != result["trace"][i - 1]]
    assert phases == ["listening", "thinking", "speaking", "resting"]
    assert [(line["role"], line["text"]) for line in result["shown"]] == [
        ("user", "What is courage?"),
        ("character", "Say what you fear"),
    ]


def test_speech_over_the_reply_holds_it_then_flushes_and_truncates_once_to_what_was_heard(page: Page) -> None:
    events = [
        *SPOKEN_TURN[:11],
        started("u2"),
        {"type": "page.grace_over", "item_id": "a1"},
        heard("flushed", "a1", 640),
        done("r1", "cancelled"),
        {"type": "conversation.item.truncated", "item_id": "a1", "audio_end_ms": 640},
    ]
    result = run(page, CONVERSATION, FOLD, events)
    orders = [order for order in result["orders"] if order["do"] != "play"]
    assert orders == [
        {"on": "input_audio_buffer.speech_started", "do": "hold"},
        {"on": "page.grace_over", "do": "flush"},
        {"on": "page.playback", "do": "truncate", "itemId": "a1", "playedMs": 640},
    ]
    assert result["shown"][1]["parts"] == {"heard": "Say what you ", "unheard": "fear"}
    assert result["history"][1]["content"] == [{"type": "output_text", "text": "Say what you"}]
    assert result["trace"][-1] == "interrupted"


@pytest.mark.parametrize("pause_first", [True, False], ids=["pause first", "speech first"])
def test_a_doubted_interruption_pauses_and_resumes_without_losing_anything(page: Page, pause_first: bool) -> None:
    doubt = [{"type": "kaikou.playback.pause", "item_id": "a1"}, started("u2")]
    events = [
        *SPOKEN_TURN[:11],
        *(doubt if pause_first else reversed(doubt)),
        {"type": "page.grace_over", "item_id": "a1"},
        stopped("u2"),
        transcribed("u2", ""),
        {"type": "kaikou.playback.resume", "item_id": "a1"},
    ]
    result = run(page, CONVERSATION, FOLD, events)
    verbs = [order["do"] for order in result["orders"] if order["do"] not in ("play", "hold")]
    assert verbs == ["pause", "resume"]
    assert result["trace"][12] == "paused"
    assert result["trace"][-1] == "speaking"
    assert len(result["shown"]) == 2


def test_a_doubt_that_was_right_flushes_when_the_reply_is_cancelled(page: Page) -> None:
    events = [
        *SPOKEN_TURN[:11],
        started("u2"),
        {"type": "kaikou.playback.pause", "item_id": "a1"},
        done("r1", "cancelled"),
    ]
    result = run(page, CONVERSATION, FOLD, events)
    assert [order["do"] for order in result["orders"] if order["do"] != "play"] == ["hold", "pause", "flush"]


def test_a_reply_that_was_all_sent_is_flushed_when_the_server_truncates_it(page: Page) -> None:
    events = [
        *SPOKEN_TURN[:13],
        started("u2"),
        {"type": "kaikou.playback.pause", "item_id": "a1"},
        {"type": "conversation.item.truncated", "item_id": "a1", "audio_end_ms": 600},
        heard("flushed", "a1", 610),
    ]
    result = run(page, CONVERSATION, FOLD, events)
    assert [order["do"] for order in result["orders"] if order["do"] != "play"] == [
        "end",
        "end",
        "hold",
        "pause",
        "flush",
    ]


def test_how_the_person_sounded_is_kept_with_the_line_and_not_in_its_text(page: Page) -> None:
    sounded = {"type": "kaikou.heard", "item_id": "u1", "language": "en", "emotion": "angry", "sounds": ["laughter"]}
    events = [started("u1"), stopped("u1"), sounded, transcribed("u1", "No."), {**sounded, "item_id": "nobody"}]

    (line,) = run(page, CONVERSATION, FOLD, events)["state"]["lines"]

    assert (line["text"], line["emotion"], line["sounds"]) == ("No.", "angry", ["laughter"])


def test_noise_leaves_no_line(page: Page) -> None:
    result = run(page, CONVERSATION, FOLD, [started("u1"), stopped("u1"), transcribed("u1", " ")])
    assert (result["shown"], result["trace"]) == ([], ["listening", "thinking", "resting"])


def test_a_failed_reply_is_told_and_the_next_turn_forgets_it(page: Page) -> None:
    created = {"type": "response.created", "response": {"id": "r1"}}
    events = [created, done("r1", "failed", "The model is away."), started("u2")]
    result = run(page, CONVERSATION, FOLD, events)
    assert result["trace"] == ["thinking", "failed", "listening"]
    assert result["state"]["failure"] is None


def test_a_turn_that_nobody_could_write_down_is_told_with_its_code(page: Page) -> None:
    error = {"message": "sphinx does not understand 'zh'.", "code": "unknown_language"}
    events = [{"type": "conversation.item.input_audio_transcription.failed", "item_id": "u1", "error": error}]
    state = run(page, CONVERSATION, FOLD, events)["state"]
    assert (state["failure"], state["failureCode"]) == ("sphinx does not understand 'zh'.", "unknown_language")


def test_a_typed_line_waits_for_its_answer(page: Page) -> None:
    typed = {"type": "page.typed", "item_id": "t1", "text": "Hello"}
    echo = {"id": "t1", "type": "message", "role": "user", "content": [{"type": "input_text", "text": "Hello"}]}
    result = run(page, CONVERSATION, FOLD, [typed, {"type": "conversation.item.added", "item": echo}])
    assert (result["trace"][-1], len(result["shown"])) == ("thinking", 1)


def test_audio_of_a_reply_that_was_stopped_is_not_played(page: Page) -> None:
    late = {"type": "response.output_audio.delta", "response_id": "r1", "item_id": "a1", "delta": "AAAA"}
    created = {"type": "response.created", "response": {"id": "r1"}}
    result = run(page, CONVERSATION, FOLD, [created, {"type": "page.stopped"}, late])
    assert result["orders"] == []


def test_a_lost_connection_keeps_what_was_said(page: Page) -> None:
    result = run(page, CONVERSATION, FOLD, [*SPOKEN_TURN, {"type": "page.disconnected"}])
    assert result["trace"][-1] == "resting"
    assert [item["role"] for item in result["history"]] == ["user", "assistant"]


def test_words_light_up_as_they_are_reached_and_the_tail_without_times_waits(page: Page) -> None:
    script = """
      const words = [{ text: "Well,", start_ms: 0, end_ms: 200 }, { text: " yes", start_ms: 250, end_ms: 500 }];
      const line = { text: "Well, yes and no", words, cutMs: null, hasAudio: true, totalMs: 0 };
      return [0, 100, 300, 600].map((at) => m.parts(line, at).map(({ text, mark }) => `${text}=${mark}`).join("|"));
    """
    assert run(page, CONVERSATION, script) == [
        "Well,=coming| =coming|yes=coming| =coming|and no=coming",
        "Well,=now| =heard|yes=coming| =coming|and no=coming",
        "Well,=heard| =heard|yes=now| =heard|and no=coming",
        "Well,=heard| =heard|yes=heard| =heard|and no=coming",
    ]


def test_text_before_the_first_timed_word_is_said_before_it(page: Page) -> None:
    script = """
      const words = [{ text: " no", start_ms: 400, end_ms: 600 }];
      const line = { text: "Well, no, yes", words, cutMs: null, hasAudio: true, totalMs: 0 };
      return [0, 100, 500, 600].map((at) => m.parts(line, at).filter(({ text }) => text.trim()).map(({ mark }) => mark));
    """
    assert run(page, CONVERSATION, script) == [
        ["coming", "coming", "coming"],
        ["now", "coming", "coming"],
        ["heard", "now", "coming"],
        ["heard", "heard", "coming"],
    ]


def test_a_line_whose_sound_has_not_begun_is_still_to_come(page: Page) -> None:
    script = """
      const line = { text: "Well, yes", words: [], cutMs: null, hasAudio: true, totalMs: 0 };
      return [0, 10].map((at) => m.parts(line, at).find(({ text }) => text).mark);
    """
    assert run(page, CONVERSATION, script) == ["coming", "heard"]


# --- Words and colours ------------------------------------------------------------------------------------------------


def test_both_languages_have_the_same_texts_with_the_same_blanks(page: Page) -> None:
    script = """
      const blanks = (text) => [...text.matchAll(/\\{(\\w+)\\}/g)].map(([, name]) => name).sort().join();
      const shape = (table) => Object.fromEntries(Object.entries(table).map(([key, text]) => [key, blanks(text)]));
      return [shape(m.TABLES.en), shape(m.TABLES.zh)];
    """
    english, chinese = run(page, "i18n.js", script)
    assert english == chinese


def test_every_text_that_the_page_asks_for_exists(page: Page) -> None:
    known = set(run(page, "i18n.js", "return Object.keys(m.TABLES.en)"))
    sources = "\n".join(path.read_text(encoding="utf-8") for path in STATIC.rglob("*.js"))
    asked = set(re.findall(r"""\bt\("([\w.-]+)"[,)]""", sources))
    assert asked - known == set()


@pytest.mark.parametrize("accent", ["#7a5c3e", "#ffffff", "#000000", "#ffe94a", "#2f7268", "nonsense"])
def test_any_accent_is_readable_on_both_grounds(page: Page, accent: str) -> None:
    script = """
      const numbers = (text) => text.startsWith("#") ? m.rgb(text) : text.match(/\\d+/g).map(Number);
      const { light, dark } = m.accents(arg);
      return [m.contrast(numbers(light), m.rgb("#f6f6f4")), m.contrast(numbers(dark), m.rgb("#151617"))];
    """
    assert min(run(page, "components/accent.js", script, accent)) >= 4.5


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
      const told = (event, itemId, playedMs, paused = false) => reports.next({ event, itemId, playedMs }, paused);
      return [
        told("flushed", "", 0),
        told("started", "a", 0),
        told("position", "a", 100),
        told("position", "a", 200),
        told("position", "a", 250, true),
        told("position", "a", 260, true),
        told("ended", "a", 260),
        told("started", "b", 0),
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
