"""Saying a sentence after somebody, with the real server, a recording as microphone and the embedded engines."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

pytest.importorskip("playwright", reason="playwright is not installed")
import numpy as np
from playwright.sync_api import Browser, Page, expect

from tests.browser.microphones import recorded
from tests.browser.scripted_server import FLAGS
from tests.browser.states import CHROMIUM
from tests.browser.threads import served
from tests.models.recordings import recording
from tests.speech import NEEDS_POCKETSPHINX, silence

pytestmark = [
    pytest.mark.browser,
    pytest.mark.speech,
    pytest.mark.timeout(180),
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine"),
    NEEDS_POCKETSPHINX,
]

OPEN = """async ([text, character]) => {
  const { shadow } = await import("/static/views/shadow/shadow.js");
  const { loadStylesheet } = await import("/static/components/dom.js");
  await loadStylesheet("/static/deferred.css");
  shadow({ text, language: "en", character });
}"""


@contextmanager
def hearing(browser: Browser, microphone: Path) -> Iterator[Page]:
    launched = browser.browser_type.launch(
        executable_path=CHROMIUM, args=[*FLAGS, f"--use-file-for-fake-audio-capture={microphone}%noloop"]
    )
    page = launched.new_page(locale="en-GB", viewport={"width": 1280, "height": 800})
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    yield page
    launched.close()
    assert problems == []


def test_a_sentence_is_heard_said_and_compared_by_words_pace_and_pauses(browser: Browser, tmp_path: Path) -> None:
    said = np.concatenate([silence(0.5), recording("en_goforward.wav").pcm, silence(20.0)])
    with served(engines="embedded") as server, hearing(browser, recorded(tmp_path, said)) as page:
        page.goto(server.http)
        page.evaluate(OPEN, ["Go forward ten metres, now.", "assistant"])
        dialog = page.locator("#shadow")
        dialog.get_by_role("button", name="Listen").click()
        expect(dialog).to_have_attribute("data-state", "listening")
        expect(dialog).to_have_attribute("data-state", "ready")
        dialog.get_by_role("button", name="Say it").press("Enter")
        expect(dialog).to_have_attribute("data-state", "speaking")
        expect(dialog.get_by_role("status")).to_have_text(re.compile(r"\d of 5 words were understood\."))  # by itself

        expect(dialog.locator(".shadow-times svg .who")).to_have_text(["Model", "You"])
        states = [word.get_attribute("data-state") for word in dialog.locator(".sentence [data-state]").all()]
        assert states[:3] == ["matched", "matched", "matched"]
        assert states[4] == "missed"
        expect(dialog.locator(".shadow-times tbody tr")).to_have_count(5)
        expect(dialog.locator(".shadow-figures tbody tr").first).to_contain_text("syllables a second")
        page.screenshot(path=tmp_path / "shadow.png")
        dialog.get_by_role("button", name="Hear yourself").click()
        dialog.get_by_role("button", name="Close").click()
        expect(dialog).to_have_count(0)
