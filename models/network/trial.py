"""Tries whether a proxy lets us through, for whoever wants to know before a conversation does."""

from __future__ import annotations

import httpx2

from models.network.failures import ProxyFailed
from models.network.http import PASSAGE_S, ProxyTransport
from models.network.proxies import Proxies


async def proxy_trouble(url: str, proxies: Proxies | None = None) -> str:
    """What the proxy on the way to a server says against it, as a sentence; empty where it lets us through.

    No key is sent, and what the server answers does not matter.
    """
    async with httpx2.AsyncClient(transport=ProxyTransport(proxies), timeout=PASSAGE_S) as client:
        try:
            await client.head(url.replace("ws", "http", 1) if url.startswith("ws") else url)
        except ProxyFailed as failed:
            return str(failed)
        except (httpx2.HTTPError, httpx2.InvalidURL):
            return ""
    return ""
