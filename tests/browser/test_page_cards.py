"""Cards on the page, on the real server: reviewed by keys and by presses, found, edited, deleted, taken to Anki."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

pytest.importorskip("playwright", reason="playwright is not installed")
from playwright.sync_api import Page, expect

from server.practice.cards.answers import NewCard
from server.practice.cards.deleting import CardDeletion
from server.practice.cards.store import CardStore
from tests.browser.people import visit
from tests.browser.states import CHROMIUM
from tests.browser.threads import Served, served

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = [
    pytest.mark.browser,
    pytest.mark.timeout(180),
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine"),
]

HOSTILE = '<img src=x onerror="document.title=1"> I goed'
REASON = "“Go” is irregular."


@pytest.fixture
def server() -> Iterator[Served]:
    with served() as running:
        yield running


@pytest.fixture
def page(browser: Browser, server: Served) -> Iterator[Page]:
    with visit(browser) as page:
        yield page


def make(server: Served, said: str, better: str, sentence: str = "", language: str = "en") -> str:
    store = CardStore(server.app.state.services.database)
    new = NewCard(language=language, said=said, better=better, sentence=sentence, reason=REASON)
    return str(server.do(store.make("owner", new))[0].id)


def test_nothing_is_there_and_the_page_says_how_cards_come(page: Page, server: Served) -> None:
    page.goto(f"{server.http}/#/cards")

    expect(page.locator(".learning > .panel")).to_contain_text("one press on a correction makes a card")
    expect(page.locator("#review")).to_be_hidden()
    page.click("#language")
    expect(page.locator("h1")).to_have_text("卡片")
    expect(page.locator(".learning > .panel")).to_contain_text("还没有卡片")


def test_due_cards_are_reviewed_by_keys_alone_and_the_last_answer_is_taken_back(page: Page, server: Served) -> None:
    make(server, "goed", "went", "Yesterday I goed home.")
    make(server, "childs", "children", "Two childs played.")
    page.goto(f"{server.http}/#/cards")
    expect(page.locator("#review .count")).to_have_text("2 cards are due")
    expect(page.locator("#review mark")).to_have_text("goed")
    assert "went" not in page.locator("#review").inner_text()

    page.keyboard.press("Space")
    expect(page.locator("#review .better")).to_have_text("Yesterday I went home.")
    expect(page.locator("[data-rating=good]")).to_be_focused()
    expect(page.locator("[data-rating]")).to_have_count(4)
    expect(page.get_by_role("button", name=re.compile(r"^Easily: comes again in \d+ days?$"))).to_be_visible()
    page.keyboard.press("4")
    expect(page.locator("#review .count")).to_have_text("1 card is due")
    expect(page.locator(".reviewing [role=status]").last).to_contain_text("Comes again in")

    page.keyboard.press("Space")
    page.keyboard.press("Space")  # which is "good", where the focus is
    expect(page.locator("#review .panel")).to_contain_text("Nothing is due")
    expect(page.locator("#review .panel")).to_contain_text("The next card comes in 10 min")
    page.click("#take-back")
    expect(page.locator("#review mark")).to_have_text("childs")
    expect(page.locator("#reveal")).to_be_focused()


def test_what_is_better_on_a_card_is_said_aloud_and_keys_meant_for_that_rate_nothing(
    page: Page, server: Served
) -> None:
    make(server, "goed", "went", "I goed home.")
    page.goto(f"{server.http}/#/cards")
    page.click("#reveal")
    page.get_by_role("button", name="Say it after").click()
    expect(page.locator("#shadow .sentence")).to_contain_text("went")
    page.keyboard.press("3")
    page.keyboard.press("Escape")
    expect(page.locator("#shadow")).to_have_count(0)
    expect(page.locator("#review mark")).to_have_text("goed")


def test_a_card_that_was_reviewed_in_another_tab_is_not_counted_twice(page: Page, server: Served) -> None:
    id = make(server, "goed", "went", "I goed home.")
    page.goto(f"{server.http}/#/cards")
    page.click("#reveal")
    store = CardStore(server.app.state.services.database)
    server.do(store.review("owner", id, "easy"))
    page.click("[data-rating=again]")

    expect(page.locator(".reviewing .said")).to_contain_text("reviewed or deleted elsewhere")
    expect(page.locator("#review .panel")).to_contain_text("Nothing is due")
    assert server.do(store.get("owner", id)).version == 2


def test_cards_are_found_edited_deleted_and_had_back(page: Page, server: Served) -> None:
    make(server, "goed", "went", HOSTILE)
    make(server, "一个书", "一本书", language="zh")
    page.goto(f"{server.http}/#/cards")
    rows = page.locator("#cards > li")
    expect(rows).to_have_count(2)
    page.fill("#search", "一本")
    expect(rows).to_have_count(1)
    expect(page).to_have_url(re.compile("q="))
    page.fill("#search", "")
    page.select_option("#card-language", "en")
    expect(rows).to_have_count(1)
    expect(rows.locator(".front")).to_have_text(HOSTILE)
    expect(page.locator("#cards img, #review img")).to_have_count(0)

    rows.locator(".edit").click()
    page.fill("[name=front]", "We [goed] home.")
    page.fill("[name=back]", "We went home.")
    page.click(".editing .primary")
    expect(rows.locator("mark")).to_have_text("goed")
    expect(rows.locator(".edit")).to_be_focused()
    expect(page.locator("#review .front")).to_have_text(re.compile("We goed home|I goed"))

    rows.locator(".delete").click()
    expect(rows).to_have_count(0)
    page.click("#undo button")
    expect(rows).to_have_count(1)


def test_a_press_that_is_made_twice_counts_once(page: Page, server: Served) -> None:
    for number in range(60):
        make(server, f"slip {number}", f"better {number}")
    page.goto(f"{server.http}/#/cards")
    rows = page.locator("#cards > li")
    expect(page.locator("#more")).to_be_visible()
    page.evaluate("[1, 2].forEach(() => document.querySelector('#more').click())")
    expect(page.locator("#more")).to_be_hidden()
    page.evaluate("[1, 2].forEach(() => document.querySelector('#cards .delete').click())")
    expect(page.locator("#undo button")).to_be_visible()
    expect(rows).to_have_count(59)
    expect(page.locator("#cards ~ .note, .finding ~ .note").first).to_be_empty()


def test_a_card_that_was_deleted_in_another_tab_goes_here_too(page: Page, server: Served) -> None:
    id = make(server, "goed", "went")
    page.goto(f"{server.http}/#/cards")
    expect(page.locator("#cards > li")).to_have_count(1)
    store = CardStore(server.app.state.services.database)
    server.do(CardDeletion(store).delete("owner", id))
    page.click("#cards .delete")
    expect(page.locator("#cards > li")).to_have_count(0)


def test_more_than_can_be_searched_is_cut(page: Page, server: Served) -> None:
    make(server, "goed", "went")
    page.goto(f"{server.http}/#/cards?q={'a' * 400}")
    expect(page.get_by_text("No card has that on it.")).to_be_visible()


def test_a_card_of_ones_own_and_a_package_for_anki(page: Page, server: Served) -> None:
    page.goto(f"{server.http}/#/cards")
    page.click(".making summary")
    page.fill("#own-said", "to catch a cold")
    page.fill("#own-better", "I caught a cold.")
    page.select_option("#own-language", "en")
    page.click("#own-card button")
    expect(page.locator("#cards > li")).to_have_count(1)
    expect(page.locator("#review .front")).to_have_text("to catch a cold")
    with page.expect_download() as saving:
        page.click("[data-export=apkg]")
    package = saving.value

    assert package.suggested_filename == "Kaikou.apkg"
    assert "collection.anki2" in zipfile.ZipFile(package.path()).namelist()


@pytest.mark.parametrize("language", ["en", "zh"])
def test_on_a_narrow_phone_nothing_is_cut_off(page: Page, server: Served, language: str) -> None:
    make(server, "goed", "went", "Yesterday I goed to theveryveryverylongplacewhosenamehasnoend with a friend of mine.")
    page.set_viewport_size({"width": 360, "height": 740})
    page.goto(f"{server.http}/#/cards")
    if language == "zh":
        page.click("#language")
    page.click("#reveal")
    page.locator("#cards .edit").click()
    expect(page.locator(".editing")).to_be_visible()

    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    heights = page.locator("[data-rating]").evaluate_all("all => all.map(one => one.offsetHeight)")
    assert min(heights) >= 44
