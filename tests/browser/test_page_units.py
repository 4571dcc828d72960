"""The page's pure modules of the conversation, its words and its colours."""

from __future__ import annotations

import re
from typing import Any

import pytest

pytest.importorskip("playwright", reason="playwright is not installed")
from playwright.sync_api import Browser, Page

from tests.browser.modules import empty_page, run
from tests.browser.states import CHROMIUM
from tests.browser.static_server import STATIC

pytestmark = [pytest.mark.browser, pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")]


@pytest.fixture(scope="module")
def page(browser: Browser, address: str) -> Page:
    return empty_page(browser, address)


# --- What is remembered -----------------------------------------------------------------------------------------------

USUAL = {"spoken": {}, "dismissed": [], "volume": 1, "speed": 1}


@pytest.mark.parametrize(
    ("stored", "changed"),
    [
        ('{"volume": 0.5, "dismissed": ["starter"]}', {"volume": 0.5, "dismissed": ["starter"]}),
        ('{"spoken": null, "dismissed": {}, "volume": "loud", "speed": null}', {}),
        ('{"volume": 7, "speed": 99, "dismissed": 5, "spoken": []}', {}),
        ("null", {}),
        ("{", {}),
    ],
)
def test_what_another_program_left_in_the_memory_of_the_browser_does_no_harm(
    page: Page, stored: str, changed: dict[str, Any]
) -> None:
    script = "localStorage.kaikou = arg; return (await import('/static/preferences.js?' + arg)).preferences"
    found = run(page, "preferences.js", f"return (async () => {{ {script} }})()", stored)
    page.evaluate("localStorage.clear()")

    assert {name: found[name] for name in USUAL} == {**USUAL, **changed}


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


def test_a_pause_that_comes_when_all_was_heard_changes_nothing(page: Page) -> None:
    late = [started("u2"), {"type": "kaikou.playback.pause", "item_id": "a1"}]
    result = run(page, CONVERSATION, FOLD, [*SPOKEN_TURN, *late])
    assert "pause" not in [order["do"] for order in result["orders"]]
    assert result["trace"][-1] == "listening"


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

TEXTS = " ".join(["i18n.js", *sorted(str(path.relative_to(STATIC)) for path in STATIC.rglob("texts.js"))])
"""The words of the page and those that views bring."""


def test_both_languages_have_the_same_texts_with_the_same_blanks(page: Page) -> None:
    script = """
      const blanks = (text) => [...text.matchAll(/\\{(\\w+)\\}/g)].map(([, name]) => name).sort().join();
      const shape = (table) => Object.fromEntries(Object.entries(table).map(([key, text]) => [key, blanks(text)]));
      return [shape(m.TABLES.en), shape(m.TABLES.zh)];
    """
    english, chinese = run(page, TEXTS, script)
    assert english == chinese


def test_every_text_that_the_page_asks_for_exists(page: Page) -> None:
    known = set(run(page, TEXTS, "return Object.keys(m.TABLES.en)"))
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
