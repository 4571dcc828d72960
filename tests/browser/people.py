"""People who come to the page of a server with accounts, each with a browser of their own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from tests.browser.conftest import advice_in
from tests.browser.states import TRACE
from tests.serving import Serving

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

PASSWORD = "correct horse battery"


@contextmanager
def visit(browser: Browser) -> Iterator[Page]:
    """A browser of its own, which knows nobody yet."""
    context = browser.new_context(locale="en-GB", viewport={"width": 1280, "height": 800})
    page = context.new_page()
    page.add_init_script(TRACE)
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("console", lambda said: problems.extend(advice_in(said)))
    yield page
    context.close()
    assert problems == []


def register(page: Page, server: Serving, name: str, code: str = "") -> None:
    """Somebody registers; with the code as the server's owner."""
    page.goto(f"{server.http}/#/account/register")
    page.fill("#register-name", name)
    page.fill("#register-email", f"{name.lower()}@example.org")
    page.fill("#register-password", PASSWORD)
    if code:
        page.fill("#register-code", code)
    page.click("#register button")
    page.wait_for_selector("#logout")
