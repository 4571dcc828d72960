from __future__ import annotations

import io

import pytest

from server.cli.progress import DownloadProgress, megabytes


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


MB = 1_000_000


def test_elsewhere_than_on_a_terminal_a_line_comes_every_ten_percent() -> None:
    out = io.StringIO()
    progress = DownloadProgress(out, Clock())

    for done in range(101):
        progress.progress("kokoro", done * MB, 100 * MB)
    progress.says("kokoro is installed.")
    progress.end()

    lines = out.getvalue().splitlines()
    assert lines[:3] == [
        "  kokoro:   0 %  0 kB of 100 MB",
        "  kokoro:  10 %  10 MB of 100 MB",
        "  kokoro:  20 %  20 MB of 100 MB",
    ]
    assert lines[-2:] == ["  kokoro: 100 %  100 MB of 100 MB", "  kokoro is installed."]
    assert len(lines) == 12


def test_without_a_known_size_a_line_comes_every_hundred_megabytes() -> None:
    out = io.StringIO()
    progress = DownloadProgress(out, Clock())

    for done in (0, 50, 120, 150, 230):
        progress.progress("kokoro", done * MB, 0)

    assert out.getvalue().splitlines() == ["  kokoro: 0 kB", "  kokoro: 120 MB", "  kokoro: 230 MB"]


def test_on_a_terminal_one_line_renews_itself_with_speed_and_time_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "120")
    out, clock = Terminal(), Clock()
    progress = DownloadProgress(out, clock)

    progress.progress("kokoro", 0, 100 * MB)
    clock.now = 2.0
    progress.progress("kokoro", 25 * MB, 100 * MB)

    first, second = (line.rstrip() for line in out.getvalue().strip("\r").split("\r\r"))
    assert first == "  kokoro [                        ]   0 %  0 kB of 100 MB"
    assert second == "  kokoro [======                  ]  25 %  25 MB of 100 MB  12.5 MB/s, 6 s left"
    assert "\n" not in out.getvalue()


def test_the_line_is_wiped_before_anything_else_is_said_and_is_never_wider_than_the_terminal(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("COLUMNS", "30")
    out = Terminal()
    progress = DownloadProgress(out, Clock())

    progress.progress("a-name-that-is-long", 1, 2)
    progress.says("Done.")

    painted, wiped, said = out.getvalue().lstrip("\r").split("\r")[0], " " * 29, "  Done.\n"
    assert len(painted) == 29
    assert out.getvalue().endswith(f"\r{wiped}\r{said}")


def test_more_than_all_is_all() -> None:
    out = io.StringIO()
    DownloadProgress(out, Clock()).progress("kokoro", 300, 200)

    assert out.getvalue() == "  kokoro: 100 %  0 kB of 0 kB\n"


@pytest.mark.parametrize(
    ("count", "said"), [(0, "0 kB"), (7_000, "7 kB"), (9_100_000, "9 MB"), (1_137_000_000, "1.1 GB")]
)
def test_sizes_are_said_as_people_do(count: int, said: str) -> None:
    assert megabytes(count) == said
