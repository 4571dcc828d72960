"""Characters of one's own on the page, on the real server: made from nothing, talked to, saved, compared, brought back."""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Iterator
from typing import Any

import pytest

pytest.importorskip("playwright", reason="playwright is not installed")
from PIL import Image
from PIL.PngImagePlugin import PngInfo
from playwright.sync_api import Browser, Page, Route, expect

from tests.browser.states import CHROMIUM, TRACE, wait_until
from tests.browser.threads import served

pytestmark = [
    pytest.mark.browser,
    pytest.mark.timeout(180),
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine"),
]

GREETING = "Come in, sit down. The soup needs another hour anyway."
WHO = "Marlow cooked on ships for forty years and now keeps a small harbour kitchen."
FILE = {
    "languages": ["en"],
    "accent": "#256a5f",
    "en": {"name": "Marlow", "who": WHO, "greeting": GREETING, "greetings": ["You again? The usual?"]},
}

CARD = {
    "name": "Captain Ines",
    "description": "{{char}} sailed the coast for thirty years and keeps the ferry now.",
    "first_mes": "*She looks up.* All aboard, {{user}}.",
    "alternate_greetings": ["Late again, are we? Come on."],
    "creator_notes": "Best in the evening.",
    "extensions": {},
}


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page whose socket is the server's own."""
    context = browser.new_context(locale="en-GB", viewport={"width": 1280, "height": 800})
    page = context.new_page()
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


def made(page: Page, address: str, file: dict[str, Any]) -> str:
    """The id of a character that was made by the API."""
    answer = page.request.post(f"{address}/api/characters", data={"file": file}, headers={"Origin": address})
    return str(answer.json()["data"]["id"])


def save_elsewhere(page: Page, address: str, id: str, greeting: str) -> None:
    """A new version, of another tab say."""
    file = FILE | {"en": {**FILE["en"], "greeting": greeting}}  # type: ignore[dict-item]
    page.request.put(f"{address}/api/characters/{id}", data={"file": file}, headers={"Origin": address})


def drop(page: Page, name: str, *contents: bytes) -> None:
    """Drop files of this name somewhere on the page."""
    page.evaluate(
        """([name, contents]) => {
          const dropped = new DataTransfer();
          for (const content of contents)
            dropped.items.add(new File([Uint8Array.from(atob(content), (letter) => letter.charCodeAt(0))], name));
          const how = { dataTransfer: dropped, bubbles: true, cancelable: true };
          for (const type of ["dragover", "drop"]) document.querySelector("main").dispatchEvent(new DragEvent(type, how));
        }""",
        [name, [base64.b64encode(content).decode() for content in contents]],
    )


def png_card(data: dict[str, Any]) -> bytes:
    """A Character Card V2 in a picture."""
    card = json.dumps({"spec": "chara_card_v2", "spec_version": "2.0", "data": data})
    text = PngInfo()
    text.add_text("chara", base64.b64encode(card.encode()).decode())
    picture = io.BytesIO()
    Image.linear_gradient("L").resize((90, 120)).save(picture, "PNG", pnginfo=text)
    return picture.getvalue()


def test_a_character_is_made_from_nothing_and_talked_to(page: Page, address: str) -> None:
    page.goto(address)
    page.click("#own")
    expect(page.locator("#mine .panel")).to_contain_text("Nobody here yet")
    page.click("#make")
    page.fill("#field-en-name", "Marlow")
    expect(page.locator("#kept")).to_have_text("Draft kept.")

    # It says what is missing, and leads there.
    page.fill("#field-en-who", WHO)
    page.click("#ask")
    expect(page.locator("#field-en-greeting")).to_be_focused()
    expect(page.locator("[data-field='en.greeting'] > .problem")).to_have_text("This is needed.")
    page.fill("#field-en-greeting", GREETING)
    expect(page.locator(".preview .said")).to_have_text(GREETING)

    page.click("#section-portrait > summary")
    page.click("[aria-label='Hair: the next one']")
    page.click("#section-book > summary")
    page.click("[data-add='book.entries']")
    page.keyboard.type("lighthouse, tower")
    page.fill("[data-field='book.entries.0.content'] textarea", "It has been dark since 1987.")
    page.click("#section-talk > summary")
    page.click("[data-add='en.questions']")
    page.keyboard.type("What did you cook last?")
    expect(page.locator("#section-talk .count")).to_have_text("1")
    expect(page.locator("#kept")).to_have_text("Draft kept.")

    # A draft is there again after the page was left.
    page.reload()
    expect(page.locator("#field-en-greeting")).to_have_value(GREETING)
    expect(page.locator(".preview .missing")).not_to_contain_text("Still missing")

    # It says its greeting, and can be talked to as it is written; the way back leads to the form.
    with page.expect_response("**/api/characters/preview") as heard:
        page.locator(".hear").first.click()
    assert heard.value.headers["content-type"] == "audio/wav"
    page.click("#ask")
    expect(page.locator("#captions .said").first).to_have_text(GREETING)
    page.click("#end")
    page.click("#leave")
    page.click("#save")
    expect(page.locator("#kept")).to_have_text("Saved, version 1.")

    # It is there where one chooses whom to talk to.
    page.click(".mark")
    page.click("[data-character^=char_]")
    page.click("#talk")
    expect(page.locator("#captions .said").first).to_have_text(GREETING)


def test_a_card_that_is_dropped_is_talked_to_and_gets_another_picture(page: Page, address: str) -> None:
    page.goto(address)
    page.wait_for_selector("#talk")
    drop(page, "ines.png", png_card(CARD))
    expect(page.locator(".arrival")).to_contain_text("Best in the evening.")
    page.check("[name=greeting] >> nth=1")
    page.click("#arrived-talk")
    expect(page.locator("#captions .said").first).to_have_text("Late again, are we? Come on.")
    page.click("#end")
    page.click("#leave")

    # It is among those whom one chooses from, with the card's picture, of which another square can be shown.
    page.click("#own")
    page.click("[data-made]")
    before = page.get_attribute(".preview .face img", "src")
    page.click("#section-portrait > summary")
    page.set_input_files("#choose-picture", {"name": "a.png", "mimeType": "image/png", "buffer": png_card(CARD)})
    expect(page.locator(".crop")).to_be_focused()
    page.keyboard.press("+")
    page.keyboard.press("ArrowDown")
    page.click("#crop-take")
    expect(page.locator(".cropping")).to_have_count(0)
    assert page.get_attribute(".preview .face img", "src") != before
    page.click("#tools > summary")
    with page.expect_download() as saved:
        page.click("[data-format=v2]")
    assert saved.value.suggested_filename == "Captain Ines.json"
    assert json.loads(saved.value.path().read_bytes())["data"]["creator_notes"] == "Best in the evening."

    # Of several each has its turn. What is done instead of said is set off, and nobody reads a macro.
    drop(page, "broken.json", b"{", png_card(CARD), b"no card")
    page.click("#arrived-next")
    expect(page.locator(".greetings em").first).to_have_text("She looks up.")
    expect(page.locator(".greetings label").first).to_have_text("She looks up. All aboard, friend.")
    page.click("#arrived-next")
    expect(page.locator(".arrival [role=alert]")).to_have_text("This is no character card.")
    expect(page.locator("#arrived-next")).to_have_count(0)
    page.keyboard.press("Escape")
    expect(page.locator(".arrival")).to_have_count(0)

    drop(page, "broken.json", b"{")
    expect(page.locator(".arrival [role=alert]")).to_contain_text("This is no card, or it is broken")


def test_the_rest_is_proposed_from_one_sentence_and_what_was_written_stays(page: Page, address: str) -> None:
    draft = {"languages": ["en"], "en": {"name": "Ida", "who": "Ida keeps the light.", "greeting": "Mind the step."}}
    status = page.request.get(f"{address}/api/status").json()
    status["data"]["language_model"]["connected"] = True
    page.route("**/api/status", lambda route: route.fulfill(json=status))
    answer = {"success": True, "data": {"draft": draft, "warnings": []}}
    page.route("**/api/characters/propose", lambda route: route.fulfill(json=answer))
    page.goto(f"{address}/#/characters/new")
    page.fill("#field-en-name", "Marlow")
    page.fill("#sentence", "A lighthouse keeper.")
    page.press("#sentence", "Enter")
    expect(page.locator("#field-en-greeting")).to_have_value("Mind the step.")
    expect(page.locator("#field-en-name")).to_have_value("Marlow")
    page.click(".proposal .link")
    expect(page.locator("#field-en-greeting")).to_have_value("")
    expect(page.locator("#kept")).to_have_text("Draft kept.")


def test_versions_are_compared_and_brought_back_and_a_deletion_is_undone(page: Page, address: str) -> None:
    id = made(page, address, FILE)
    page.goto(f"{address}/#/characters/{id}")
    page.fill("#field-en-greeting", "Come in, sit down. The fish soup is ready.")
    page.click("#save")
    expect(page.locator("#kept")).to_have_text("Saved, version 2.")
    page.click("#tools > summary")
    page.click("#tool-versions")
    page.click("[data-version='2'] button:has-text('What changed')")
    expect(page.locator(".differences ins").first).to_have_text("fish ")
    page.click("[data-version='1'] button:has-text('Restore')")
    expect(page.locator("#field-en-greeting")).to_have_value(GREETING)
    expect(page.locator("#kept")).to_have_text("Saved, version 3.")

    page.click("#tools > summary")
    page.click("#tool-delete")
    expect(page.locator("#mine .panel")).to_contain_text("Nobody here yet")
    page.click("#undo button")
    expect(page.locator("#field-en-greeting")).to_have_value(GREETING)


def test_what_was_saved_elsewhere_meanwhile_is_told_and_nothing_is_lost(page: Page, address: str) -> None:
    id = made(page, address, FILE)
    page.goto(f"{address}/#/characters/{id}")
    page.fill("#field-en-greeting", "My own greeting.")
    expect(page.locator("#kept")).to_have_text("Draft kept. Talks use version 1 until you save.")
    save_elsewhere(page, address, id, "The other greeting.")
    page.click("#save")
    expect(page.locator("#conflict ins")).to_contain_text("My own")
    page.click("#conflict-mine")
    expect(page.locator("#kept")).to_have_text("Saved, version 3.")
    expect(page.locator("#field-en-greeting")).to_have_value("My own greeting.")

    # So is what another tab wrote and did not save, once one comes back to this one.
    draft = FILE | {"en": {**FILE["en"], "greeting": "The other draft."}}  # type: ignore[dict-item]
    page.request.put(f"{address}/api/characters/{id}/draft", data={"draft": draft}, headers={"Origin": address})
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(page.locator("#conflict")).to_contain_text("It was written elsewhere meanwhile")
    page.click("#conflict-theirs")
    expect(page.locator("#field-en-greeting")).to_have_value("The other draft.")


def test_what_the_server_did_not_take_is_there_when_one_comes_back(page: Page, address: str) -> None:
    id = made(page, address, FILE)
    page.goto(f"{address}/#/characters/{id}")
    page.route("**/draft", lambda route: route.abort())
    page.fill("#field-en-greeting", "Written without a server.")
    page.click(".back")
    page.wait_for_selector(f"[data-made={id}]")
    page.unroute("**/draft")
    page.click(f"[data-made={id}]")
    expect(page.locator("#field-en-greeting")).to_have_value("Written without a server.")
    expect(page.locator("#kept")).to_contain_text("Draft kept.")

    # So is one that the server was never told of; and nothing takes the place of what was written elsewhere meanwhile.
    page.route("**/api/characters", lambda route: route.abort())
    page.goto(f"{address}/#/characters/new")
    expect(page.locator("#field-en-name")).to_have_value("")  # that of the new one, no longer that of the one before
    page.fill("#field-en-name", "Ines")
    page.click(".back")
    page.wait_for_selector(f"[data-made={id}]")
    page.unroute("**/api/characters")
    page.click("#make")
    expect(page.locator("#field-en-name")).to_have_value("Ines")
    expect(page.locator("#kept")).to_have_text("Draft kept.")
    page.route("**/draft", lambda route: route.abort())
    page.goto(f"{address}/#/characters/{id}")
    expect(page.locator("#field-en-greeting")).to_have_value("Written without a server.")
    page.fill("#field-en-greeting", "Mine.")
    page.click(".back")
    save_elsewhere(page, address, id, "Theirs.")
    page.click(f"[data-made={id}]")
    expect(page.locator("#conflict")).to_contain_text("It was written elsewhere meanwhile")
    expect(page.locator("#field-en-greeting")).to_have_value("Mine.")


def test_what_is_written_while_a_version_is_saved_is_kept_after_it(page: Page, address: str) -> None:
    id = made(page, address, FILE)
    held: list[Route] = []
    page.route(
        f"**/api/characters/{id}",
        lambda route: held.append(route) if route.request.method == "PUT" else route.fallback(),
    )
    page.goto(f"{address}/#/characters/{id}")
    page.fill("#field-en-greeting", "The first text.")
    page.click("#save")
    wait_until(page, lambda: bool(held))
    page.fill("#field-en-greeting", "The second text.")
    expect(page.locator("#kept")).to_contain_text("Draft kept.")
    held.pop().continue_()
    expect(page.locator("#kept")).to_have_text("Draft kept. Talks use version 2 until you save.")
    page.reload()
    expect(page.locator("#field-en-greeting")).to_have_value("The second text.")

    # A version whose answer is lost was saved all the same: no other one, whom one would have to choose against.
    page.route(
        f"**/api/characters/{id}",
        lambda route: lose_the_answer(route) if route.request.method == "PUT" else route.fallback(),
    )
    page.click("#save")
    expect(page.locator(".editor [role=alert]").first).to_contain_text("The server does not answer")
    page.unroute(f"**/api/characters/{id}")
    page.click("#save")
    expect(page.locator("#kept")).to_have_text("Saved, version 3.")


def lose_the_answer(route: Route) -> None:
    """The server does it, and the page is not told."""
    route.fetch()
    route.abort()


def test_what_cannot_be_kept_is_said_and_kept_later(page: Page, address: str) -> None:
    id = made(page, address, FILE)
    page.goto(f"{address}/#/characters/{id}")
    page.route("**/draft", lambda route: route.abort())
    page.fill("#field-en-greeting", "My own greeting.")
    expect(page.locator("#kept")).to_contain_text("Not kept: the server does not answer.")
    page.unroute("**/draft")
    expect(page.locator("#kept")).to_contain_text("Draft kept.")


def test_whom_there_is_no_more_is_not_talked_to_in_the_voice_of_another(page: Page, address: str) -> None:
    page.goto(address)
    id = made(page, address, FILE)
    draft = {"draft": {"languages": ["en"], "en": {"name": "Ines"}}}
    page.request.post(f"{address}/api/characters", data=draft, headers={"Origin": address})
    page.reload()
    page.click(f"[data-character={id}]")
    page.request.delete(f"{address}/api/characters/{id}", headers={"Origin": address})
    page.click("#talk")
    expect(page.locator("[data-problem=no-character]")).to_contain_text("Marlow is not here any more")
    expect(page.locator("#captions .said")).to_have_count(0)

    # Nor one of whom there is only a draft.
    page.goto(f"{address}/#/characters")
    expect(page.locator("#mine")).to_contain_text("English · draft")
    expect(page.locator("#mine [aria-label^=Talk]")).to_have_count(0)
