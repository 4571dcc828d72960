"""A page of another origin in Chromium, and the API of the real server: what it may do, and what it is told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

pytest.importorskip("playwright", reason="playwright is not installed")

from tests.browser.scripted_server import CHROMIUM, ELSEWHERE
from tests.browser.threads import served

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = [pytest.mark.browser, pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")]

READS = """
  async ([server, key]) => {
    const headers = { Authorization: `Bearer ${key}`, "X-Stainless-Lang": "js" };
    const told = async (path, options) => {
      try {
        const answer = await fetch(server + path, { headers, ...options });
        return [answer.status, (await answer.json()).error?.code ?? "", answer.headers.get("retry-after") ?? ""];
      } catch (error) {
        return [0, error.name, ""];
      }
    };
    const body = JSON.stringify({ input: "" });
    return [
      await told("/v1/models"),
      await told("/v1/models", { headers: {} }),
      await told("/v1/audio/speech", { method: "POST", body }),
      await told("/v1/nowhere"),
    ];
  }
"""

SOCKET = """
  ([server, key]) => new Promise((resolve) => {
    const address = `${server.replace("http", "ws")}/v1/realtime`;
    const socket = new WebSocket(address, ["realtime", `openai-insecure-api-key.${key}`]);
    socket.onmessage = ({ data }) => (resolve(JSON.parse(data).type), socket.close());
    socket.onclose = () => resolve("closed");
  })
"""


def results(browser: Browser, page_address: str, server: str) -> tuple[Any, Any]:
    context = browser.new_context()
    page = context.new_page()
    page.goto(page_address)
    try:
        return page.evaluate(READS, [server, "sk-right"]), page.evaluate(SOCKET, [server, "sk-right"])
    finally:
        context.close()


def test_a_page_that_the_settings_name_reads_answers_and_errors_and_opens_sockets(
    browser: Browser, address: str
) -> None:
    with served(api_keys=["sk-right"], allowed_origins=[f"{address.upper()}/"]) as running:
        rest, socket = results(browser, address, running.http)

    assert [answer[:2] for answer in rest] == [
        [200, ""],
        [401, "invalid_api_key"],
        [400, "invalid_value"],
        [404, "unknown_url"],
    ]
    assert socket == "session.created"


def test_any_other_page_does_neither(browser: Browser, address: str) -> None:
    with served(api_keys=["sk-right"], allowed_origins=[address]) as running:
        elsewhere = address.replace("127.0.0.1", ELSEWHERE)
        rest, socket = results(browser, elsewhere, running.http)

    assert [answer[:2] for answer in rest] == [[0, "TypeError"]] * 4
    assert socket == "closed"
