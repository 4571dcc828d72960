"""The page's cookie: out of reach of scripts, and of requests that other pages make a browser send.

`HttpOnly`; `SameSite=Strict`, so that no other site's page makes a browser send it; over https `Secure` and `__Host-`, so
that no neighbouring host can set one. Who comes with it and wants more than reading must come from our own page: browsers
say so in `Origin` or `Sec-Fetch-Site`, which pages cannot change. That covers pages of the same site, such as another
subdomain's, which SameSite does not, and needs no token in every form.
"""

from __future__ import annotations

from starlette.requests import HTTPConnection
from starlette.responses import Response

from server.errors import OriginDenied
from server.identity.origins import is_own
from server.settings.serving import ServerSettings

NAME, NAME_OVER_HTTPS = "kaikou_login", "__Host-kaikou_login"

SAFE = {"GET", "HEAD", "OPTIONS"}
"""Methods that only read."""


def cookie_of(connection: HTTPConnection) -> str:
    """What the cookie holds; empty without one."""
    return connection.cookies.get(_name(connection), "")


def set_cookie(response: Response, connection: HTTPConnection, value: str, seconds: int) -> None:
    """Have the browser keep the cookie."""
    response.set_cookie(
        _name(connection), value, max_age=seconds, path="/", secure=_https(connection), httponly=True, samesite="strict"
    )


def delete_cookie(response: Response, connection: HTTPConnection) -> None:
    """Have the browser forget it."""
    response.delete_cookie(_name(connection), "/", secure=_https(connection), httponly=True, samesite="strict")


def begun_cookie_of(connection: HTTPConnection, kind: str) -> str:
    """What this browser remembers of a log-in of that kind that goes on; empty if it began none."""
    return connection.cookies.get(_begun_name(connection, kind), "")


def set_begun_cookie(
    response: Response, connection: HTTPConnection, kind: str, value: str, seconds: int, *, comes_back: bool = False
) -> None:
    """Have it remember that. comes_back: the person returns from another site, where no strict cookie is sent."""
    response.set_cookie(
        _begun_name(connection, kind),
        value,
        max_age=seconds,
        path="/",
        secure=_https(connection),
        httponly=True,
        samesite="lax" if comes_back else "strict",
    )


def delete_begun_cookie(response: Response, connection: HTTPConnection, kind: str) -> None:
    """Have it forget that."""
    response.delete_cookie(_begun_name(connection, kind), "/", secure=_https(connection), httponly=True)


def check_not_forged(server: ServerSettings, connection: HTTPConnection) -> None:
    """Raises `OriginDenied` where more than reading is asked for and not known to be by our own page."""
    if connection.scope["type"] == "http" and connection.scope["method"] in SAFE:
        return
    origin = connection.headers.get("origin")
    if origin is not None and is_own(server, connection, origin):
        return
    if origin is None and connection.headers.get("sec-fetch-site") in ("same-origin", "none"):
        return
    raise OriginDenied("With the cookie of the page, only the page itself may do this; programs send a bearer token.")


def check_not_led_here(connection: HTTPConnection) -> None:
    """Raises `OriginDenied` if a page of another origin led the browser to where more is done than reading."""
    if connection.headers.get("sec-fetch-site", "none") not in ("same-origin", "none"):
        raise OriginDenied("A page of another origin led here; begin on our own page.")


def _name(connection: HTTPConnection) -> str:
    return NAME_OVER_HTTPS if _https(connection) else NAME


def _begun_name(connection: HTTPConnection, kind: str) -> str:
    return f"{'__Host-' if _https(connection) else ''}kaikou_{kind}"


def _https(connection: HTTPConnection) -> bool:
    return connection.url.scheme in ("https", "wss")
