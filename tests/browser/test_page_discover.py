"""Finding characters on the page, on the real server: what one publishes another finds, hears, keeps and reports."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

pytest.importorskip("playwright", reason="playwright is not installed")
from playwright.sync_api import expect

from server.characters.answers import ListedFields
from server.characters.reading import parse_character
from server.storage.tables.characters import character_versions, characters
from tests.browser.people import register, visit
from tests.browser.states import CHROMIUM, wait_for
from tests.browser.threads import served

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from server.storage.database import Database

pytestmark = [
    pytest.mark.browser,
    pytest.mark.timeout(180),
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine"),
]

WATCH = """
  window.longTasks = [];
  new PerformanceObserver((list) => longTasks.push(...list.getEntries().map(({ duration }) => duration)))
    .observe({ type: "longtask" });
"""

MAKE = """async (file) => {
  const options = { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ file }) };
  return (await (await fetch("/api/characters", options)).json()).data.id;
}"""


def file(name: str, line: str, **fields: Any) -> dict[str, Any]:
    """A character's file, as short as it may be."""
    table = {
        "name": name,
        "line": line,
        "who": f"{name} keeps a lighthouse.",
        "manner": "Calm.",
        "greeting": f"I am {name}.",
        "voice": "male",
        "topics": ["tides"],
    }
    return {"default_language": "en", "languages": ["en"], "accent": "#2b6a61", "en": table, **fields}


def test_what_somebody_publishes_another_finds_hears_keeps_copies_and_reports(browser: Browser) -> None:
    with served(accounts="required") as server, visit(browser) as ann, visit(browser) as ben:
        register(ann, server, "Ann", server.do(server.app.state.services.accounts.owner_code()))
        register(ben, server, "Ben")
        id = ben.evaluate(MAKE, file("Marlow", "I keep a light where the river meets the sea.", purpose="story"))

        ann.click("#discover-open")
        ann.wait_for_selector("[data-found=philosopher]")
        ann.fill("#search", "river meets")
        expect(ann.locator(".discover > .note")).to_contain_text("Nobody like that")

        ben.goto(f"{server.http}/#/talk/{id}")
        ben.click("#publish")
        ben.click(".asked .primary")
        expect(ben.locator("#publish")).to_have_text("Unpublish")

        ann.fill("#search", "light")
        card = ann.locator(f"[data-found={id}]")
        expect(card).to_contain_text("Marlow")
        expect(card).to_contain_text("Story")
        card.locator(".sample").click()
        expect(card.locator(".sample")).to_have_attribute("aria-label", "Stop the sample")
        card.locator(".favourite").click()
        ann.check("#whose [value=favourites]")
        ann.fill("#search", "")
        expect(ann.locator("[data-found]")).to_have_count(1)
        expect(ann).to_have_url(f"{server.http}/#/discover?whose=favourites")

        card.locator("a").click()
        expect(ann.locator(".character .name")).to_have_text("Marlow")
        ann.click("#report")
        ann.check("[name=reason][value=other]")
        ann.fill("#report-text", "It is from a novel.")
        ann.click("#report-send")
        expect(ann.locator(".character [role=status]")).to_contain_text("Thank you")
        ann.click("#talk")
        wait_for(ann, "resting")
        ann.click("#end")

        ann.goto(f"{server.http}/#/talk/{id}")
        ann.click("#copy")
        ann.wait_for_url("**/#/characters/**")
        copy = ann.url.rsplit("/", 1)[1]
        ann.goto(f"{server.http}/#/talk/{copy}")
        expect(ann.locator("#origin")).to_have_text("Marlow")

        ann.click("#discover-open")
        ann.click("#reports")
        expect(ann.locator("[data-report]")).to_contain_text("It is from a novel.")
        ann.click("[data-report] [aria-label^=Hide]")
        expect(ann.locator("[data-report] [aria-label^=Show]")).to_be_focused()
        ann.goto(f"{server.http}/#/discover?q=light&whose=all")
        expect(ann.locator(f"[data-found={copy}]")).to_be_visible()
        expect(ann.locator(f"[data-found={id}]")).to_have_count(0)
        ben.goto(f"{server.http}/#/talk/{id}")
        ben.reload()
        expect(ben.locator("main")).to_contain_text("nobody but you sees it")


MANY = 5000

SCROLL = """async (last) => {
  const frame = () => new Promise(requestAnimationFrame);
  let most = 0;
  longTasks.length = 0;
  while (!document.querySelector(`[aria-posinset="${last}"]`)) {
    scrollBy(0, 1000);
    await frame();
    most = Math.max(most, document.querySelectorAll(".feed *").length);
  }
  await frame();
  return { most, longTasks: longTasks.length, blocks: document.querySelectorAll(".block").length };
}"""


async def publish_many(database: Database, count: int) -> None:
    """Characters of the owner, made at once as no API would."""
    data = {"id": "many", **file("Nobody", "One of many.")}
    fields = ListedFields.of(parse_character(data)).model_dump(mode="json")
    names = [f"Keeper {number:05}" for number in range(count)]
    rows = [
        {
            "id": f"char_{number:026}",
            "person_id": "owner",
            "version": 1,
            "listed_fields": {**fields, "name": {"en": name}},
            "name": name,
            "languages": " en ",
            "purpose": "talk",
            "tags": [],
            "created_at": number,
            "updated_at": number,
            "published_at": number,
        }
        for number, name in enumerate(names)
    ]
    version = {"version": 1, "file": data, "created_at": 0}
    async with database.write() as connection:
        await connection.execute(characters.insert(), rows)
        await connection.execute(character_versions.insert(), [{"character_id": row["id"], **version} for row in rows])


def test_five_thousand_characters_scroll_in_few_elements_and_hardly_any_long_tasks(browser: Browser) -> None:
    with served() as server, visit(browser) as page:
        page.add_init_script(WATCH)
        server.do(publish_many(server.app.state.services.database, MANY))
        page.goto(f"{server.http}/#/discover?sort=name")
        page.wait_for_selector("[data-found]")
        # What could not be fetched can be asked for again, where one is.
        page.route("**/api/characters?*cursor*", lambda route: route.abort())
        page.evaluate("scrollTo(0, document.body.scrollHeight)")
        page.wait_for_selector(".feed-end button")
        page.unroute("**/api/characters?*cursor*")
        page.click(".feed-end button")
        page.wait_for_selector('[aria-posinset="97"]')
        found = page.evaluate(SCROLL, MANY)
        assert found["blocks"] >= MANY / 6
        assert found["most"] < MANY
        assert found["longTasks"] < found["blocks"] / 4
        page.click(f'[aria-posinset="{MANY}"] a')
        expect(page.locator("#talk")).to_be_visible()
        page.go_back()
        expect(page.locator(f'[aria-posinset="{MANY}"]')).to_be_in_viewport()
