"""The page's views beside the talk: choosing, settings, and what must hold everywhere."""

from __future__ import annotations

import pytest

pytest.importorskip("playwright", reason="playwright is not installed")
from playwright.sync_api import Page, Route, expect

from tests.browser.scripted_server import Script, talk
from tests.browser.states import CHROMIUM, wait_for, wait_until

pytestmark = [pytest.mark.browser, pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")]

BUDGET_BYTES = 100_000


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
    page.check("#spoken [value=zh]")
    expect(page.locator(".stage .note")).to_contain_text("understands English only")


def test_the_banner_goes_when_dismissed_and_stays_away(page: Page, address: str) -> None:
    page.goto(address)
    page.click("#banner > button")
    page.reload()
    page.wait_for_selector("#talk")
    expect(page.locator("#banner")).to_have_count(0)


def test_the_page_speaks_chinese_on_request_and_remembers_it(page: Page, address: str) -> None:
    page.goto(address)
    page.click("#language")
    page.reload()
    expect(page.locator("#talk")).to_have_text("开口")
    expect(page.locator("html")).to_have_attribute("lang", "zh-Hans")


def test_patience_and_speed_reach_the_session_at_once(page: Page, address: str, script: Script) -> None:
    talk(page, address)
    wait_for(page, "resting")
    page.click("#settings-open")
    page.check("#patience [value=patient]")
    wait_until(page, lambda: len(script.sent("session.update")) == 2)
    assert script.sent("session.update")[-1]["session"]["audio"]["input"]["turn_detection"]["eagerness"] == "low"
    page.wait_for_function("document.querySelector('#microphone').options.length > 1")


def test_the_key_is_taken_with_enter_and_the_page_stays(page: Page, address: str) -> None:
    keys: list[str | None] = []

    def status(route: Route) -> None:
        keys.append(route.request.headers.get("x-kaikou-key"))
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
    assert keys == [None, "c2stbWluZQ"]
    assert page.evaluate("window.sameVisit && location.search === ''")
    expect(page.locator("#server-key")).to_have_attribute("autocomplete", "current-password")
    expect(page.locator("#settings")).to_be_visible()


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
    page.click("#people-open")
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


def test_a_press_counts_while_one_view_still_turns_into_the_next(page: Page, address: str) -> None:
    page.set_default_timeout(8_000)
    page.goto(address)
    pictures = "::view-transition-group(*), ::view-transition-old(*), ::view-transition-new(*)"
    page.add_style_tag(content=f"{pictures} {{ animation-duration: 60s !important; }}")
    page.click("#talk")
    page.click("#end")
    page.click("#leave")
    card = page.locator("[data-character=philosopher]")
    card.click()
    expect(card).to_have_attribute("aria-pressed", "true")
    assert page.evaluate("document.getAnimations().length > 0")
