"""Chromium, and the states that a talk on the page goes through, some of which are shorter than a look of ours."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Page

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")

WAIT_MS = 30_000
"""The most that anything on the page is waited for; a machine with other work takes many times what a quiet one does."""
LOOK_MS = 20

TRACE = """
  // Every state of the page: its name, when it began, and how much had been played by then.
  window.trace = [];
  window.waitedFor = 0;
  new MutationObserver((changes) => {
    if (changes.some(({ target }) => target === document.documentElement))
      trace.push([kaikou.state, performance.now(), kaikou.played.samples]);
  }).observe(document, { subtree: true, attributeFilter: ["data-state"] });
"""
"""For `Page.add_init_script`, before the page is opened."""

REACHED = """(wanted) => {
  const states = window.trace ?? [];
  const at = states.findIndex(([state], index) => index >= waitedFor && state === wanted);
  if (at < 0 && kaikou.state !== wanted) return false;
  window.waitedFor = at < 0 ? states.length : at + 1;
  return true;
}"""


def wait_for(page: Page, state: str) -> None:
    """Until the page is in this state, or was after the one that was waited for last: some go over by themselves."""
    page.wait_for_function(REACHED, arg=state, timeout=WAIT_MS)


def wait_until(page: Page, true: Callable[[], bool]) -> None:
    """Until what the page sends, which comes while this waits, has made it true."""
    for _ in range(WAIT_MS // LOOK_MS):
        if true():
            return
        page.wait_for_timeout(LOOK_MS)
    raise TimeoutError("it did not become true")
