"""The page that describes the API, drawn from the document of a running server."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

pytest.importorskip("playwright", reason="playwright is not installed")
from playwright.sync_api import Page, expect

from tests.browser.states import CHROMIUM
from tests.browser.threads import served

pytestmark = [pytest.mark.browser, pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")]

BUDGET_BYTES = 40_000
"""Without the document itself."""

PHONE = {"width": 360, "height": 740}


@pytest.fixture(scope="module")
def docs() -> Iterator[str]:
    with served() as server:
        yield f"{server.http}/api/docs"


def test_every_operation_is_there_and_opens_by_keyboard_and_by_link(page: Page, docs: str) -> None:
    page.goto(docs)
    sample = page.locator("#get_characters_id_sample")
    sample.locator("summary").press("Enter")
    expect(sample.locator("pre")).to_contain_text("/api/characters/{id}/sample")
    expect(sample).to_contain_text("language")
    page.goto(f"{docs}#get_starter")
    page.reload()
    expect(page.locator("#get_starter code", has_text="may_change")).to_be_visible()


def test_a_search_leaves_what_was_meant_and_says_where_nothing_was(page: Page, docs: str) -> None:
    page.goto(docs)
    page.fill("input[type=search]", "sample")
    expect(page.locator("summary:visible")).to_have_count(1)
    page.fill("input[type=search]", "zebra")
    expect(page.get_by_role("status")).to_have_text("Nothing by that name.")


def test_it_speaks_chinese_on_request(page: Page, docs: str) -> None:
    page.goto(docs)
    page.click("#language")
    expect(page.get_by_placeholder("搜索")).to_be_visible()
    expect(page.locator("html")).to_have_attribute("lang", "zh-Hans")


def test_it_fits_a_phone(page: Page, docs: str) -> None:
    page.set_viewport_size(PHONE)
    page.goto(f"{docs}#get_characters_id_sample")
    expect(page.locator("#get_characters_id_sample pre")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


def test_it_is_small_and_nothing_of_it_comes_from_elsewhere(page: Page, docs: str) -> None:
    sizes: dict[str, int] = {}
    page.on(
        "response", lambda response: sizes.__setitem__(response.url, int(response.headers.get("content-length", 0)))
    )
    page.goto(docs)
    expect(page.locator("summary").first).to_be_visible()
    assert all(url.startswith(docs.removesuffix("/api/docs")) for url in sizes)
    assert sum(size for url, size in sizes.items() if not url.endswith("openapi.json")) < BUDGET_BYTES
