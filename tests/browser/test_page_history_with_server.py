"""The history on the real server: somebody talks, comes back, finds it, goes on, renames, searches and deletes it."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("playwright", reason="playwright is not installed")
from playwright.sync_api import Page, Route, expect

from tests.browser.states import CHROMIUM, TRACE, wait_for
from tests.browser.threads import served

pytestmark = [
    pytest.mark.browser,
    pytest.mark.timeout(180),
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine"),
]


@pytest.fixture
def page(browser: object) -> Iterator[Page]:
    """A page whose socket is the server's own."""
    context = browser.new_context(locale="en-GB", viewport={"width": 1280, "height": 800})  # type: ignore[attr-defined]
    page: Page = context.new_page()
    page.add_init_script(TRACE)
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    yield page
    context.close()
    assert problems == []


@pytest.fixture
def address() -> Iterator[str]:
    with served() as server:
        yield server.http


def say(page: Page, text: str) -> None:
    """Type a line in a talk, and hear the answer out."""
    answers = page.locator("#captions [data-role=character] .said")
    known = answers.count()
    page.fill("#say", text)
    page.press("#say", "Enter")
    expect(answers.nth(known)).not_to_be_empty()
    wait_for(page, "speaking")
    wait_for(page, "resting")


def talk_about(page: Page, address: str, *lines: str) -> None:
    """A talk of these lines, from its beginning to its end."""
    page.goto(f"{address}/#/")
    page.click("[data-character=philosopher]")
    page.click("#talk")
    wait_for(page, "resting")
    for line in lines:
        say(page, line)
    page.click("#end")


def test_what_was_said_is_found_the_next_day_and_gone_on_with(page: Page, address: str) -> None:
    talk_about(page, address, "What is courage?")
    page.click("#kept")
    expect(page.locator("[data-role=user] .said")).to_have_text("What is courage?")
    shared = page.url
    page.goto("about:blank")
    page.goto(shared)
    expect(page.locator("[data-role=user] .said")).to_have_text("What is courage?")
    lines = page.locator(".transcript .said").count()
    page.click("#continue")
    wait_for(page, "resting")
    expect(page.locator("#captions .said")).to_have_count(lines)
    say(page, "And what is fear?")
    page.click("#end")
    page.click("#kept")
    expect(page.locator("[data-role=user] .said")).to_have_text(["What is courage?", "And what is fear?"])
    assert page.url == shared
    page.click("#history-open")
    expect(page.locator("[data-conversation]")).to_have_count(1)


def test_chinese_is_found_by_one_character_and_the_line_is_shown(page: Page, address: str) -> None:
    talk_about(page, address, "什么是勇气？", "And what is fear?")
    talk_about(page, address, "Nothing of that kind.")
    page.click("#history-open")
    expect(page.locator("[data-conversation]")).to_have_count(2)
    page.fill("#search", "勇")
    expect(page.locator("[data-conversation]")).to_have_count(1)
    expect(page.locator("mark").first).to_have_text("勇")
    page.click("[data-conversation]")
    expect(page.locator("[data-item]:focus mark")).to_have_text("勇")


def test_a_conversation_is_renamed_pinned_deleted_and_brought_back(page: Page, address: str) -> None:
    talk_about(page, address, "What is courage?")
    page.click("#kept")
    page.click("#rename")
    page.fill("#title", "About courage")
    page.keyboard.press("Enter")
    expect(page.locator("main h1")).to_have_text("About courage")
    page.click("#pin")
    expect(page.locator("#pin")).to_have_text("Unpin")
    page.click("#history-open")
    expect(page.locator("[data-day=pinned] .name")).to_have_text("About courage")
    page.click("[data-conversation]")
    page.click("#delete")
    expect(page.locator("#conversations .panel")).to_contain_text("Nothing here yet")
    page.click("#undo button")
    expect(page.locator("main h1")).to_have_text("About courage")
    expect(page.locator("[data-role=user] .said")).to_have_text("What is courage?")


def test_an_edit_over_one_of_another_window_is_told_and_shows_what_is_there(page: Page, address: str) -> None:
    talk_about(page, address, "What is courage?")
    page.click("#kept")
    page.wait_for_selector("#rename")
    # The page looks again at what was said just now, and would know of the other's title before it is asked to pin.
    unseen = True

    def looked(route: Route) -> None:
        nonlocal unseen
        unseen = unseen and route.request.method == "GET"
        if unseen:
            route.abort()
        else:
            route.continue_()

    page.route("**/api/conversations/conv_*", looked)
    other = page.context.new_page()
    other.goto(page.url)
    other.click("#rename")
    other.fill("#title", "Theirs")
    other.keyboard.press("Enter")
    expect(other.locator("main h1")).to_have_text("Theirs")
    page.click("#pin")
    expect(page.locator(".conversation > [role=status]")).to_contain_text("changed it meanwhile")
    expect(page.locator("main h1")).to_have_text("Theirs")
    page.click("#pin")
    expect(page.locator("#pin")).to_have_text("Unpin")


def test_a_talk_of_somebody_who_agreed_is_heard_again_line_by_line(page: Page, address: str) -> None:
    page.goto(f"{address}/#/settings")
    page.check("#record")
    page.click("#people-open")
    page.click("#talk")
    wait_for(page, "resting")
    expect(page.locator("#keeping")).to_have_text("Being recorded")
    say(page, "What is courage?")
    page.click("#end")
    page.click("#kept")
    line = page.locator("[data-role=character]").first
    line.get_by_role("button", name="Listen from here").click()
    expect(line).to_have_attribute("data-lit", "")
    expect(page.locator("#play")).to_have_attribute("aria-label", "Pause")
    page.locator("#play").press("Enter")
    expect(page.locator("#play")).to_have_attribute("aria-label", "Play")
    page.locator("#position").fill("0")
    expect(page.locator("#position")).to_have_attribute("aria-valuetext", "0:00")
    page.locator("#main").press(" ")
    expect(page.locator("#play")).to_have_attribute("aria-label", "Pause")


def test_a_conversation_is_saved_as_text_and_as_subtitles(page: Page, address: str, tmp_path: Path) -> None:
    talk_about(page, address, "What is courage?")
    page.click("#kept")
    page.wait_for_selector("[data-role=user]")
    for kind, ending in (("text", ".txt"), ("markdown", ".md"), ("json", ".json"), ("srt", ".srt")):
        page.click("#export summary")
        with page.expect_download() as saved:
            page.click(f"[data-format={kind}]")
        saved.value.save_as(tmp_path / kind)
        assert saved.value.suggested_filename.endswith(ending)
    assert "What is courage?" in (tmp_path / "text").read_text("utf-8")
    assert "What is courage?" in (tmp_path / "markdown").read_text("utf-8")


def test_everything_is_taken_along_as_one_file(page: Page) -> None:
    with served(jobs_workers=1) as server:
        talk_about(page, server.http, "What is courage?")
        page.goto(f"{server.http}/#/history")
        page.click("#everything")
        save = page.get_by_role("button", name="Save the file")
        expect(save).to_be_visible(timeout=20_000)
        page.goto(f"{server.http}/#/settings")
        page.go_back()
        with page.expect_download() as saved:
            save.click()
        with zipfile.ZipFile(saved.value.path()) as read:
            (text,) = [read.read(name).decode() for name in read.namelist() if name.endswith(".txt")]
    assert "Me: What is courage?" in text
    assert saved.value.suggested_filename.endswith(".zip")


def test_an_export_that_is_being_written_is_cancelled(page: Page, address: str) -> None:
    talk_about(page, address, "What is courage?")
    page.goto(f"{address}/#/history")
    page.click("#everything")  # no jobs are done here: it waits
    page.get_by_role("button", name="Cancel").click()
    expect(page.locator("#everything")).to_be_visible()
