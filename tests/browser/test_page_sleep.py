"""A laptop that slept with a talk open, and connections that are dead though nobody closed them."""

from __future__ import annotations

from typing import Any

import pytest

pytest.importorskip("playwright", reason="playwright is not installed")
from playwright.sync_api import Page, expect

from tests.browser.scripted_server import Script, talk
from tests.browser.states import CHROMIUM, wait_for

pytestmark = [pytest.mark.browser, pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")]

HOUR = 3_600_000
NOTICED_MS = 8_000
"""From waking to a talk that goes on, or that says that it cannot; on a busy machine."""
STATES = """() => {
  const states = (window.states = []);
  const note = () => states.push(document.documentElement.dataset.state);
  new MutationObserver(note).observe(document.documentElement, { attributeFilter: ["data-state"] });
}"""
"""Some pass too quickly to be waited for."""

SAID = "#captions [data-role=character] .said"


@pytest.fixture
def talking(page: Page, address: str, script: Script) -> Page:
    """A talk that can be resumed, at rest after its greeting, on a page whose clocks the test can set."""
    script.token = "mine"
    page.clock.install()
    talk(page, address)
    wait_for(page, "resting")
    page.evaluate(STATES)
    return page


def has_been(page: Page, state: str) -> None:
    page.wait_for_function("(state) => window.states.includes(state)", arg=state)


def test_after_an_hours_sleep_a_dead_connection_is_noticed_and_the_talk_goes_on(talking: Page, script: Script) -> None:
    script.deaf = True
    talking.clock.fast_forward(HOUR)
    has_been(talking, "reconnecting")
    wait_for(talking, "resting")
    assert "&resume=mine" in script.sockets[-1].url
    assert len(script.sockets) == 2
    expect(talking.locator(SAID)).to_have_text("One two three four")
    expect(talking.locator(".panel, .notice")).to_have_count(0)


def test_a_session_that_did_not_outlive_the_sleep_is_begun_anew_with_what_was_said(
    talking: Page, script: Script
) -> None:
    script.deaf, script.resumes = True, False
    talking.clock.fast_forward(HOUR)
    expect(talking.locator(".notice")).to_contain_text("may be missing", timeout=NOTICED_MS)
    wait_for(talking, "resting")
    assert [event["item"]["content"] for event in script.sent("conversation.item.create")] == [
        [{"type": "output_text", "text": "One two three four"}]
    ]
    assert len(script.sent("kaikou.greet")) == 1
    expect(talking.locator(SAID)).to_have_text("One two three four")


def test_without_a_server_after_the_sleep_the_page_says_so_and_offers_to_try_again(
    talking: Page, script: Script
) -> None:
    script.deaf, script.accepts = True, False
    talking.clock.fast_forward(HOUR)
    expect(talking.locator("[data-problem=reconnecting]")).to_be_visible(timeout=NOTICED_MS)
    expect(talking.locator(SAID)).to_have_text("One two three four")
    script.accepts = True
    talking.click("#again")
    wait_for(talking, "resting")


def test_a_connection_that_outlived_the_sleep_is_left_alone(talking: Page, script: Script) -> None:
    before = len(script.sent("kaikou.ping"))
    talking.clock.fast_forward(HOUR)
    talking.wait_for_function("kaikou.state === 'resting'")
    for _ in range(12):
        talking.clock.run_for(1_000)
    assert len(script.sent("kaikou.ping")) > before
    assert len(script.sockets) == 1


@pytest.mark.parametrize(
    "event", ["window.dispatchEvent(new Event('online'))", "document.dispatchEvent(new Event('visibilitychange'))"]
)
def test_who_comes_back_to_the_page_finds_out_at_once(talking: Page, script: Script, event: str) -> None:
    script.deaf = True
    talking.evaluate(event)
    has_been(talking, "reconnecting")
    wait_for(talking, "resting")
    assert len(script.sockets) == 2


def test_a_server_that_says_nothing_any_more_is_asked_and_then_left(talking: Page, script: Script) -> None:
    for _ in range(30):
        talking.clock.run_for(1_000)
    assert len(script.sockets) == 1, "a server that answers is never left"
    script.deaf = True
    for _ in range(16):
        talking.clock.run_for(1_000)
    wait_for(talking, "resting")
    assert len(script.sockets) == 2


def test_a_page_that_the_browser_froze_goes_on_when_it_is_thawed(page: Page, address: str, script: Script) -> None:
    script.token = "mine"
    talk(page, address)
    wait_for(page, "resting")
    session = page.context.new_cdp_session(page)
    session.send("Page.setWebLifecycleState", {"state": "frozen"})
    script.send("conversation.item.added", item=user_item("Are you there?"))
    session.send("Page.setWebLifecycleState", {"state": "active"})
    expect(page.locator("#captions [data-role=user] .said")).to_have_text("Are you there?")
    wait_for(page, "resting")


def user_item(text: str) -> dict[str, Any]:
    content = [{"type": "input_text", "text": text}]
    return {"id": "u1", "type": "message", "role": "user", "status": "completed", "content": content}


HOLD = """
  const Context = window.AudioContext;
  window.AudioContext = class extends Context {
    constructor(...options) { super(...options); window.context = this; }
    resume() { return window.held ? new Promise(() => {}) : super.resume(); }
  };
"""


def test_sound_that_the_browser_holds_back_is_said_and_comes_with_a_press(page: Page, address: str) -> None:
    page.add_init_script(HOLD)
    talk(page, address)
    wait_for(page, "resting")
    page.evaluate("() => { window.held = true; return window.context.suspend(); }")
    expect(page.locator(".notice")).to_contain_text("Press anywhere", timeout=NOTICED_MS)
    page.evaluate("window.held = false")
    page.locator("h1.name").click()
    expect(page.locator(".notice")).to_have_count(0)
    assert page.evaluate("window.context.state") == "running"
