"""Memory on the page, on the real server: what somebody tells is seen, led back to its line, corrected and deleted."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

pytest.importorskip("playwright", reason="playwright is not installed")
from playwright.sync_api import Page, expect

from tests.browser.people import register, visit
from tests.browser.states import CHROMIUM, wait_for
from tests.browser.threads import served

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = [
    pytest.mark.browser,
    pytest.mark.timeout(180),
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine"),
]


def say(page: Page, text: str) -> None:
    """Type a line in a talk, and hear the answer out."""
    answers = page.locator("#captions [data-role=character] .said")
    known = answers.count()
    page.fill("#say", text)
    page.press("#say", "Enter")
    expect(answers.nth(known)).not_to_be_empty()
    wait_for(page, "speaking")
    wait_for(page, "resting")


def test_what_somebody_tells_is_theirs_to_see_correct_and_delete(browser: Browser) -> None:
    with served(accounts="required") as server, visit(browser) as ann, visit(browser) as ben:
        register(ann, server, "Ann")
        register(ben, server, "Ben")
        ann.click("#memory-open")
        expect(ann.locator("#facts .panel")).to_contain_text("Nothing is known yet")

        ann.click("#people-open")
        ann.click("[data-character=philosopher]")
        ann.click("#talk")
        wait_for(ann, "resting")
        say(ann, "Remember that I live in Hamburg.")
        expect(ann.locator(".chip")).to_contain_text("Hamburg")
        say(ann, "Remember that I live in Rostock.")
        expect(ann.locator(".chip").last).to_contain_text("Rostock")
        ann.click("#end")

        ann.goto(f"{server.http}/#/memory")
        rostock, hamburg = (ann.locator(".fact", has_text=name) for name in ("Rostock", "Hamburg"))
        expect(hamburg).to_contain_text("when you said something else")
        hamburg.locator(".restore").click()
        expect(rostock).to_contain_text("when you said something else")
        hamburg.locator(".correct").click()
        ann.fill(".editing input", "lives in Hamburg, by the river")
        ann.keyboard.press("Enter")
        expect(hamburg.locator(".name")).to_have_text("lives in Hamburg, by the river")
        ann.locator(".fact", has_text="Rostock").locator("a").click()
        expect(ann.locator("[data-item]:focus .said")).to_have_text("Remember that I live in Rostock.")

        ann.click("#memory-open")
        ann.select_option("#whose", "philosopher")
        ann.check("#state [value=off]")
        expect(ann.locator("#state-text")).to_contain_text("Nothing is remembered")
        ann.fill("#search", "Hamburg")
        expect(ann.locator(".fact")).to_have_count(1)
        hamburg.locator(".forget").click()
        expect(ann.locator(".fact")).to_have_count(0)
        ann.click("#undo button")
        expect(hamburg).to_be_visible()

        ben.goto(ann.url)
        expect(ben.locator(".memory > [role=status]")).to_contain_text("Nothing like that is known")
        ben.goto(f"{server.http}/#/memory")
        expect(ben.locator("#facts .panel")).to_contain_text("Nothing is known yet")

        ann.click("#forget-all")
        ann.click(".asked .primary")
        expect(ann.locator(".fact")).to_have_count(0)
        ann.reload()
        expect(ann.locator(".memory > [role=status]")).to_contain_text("Nothing like that is known")
