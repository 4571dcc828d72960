"""Cursors: what one says comes back, and what none of ours says is the client's error."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.api.paging import NoSuchPage, cursor_of, key_of


@given(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])), st.integers(-(2**62), 2**62))
def test_a_cursor_holds_its_key(text: str, number: int) -> None:
    assert key_of(cursor_of(text, number), str, int) == (text, number)


def test_no_cursor_is_the_beginning() -> None:
    assert key_of("", str) is None


def forged(json: bytes) -> str:
    return urlsafe_b64encode(json).decode()


@pytest.mark.parametrize(
    "cursor",
    ["x", "?", "ä", "=" * 5, cursor_of("a"), cursor_of(1, "a"), cursor_of("a", 1, 2)]
    + [forged(json) for json in (b"{}", b"null", b'["a", true]', b'["a", 1.5]', b'["a", null]', b'["a\\u0000", 1]')]
    + [forged(b'["a", 9223372036854775808]'), forged(b'["a", 1' + b"0" * 300 + b"]"), forged(b"[" * 300)],
)
def test_a_cursor_that_no_list_gave_is_the_clients_error(cursor: str) -> None:
    with pytest.raises(NoSuchPage):
        key_of(cursor, str, int)


@given(st.text())
def test_no_text_as_a_cursor_breaks_anything(cursor: str) -> None:
    with suppress(NoSuchPage):
        key_of(cursor, str, int)
