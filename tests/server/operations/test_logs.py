from __future__ import annotations

from server.operations.logs import printable


def test_a_terminal_gets_no_control_characters_of_strangers() -> None:
    entry = {"event": "asked", "path": "/\x1b[2J\r\x9b31m", "lines": "one\n\ttwo", "开": "口", "count": 3}

    assert printable(None, "", entry) == {**entry, "path": "/\\x1b[2J\\r\\x9b31m"}
