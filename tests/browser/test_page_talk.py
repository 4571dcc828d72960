"""The page in Chromium, talking to a server that is a script: every state, what it sends, and what really sounds."""

from __future__ import annotations

import base64
import json
import math
import shutil
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

pytest.importorskip("playwright", reason="playwright is not installed")
from playwright.sync_api import Browser, ConsoleMessage, Page, Route, WebSocketRoute, expect, sync_playwright

from tests.browser.static_server import serve_static

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")

pytestmark = [pytest.mark.browser, pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")]

ELSEWHERE = "kaikou.test"
"""A name that leads to this machine but is not localhost, so that the page is not secure."""

FLAGS = [
    "--no-sandbox",
    "--use-fake-ui-for-media-stream",
    "--use-fake-device-for-media-stream",
    f"--host-resolver-rules=MAP {ELSEWHERE} 127.0.0.1",
]
BUDGET_BYTES = 100_000
ADVICE_OF_THE_BROWSER = {"warning", "verbose"}
"""Console messages about how a page is written; "error" is also what a test that takes the server away causes."""
OLD_PLAYER = "The ScriptProcessorNode is deprecated"
"""Where worklets are missing, on a page that is not secure, nothing else can play."""


def tone(seconds: float) -> str:
    """A quiet 300 Hz tone as the wire carries it."""
    samples = (round(6000 * math.sin(2 * math.pi * 300 * i / 24000)) for i in range(round(24000 * seconds)))
    return base64.b64encode(b"".join(struct.pack("<h", sample) for sample in samples)).decode()


@dataclass
class Script:
    """The other end of the socket: keeps what the page sends and answers greetings and typed lines."""

    seconds: float = 1.0
    received: list[dict[str, Any]] = field(default_factory=list)
    frames: list[int] = field(default_factory=list)
    heard: bytearray = field(default_factory=bytearray)
    sockets: list[WebSocketRoute] = field(default_factory=list)
    replies: int = 0
    accepts: bool = True
    fails: bool = False
    token: str = ""
    resumes: bool = True
    ends: bool = False
    """Whether the session is over as soon as it was resumed."""
    deaf: bool = False
    events: int = 0

    def connect(self, socket: WebSocketRoute) -> None:
        if not self.accepts:
            socket.close(code=1011)
            return
        self.deaf = False
        self.sockets.append(socket)
        socket.on_message(self.receive)
        if self.resumes and self.token and f"&resume={self.token}" in socket.url:
            got = {"received_events": len(self.received), "received_samples": len(self.heard) // 2}
            self.send("kaikou.resumed", session_id="sess_1", **got)
            if self.ends:
                socket.close(code=1000)
            return
        session = {"id": f"sess_{len(self.sockets)}", "type": "realtime"}
        self.send("session.created", session={**session, "kaikou": {"token": self.token, "resume_s": 60}})

    def send(self, kind: str, **fields: Any) -> None:
        self.events += 1
        self.sockets[-1].send(json.dumps({"type": kind, "event_id": f"event_{self.events}", **fields}))

    def receive(self, message: str | bytes) -> None:
        if self.deaf:
            return
        if isinstance(message, bytes):
            self.frames.append(len(message))
            self.heard += message
            return
        event = json.loads(message)
        self.received.append(event)
        match event["type"]:
            case "session.update":
                self.send("session.updated", session=event["session"])
            case "conversation.item.create":
                self.send("conversation.item.added", item=event["item"])
            case "kaikou.greet" | "response.create":
                self.reply()

    def reply(self) -> None:
        """An answer of four words over `seconds` of sound; everything but its end."""
        self.replies += 1
        response, item = f"r{self.replies}", f"a{self.replies}"
        self.send("response.created", response={"id": response, "status": "in_progress"})
        if self.fails:
            error = {"type": "server_error", "code": "engine_failed", "message": "The voice is away."}
            details = {"type": "failed", "error": error}
            self.send("response.done", response={"id": response, "status": "failed", "status_details": details})
            return
        added = {"id": item, "type": "message", "role": "assistant", "status": "in_progress", "content": []}
        self.send("response.output_item.added", response_id=response, item=added)
        quarter = round(250 * self.seconds)
        words = [
            {"text": text, "start_ms": i * quarter, "end_ms": (i + 1) * quarter}
            for i, text in enumerate(["One", " two", " three", " four"])
        ]
        self.send(
            "response.output_audio_transcript.delta", response_id=response, item_id=item, delta="One two three four"
        )
        self.send("kaikou.words", response_id=response, item_id=item, words=words)
        self.send("response.output_audio.delta", response_id=response, item_id=item, delta=tone(self.seconds))
        marks = {"speech_end": 0, "turn_end": 150, "recognized": 180, "first_token": 240, "first_audio": 410}
        self.send("kaikou.timing", response_id=response, input_item_id="u", marks=marks, speculative=True)
        self.send("response.output_audio.done", response_id=response, item_id=item)
        self.send("response.done", response={"id": response, "status": "completed"})

    def sent(self, kind: str) -> list[dict[str, Any]]:
        return [event for event in self.received if event["type"] == kind]


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with serve_static() as address:
        yield address


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def script() -> Script:
    return Script()


@pytest.fixture
def page(browser: Browser, script: Script) -> Iterator[Page]:
    context = browser.new_context(locale="en-GB", viewport={"width": 1280, "height": 800})
    page = context.new_page()
    page.route_web_socket("**/v1/realtime**", script.connect)
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("console", lambda said: problems.extend(advice_in(said)))
    yield page
    context.close()
    assert problems == []


def advice_in(said: ConsoleMessage) -> list[str]:
    """What the browser finds wrong with how the page is written."""
    return [said.text] if said.type in ADVICE_OF_THE_BROWSER and not said.text.startswith(OLD_PLAYER) else []


def wait_for(page: Page, state: str) -> None:
    page.wait_for_function("(state) => document.documentElement.dataset.state === state", arg=state)


def talk(page: Page, address: str, character: str = "philosopher") -> None:
    page.goto(address)
    page.click(f"[data-character={character}]")
    page.click("#talk")


def refuse_microphone(page: Page, reason: str) -> None:
    page.add_init_script(
        f"navigator.mediaDevices.getUserMedia = async () => {{ throw new DOMException('', '{reason}') }}"
    )


# --- Choosing ---------------------------------------------------------------------------------------------------------


def test_the_first_character_is_one_press_away(page: Page, address: str, script: Script) -> None:
    page.goto(address)
    page.click("#talk")
    wait_for(page, "speaking")
    assert "model=assistant&extensions=kaikou" in script.sockets[0].url


def test_what_is_loaded_before_the_first_press_stays_small(page: Page, address: str) -> None:
    sizes: dict[str, int] = {}
    page.on(
        "response", lambda response: sizes.__setitem__(response.url, int(response.headers.get("content-length", 0)))
    )
    page.goto(address)
    page.wait_for_load_state("networkidle")
    assert 0 < sum(sizes.values()) < BUDGET_BYTES
    assert all(url.startswith(address) for url in sizes)


def test_a_language_that_is_not_understood_is_said_so(page: Page, address: str) -> None:
    page.goto(address)
    page.check("#spoken [value=zh]", force=True)
    expect(page.locator(".stage .note")).to_contain_text("understands English only")


def test_the_banner_goes_when_dismissed_and_stays_away(page: Page, address: str) -> None:
    page.goto(address)
    page.click("#banner > button")
    page.reload()
    page.wait_for_selector("#talk")
    assert page.locator("#banner").count() == 0


def test_the_page_speaks_chinese_on_request_and_remembers_it(page: Page, address: str) -> None:
    page.goto(address)
    page.click("#language")
    page.reload()
    expect(page.locator("#talk")).to_have_text("开口")
    assert page.locator("html").get_attribute("lang") == "zh-Hans"


# --- Talking ----------------------------------------------------------------------------------------------------------


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
    script.seconds = 4.0
    talk(page, address)
    page.wait_for_selector("[data-role=character] [data-mark=now]")
    page.keyboard.press("Escape")
    wait_for(page, "interrupted")
    wait_for(page, "resting")
    heard = script.sent("conversation.item.truncate")
    assert len(heard) == 1
    assert 0 < heard[0]["audio_end_ms"] < 2000
    assert page.locator("[data-role=character] [data-mark=unheard]").last.text_content() == "four"


def test_a_doubt_pauses_quietly_and_a_resume_loses_nothing(page: Page, address: str, script: Script) -> None:
    script.seconds = 2.0
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
    assert script.sent("kaikou.playback")[-1]["played_ms"] == 2000
    assert script.sent("conversation.item.truncate") == []


def test_a_voice_over_the_reply_stops_it_without_waiting_for_the_server(
    page: Page, address: str, script: Script
) -> None:
    script.seconds = 4.0
    talk(page, address)
    wait_for(page, "speaking")
    script.send("input_audio_buffer.speech_started", item_id="u1", audio_start_ms=100)
    wait_for(page, "interrupted")
    wait_for(page, "listening")
    assert len(script.sent("conversation.item.truncate")) == 1


def test_a_typed_line_interrupts_and_is_answered(page: Page, address: str, script: Script) -> None:
    script.seconds = 3.0
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
    expect(line.locator(".sounded > span:not(.unseen)")).to_have_text(words)
    expect(line.locator(".sounded svg[aria-hidden=true]")).to_have_count(2)
    expect(line.locator(".unseen")).to_have_text("Sounded" if language == "en" else "听起来")
    expect(page.locator("#captions [data-role=character] .sounded > *")).to_have_count(0)
    assert line.locator(".speaker").evaluate("p => p.offsetHeight < 1.6 * parseFloat(getComputedStyle(p).lineHeight)")
    page.click("#end")
    expect(page.locator(".transcript [data-role=user] .said")).to_have_text("Not again.")
    expect(page.locator(".transcript [data-role=user] .sounded > span:not(.unseen)")).to_have_text(words)


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
    assert page.locator(".panel").count() == 0


def test_a_slow_answer_is_said_to_be_slow(page: Page, address: str, script: Script) -> None:
    talk(page, address)
    wait_for(page, "resting")
    script.send("response.created", response={"id": "r9", "status": "in_progress"})
    wait_for(page, "thinking")
    expect(page.locator("#status")).to_contain_text("takes a moment", timeout=5000)


# --- Trouble ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("reason", "state"), [("NotAllowedError", "refused"), ("NotFoundError", "no-microphone")])
def test_without_a_microphone_one_types_and_is_answered_aloud(
    page: Page, address: str, reason: str, state: str
) -> None:
    refuse_microphone(page, reason)
    talk(page, address)
    wait_for(page, state)
    page.fill("#say", "Hello")
    page.press("#say", "Enter")
    wait_for(page, "speaking")
    wait_for(page, "resting")
    assert page.evaluate("window.kaikou.played.rms") > 0.05


def test_a_page_that_is_not_secure_says_so_and_still_sounds(page: Page, address: str) -> None:
    talk(page, address.replace("127.0.0.1", ELSEWHERE))
    wait_for(page, "insecure")
    expect(page.locator(".panel")).to_contain_text("https")
    page.click("#type")
    wait_for(page, "speaking")
    wait_for(page, "resting")
    assert page.evaluate("window.kaikou.played.rms") > 0.05


def test_a_lost_connection_comes_back_with_what_was_said(page: Page, address: str, script: Script) -> None:
    talk(page, address)
    wait_for(page, "resting")
    script.accepts = False
    script.sockets[-1].close(code=1011)
    wait_for(page, "reconnecting")
    expect(page.locator(".panel")).to_contain_text("still here")
    script.accepts = True
    page.click("#again")
    wait_for(page, "resting")
    assert [event["item"]["content"] for event in script.sent("conversation.item.create")] == [
        [{"type": "output_text", "text": "One two three four"}]
    ]
    assert len(script.sent("kaikou.greet")) == 1
    expect(page.locator(".notice")).to_contain_text("may be missing")


def test_a_reply_goes_on_where_the_line_was_cut_and_nothing_sounds_twice(
    page: Page, address: str, script: Script
) -> None:
    script.token, script.seconds = "mine", 2.0
    talk(page, address)
    wait_for(page, "speaking")
    script.send("response.created", response={"id": "r2", "status": "in_progress"})
    script.send("response.output_audio.delta", response_id="r2", item_id="a2", delta=tone(0.5))
    seen = script.events
    page.wait_for_function("window.kaikou.played.samples > 10000")
    script.sockets[-1].close(code=1011)
    wait_for(page, "reconnecting")
    before = page.evaluate("window.kaikou.played.samples")
    wait_for(page, "speaking")
    assert page.evaluate("window.kaikou.played.samples") > before
    assert f"&resume=mine&seen=event_{seen}" in script.sockets[-1].url
    assert page.locator(".panel, .notice").count() == 0
    script.events = seen - 1
    script.send("response.output_audio.delta", response_id="r2", item_id="a2", delta=tone(0.5))
    script.send("response.output_audio.delta", response_id="r2", item_id="a2", delta=tone(1.0))
    script.send("response.output_audio.done", response_id="r2", item_id="a2")
    script.send("response.done", response={"id": "r2", "status": "completed"})
    wait_for(page, "resting")
    rate = page.evaluate("new AudioContext().sampleRate")
    assert page.evaluate("window.kaikou.played.samples") == pytest.approx(3.5 * rate, rel=0.01)
    assert [len(script.sent(kind)) for kind in ("kaikou.greet", "session.update", "conversation.item.create")] == [
        1,
        1,
        0,
    ]


def test_what_was_said_while_the_line_was_cut_arrives_to_the_sample(page: Page, address: str, script: Script) -> None:
    script.token = "mine"
    talk(page, address)
    wait_for(page, "resting")
    cut = len(script.heard) - 2 * 4000
    lost = bytes(script.heard[cut:])
    del script.heard[cut:]
    script.frames.clear()
    script.deaf = True
    page.fill("#say", "Are you there?")
    page.press("#say", "Enter")
    page.wait_for_selector("[data-role=user] .said")
    script.accepts = False
    script.sockets[-1].close(code=1011)
    page.wait_for_selector("[data-trouble=reconnecting]")
    script.accepts = True
    page.click("#again")
    page.wait_for_selector("#captions [data-item=a2]")
    assert script.heard[cut : cut + len(lost)] == lost
    assert script.frames[0] == 32000
    assert max(script.frames) == 32000
    assert [event["item"]["content"][0]["text"] for event in script.sent("conversation.item.create")] == [
        "Are you there?"
    ]
    assert [event["type"] for event in script.received].count("response.create") == 1


def test_the_server_hears_what_arrived_so_that_it_need_not_keep_it(page: Page, address: str, script: Script) -> None:
    script.token = "mine"
    talk(page, address)
    wait_for(page, "resting")
    assert {event["last_event_id"] for event in script.sent("kaikou.playback")} <= {
        f"event_{n}" for n in range(1, script.events + 1)
    }
    assert script.sent("kaikou.ack")[-1]["last_event_id"] == f"event_{script.events}"


def test_a_server_that_restarts_finds_the_conversation_again(page: Page, address: str, script: Script) -> None:
    script.token, script.resumes = "mine", False
    talk(page, address)
    wait_for(page, "resting")
    script.sockets[-1].close(code=1012)
    expect(page.locator(".notice")).to_contain_text("may be missing")
    wait_for(page, "resting")
    assert len(script.sent("conversation.item.create")) == 1
    assert len(script.sent("kaikou.greet")) == 1


def test_a_talk_that_was_taken_over_is_left_alone(page: Page, address: str, script: Script) -> None:
    script.token = "mine"
    talk(page, address)
    wait_for(page, "resting")
    script.sockets[-1].close(code=4001)
    wait_for(page, "gone")
    expect(page.locator(".panel")).to_contain_text("goes on elsewhere")
    page.evaluate("dispatchEvent(new Event('online'))")
    page.wait_for_timeout(700)
    assert len(script.sockets) == 1


def expect_an_ended_talk_that_goes_on_when_asked(page: Page, script: Script) -> None:
    wait_for(page, "gone")
    expect(page.locator(".panel")).to_contain_text("came to its end")
    expect(page.locator(".panel")).to_contain_text("still here")
    assert page.locator(".notice").count() == 0
    sockets = len(script.sockets)
    page.evaluate("dispatchEvent(new Event('online'))")
    page.wait_for_timeout(700)
    assert len(script.sockets) == sockets
    page.click("#again")
    wait_for(page, "resting")
    assert "resume=" not in script.sockets[-1].url
    assert [event["item"]["content"] for event in script.sent("conversation.item.create")] == [
        [{"type": "output_text", "text": "One two three four"}]
    ]
    assert len(script.sent("kaikou.greet")) == 1
    assert page.locator(".panel, .notice").count() == 0


def test_a_talk_that_the_server_ended_is_over_and_goes_on_only_when_asked(
    page: Page, address: str, script: Script
) -> None:
    script.token = "mine"
    talk(page, address)
    wait_for(page, "resting")
    script.send("error", error={"code": "session_expired", "message": "Your session was idle for too long."})
    script.sockets[-1].close(code=1000)
    expect_an_ended_talk_that_goes_on_when_asked(page, script)


def test_a_talk_that_ends_just_as_it_is_resumed_is_over_and_goes_on_only_when_asked(
    page: Page, address: str, script: Script
) -> None:
    script.token, script.ends = "mine", True
    talk(page, address)
    wait_for(page, "resting")
    script.sockets[-1].close(code=1011)
    expect_an_ended_talk_that_goes_on_when_asked(page, script)


def place(page: Page, answers: list[dict[str, Any]]) -> list[str]:
    """Answer the page's questions for its place, the last answer for ever; the addresses that it asked."""
    asked: list[str] = []

    def answer(route: Route) -> None:
        asked.append(route.request.url)
        data = {
            "ticket": "t1",
            "before": 0,
            "enter": False,
            "ask_again_s": 1,
            **answers[min(len(asked), len(answers)) - 1],
        }
        route.fulfill(json={"success": True, "data": data, "message": "", "error": None})

    page.route("**/api/place**", answer)
    return asked


def test_a_full_server_shows_the_line_and_lets_in_when_it_is_our_turn(page: Page, address: str, script: Script) -> None:
    script.accepts = False
    asked = place(page, [{"before": 2}, {"before": 1}, {"enter": True}])
    talk(page, address)
    wait_for(page, "waiting")
    expect(page.locator(".panel")).to_contain_text("2 people are before you")
    script.accepts = True
    expect(page.locator(".panel")).to_contain_text("One person is before you")
    wait_for(page, "resting")
    assert [url.partition("?")[2] for url in asked] == ["ticket=", "ticket=t1", "ticket=t1"]
    assert script.sockets[0].url.endswith("&ticket=t1")
    assert len(script.sent("kaikou.greet")) == 1


def test_who_does_not_want_to_wait_is_not_let_in_later(page: Page, address: str, script: Script) -> None:
    script.accepts = False
    asked = place(page, [{"before": 1}, {"enter": True}])
    talk(page, address)
    wait_for(page, "waiting")
    script.accepts = True
    page.click("#cancel")
    wait_for(page, "gone")
    page.wait_for_timeout(1200)
    assert (len(asked), script.sockets) == (1, [])
    page.click("#again")
    wait_for(page, "resting")


def test_a_turn_that_comes_to_nothing_is_said_once(page: Page, address: str, script: Script) -> None:
    script.accepts = False
    place(page, [{"enter": True}])
    talk(page, address)
    wait_for(page, "gone")
    expect(page.locator(".panel")).to_contain_text("does not answer")


def test_a_server_that_lets_nobody_in_may_want_a_key(page: Page, address: str, script: Script) -> None:
    script.accepts = False
    page.route("**/api/place**", lambda route: route.fulfill(status=401))
    talk(page, address)
    wait_for(page, "gone")
    script.accepts = True
    page.fill("#key", "sk-mine")
    page.press("#key", "Enter")
    wait_for(page, "resting")
    assert len(script.sockets) == 1


# --- After, settings, and everywhere ----------------------------------------------------------------------------------


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
    script.seconds = 4.0
    talk(page, address)
    page.wait_for_selector("[data-role=character] [data-mark=now]")
    page.click("#end")
    wait_for(page, "ended")
    assert page.locator(".transcript [data-mark=unheard]").last.text_content() == "four"
    page.click("#continue")
    wait_for(page, "resting")


def test_starting_over_forgets_and_greets_again(page: Page, address: str, script: Script) -> None:
    talk(page, address)
    wait_for(page, "resting")
    page.click("#restart")
    page.wait_for_function("document.querySelectorAll('#captions [data-item=a2]').length === 1")
    assert page.locator("#captions > div").count() == 1
    assert len(script.sent("kaikou.greet")) == 2


def test_patience_and_speed_reach_the_session_at_once(page: Page, address: str, script: Script) -> None:
    talk(page, address)
    wait_for(page, "resting")
    page.click("#settings-open")
    page.check("#patience [value=patient]", force=True)
    page.wait_for_timeout(100)
    assert script.sent("session.update")[-1]["session"]["audio"]["input"]["turn_detection"]["eagerness"] == "low"
    assert page.evaluate("document.querySelector('#microphone').options.length") > 1


def test_the_key_is_taken_with_enter_and_the_page_stays(page: Page, address: str) -> None:
    keys: list[str | None] = []

    def status(route: Route) -> None:
        keys.append(route.request.headers.get("authorization"))
        route.continue_()

    page.goto(address)
    page.route("**/api/status", status)
    page.evaluate("window.sameVisit = true")
    page.click("#settings-open")
    page.wait_for_selector("#server dl")
    page.fill("#server-key", " sk-mine ")
    with page.expect_response("**/api/status"):
        page.press("#server-key", "Enter")
    expect(page.locator("#server dl")).to_have_count(1)
    assert keys == [None, "Bearer sk-mine"]
    assert page.evaluate("window.sameVisit && location.search === ''")
    assert page.locator("#server-key").get_attribute("autocomplete") == "current-password"
    assert page.locator("#settings").is_visible()


UNNAMED = """
  [...document.querySelectorAll("button, input, select, summary, a[href], meter")].filter((element) => {
    const label = element.getAttribute("aria-label") || element.textContent.trim() || element.labels?.length;
    return !label;
  }).map((element) => element.outerHTML)
"""


def test_every_control_has_a_name(page: Page, address: str) -> None:
    page.goto(address)
    page.wait_for_selector("#talk")
    unnamed = page.evaluate(UNNAMED)
    page.click("#settings-open")
    page.wait_for_selector("#settings dl")
    unnamed += page.evaluate(UNNAMED)
    page.click("#settings-close")
    page.click("#talk")
    wait_for(page, "resting")
    assert unnamed + page.evaluate(UNNAMED) == []


@pytest.mark.parametrize(
    "size", [(320, 640), (390, 844), (640, 400), (1280, 800)], ids=lambda size: f"{size[0]}x{size[1]}"
)
def test_nothing_is_wider_than_the_window_and_the_controls_are_in_it(
    page: Page, address: str, size: tuple[int, int]
) -> None:
    width, height = size
    page.set_viewport_size({"width": width, "height": height})
    page.goto(address)
    page.wait_for_selector("#talk")
    widths = [page.evaluate("document.documentElement.scrollWidth")]
    page.click("#talk")
    wait_for(page, "resting")
    widths.append(page.evaluate("document.documentElement.scrollWidth"))
    end = page.locator("#end").bounding_box()
    assert end is not None
    assert max(widths) <= width
    assert end["x"] + end["width"] <= width
    assert end["y"] + end["height"] <= height
