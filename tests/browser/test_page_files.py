"""Files on the page, on the real server: chosen and dropped, gone on with after a cut, copied, saved and deleted."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("playwright", reason="playwright is not installed")
from playwright.sync_api import Page, Route, expect

from tests.browser.states import CHROMIUM
from tests.browser.threads import served

pytestmark = [pytest.mark.browser, pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")]

MOST_BYTES = 3_000_000


@pytest.fixture
def files(page: Page) -> Iterator[Page]:
    """The view, on a server where nobody has a file yet."""
    with served(files_bytes=MOST_BYTES, files_most=4) as server:
        page.goto(f"{server.http}/#/files")
        page.wait_for_selector("#files")
        yield page


def choose(page: Page, *files: tuple[str, bytes]) -> None:
    chosen = [{"name": name, "mimeType": "", "buffer": content} for name, content in files]
    page.set_input_files("#choose-files", chosen)  # type: ignore[arg-type]


def test_without_files_the_page_says_what_to_do(files: Page) -> None:
    expect(files.locator("#files .panel")).to_contain_text("No files yet")
    expect(files.locator("#usage")).to_have_text("0 kB of 3 MB, 0 of 4 files")


def test_several_files_are_uploaded_at_once_and_told_with_their_size(files: Page) -> None:
    choose(files, ("notes.txt", b"What is courage?\n" * 100), ("更多.txt", "勇气".encode() * 50))
    expect(files.locator("#files .name")).to_have_count(2)
    assert set(files.locator("#files .name").all_text_contents()) == {"notes.txt", "更多.txt"}
    expect(files.locator("#uploads > li")).to_have_count(0)
    expect(files.locator("#usage")).to_have_text("2 kB of 3 MB, 2 of 4 files")


def test_a_file_that_is_dropped_anywhere_is_uploaded_and_the_page_stays(files: Page) -> None:
    files.evaluate("""() => {
      const dropped = new DataTransfer();
      dropped.items.add(new File(["dropped"], "dropped.txt"));
      const how = { dataTransfer: dropped, bubbles: true, cancelable: true };
      for (const type of ["dragover", "drop"]) document.querySelector("#files").dispatchEvent(new DragEvent(type, how));
    }""")
    expect(files.locator("#files .name")).to_have_text("dropped.txt")


def test_a_file_for_a_day_says_when_it_goes(files: Page) -> None:
    files.check("#area [value=temporary]")
    choose(files, ("today.txt", b"today"))
    expect(files.locator("#files .tongues")).to_contain_text("deleted in 24")


def test_an_upload_goes_on_where_the_connection_was_cut(files: Page) -> None:
    cuts: list[str] = []

    def cut(route: Route) -> None:
        if route.request.method == "PATCH" and not cuts:
            cuts.append(route.request.headers["upload-offset"])
            return route.abort()
        return route.continue_()

    files.route("**/api/files/tus/**", cut)
    choose(files, ("long.txt", b"x" * 1_000_000))
    expect(files.locator(".upload [role=status]")).to_contain_text("goes on where it was")
    expect(files.locator("#files .name")).to_have_text("long.txt")
    assert cuts == ["0"]


def test_a_file_for_which_there_is_no_room_says_so_with_figures_and_can_be_tried_again(files: Page) -> None:
    choose(files, ("large.txt", b"x" * (MOST_BYTES + 1_000_000)))
    expect(files.locator(".upload [role=alert]")).to_have_text(
        "There is no room for it: it has 4 MB, and 3 MB are free. Delete something first."
    )
    files.click(".upload button[aria-label^=Dismiss]")
    expect(files.locator("#uploads > li")).to_have_count(0)


def test_more_files_than_one_may_have_are_refused_one_by_one(files: Page) -> None:
    choose(files, *[(f"{number}.txt", b"some") for number in range(5)])
    expect(files.locator("#files .name")).to_have_count(4)
    expect(files.locator(".upload [role=alert]")).to_contain_text("as many files as you may, 4")


def test_an_empty_file_is_not_sent(files: Page) -> None:
    choose(files, ("empty.txt", b""))
    expect(files.locator(".files > [role=status]")).to_have_text("empty.txt: There is nothing in it.")


def test_an_upload_is_cancelled_and_leaves_nothing(files: Page) -> None:
    files.route("**/api/files/tus/**", lambda route: None if route.request.method == "PATCH" else route.continue_())
    choose(files, ("long.txt", b"x" * 1_000_000))
    files.wait_for_selector(".upload progress")
    with files.expect_response(lambda response: response.request.method == "DELETE"):
        files.click(".upload button[aria-label^=Cancel]")
    files.reload()
    expect(files.locator("#usage")).to_contain_text("0 of 4 files")


def test_uploads_go_on_while_another_view_is_shown(files: Page) -> None:
    held: list[Route] = []
    files.route(
        "**/api/files/tus/**",
        lambda route: held.append(route) if route.request.method == "PATCH" else route.continue_(),
    )
    with files.expect_request(lambda request: request.method == "PATCH"):
        choose(files, ("slow.txt", b"slow"))
    files.click("#settings-open")
    files.wait_for_selector("#settings")
    with files.expect_response(lambda response: response.request.method == "PATCH"):
        held[0].continue_()
    files.click("#files-open")
    expect(files.locator("#files .name")).to_have_text("slow.txt")


def test_a_link_to_a_file_is_copied_and_works_for_whoever_has_it(files: Page) -> None:
    files.context.grant_permissions(["clipboard-read", "clipboard-write"])
    choose(files, ("notes.txt", b"What is courage?"))
    files.click("[aria-label='Copy a link to notes.txt']")
    expect(files.locator(".files > [role=status]")).to_contain_text("The link is copied")
    link = files.evaluate("navigator.clipboard.readText()")
    assert files.request.get(link, headers={"Cookie": ""}).text() == "What is courage?"


def test_a_file_is_saved_and_deleted_after_a_question(files: Page, tmp_path: Path) -> None:
    choose(files, ("notes.txt", b"What is courage?"))
    with files.expect_download() as saved:
        files.click("[aria-label='Download notes.txt']")
    saved.value.save_as(tmp_path / "saved")
    assert (tmp_path / "saved").read_bytes() == b"What is courage?"
    files.click("[aria-label='Delete notes.txt']")
    files.keyboard.press("Escape")
    expect(files.locator("[aria-label='Delete notes.txt']")).to_be_focused()
    files.keyboard.press("Enter")
    expect(files.locator(".asked button", has_text="Keep")).to_be_focused()
    files.click(".asked button:has-text('Delete')")
    expect(files.locator("#files .panel")).to_contain_text("No files yet")
    expect(files.locator(".files > [role=status]")).to_have_text("notes.txt is deleted.")
