"""The history on the page, its server scripted: what is listed, searched, opened, changed and deleted."""

from __future__ import annotations

import re

import pytest

pytest.importorskip("playwright", reason="playwright is not installed")
from playwright.sync_api import Page, expect

from tests.browser.kept import Kept, conversation, line
from tests.browser.states import CHROMIUM, wait_until

pytestmark = [pytest.mark.browser, pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")]

NOW = "2026-01-08T12:00:00Z"


@pytest.fixture
def kept(page: Page) -> Kept:
    page.clock.set_fixed_time(NOW)
    kept = Kept([conversation(7), conversation(6), conversation(5, pinned=True)], [line(0), line(1)])
    kept.serve(page)
    return kept


def test_conversations_are_listed_by_day_with_the_pinned_ones_on_top(page: Page, address: str, kept: Kept) -> None:
    kept.conversations.append(conversation(3, title=""))
    page.goto(f"{address}/#/history")
    expect(page.locator("#conversations h2")).to_have_text(["Pinned", "Today", "Yesterday", re.compile("4 January")])
    expect(page.locator("#conversations .name")).to_have_text(
        ["About rain 5", "About rain 7", "About rain 6", "Philosopher"]
    )


def test_an_empty_history_says_what_to_do(page: Page, address: str, kept: Kept) -> None:
    kept.conversations.clear()
    page.goto(f"{address}/#/history")
    page.click(".panel a")
    expect(page.locator("#talk")).to_be_visible()


def test_older_conversations_come_as_one_scrolls(page: Page, address: str, kept: Kept) -> None:
    kept.conversations = [conversation(1, id=f"conv_{number}") for number in range(120)]
    page.goto(f"{address}/#/history")
    for last in (49, 99, 119):
        page.locator("[data-conversation]").nth(last).scroll_into_view_if_needed()
    expect(page.locator("[data-conversation]")).to_have_count(120)


def test_the_way_back_leads_to_where_the_list_was_left(page: Page, address: str, kept: Kept) -> None:
    kept.conversations = [conversation(1, id=f"conv_{number}") for number in range(120)]
    page.goto(f"{address}/#/history")
    for last in (49, 99, 110):
        page.locator("[data-conversation]").nth(last).scroll_into_view_if_needed()
    page.click("[data-conversation=conv_110]")
    expect(page.locator("main h1")).to_have_text("About rain 1")
    page.go_back()
    expect(page.locator("[data-conversation=conv_110]")).to_be_in_viewport()


def test_what_was_said_is_found_as_one_types_and_the_search_is_in_the_address(
    page: Page, address: str, kept: Kept
) -> None:
    kept.lines[1]["said"] = "The thunder was loud."
    page.goto(f"{address}/#/history")
    page.fill("#search", "thunder")
    expect(page.locator("mark").first).to_have_text("thunder")
    expect(page.locator(".history [role=status]")).to_have_text("3 found")
    page.click("[data-conversation=conv_6]")
    expect(page.locator("[data-item=item_1]")).to_be_focused()
    expect(page.locator("[data-item=item_1] mark")).to_have_text("thunder")
    page.go_back()
    expect(page.locator("#search")).to_have_value("thunder")
    expect(page.locator(".history [role=status]")).to_have_text("3 found")


def test_a_search_that_finds_nothing_says_so_and_shows_text_as_text(page: Page, address: str, kept: Kept) -> None:
    page.goto(f"{address}/#/history")
    page.fill("#search", "<b>(")
    expect(page.locator(".history [role=status]")).to_contain_text("Nobody said that")


def test_what_was_not_heard_is_struck_through(page: Page, address: str, kept: Kept) -> None:
    kept.lines[1] |= {"said": "One two three", "heard": "One", "interrupted": True}
    page.goto(f"{address}/#/history/conv_7")
    expect(page.locator("[data-item=item_1] [data-mark=unheard]")).to_have_text("two three")
    expect(page.locator("[data-item=item_1] .speaker")).to_have_text("Philosopher")


def test_what_was_said_is_shown_as_it_is_and_is_no_markup(page: Page, address: str, kept: Kept) -> None:
    hostile = '<img src=x onerror="window.hit = 1">'
    kept.lines[0]["said"] = kept.lines[0]["heard"] = hostile
    kept.conversations[0] |= {"title": hostile, "preview": hostile}
    page.goto(f"{address}/#/history")
    expect(page.locator(".name", has_text=hostile)).to_be_visible()
    page.goto(f"{address}/#/history/conv_7")
    expect(page.locator("[data-item=item_0] .said")).to_have_text(hostile)
    assert page.evaluate("window.hit") is None


def test_two_thousand_lines_open_at_once_and_come_in_pages(page: Page, address: str, kept: Kept) -> None:
    kept.lines = [line(number) for number in range(2000)]
    page.goto(f"{address}/#/history/conv_7")
    expect(page.locator("[data-item=item_0]")).to_be_visible()
    assert len([path for _method, path, _body in kept.asked if "/lines" in path]) <= 2
    page.goto(f"{address}/#/history/conv_7/item_1999")
    expect(page.locator("[data-item=item_1999]")).to_be_focused()
    expect(page.locator("[data-item=item_1999]")).to_be_in_viewport()


def test_a_conversation_is_renamed_where_it_stands(page: Page, address: str, kept: Kept) -> None:
    page.goto(f"{address}/#/history/conv_7")
    page.click("#rename")
    expect(page.locator("#title")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("#rename")).to_be_focused()
    page.keyboard.press("Enter")
    page.fill("#title", "About thunder")
    page.keyboard.press("Enter")
    expect(page.locator("main h1")).to_have_text("About thunder")
    expect(page).to_have_title("About thunder · Kaikou")
    assert kept.conversations[0]["title"] == "About thunder"


def test_a_conversation_is_pinned(page: Page, address: str, kept: Kept) -> None:
    page.goto(f"{address}/#/history/conv_7")
    page.click("#pin")
    expect(page.locator("#pin")).to_have_text("Unpin")
    assert kept.conversations[0]["pinned"] is True


def test_what_was_deleted_comes_back_on_request(page: Page, address: str, kept: Kept) -> None:
    page.goto(f"{address}/#/history/conv_7")
    page.click("#delete")
    expect(page.locator("main h1")).to_have_text("History")
    expect(page.locator("[data-conversation=conv_7]")).to_have_count(0)
    expect(page.locator("#undo")).to_contain_text("“About rain 7” is deleted.")
    page.click("#undo button")
    expect(page.locator("main h1")).to_have_text("About rain 7")
    expect(page.locator("#undo")).to_have_text("It is back.")


def test_a_conversation_is_saved_in_a_format_of_choice(page: Page, address: str, kept: Kept) -> None:
    page.goto(f"{address}/#/history/conv_7")
    page.click("#export summary")
    expect(page.locator("#export button")).to_have_count(4)
    page.keyboard.press("Escape")
    expect(page.locator("#export ul")).to_be_hidden()
    expect(page.locator("#export summary")).to_be_focused()


def test_a_conversation_that_is_not_there_says_so(page: Page, address: str, kept: Kept) -> None:
    page.goto(f"{address}/#/history/conv_99")
    expect(page.locator("main [role=alert]")).to_contain_text("not here")
    page.click(".back")
    expect(page.locator("main h1")).to_have_text("History")


def test_a_server_that_went_away_is_told_and_nothing_is_lost(page: Page, address: str, kept: Kept) -> None:
    page.goto(f"{address}/#/history/conv_7")
    page.wait_for_selector("#rename")
    kept.fails = True
    page.click("#pin")
    expect(page.locator(".conversation > [role=status]")).to_contain_text("Nothing was changed")
    kept.fails = False
    page.click("#pin")
    expect(page.locator("#pin")).to_have_text("Unpin")
    wait_until(page, lambda: kept.conversations[0]["pinned"])
