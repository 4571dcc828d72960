"""Lists that come in pages. A cursor names the last item of a page by what the list is ordered by, so that what is added or
deleted meanwhile neither repeats nor hides an item.

Clients pass cursors back unread. Somebody who forges one gets another place in a list of their own: every store asks for
the person's rows alone.
"""

from __future__ import annotations

import binascii
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Sequence
from typing import Annotated, Any, Generic, TypeVar

import orjson
from pydantic import Field

from server.api.endpoint import Described
from server.errors import NotFound

T = TypeVar("T")
Key = tuple[str | int, ...]

LONGEST_CURSOR = 512
MOST = 200
"""Items in a page."""


class NoSuchPage(NotFound):
    """The cursor is none that the list gave."""

    code = "no_such_page"


class Page(Described, Generic[T]):
    """Some items of a list. `next` is the cursor of the page after it, null at the end."""

    items: list[T]
    next: str | None


class PageQuery(Described):
    """Which page: the cursor that the page before it gave, and how many items at most."""

    cursor: Annotated[str, Field(max_length=LONGEST_CURSOR)] = ""
    limit: Annotated[int, Field(ge=1, le=MOST)] = 50


def page_of(items: Sequence[T], limit: int, key: Callable[[T], Key]) -> Page[T]:
    """The page, from `limit` + 1 items if there are so many. `key`: what the list is ordered by."""
    kept = list(items[:limit])
    return Page[Any](items=kept, next=cursor_of(*key(kept[-1])) if len(items) > limit else None)


def cursor_of(*key: str | int) -> str:
    """The cursor for what comes after the item with this key."""
    return urlsafe_b64encode(orjson.dumps(key)).decode().rstrip("=")


def key_of(cursor: str, *kinds: type[str] | type[int]) -> Any:
    """The key that `cursor` was made of, a tuple of these types; None for an empty cursor. Raises `NoSuchPage`."""
    if not cursor:
        return None
    try:
        key = orjson.loads(urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (binascii.Error, ValueError):
        key = None
    if not isinstance(key, list) or [type(part) for part in key] != list(kinds) or not all(map(_fits, key)):
        raise NoSuchPage("This list gave no such cursor. Begin without one.")
    return tuple(key)


def _fits(part: str | int) -> bool:
    """Whether a database takes it."""
    return "\0" not in part if isinstance(part, str) else abs(part) < 2**63
