"""Progress on the page, on the real server: plots that are tables too, goals, and how regularly somebody practises."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

pytest.importorskip("playwright", reason="playwright is not installed")
from playwright.sync_api import Page, expect

from server.storage.ids import now_ms
from tests.browser.modules import empty_page, run
from tests.browser.people import visit
from tests.browser.states import CHROMIUM
from tests.browser.threads import Served, served
from tests.server.practice.reports import keep_report, measure, mistakes

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = [
    pytest.mark.browser,
    pytest.mark.timeout(180),
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine"),
]

DAY_MS = 86_400_000


@pytest.fixture
def server() -> Iterator[Served]:
    with served() as running:
        yield running


@pytest.fixture
def page(browser: Browser, server: Served) -> Iterator[Page]:
    with visit(browser) as page:
        yield page


def practise(server: Served, paces: list[float | None]) -> None:
    """A practice a day with a report, the last one today; in each, one mistake fewer of one kind, and one of another."""
    database, now = server.app.state.services.database, now_ms()
    for number, pace in enumerate(paces):
        ago = len(paces) - 1 - number
        parts: dict[str, Any] = {
            "measures": {
                "items": [
                    measure("pace", pace, estimated=number == 0),
                    measure("fillers", 3.0),
                    measure("run_length", 4.5),
                ]
            },
            "vocabulary": {"items": [measure("mtld", 60.0 + number)], "new_words": [], "levels": [], "range": None},
            "mistakes": mistakes(("R:VERB", ago + 1), ("M:DET", 1), per_100=2.0 + ago),
        }
        server.do(keep_report(database, "owner", f"prac_{number}", now - ago * DAY_MS, parts=parts))


def test_without_a_report_the_page_says_what_will_be_there(page: Page, server: Served) -> None:
    page.goto(f"{server.http}/#/progress")

    expect(page.locator(".learning .panel")).to_contain_text("Nothing to compare yet")
    expect(page.locator("#weeks")).to_have_text("")
    page.click("#language")
    expect(page.locator(".learning .panel")).to_contain_text("还没有可以比较的")


def test_each_plot_is_read_as_a_table(page: Page, server: Served) -> None:
    practise(server, [98.0, None, 121.0])
    page.goto(f"{server.http}/#/progress")
    pace = page.locator("[data-plot=pace]")
    expect(pace.locator(".latest")).to_contain_text("121")

    table = page.get_by_role("table", name=re.compile("^Pace"))
    cells = table.get_by_role("cell").all_inner_texts()
    assert [cell.strip() for cell in cells] == ["98 (estimated)", "–", "121"]
    expect(table.get_by_role("rowheader")).to_have_count(3)
    expect(page.get_by_role("table")).to_have_count(page.locator(".plots > .plot:visible").count())
    expect(pace.locator("[aria-hidden=true] svg circle")).to_have_count(2)

    pace.locator(".as-table").click()
    expect(pace.locator("svg")).to_be_hidden()
    expect(pace.locator(".as-table")).to_have_attribute("aria-pressed", "true")
    assert pace.locator("table").bounding_box()["width"] > 100  # type: ignore[index]


def test_mistakes_are_drawn_in_all_and_by_kind_the_most_frequent_first(page: Page, server: Served) -> None:
    practise(server, [100.0, 100.0, 100.0])
    page.goto(f"{server.http}/#/progress")

    kinds = page.locator(".kinds .plot")
    expect(kinds).to_have_count(2)
    assert kinds.evaluate_all("all => all.map(one => one.dataset.plot)") == ["R:VERB", "M:DET"]
    expect(page.locator("[data-plot=mistakes_per_100] .latest")).to_contain_text("2")
    page.click(".others summary")
    expect(page.locator("[data-plot=run_length]")).to_be_visible()


def test_a_goal_is_set_shown_in_its_plot_and_given_up(page: Page, server: Served) -> None:
    practise(server, [98.0, 121.0])
    page.goto(f"{server.http}/#/progress")
    page.select_option("#goal-measure", "fillers")
    expect(page.locator("#goal-side")).to_have_value("at_most")
    page.select_option("#goal-measure", "pace")
    page.fill("#goal-target", "110")
    page.keyboard.press("Enter")
    goal = page.locator("[data-goal=pace]")
    expect(goal).to_contain_text("at least 110")
    expect(goal).to_contain_text("Reached: 121")
    expect(page.locator("[data-plot=pace] .wanted")).to_have_count(1)

    page.select_option("#goal-measure", "days")
    page.fill("#goal-target", "9")
    page.keyboard.press("Enter")
    expect(page.locator(".goals > [role=status]")).not_to_be_empty()
    page.fill("#goal-target", "1")
    page.keyboard.press("Enter")
    expect(page.locator("[data-goal=days]")).to_contain_text("Reached")
    goal.locator(".give-up").click()
    expect(goal).to_have_count(0)
    expect(page.locator("[data-plot=pace] .wanted")).to_have_count(0)


def test_how_regularly_somebody_practises_is_told_without_a_word_of_what_was_not_done(
    page: Page, server: Served
) -> None:
    practise(server, [100.0])
    page.goto(f"{server.http}/#/progress")

    expect(page.locator("#weeks")).to_have_text("practised on one day this week")


def test_only_what_was_chosen_is_shown_and_stands_in_the_address(page: Page, server: Served) -> None:
    practise(server, [100.0, 120.0])
    page.goto(f"{server.http}/#/progress")
    page.select_option("#progress-kind", "interview")
    expect(page.locator(".learning .panel")).to_contain_text("Nothing of this kind yet")
    expect(page).to_have_url(re.compile("kind=interview"))
    expect(page.locator("#progress-kind")).to_be_focused()
    page.select_option("#progress-kind", "")
    expect(page.locator("[data-plot=pace]")).to_be_visible()


@pytest.mark.parametrize("language", ["en", "zh"])
def test_on_a_narrow_phone_nothing_is_cut_off(page: Page, server: Served, language: str) -> None:
    practise(server, [98.0, 110.0, 121.0])
    page.set_viewport_size({"width": 360, "height": 740})
    page.goto(f"{server.http}/#/progress")
    if language == "zh":
        page.click("#language")
    expect(page.locator("[data-plot=pace]")).to_be_visible()

    assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_places_of_dots_keep_to_the_drawing(browser: Browser, address: str) -> None:
    script = """
      const at = new Date();
      return arg.map((values) => {
        const axis = m.range(values);
        const inside = ({ x, y }) => x >= 34 && x <= 310 && y >= 10 && y <= 98;
        return m.places(values.map((value) => ({ at, value })), axis).every(inside);
      });"""
    found = run(empty_page(browser, address), "views/progress/plot.js", script, [[5], [0, 0], [-3, 9, 1e6], [1e-9]])

    assert found == [True] * 4
