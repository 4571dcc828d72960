from __future__ import annotations

import logging

from server.operations.logs import ONCE_IN_S, OnceAnHour, printable


def test_a_terminal_gets_no_control_characters_of_strangers() -> None:
    entry = {"event": "asked", "path": "/\x1b[2J\r\x9b31m", "lines": "one\n\ttwo", "开": "口", "count": 3}

    assert printable(None, "", entry) == {**entry, "path": "/\\x1b[2J\\r\\x9b31m"}


def test_what_uvicorn_warns_of_at_each_request_is_written_once_an_hour() -> None:
    once = OnceAnHour()

    def written(message: str, at: float, level: int = logging.WARNING) -> bool:
        record = logging.LogRecord("uvicorn.error", level, "", 0, message, None, None)
        record.created = at
        return once.filter(record)

    junk, upgrade = "Invalid HTTP request received.", "Unsupported upgrade request."
    assert [written(junk, at) for at in (0, 1, ONCE_IN_S - 1, ONCE_IN_S)] == [True, False, False, True]
    assert [written(upgrade, 5), written(junk, 4)] == [True, True]  # the clock was set back
    assert [written("it broke", 5, logging.ERROR) for _ in range(2)] == [True, True]
