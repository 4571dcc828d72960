"""The card of what the server fetches in the background: how far it is, what comes of it, and the presses on it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

import pytest

pytest.importorskip("playwright", reason="playwright is not installed")
from playwright.sync_api import Page, Route, expect

from tests.browser.scripted_server import Script, talk
from tests.browser.states import CHROMIUM, wait_for
from tests.browser.static_server import STARTER, character

pytestmark = [pytest.mark.browser, pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")]

MB = 1_000_000
FETCHING = {
    **STARTER,
    "state": "fetching",
    "done": 60 * MB,
    "total": 240 * MB,
    "hears": ["zh", "en"],
    "speaks": ["en"],
    "entries": [{"name": "ears", "publisher": "somebody", "licence": "MIT"}],
}


@dataclass
class Server:
    """What it answers about the starter, and what it was asked."""

    told: dict[str, Any] = field(default_factory=lambda: dict(FETCHING))
    asked: list[str] = field(default_factory=list)
    hears: tuple[str, ...] = ("en",)

    def starter(self, route: Route) -> None:
        path = route.request.url.rpartition("/api/starter")[2]
        self.asked.append(path)
        if path:
            self.told["state"] = {"/stop": "stopped", "/start": "fetching"}[path]
        self._answer(route, self.told)

    def characters(self, route: Route) -> None:
        items = [character(name, hears=self.hears) for name in ("assistant", "philosopher")]
        self._answer(route, {"items": items, "next": None})

    def _answer(self, route: Route, data: Any) -> None:
        body = json.dumps({"success": True, "data": data, "message": "", "error": None})
        route.fulfill(status=200, content_type="application/json", body=body)


@pytest.fixture
def server(page: Page) -> Server:
    server = Server()
    page.route("**/api/starter**", server.starter)
    page.route("**/api/characters?*", server.characters)
    return server


def test_it_says_what_comes_how_far_it_is_and_from_whom(page: Page, address: str, server: Server) -> None:
    page.goto(address)
    card = page.get_by_role("complementary", name="Fetched in the background")
    expect(card).to_contain_text("Chinese and English will be understood well. Voices will sound natural in English.")
    expect(card).to_contain_text("25 % · 60 of 240 MB")
    card.get_by_text("What it is and where it comes from").click()
    expect(card.get_by_role("listitem")).to_have_text("ears: somebody; MIT")
    server.told["done"] = 120 * MB
    expect(card.get_by_role("progressbar")).to_have_js_property("value", 50)


def test_a_press_stops_it_and_the_next_one_gets_it_without_the_focus_going_away(
    page: Page, address: str, server: Server
) -> None:
    page.goto(address)
    button = page.locator("#starter .link")
    expect(button).to_be_visible()
    button.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#starter")).to_contain_text("were stopped on their way")
    expect(button).to_have_text("Get them")
    expect(button).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#starter")).to_contain_text("are on their way")
    assert [path for path in server.asked if path] == ["/stop", "/start"]


def test_a_stopped_card_that_was_put_away_stays_away_until_it_is_fetched_again(
    page: Page, address: str, server: Server
) -> None:
    server.told["state"] = "stopped"
    page.goto(address)
    page.locator("#starter").get_by_role("button", name="Dismiss").click()
    expect(page.locator("#starter")).to_be_hidden()
    page.reload()
    page.wait_for_load_state("networkidle")
    expect(page.locator("#starter")).to_be_hidden()
    server.told["state"] = "fetching"
    page.reload()
    expect(page.locator("#starter")).to_be_visible()


def test_a_card_that_was_put_away_once_does_not_go_away_at_the_next_stop(
    page: Page, address: str, server: Server
) -> None:
    server.told["state"] = "stopped"
    page.goto(address)
    page.locator("#starter").get_by_role("button", name="Dismiss").click()
    server.told["state"] = "fetching"
    page.reload()
    page.get_by_role("button", name="Stop").click()
    expect(page.get_by_role("button", name="Get them")).to_be_focused()


def test_what_another_page_begins_again_or_fetches_is_seen_here_too(page: Page, address: str, server: Server) -> None:
    server.told["state"] = "stopped"
    page.clock.install()
    page.goto(address)
    expect(page.locator("#starter")).to_contain_text("were stopped on their way")
    server.told |= {"state": "fetching", "entries": [{"name": "voice", "publisher": "somebody", "licence": "MIT"}]}
    page.clock.run_for(31_000)
    expect(page.locator("#starter")).to_contain_text("are on their way")
    page.locator("#starter summary").click()
    expect(page.locator("#starter").get_by_role("listitem")).to_have_text("voice: somebody; MIT")


def test_when_it_is_there_the_cards_say_so_and_the_focus_stays(page: Page, address: str, server: Server) -> None:
    page.goto(address)
    page.check("#spoken [value=zh]")
    expect(page.locator(".stage .note")).to_contain_text("understands English only")
    page.locator('[data-character="philosopher"]').focus()
    server.hears = ("zh", "en")
    server.told |= {"state": "done", "done": 240 * MB, "generation": 1}
    expect(page.locator("#starter")).to_contain_text("are here: from the next talk on.")
    expect(page.locator(".stage .note")).to_have_count(0)
    expect(page.locator('[data-character="philosopher"]')).to_be_focused()


def test_a_failure_is_one_line_and_can_be_tried_again(page: Page, address: str, server: Server) -> None:
    server.told |= {"state": "failed", "error": "The hub cannot be reached."}
    page.goto(address)
    expect(page.locator("#starter")).to_contain_text("Everything works as before")
    expect(page.locator("#starter [lang=en]")).to_have_text("The hub cannot be reached.")
    page.get_by_role("button", name="Try again now").click()
    expect(page.locator("#starter")).to_contain_text("are on their way")


def test_nothing_is_shown_where_nothing_is_fetched_or_it_was_there_before(
    page: Page, address: str, server: Server
) -> None:
    for state in ("absent", "done"):
        server.told["state"] = state
        page.goto(address)
        page.wait_for_load_state("networkidle")
        expect(page.locator("#starter")).to_be_hidden()
    assert server.asked == ["", ""]


def test_who_may_not_stop_it_sees_no_button(page: Page, address: str, server: Server) -> None:
    server.told["may_change"] = False
    page.goto(address)
    expect(page.locator("#starter")).to_be_visible()
    expect(page.locator("#starter .link")).to_be_hidden()


def test_it_is_read_out_when_it_changes_and_not_at_every_percent(page: Page, address: str, server: Server) -> None:
    page.goto(address)
    page.wait_for_selector("#starter:not([hidden])")
    page.evaluate(
        """() => {
          window.said = 0;
          const watch = new MutationObserver((changes) => (window.said += changes.length));
          const status = document.querySelector("#starter [role=status]");
          watch.observe(status, { childList: true, characterData: true, subtree: true });
        }"""
    )
    server.told["done"] = 200 * MB
    expect(page.locator("#starter")).to_contain_text("83 %")
    assert page.evaluate("window.said") == 0
    server.told["state"] = "done"
    expect(page.locator("#starter")).to_contain_text("from the next talk on")
    assert page.evaluate("window.said") > 0


def test_a_talk_is_left_alone_and_after_it_the_card_is_there_again(
    page: Page, address: str, server: Server, script: Script
) -> None:
    talk(page, address)
    wait_for(page, "resting")
    asked = len(server.asked)
    page.wait_for_timeout(1500)
    assert len(server.asked) == asked
    server.told |= {"state": "done", "done": 240 * MB}
    page.go_back()
    expect(page.locator("#starter")).to_contain_text("from the next talk on")


OVERFLOWING = """
  [document.documentElement, ...document.querySelectorAll("#starter *")]
    .filter((one) => one.scrollWidth > one.clientWidth + 1 && getComputedStyle(one).display !== "inline")
    .map((one) => one.outerHTML.slice(0, 80))
"""


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 1280])
def test_it_fits_on_every_screen_in_both_languages(
    page: Page, address: str, server: Server, language: str, scheme: Any, width: int
) -> None:
    server.told["entries"] = [
        {"name": name, "publisher": "some-long-publisher/with-a-very-long-repository-name", "licence": "Apache-2.0"}
        for name in ("whisper-base", "piper-joe", "kokoro-82m")
    ]
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": width, "height": 740})
    page.goto(address)
    if language == "zh":
        page.click("#language")
    page.locator("#starter summary").click()
    assert page.evaluate(OVERFLOWING) == []
    server.told |= {"state": "failed", "error": f"(host='hub.example', url: /api/{'LongName_' * 20}?page=1)"}
    expect(page.locator("#starter")).to_contain_text("hub.example")
    assert page.evaluate(OVERFLOWING) == []
