"""The page's pure modules, run where they will run: in Chromium."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page


def empty_page(browser: Browser, address: str) -> Page:
    """A page that can import the modules and does nothing by itself."""
    page = browser.new_page()
    page.goto(f"{address}/static/icon.svg")
    return page


def run(page: Page, modules: str, script: str, argument: Any = None) -> Any:
    """Evaluate `script`, the body of a function of `m` (what the modules export) and `arg`, in the page."""
    return page.evaluate(
        """async ([paths, script, arg]) => {
          const modules = await Promise.all(paths.map((path) => import(path)));
          return new Function('m', 'arg', script)(Object.assign({}, ...modules), arg);
        }""",
        [[f"/static/{module}" for module in modules.split()], script, argument],
    )
