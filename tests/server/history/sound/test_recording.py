"""What is taken of a conversation's sound is in a file, where it was heard, whatever happens to the server and its disk."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest

from pipeline.audio.samples import LINE_RATE
from pipeline.conversation.journal import AudioPassed
from pipeline.engines.workers import Workers
from server.history.sound.recording import WRITE_S, Recording, RecordingFile, recover
from tests.loop_clock import LoopClock
from tests.server.history.sound.sounds import (
    heard_in,
    microphone,
    passed,
    stretches_s,
    tone,
)

ROOT = Path(__file__).parents[4]
Begin = Callable[..., Recording]


@pytest.fixture
def told() -> list[tuple[bool, str]]:
    """What `on_kept` was told."""
    return []


@pytest.fixture
def begin(tmp_path: Path, told: list[tuple[bool, str]]) -> Iterator[Begin]:
    """Begins a recording of one conversation in `tmp_path`."""
    workers = Workers(1)
    yield lambda offset_ms=0: Recording.begin(tmp_path, "conv_1", workers, lambda *what: told.append(what), offset_ms)
    workers.close()


async def recorded(recording: Recording, entries: Iterable[AudioPassed]) -> RecordingFile | None:
    for entry in entries:
        await recording.take(entry)
    return await recording.finish()


async def test_both_sides_lie_where_they_were_heard_left_the_person_right_the_character(begin: Begin) -> None:
    said = np.concatenate((np.zeros(LINE_RATE, np.int16), tone(1.5), np.zeros(6 * LINE_RATE, np.int16)))
    entries = [*microphone(8.5, pcm=said), passed("assistant", 3.0, tone(2.0, 24_000), 24_000)]

    file = await recorded(begin(), entries)

    assert file is not None
    heard = heard_in(file.path)
    assert stretches_s(heard.left) == [(pytest.approx(1.0, abs=0.01), pytest.approx(2.5, abs=0.01))]
    assert stretches_s(heard.right) == [(pytest.approx(3.0, abs=0.01), pytest.approx(5.0, abs=0.01))]
    assert file.seconds == pytest.approx(8.5, abs=0.05)
    assert file.bytes == file.path.stat().st_size


async def test_a_recording_that_begins_within_a_conversation_has_its_time(begin: Begin) -> None:
    file = await recorded(begin(), [*microphone(2, begins_s=60), passed("assistant", 61, tone(0.5))])

    assert file is not None
    assert file.seconds == pytest.approx(62, abs=0.05)
    assert stretches_s(heard_in(file.path).right) == [(pytest.approx(61, abs=0.01), pytest.approx(61.5, abs=0.01))]


async def test_what_was_withheld_for_long_is_silence_that_costs_nothing(begin: Begin) -> None:
    file = await recorded(begin(), [*microphone(3), *microphone(3, begins_s=600), passed("assistant", 601, tone(1))])

    assert file is not None
    assert file.seconds == pytest.approx(603, abs=0.05)
    assert file.bytes < 200_000
    heard = heard_in(file.path)
    assert heard.peaks[4_000:599_000].max() < 5
    assert stretches_s(heard.right) == [(pytest.approx(601, abs=0.01), pytest.approx(602, abs=0.01))]


async def test_a_continued_conversation_appends_at_its_time(begin: Begin) -> None:
    await recorded(begin(), [*microphone(6), passed("assistant", 2, tone(1))])
    file = await recorded(begin(offset_ms=20_000), [*microphone(6), passed("assistant", 3, tone(1))])

    assert file is not None
    assert file.seconds == pytest.approx(26, abs=0.05)
    assert stretches_s(heard_in(file.path).right) == [
        (pytest.approx(2, abs=0.01), pytest.approx(3, abs=0.01)),
        (pytest.approx(23, abs=0.01), pytest.approx(24, abs=0.01)),
    ]


async def test_nothing_that_was_recorded_is_lost_where_a_continued_conversation_begins_too_early(begin: Begin) -> None:
    await recorded(begin(), [*microphone(6), passed("assistant", 5, tone(1))])
    file = await recorded(begin(offset_ms=3_000), [*microphone(6), passed("assistant", 1, tone(1))])

    assert file is not None
    assert file.seconds == pytest.approx(12, abs=0.1)
    assert len(stretches_s(heard_in(file.path).right)) == 2


async def test_nothing_taken_leaves_no_file(begin: Begin, tmp_path: Path) -> None:
    assert await begin().finish() is None
    assert os.listdir(tmp_path) == []


async def test_a_finished_recording_is_found_again_until_it_is_removed(begin: Begin, tmp_path: Path) -> None:
    file = await recorded(begin(), microphone(12))

    assert file is not None
    assert recover(tmp_path) == recover(tmp_path) == [file]
    file.remove()
    assert os.listdir(tmp_path) == []


# --- Killed ---------------------------------------------------------------------------------------------------------------

CHILD = """
import asyncio, sys
from pathlib import Path
from pipeline.engines.workers import Workers
from server.history.sound.recording import Recording
from tests.server.history.sound.sounds import microphone, passed, tone

async def main():
    recording = Recording.begin(Path(sys.argv[1]), "conv_1", Workers(1), print)
    for entry in microphone(60, pcm=tone(60)):
        await recording.take(entry)
        if entry.at % (512 * 50) == 0:
            await recording.take(passed("assistant", max(0, entry.at / 16_000 - 1.6), tone(1.5)))
        print(entry.at, flush=True)

asyncio.run(main())
"""


def killed_after(folder: Path, seconds: float) -> float:
    """Record in another process until it is killed; how far it had told to be."""
    process = subprocess.Popen([sys.executable, "-c", CHILD, str(folder)], cwd=ROOT, stdout=subprocess.PIPE)
    assert process.stdout
    at = 0
    for line in process.stdout:
        at = int(line)
        if at >= seconds * LINE_RATE:
            break
    process.send_signal(signal.SIGKILL)
    at = max(at, *map(int, process.stdout.read().split()[:-1] or [at]))
    process.wait()
    process.stdout.close()
    return at / LINE_RATE


@pytest.mark.parametrize("seconds", [3.0, 14.2, 33.3])
def test_a_server_that_is_killed_loses_at_most_the_last_second(tmp_path: Path, seconds: float) -> None:
    told_s = killed_after(tmp_path, seconds)

    (file,) = recover(tmp_path)

    heard = heard_in(file.path)
    assert told_s - 1 < file.seconds < told_s + 1
    (stretch,) = stretches_s(heard.left)
    assert stretch == (pytest.approx(0, abs=0.01), pytest.approx(file.seconds, abs=0.05))
    assert all(end - start == pytest.approx(1.5, abs=0.02) for start, end in stretches_s(heard.right)[1:])


async def test_a_conversation_whose_server_was_killed_is_continued_behind_what_was_left(
    tmp_path: Path, begin: Begin
) -> None:
    killed_after(tmp_path, 13.0)

    file = await recorded(begin(), microphone(4))

    assert file is not None
    assert file.seconds > 16
    (stretch,) = stretches_s(heard_in(file.path).left)
    assert stretch[1] == pytest.approx(file.seconds - 4, abs=0.08)  # four frames of 20 ms, which the two ends fill up


async def test_a_recording_that_goes_on_is_neither_finished_nor_begun_by_another(
    begin: Begin, told: list[tuple[bool, str]], tmp_path: Path
) -> None:
    recording, another = begin(), begin()
    for entry in microphone(12):
        await recording.take(entry)

    assert recover(tmp_path) == []
    assert await recorded(another, microphone(2)) is None
    assert told == [(False, "storage_unavailable")]
    file = await recording.finish()
    assert file is not None
    assert file.seconds == pytest.approx(12, abs=0.05)


def test_what_cannot_be_read_of_one_recording_leaves_the_others_alone(tmp_path: Path) -> None:
    killed_after(tmp_path, 3.0)
    (tmp_path / "conv_0.unmixed").write_bytes(b"torn")

    assert [file.conversation_id for file in recover(tmp_path)] == ["conv_1"]


def test_a_file_whose_last_page_is_torn_plays_up_to_it_and_goes_on_there(tmp_path: Path) -> None:
    killed_after(tmp_path, 25.0)
    (path,) = tmp_path.glob("*.ogg")
    os.truncate(path, path.stat().st_size - 100)

    (file,) = recover(tmp_path)

    assert file.seconds > 14
    assert heard_in(file.path).seconds == pytest.approx(file.seconds, abs=0.001)


# --- The disk -------------------------------------------------------------------------------------------------------------

FULL = Path("/dev/full")


@pytest.mark.skipif(not FULL.exists(), reason="this system has no disk that is always full")
async def test_a_disk_that_becomes_full_ends_the_recording_with_what_it_has(
    begin: Begin, told: list[tuple[bool, str]], tmp_path: Path
) -> None:
    recording = begin()
    for entry in microphone(4):
        await recording.take(entry)
    (tmp_path / "conv_1.new").symlink_to(FULL)

    file = await recorded(recording, microphone(60, begins_s=4))

    assert told == [(False, "storage_full")]
    assert file is not None
    assert 9 < file.seconds < 12
    assert heard_in(file.path).seconds == pytest.approx(file.seconds, abs=0.001)


async def test_a_folder_that_cannot_be_written_is_told_once(tmp_path: Path) -> None:
    told, workers = list[tuple[bool, str]](), Workers(1)
    (tmp_path / "recordings").write_text("This is no folder.")
    recording = Recording.begin(tmp_path / "recordings", "conv_1", workers, lambda *what: told.append(what))

    file = await recorded(recording, microphone(3))
    workers.close()

    assert (file, told) == (None, [(False, "storage_unavailable")])


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="this system does not tell which files are open")
async def test_a_disk_that_stands_still_is_given_up_and_its_files_are_closed_once_it_answers(
    begin: Begin, told: list[tuple[bool, str]], tmp_path: Path
) -> None:
    clock = LoopClock()
    os.mkfifo(fifo := tmp_path / "conv_1.new")  # opening it blocks until somebody reads
    recording = begin()
    taking = asyncio.create_task(recorded(recording, microphone(3)))
    while not (tmp_path / "conv_1.ogg").exists():
        await asyncio.sleep(0.01)
    clock.advance(WRITE_S + 1)

    file = await taking

    assert (file, told) == (None, [(False, "storage_slow")])
    assert tmp_path / "conv_1.ogg" in open_files()
    os.close(os.open(fifo, os.O_RDONLY | os.O_NONBLOCK))  # the disk answers at last
    while any(tmp_path in file.parents for file in open_files()):
        await asyncio.sleep(0.01)


def open_files() -> set[Path]:
    """What this process has open."""
    found = set[Path]()
    for link in Path("/proc/self/fd").iterdir():
        with suppress(OSError):  # closed meanwhile, as the one that lists them
            found.add(link.readlink())
    return found
