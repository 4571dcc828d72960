"""The page's views have addresses of their own: links, reloading and the way back lead to them, by mouse and by keyboard."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

pytest.importorskip("playwright", reason="playwright is not installed")
from playwright.sync_api import Page, expect

from tests.browser.kept import Kept, conversation, line
from tests.browser.practised import Practised, practice, role, scene, whole
from tests.browser.scripted_server import talk
from tests.browser.states import CHROMIUM, wait_for

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = [pytest.mark.browser, pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")]

PLACES = [
    ("discover", "Discover"),
    ("history", "History"),
    ("files", "Files"),
    ("account", "Account"),
    ("settings", "Settings"),
]


@pytest.fixture(autouse=True)
def kept(page: Page) -> Kept:
    kept = Kept()
    kept.serve(page)
    return kept


@pytest.mark.parametrize(("place", "heading"), PLACES)
def test_a_view_has_an_address_that_can_be_shared_and_reloaded(
    page: Page, address: str, place: str, heading: str
) -> None:
    page.goto(f"{address}/#/{place}")
    expect(page.locator("main h1")).to_have_text(heading)
    expect(page).to_have_title(f"{heading} · Kaikou")
    page.reload()
    expect(page.locator("main h1")).to_have_text(heading)
    expect(page.locator(f"#{place}-open")).to_have_attribute("aria-current", "page")


def test_the_way_back_leads_from_view_to_view(page: Page, address: str) -> None:
    page.goto(address)
    page.click("#history-open")
    expect(page.locator("main h1")).to_have_text("History")
    page.click("#settings-open")
    expect(page.locator("main h1")).to_have_text("Settings")
    page.go_back()
    expect(page.locator("main h1")).to_have_text("History")
    page.go_back()
    expect(page.locator("#talk")).to_be_visible()
    page.go_forward()
    expect(page.locator("main h1")).to_have_text("History")


def test_the_keyboard_reaches_a_view_and_is_at_its_beginning_then(page: Page, address: str) -> None:
    page.goto(address)
    page.focus("#history-open")
    page.keyboard.press("Enter")
    expect(page.locator("main h1")).to_have_text("History")
    expect(page.locator("#main")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.locator("#search")).to_be_focused()


def test_the_link_that_skips_the_navigation_leads_into_the_view_that_is_shown(page: Page, address: str) -> None:
    page.goto(f"{address}/#/history")
    page.wait_for_selector("#search")
    page.focus(".skip")
    page.keyboard.press("Enter")
    expect(page.locator("#main")).to_be_focused()
    expect(page.locator("main h1")).to_have_text("History")
    assert page.url.endswith("#/history")


def test_an_address_that_leads_nowhere_shows_who_there_is_and_says_so(page: Page, address: str) -> None:
    page.goto(f"{address}/#/attic/%E0%A4%A")
    expect(page.locator("#talk")).to_be_visible()
    expect(page.locator("#word")).to_contain_text("nothing at this address")
    page.click("#history-open")
    page.go_back()
    expect(page.locator("#word")).to_be_visible()


def test_a_view_speaks_the_other_language_at_once(page: Page, address: str) -> None:
    page.goto(f"{address}/#/history")
    page.click("#language")
    expect(page.locator("main h1")).to_have_text("历史")
    expect(page.locator("#language")).to_be_focused()


def test_a_talk_has_no_way_out_to_other_views_but_its_end_and_the_way_back(page: Page, address: str) -> None:
    talk(page, address)
    wait_for(page, "resting")
    expect(page.locator("#places")).to_have_count(0)
    page.click("#end")
    wait_for(page, "ended")
    page.click("#people-open")
    expect(page.locator("#talk")).to_be_visible()


def test_the_way_back_from_a_talk_leads_to_the_view_that_was_shown_before(page: Page, address: str) -> None:
    page.goto(f"{address}/#/history")
    page.click("#people-open")
    page.click("#talk")
    wait_for(page, "resting")
    page.go_back()
    expect(page.locator("#talk")).to_be_visible()
    page.go_back()
    expect(page.locator("main h1")).to_have_text("History")


def test_a_view_is_shown_once_the_server_answers_again(page: Page, address: str) -> None:
    page.route("**/api/characters?*", lambda route: route.abort())
    page.goto(f"{address}/#/history")
    expect(page.locator(".no-server")).to_be_visible()
    page.click("#settings-open")
    expect(page.locator(".no-server")).to_be_visible()
    page.unroute("**/api/characters?*")
    page.click("#again")
    expect(page.locator("main h1")).to_have_text("Settings")


@pytest.mark.parametrize("size", [(320, 640), (640, 360), (1280, 800)], ids=lambda size: f"{size[0]}x{size[1]}")
def test_the_way_to_the_views_is_in_the_window_and_hides_nothing(
    page: Page, address: str, size: tuple[int, int]
) -> None:
    page.set_viewport_size({"width": size[0], "height": size[1]})
    page.goto(address)
    links = page.locator("#places a:visible")
    for link in links.all():
        box = link.bounding_box()
        assert box is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= size[0]
        assert box["y"] >= 0
        assert box["y"] + box["height"] <= size[1]
        assert box["height"] >= 40
    page.click("#talk")  # which fails where something lies over it
    wait_for(page, "resting")


VIEWS = [
    "#/discover",
    "#/talk/philosopher",
    "#/memory",
    "#/history",
    "#/history/conv_1",
    "#/history/none",
    "#/files",
    "#/account",
    "#/settings",
    "#/practice",
    "#/practice/new/interview",
    "#/practice/new/language",
    "#/practice/own?kind=language",
    "#/practice/own/gardener",
    "#/practice/prac_1",
    "#/practice/none",
    "#/practice/prac_1/report",
    "#/practice/prac_2/report",
]

UNNAMED = """
  [...document.querySelectorAll("button, input, select, summary, a[href], meter, progress, nav, [role=img]")]
    .filter((element) => !element.closest("[hidden]"))
    .filter((element) => !element.getAttribute("aria-label") && !element.getAttribute("aria-labelledby")
      && !element.textContent.trim() && !element.labels?.length)
    .map((element) => element.outerHTML)
"""


@pytest.fixture
def long(kept: Kept) -> Kept:
    """Long names, long words, and names that are read from the right."""
    name = {"id": "philosopher", "name": "مرحبا بالفيلسوف", "version": "1"}
    kept.conversations += [
        conversation(1, title="Donaudampfschifffahrtsgesellschaftskapitän" * 3, recorded=True, character=name),
        conversation(2, title="", preview="什么是勇气？" * 40, pinned=True),
    ]
    kept.lines += [line(0, said="W" * 400), line(1, said="ما هي الشجاعة؟ " * 20)]
    return kept


LONG = "Donaudampfschifffahrtsgesellschaftskapitän" * 3


@pytest.fixture
def practised() -> Practised:
    """Two practices that are over, with all that a report can have."""
    over = {"state": "over", "conversation_id": "conv_1", "title": LONG}
    both = [practice("prac_1", **over), practice("prac_2", "interview", **over)]
    parts = {**whole("language"), **whole("interview")}
    scenes = [scene("cafe", LONG, ("small_talk",), ("B1",), mine=True)]
    return Practised([role("gardener", LONG), *scenes], both, [{"state": "ready", "parts": parts}])


@pytest.mark.parametrize("hash", VIEWS)
@pytest.mark.parametrize("locale", ["en-GB", "zh-CN"])
def test_a_view_fits_a_narrow_phone_and_names_all_its_controls(
    browser: Browser, address: str, long: Kept, practised: Practised, hash: str, locale: str
) -> None:
    context = browser.new_context(locale=locale, viewport={"width": 320, "height": 640})
    page = context.new_page()
    long.serve(page)
    practised.serve(page)
    page.goto(f"{address}/{hash}")
    expect(page.locator(".view[aria-busy]")).to_have_count(0)
    page.wait_for_selector(".view :is(h1, [role=alert])")
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    assert page.evaluate(UNNAMED) == []
    assert page.locator("h1").count() == 1
    context.close()
