"""Tries whether a proxy lets us through, for whoever wants to know before a conversation does."""

from __future__ import annotations

import httpx2

from models.network.failures import ProxyFailed
from models.network.http import PASSAGE_S, ProxyTransport
from models.network.proxies import Proxies, from_environment


async def proxy_trouble(url: str, proxies: Proxies | None = None) -> str:
    """What the proxy on the way to a server says against it, as a sentence; empty where it lets us through.

    No key is sent, and what the server answers does not matter. Raises `ProxyMistake`.
    """
    proxies = from_environment() if proxies is None else proxies
    proxy = proxies.proxy_for(url)
    if proxy is None:
        return ""
    # A WebSocket may have a proxy of its own, and is led through it as https is.
    transport = ProxyTransport(proxies.with_own(proxy.url_with_login, proxy.variable))
    async with httpx2.AsyncClient(transport=transport, timeout=PASSAGE_S) as client:
        try:
            await client.head(url.replace("ws", "http", 1) if url.startswith("ws") else url)
        except ProxyFailed as failed:
            return str(failed)
        except (httpx2.HTTPError, httpx2.InvalidURL):
            return ""
    return ""
