"""Presses at the wrong moment, in Chromium: nothing begins twice, and what was opened for a talk is closed with it."""

from __future__ import annotations

from typing import Any

import pytest

pytest.importorskip("playwright", reason="playwright is not installed")
from playwright.sync_api import Page, expect

from tests.browser.microphones import make_up_devices
from tests.browser.scripted_server import Script, talk
from tests.browser.states import CHROMIUM, wait_for, wait_until

pytestmark = [pytest.mark.browser, pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")]

OPENED = """
  window.contexts = [];
  window.tracks = [];
  window.AudioContext = class extends AudioContext {
    constructor(...options) { super(...options); contexts.push(this); }
  };
  const ask = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
  navigator.mediaDevices.getUserMedia = async (wish) => {
    await window.decision;
    const stream = await ask(wish);
    tracks.push(...stream.getTracks());
    return stream;
  };
"""
UNDECIDED = "() => { window.decision = new Promise((resolve) => (window.allow = resolve)); }"
"""The browser asks whether the page may use the microphone, until `allow()`."""
ALL_CLOSED = (
    "tracks.length && tracks.every((t) => t.readyState === 'ended') && contexts.every((c) => c.state === 'closed')"
)


@pytest.fixture
def page(page: Page) -> Page:
    page.add_init_script(OPENED)
    return page


# --- What was opened is closed ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("leave", ["end", "back"])
def test_a_microphone_that_is_allowed_after_the_talk_ended_is_not_kept(page: Page, address: str, leave: str) -> None:
    page.add_init_script(f"({UNDECIDED})()")
    talk(page, address)
    wait_for(page, "asking")
    if leave == "end":
        page.click("#end")
    else:
        page.go_back()
    wait_for(page, "ended" if leave == "end" else "choose")
    page.evaluate("allow()")
    page.wait_for_function(ALL_CLOSED)


def test_a_microphone_that_is_allowed_after_the_settings_were_closed_is_not_kept(page: Page, address: str) -> None:
    page.goto(address)
    page.click("#settings-open")
    page.evaluate(UNDECIDED)
    page.click("#test-microphone")
    page.click("#people-open")
    page.evaluate("allow()")
    page.wait_for_function(ALL_CLOSED)


def test_a_microphone_that_cannot_be_listened_to_is_closed_and_said(page: Page, address: str) -> None:
    page.add_init_script("""
      const add = AudioWorklet.prototype.addModule;
      AudioWorklet.prototype.addModule = function (address) {
        if (address.includes("capture")) return Promise.reject(new DOMException("", "AbortError"));
        return add.call(this, address);
      };
    """)
    talk(page, address)
    expect(page.locator("[data-problem=busy]")).to_be_visible()
    assert page.evaluate("tracks.every(({ readyState }) => readyState === 'ended')")
    page.fill("#say", "Hello")
    page.press("#say", "Enter")
    wait_for(page, "speaking")


def test_settings_over_a_talk_go_away_with_it(page: Page, address: str) -> None:
    talk(page, address)
    wait_for(page, "resting")
    page.click("#settings-open")
    expect(page.locator("dialog")).to_be_visible()
    page.go_back()
    wait_for(page, "choose")
    expect(page.locator("dialog")).to_have_count(0)


def test_a_talk_is_ended_also_where_the_next_page_cannot_be_loaded(page: Page, address: str) -> None:
    page.route("**/after.js", lambda route: route.abort())
    talk(page, address)
    wait_for(page, "resting")
    page.click("#end")
    page.wait_for_function(ALL_CLOSED)
    expect(page.locator(".no-server")).to_be_visible()
    page.click("#again")
    expect(page.locator("#talk")).to_be_visible()


def test_what_was_said_is_shown_although_the_server_went_away_during_the_talk(page: Page, address: str) -> None:
    loaded: list[str] = []
    page.on("requestfinished", lambda request: loaded.append(request.url))
    talk(page, address)
    wait_for(page, "resting")
    wait_until(page, lambda: any("after.js" in url for url in loaded) and any("settings.js" in url for url in loaded))
    page.route("**/*.js", lambda route: route.abort())
    page.click("#settings-open")
    page.click("#settings-close")
    page.click("#end")
    expect(page.locator(".transcript")).to_contain_text("One two three four")


def test_a_talk_that_was_left_is_forgotten_with_its_recordings(page: Page, address: str, script: Script) -> None:
    page.goto(address)
    page.click("[data-character=philosopher]")
    for _ in range(2):
        page.click("#talk")
        wait_for(page, "resting")
        page.click("#end")
        page.click("#leave")
        wait_for(page, "choose")
        expect(page.locator("#main")).to_be_focused()
    expect(page.locator("#talk")).to_be_visible()
    wait_until(page, lambda: kept(page, "/static/conversation/call.js", "Call") == 0)


def kept(page: Page, module: str, name: str) -> int:
    """How many objects of a class nothing lets go of; asking collects what nobody needs."""
    devtools = page.context.new_cdp_session(page)
    class_ = {"expression": f"import('{module}').then((m) => m.{name}.prototype)", "awaitPromise": True}
    prototype = devtools.send("Runtime.evaluate", class_)["result"]["objectId"]
    found = devtools.send("Runtime.queryObjects", {"prototypeObjectId": prototype})["objects"]["objectId"]
    count = {"objectId": found, "functionDeclaration": "function () { return this.length; }", "returnByValue": True}
    length: int = devtools.send("Runtime.callFunctionOn", count)["result"]["value"]
    devtools.detach()
    return length


# --- Twice, or at the same time ---------------------------------------------------------------------------------------


def test_talk_pressed_twice_begins_one_talk(page: Page, address: str, script: Script) -> None:
    page.goto(address)
    page.click("[data-character=philosopher]")
    page.dblclick("#talk")
    wait_for(page, "resting")
    page.click("#end")
    page.wait_for_function(f"contexts.length === 2 && {ALL_CLOSED}")
    assert len(script.sockets) == 1


def test_start_over_pressed_twice_begins_one_session(page: Page, address: str, script: Script) -> None:
    script.seconds = 8.0
    talk(page, address)
    wait_for(page, "speaking")
    page.dblclick("#restart")
    wait_for(page, "connecting")
    wait_for(page, "speaking")
    assert len(script.sockets) == 2
    assert len(script.sent("kaikou.greet")) == 2


def test_no_session_begins_behind_the_end_of_a_talk(page: Page, address: str, script: Script) -> None:
    script.seconds = 8.0
    talk(page, address)
    wait_for(page, "speaking")
    page.evaluate("for (const id of ['restart', 'end']) document.getElementById(id).click()")
    expect(page.locator(".after")).to_be_visible()
    page.click("#continue")
    wait_for(page, "resting")
    assert len(script.sockets) == 2


# --- The microphone and the line, each for itself ---------------------------------------------------------------------


@pytest.fixture
def without_microphone(page: Page, address: str) -> Page:
    """A talk whose only microphone was unplugged, and lies there again without anybody saying so."""
    make_up_devices(page, "world.plugged = { a: {} };")
    page.clock.install()
    talk(page, address)
    wait_for(page, "resting")
    page.evaluate("world.unplug('a')")
    expect(page.locator(".notice")).to_contain_text("turn it on again")
    page.evaluate("world.plugged = { a: {} }")
    return page


def test_a_microphone_that_is_turned_on_again_is_missed_no_more(without_microphone: Page) -> None:
    without_microphone.click("#mute")
    expect(without_microphone.locator(".notice")).to_have_count(0)
    expect(without_microphone.locator("#status")).to_have_text("Go ahead")


def test_a_microphone_that_is_chosen_after_the_last_one_went_is_used(without_microphone: Page) -> None:
    without_microphone.click("#settings-open")
    without_microphone.select_option("#microphone", "a")
    expect(without_microphone.locator(".notice")).to_have_count(0)
    without_microphone.click("#settings-close")
    expect(without_microphone.locator("#mute")).to_have_attribute("aria-pressed", "false")


def test_a_warning_outlasts_the_time_of_the_notice_before_it(without_microphone: Page, script: Script) -> None:
    page = without_microphone
    script.send("kaikou.notice", code="connection_lost", level="info", message="")
    expect(page.locator(".notice")).to_contain_text("may be missing")
    page.clock.run_for(5000)
    script.send("kaikou.notice", code="sound_held", level="warning", message="")
    expect(page.locator(".notice")).to_contain_text("Press anywhere")
    page.clock.run_for(5000)
    expect(page.locator(".notice")).to_contain_text("Press anywhere")


def test_a_microphone_that_is_turned_on_does_not_hide_that_nobody_hears_it(
    without_microphone: Page, script: Script
) -> None:
    page = without_microphone
    page.route("**/api/place**", lambda route: route.abort())
    script.accepts = False
    script.sockets[-1].close(code=1011)
    wait_for(page, "reconnecting")
    for _ in range(40):
        page.clock.run_for(1000)
    wait_for(page, "gone")
    page.click("#mute")
    expect(page.locator("#mute")).to_have_attribute("aria-pressed", "false")
    assert page.evaluate("kaikou.state") == "gone"
    script.accepts = True
    page.click("#again")
    wait_for(page, "resting")
    expect(page.locator(".panel")).to_have_count(0)


def test_a_refused_microphone_is_still_refused_when_the_line_is_back(page: Page, address: str, script: Script) -> None:
    script.token = "mine"
    page.add_init_script(
        "navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('', 'NotAllowedError'))"
    )
    talk(page, address)
    wait_for(page, "refused")
    script.sockets[-1].close(code=1011)
    wait_for(page, "reconnecting")
    wait_for(page, "refused")
    expect(page.locator("[data-problem=refused]")).to_be_visible()
    assert script.sent("kaikou.greet") == []


def test_nothing_comes_is_said_again_when_the_line_is_back_and_the_status_agrees(
    page: Page, address: str, script: Script
) -> None:
    script.token = "mine"
    make_up_devices(page, "world.plugged = { a: { level: 0 } };")
    talk(page, address)
    notice = page.locator(".silent-microphone [role=status]")
    expect(notice).to_contain_text("(Microphone a)")
    expect(page.locator("#status")).to_have_text("Microphone silent")
    script.accepts = False
    script.sockets[-1].close(code=1011)
    expect(page.locator("[data-problem=reconnecting]")).to_be_visible()
    expect(notice).to_be_empty()
    script.accepts = True
    page.evaluate("document.getElementById('again')?.click()")
    expect(notice).to_contain_text("(Microphone a)")
    expect(page.locator("#status")).to_have_text("Microphone silent")


# --- Drawn again ------------------------------------------------------------------------------------------------------


def test_another_language_keeps_the_focus_the_line_half_typed_and_what_nobody_wants_to_know(
    page: Page, address: str
) -> None:
    make_up_devices(page, "world.plugged = { a: { level: 0 } };")
    talk(page, address)
    page.click(".silent-microphone button")
    page.fill("#say", "I was about to")
    page.click("#language")
    expect(page.locator("#say")).to_have_attribute("placeholder", "输入文字")
    expect(page.locator("#say")).to_have_value("I was about to")
    expect(page.locator("#language")).to_be_focused()
    expect(page.locator(".silent-microphone [role=status]")).to_be_empty()


def test_the_focus_goes_on_to_the_controls_when_a_problem_is_over(page: Page, address: str, script: Script) -> None:
    make_up_devices(page, "world.refuses = () => 'NotAllowedError';")
    talk(page, address)
    wait_for(page, "refused")
    page.focus("#again")
    page.evaluate("world.refuses = () => ''")
    page.keyboard.press("Enter")
    wait_for(page, "resting")
    expect(page.locator("#mute")).to_be_focused()


def test_the_focus_goes_on_to_the_microphone_when_there_is_nothing_more_to_stop(
    page: Page, address: str, script: Script
) -> None:
    script.seconds = 8.0
    talk(page, address)
    wait_for(page, "speaking")
    page.focus("#stop")
    page.keyboard.press("Enter")
    wait_for(page, "resting")
    expect(page.locator("#mute")).to_be_focused()


def test_a_key_that_is_being_typed_is_left_alone_while_a_notice_comes_and_goes(
    page: Page, address: str, script: Script
) -> None:
    make_up_devices(page)
    page.route_web_socket("**/v1/realtime**", lambda socket: socket.close(code=1008))
    talk(page, address)
    page.fill("#key", "half of")
    page.evaluate("world.unplug('a')")
    expect(page.locator(".notice")).to_be_visible()
    expect(page.locator("#key")).to_have_value("half of")
    expect(page.locator("#key")).to_be_focused()


def test_the_state_is_written_and_so_read_out_once(page: Page, address: str, script: Script) -> None:
    talk(page, address)
    wait_for(page, "resting")
    written: Any = page.evaluate_handle("""() => {
      const written = [];
      const note = () => written.push(document.querySelector("#status").textContent);
      new MutationObserver(note).observe(document.querySelector("#status"), { childList: true });
      return written;
    }""")
    page.click("#mute")
    expect(page.locator("#status")).to_have_text("Microphone off")
    script.send("kaikou.notice", code="connection_lost", level="info", message="")
    expect(page.locator(".notice")).to_be_visible()
    page.click("#mute")
    expect(page.locator("#status")).to_have_text("Go ahead")
    assert written.json_value() == ["Microphone off", "Go ahead"]


@pytest.mark.parametrize(("width", "height"), [(360, 740), (320, 568), (1280, 800)])
def test_the_list_of_other_microphones_is_whole_in_view_on_small_screens(
    page: Page, address: str, width: int, height: int
) -> None:
    page.set_viewport_size({"width": width, "height": height})
    make_up_devices(
        page, "world.plugged = { a: { level: 0, label: 'Headset <b>Pro</b> (0b05:1a53) of a long name' } };"
    )
    talk(page, address)
    expect(page.locator(".silent-microphone [role=status]")).to_contain_text("Headset <b>Pro</b>")
    expect(page.locator("#other-microphone")).to_be_in_viewport(ratio=1)
    assert page.evaluate("document.documentElement.scrollWidth") == width
