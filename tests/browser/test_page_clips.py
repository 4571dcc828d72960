"""A part of a talk that was recorded, heard from its beginning to its end and no further, from the real server."""

from __future__ import annotations

import re

import pytest

pytest.importorskip("playwright", reason="playwright is not installed")
from playwright.sync_api import Page, expect

from tests.browser.states import CHROMIUM, wait_for
from tests.browser.test_page_history_with_server import address, page, say

__all__ = ["address", "page"]

pytestmark = [
    pytest.mark.browser,
    pytest.mark.timeout(180),
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine"),
]

HEAR = """async ([id, start_ms, end_ms]) => {
  const { Clips } = await import("/static/views/report/clips.js");
  const clips = new Clips(id, true);
  const at = (name) =>
    new Promise((resolve) => clips.audio.addEventListener(name, () => resolve(clips.audio.currentTime), { once: true }));
  const [began, ended] = [at("playing"), at("pause")];
  const button = document.createElement("button");
  await clips.play({ line_id: "a", start_ms, end_ms, quote: "" }, button);
  const pressed = button.getAttribute("aria-pressed");
  const heard = [await began, await ended];
  const after = button.getAttribute("aria-pressed");
  clips.close();
  return [...heard, pressed, after];
}"""


def test_a_clip_begins_and_ends_where_it_says(page: Page, address: str) -> None:
    page.goto(f"{address}/#/settings")
    page.check("#record")
    page.click("#people-open")
    page.click("#talk")
    wait_for(page, "resting")
    expect(page.locator("#keeping")).to_have_text("Being recorded")
    say(page, "What is courage?")
    page.click("#end")
    page.click("#kept")
    expect(page.locator("#play")).to_be_visible()
    found = re.search(r"#/history/([^/]+)", page.url)
    assert found

    began, ended, pressed, after = page.evaluate(HEAR, [found[1], 700, 1_600])

    assert 0.4 <= began <= 0.75  # a little before, since words have no hard edges
    assert ended == pytest.approx(1.75, abs=0.12)
    assert (pressed, after) == ("true", "false")
