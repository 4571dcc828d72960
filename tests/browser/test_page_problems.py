"""What stands between the person and the character, on the page: no microphone, a lost line, a full server, a key."""

from __future__ import annotations

from typing import Any

import pytest

pytest.importorskip("playwright", reason="playwright is not installed")
from playwright.sync_api import Page, Route, expect

from tests.browser.scripted_server import ELSEWHERE, Script, talk, tone
from tests.browser.states import CHROMIUM, wait_for

pytestmark = [pytest.mark.browser, pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")]


def refuse_microphone(page: Page, reason: str) -> None:
    page.add_init_script(
        f"navigator.mediaDevices.getUserMedia = async () => {{ throw new DOMException('', '{reason}') }}"
    )


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
    page.evaluate("document.getElementById('again')?.click()")  # the page may have tried again meanwhile
    wait_for(page, "resting")
    assert [event["item"]["content"] for event in script.sent("conversation.item.create")] == [
        [{"type": "output_text", "text": "One two three four"}]
    ]
    assert len(script.sent("kaikou.greet")) == 1
    expect(page.locator(".notice")).to_contain_text("may be missing")


def test_a_reply_goes_on_where_the_line_was_cut_and_nothing_sounds_twice(
    page: Page, address: str, script: Script
) -> None:
    script.token, script.seconds = "mine", 4.0
    talk(page, address)
    wait_for(page, "speaking")
    script.send("response.created", response={"id": "r2", "status": "in_progress"})
    script.send("response.output_audio.delta", response_id="r2", item_id="a2", delta=tone(0.5))
    seen = script.events
    page.wait_for_function("window.kaikou.played.samples > 10000")
    script.sockets[-1].close(code=1011)
    wait_for(page, "reconnecting")
    before = page.evaluate("trace.findLast(([state]) => state === 'reconnecting')[2]")
    wait_for(page, "speaking")
    page.wait_for_function("(before) => kaikou.played.samples > before", arg=before)
    assert f"&resume=mine&seen=event_{seen}" in script.sockets[-1].url
    expect(page.locator(".panel, .notice")).to_have_count(0)
    script.events = seen - 1
    script.send("response.output_audio.delta", response_id="r2", item_id="a2", delta=tone(0.5))
    script.send("response.output_audio.delta", response_id="r2", item_id="a2", delta=tone(1.0))
    script.send("response.output_audio.done", response_id="r2", item_id="a2")
    script.send("response.done", response={"id": "r2", "status": "completed"})
    wait_for(page, "resting")
    rate = page.evaluate("new AudioContext().sampleRate")
    assert page.evaluate("window.kaikou.played.samples") == pytest.approx(5.5 * rate, rel=0.01)
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
    page.wait_for_selector("[data-problem=reconnecting]")
    script.accepts = True
    page.evaluate("document.getElementById('again')?.click()")
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
    expect(page.locator(".notice")).to_have_count(0)
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
    expect(page.locator(".panel, .notice")).to_have_count(0)


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


# --- Nothing waits for ever ------------------------------------------------------------------------------------------------

NEVER_OPENED = """
  window.WebSocket = class extends EventTarget {
    readyState = 0;
    close() {}
    send() {}
  };
"""
"""A socket to a proxy that takes the connection and holds it: browsers themselves wait for a minute or more."""


def pass_time_until(page: Page, selector: str) -> None:
    """By a clock of the test's; at most a minute."""
    for _second in range(60):
        page.clock.run_for(1000)
        if page.locator(selector).is_visible():
            return


def test_a_socket_that_the_browser_does_not_even_try_is_told_in_words(page: Page, address: str) -> None:
    page.add_init_script("window.WebSocket = class { constructor() { throw new DOMException('', 'SecurityError'); } }")
    place(page, [{"enter": True}])
    talk(page, address)
    expect(page.locator("[data-problem=no-socket]")).to_be_visible()


@pytest.mark.parametrize(("opens", "problem"), [(True, "unreachable"), (False, "no-socket")])
def test_a_socket_that_never_gets_anywhere_is_told_in_words(
    page: Page, address: str, script: Script, opens: bool, problem: str
) -> None:
    page.clock.install()
    if opens:
        page.route_web_socket("**/v1/realtime**", lambda _socket: None)
    else:
        page.add_init_script(NEVER_OPENED)
    asked = place(page, [{"enter": True}])
    talk(page, address)
    wait_for(page, "connecting")
    pass_time_until(page, f"[data-problem={problem}]")
    expect(page.locator(f"[data-problem={problem}]")).to_be_visible()
    assert len(asked) == 2


def test_an_answer_that_never_comes_is_told_in_words(page: Page, address: str) -> None:
    page.add_init_script("AbortSignal.timeout = (ms) => (window.bound = ms, AbortSignal.abort())")
    page.goto(address)
    expect(page.locator(".no-server")).to_contain_text("does not answer")
    assert page.evaluate("window.bound") == 15_000


def test_a_page_whose_files_do_not_arrive_says_so(page: Page, address: str) -> None:
    page.route("**/static/**", lambda route: route.abort())
    page.goto(address)
    page.evaluate("document.getAnimations().forEach((animation) => animation.finish())")
    expect(page.locator("#late")).to_be_visible()
    page.unroute("**/static/**")
    page.reload()
    expect(page.locator("#talk")).to_be_visible()
    assert page.locator("#late").count() == 0


def test_a_key_that_is_much_too_long_is_a_wrong_key(page: Page, address: str) -> None:
    sent: list[int] = []

    def refuse(route: Route) -> None:
        sent.append(len(route.request.headers.get("x-kaikou-key", "")))
        route.fulfill(status=401)

    page.route("**/api/characters?*", refuse)
    page.goto(address)
    page.fill("#key", "密" * 300_000)
    page.press("#key", "Enter")
    expect(page.locator("#key")).to_have_value("")
    assert sent == [0, 5463]
