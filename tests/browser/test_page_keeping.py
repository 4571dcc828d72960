"""Whether a talk is kept and recorded, as the page says it and asks for it, and how it goes on with one that was kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

pytest.importorskip("playwright", reason="playwright is not installed")
from playwright.sync_api import Page, expect

from tests.browser.kept import Kept, conversation, line
from tests.browser.scripted_server import Script, talk
from tests.browser.states import CHROMIUM, wait_for, wait_until

if TYPE_CHECKING:
    from playwright.sync_api import WebSocketRoute

pytestmark = [pytest.mark.browser, pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")]


def tell(script: Script, *, kept: bool = True, recording: bool = False, reason: str = "") -> None:
    script.send("kaikou.keeping", conversation_id="conv_7", kept=kept, recording=recording, reason=reason)


def records(script: Script) -> list[bool | None]:
    return [update["session"]["kaikou"].get("record") for update in script.sent("session.update")]


def test_nothing_is_recorded_before_the_person_agrees_and_a_talk_says_so_while_it_is(
    page: Page, address: str, script: Script
) -> None:
    talk(page, address)
    wait_for(page, "resting")
    tell(script)
    expect(page.locator("#keeping")).to_be_empty()
    page.click("#settings-open")
    expect(page.locator("#record")).not_to_be_checked()
    page.check("#record")
    wait_until(page, lambda: len(records(script)) == 2)
    tell(script, recording=True)
    page.click("#settings-close")
    expect(page.get_by_role("status").filter(has_text="Being recorded")).to_be_visible()
    page.click("#settings-open")
    page.uncheck("#record")
    wait_until(page, lambda: len(records(script)) == 3)
    tell(script)
    expect(page.locator("#keeping")).to_be_empty()
    assert records(script) == [None, True, False]


def test_who_agreed_once_is_recorded_in_the_next_talk_too(page: Page, address: str, script: Script) -> None:
    page.goto(f"{address}/#/settings")
    page.check("#record")
    page.click("#people-open")
    page.click("#talk")
    wait_for(page, "resting")
    assert records(script) == [True]


@pytest.mark.parametrize(
    ("reason", "words"), [("storage_full", "has no room left. The talk goes on."), ("unheard_of", "is not being kept")]
)
def test_a_talk_that_is_not_kept_says_so_in_a_quiet_sentence(
    page: Page, address: str, script: Script, reason: str, words: str
) -> None:
    talk(page, address)
    wait_for(page, "resting")
    tell(script, kept=False, reason=reason)
    expect(page.locator("#keeping")).to_contain_text(words)
    tell(script)
    expect(page.locator("#keeping")).to_be_empty()


def test_a_talk_whose_sound_is_kept_no_more_says_so(page: Page, address: str, script: Script) -> None:
    talk(page, address)
    wait_for(page, "resting")
    tell(script, recording=True)
    tell(script, reason="storage_full")
    expect(page.locator("#keeping")).to_contain_text("The sound is not being kept any more")


def test_what_comes_after_a_talk_leads_to_its_place_in_the_history_and_goes_on_with_it(
    page: Page, address: str, script: Script
) -> None:
    talk(page, address)
    wait_for(page, "resting")
    tell(script)
    page.click("#end")
    expect(page.locator("#kept")).to_have_attribute("href", "#/history/conv_7")
    page.click("#continue")
    wait_for(page, "resting")
    assert "&continue=conv_7" in script.sockets[1].url
    assert script.sent("conversation.item.create") == []


def test_a_conversation_that_was_kept_goes_on_with_what_was_said_in_sight(
    page: Page, address: str, script: Script
) -> None:
    Kept([conversation(7, language="zh")], [line(0), line(1)]).serve(page)
    page.goto(f"{address}/#/history/conv_7")
    page.wait_for_selector("[data-item=item_1]")
    page.click("#continue")
    wait_for(page, "resting")
    expect(page.locator("#captions .said")).to_have_text(["Line number 0.", "Line number 1."])
    assert "&continue=conv_7" in script.sockets[0].url
    assert script.sent("session.update")[0]["session"]["kaikou"]["language"] == "zh"
    assert script.sent("conversation.item.create") + script.sent("kaikou.greet") == []
    page.go_back()
    expect(page.locator("main h1")).to_have_text("About rain 7")


def test_a_conversation_that_was_deleted_meanwhile_goes_on_as_another_one(
    page: Page, address: str, script: Script
) -> None:
    answered = script.connect

    def refuse(socket: WebSocketRoute) -> None:
        if "&continue=" not in socket.url:
            return answered(socket)
        script.sockets.append(socket)
        script.send("error", error={"type": "invalid_request_error", "code": "conversation_not_found", "message": ""})
        return socket.close(code=1008)

    page.route_web_socket("**/v1/realtime**", refuse)
    Kept([conversation(7)], [line(0), line(1)]).serve(page)
    page.goto(f"{address}/#/history/conv_7")
    page.wait_for_selector("[data-item=item_1]")
    page.click("#continue")
    wait_for(page, "resting")
    assert len(script.sockets) == 2
    assert [item["item"]["id"] for item in script.sent("conversation.item.create")] == ["item_0", "item_1"]
