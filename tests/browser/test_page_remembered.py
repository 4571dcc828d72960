"""While somebody talks: what is being remembered of them, and what an answer was made of."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

pytest.importorskip("playwright", reason="playwright is not installed")
from playwright.sync_api import Page, Route, expect

from tests.browser.scripted_server import Script, talk
from tests.browser.states import CHROMIUM, wait_for
from tests.browser.static_server import character

pytestmark = [pytest.mark.browser, pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")]

SISTER = {"id": "fact_1", "kind": "people", "text": "Your sister is called Lena"}


def answer_with(data: Any) -> Callable[[Route], None]:
    """The API's answer."""
    envelope = {"success": True, "data": data, "message": "", "error": None}
    return lambda route: route.fulfill(json=envelope)


def test_what_is_remembered_is_said_in_the_talk_and_can_be_taken_back_there(
    page: Page, address: str, script: Script
) -> None:
    asked: list[str] = []

    def answer(route: Route) -> None:
        asked.append(f"{route.request.method} {route.request.url.removeprefix(address)}")
        route.fulfill(json={"success": True, "data": None, "message": "", "error": None})

    page.route("**/api/memory/**", answer)
    talk(page, address)
    wait_for(page, "resting")
    script.send("kaikou.remembered", fact=SISTER, action="remembered")
    chip = page.locator(".chip")
    expect(chip).to_contain_text("Remembered: Your sister is called Lena")
    page.click(".chip .undo")
    expect(chip).to_have_text("Taken back.")
    expect(page.locator("#mute")).to_be_focused()
    script.send("kaikou.remembered", fact={**SISTER, "id": "fact_2"}, action="forgotten")
    page.click("[data-action=forgotten] .undo")
    expect(chip).to_have_text(["Taken back.", "Taken back."])
    page.click("[data-action=remembered] button")
    page.click("[data-action=forgotten] button")
    expect(chip).to_have_count(0)
    assert asked == ["DELETE /api/memory/fact_1", "POST /api/memory/fact_2/restore"]


def test_an_answer_says_what_it_was_told_besides_and_the_link_opens_beside_the_talk(
    page: Page, address: str, script: Script
) -> None:
    sister = {
        **SISTER,
        "quote": "my sister Lena",
        "conversation_id": "conv_1",
        "line_id": "item_1",
        "told_at": "2026-01-01T00:00:00Z",
        "valid_from": "2026-01-01T00:00:00Z",
        "valid_to": None,
        "closed_by": None,
        "character_id": "char_1",
        "told_to": "char_1",
        "shared": False,
        "source": "rules",
    }
    page.context.route("**/api/memory**", answer_with({"items": [sister], "next": None}))
    page.context.route("**/api/characters/char_1", answer_with(character("marlow")))
    talk(page, address)
    wait_for(page, "resting")
    memory = {"kind": "memory", "id": SISTER["id"], "label": SISTER["text"]}
    summary = {"kind": "summary", "id": "", "label": ""}
    script.send(
        "kaikou.context", response_id="r1", used=[memory, {"kind": "lorebook", "id": "", "label": "River"}, summary]
    )
    expect(page.locator(".timing summary")).to_have_text("0.41 s · memory · lorebook")
    page.click(".timing summary")
    expect(page.locator(".used li")).to_have_text(
        ["memory: Your sister is called Lena", "lorebook: River", "summary of what was said before"]
    )
    with page.context.expect_page() as opened:
        page.click(".used a")
    expect(opened.value.locator("[data-fact=fact_1]")).to_be_focused()
    expect(opened.value.locator("[data-fact=fact_1]")).to_contain_text("told to Marlow")
    assert page.evaluate("kaikou.state") == "resting"
