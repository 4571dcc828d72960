"""A WebSocket through whatever proxy there is, by the same rule and with the same failures as HTTP."""

from __future__ import annotations

import ssl
from typing import Any
from urllib.parse import urlsplit

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidProxyMessage, InvalidProxyStatus, InvalidStatus, ProxyError

from models.network import failures
from models.network.direct import host_and_port
from models.network.proxies import Proxy, from_environment
from models.network.tunnel import tunnel


def proxy_to(url: str) -> str | None:
    """What `websockets`' `connect` takes as `proxy`, by our rule in place of its own, which exempts no machine by itself."""
    proxy = from_environment().proxy_for(url)
    return proxy.url_with_login if proxy else None


async def connected(url: str, proxy: Proxy | None, trusted: ssl.SSLContext, **options: Any) -> ClientConnection:
    """An open connection. trusted: the certificates; options: those of `websockets`' `connect`.

    Raises `ProxyFailed` where the proxy does not let it through, else what `connect` does. Waiting is for whoever asks to
    bound: nothing tells whether it is the proxy that says nothing, or the server behind it.
    """
    if urlsplit(url).scheme == "wss":
        options["ssl"] = trusted
    if proxy is None:
        return await connect(url, proxy=None, **options)
    host, port = host_and_port(url)
    way: dict[str, Any] = {"proxy": proxy.url_with_login}
    if proxy.scheme == "http":
        way = {"sock": await tunnel(proxy, host, port)}
    elif proxy.scheme == "https":
        way["proxy_ssl"] = trusted
    try:
        return await connect(url, **way, **options)
    except ValueError as error:
        if isinstance(error.__cause__, InvalidStatus):  # a redirect, which no socket follows
            raise error.__cause__ from None
        raise
    except InvalidProxyStatus as refused:
        raise failures.refused(proxy, host, refused.response.status_code) from None
    except InvalidProxyMessage:
        raise failures.unreadable(proxy) from None
    except ProxyError:  # of SOCKS
        raise failures.refused(proxy, host) from None
    except ssl.SSLError as error:
        raise failures.insecure(proxy, host, error) from None
    except TimeoutError:
        raise
    except OSError as error:  # all connections are made to the proxy
        raise (failures.insecure(proxy, host, error) if "sock" in way else failures.unreachable(proxy)) from None
