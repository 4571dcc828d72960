"""The sound of one conversation becomes a file while it is said; what stands on disk is whole at any moment.

In the folder lie `<conversation>.ogg`, to which a second is appended only once it is final, and `<conversation>.unmixed`
with the seconds after it. A killed server leaves both, and `recover` makes one of them. A conversation that is continued
appends to the file that lies there; what lies between two sessions is no part of the recording. Its time is that of the
conversation's lines: where nothing was recorded there is silence, which takes next to no room.
"""

from __future__ import annotations

import errno
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

import av
import structlog

from pipeline.audio.samples import LINE_RATE, samples_of
from pipeline.conversation.journal import AudioPassed
from pipeline.engines.workers import Workers
from pipeline.errors import EngineTimeout
from server.history.sound.mixer import Mixed, Mixer
from server.history.sound.ogg import OggOpus
from server.history.sound.opus import FRAME, RATE, StereoOpus
from server.history.sound.unmixed import NEW, SUFFIX, Unmixed, left_in
from server.storage.ids import now_ms

log = structlog.get_logger("kaikou")

WRITTEN_S = 0.25
"""After how much sound it is written: what a killed server loses of the person, and of the character beside the half second
in which what was heard can still be cut.
"""

WRITE_S = 5.0
"""A disk that takes longer than this for so much sound is given up."""

PART = ".part"
"""Ends the name of a recording that is being copied from the objects."""

OLD_S = 60.0
"""Whoever copies a recording into the folder opens it before that."""

Kept = Callable[[bool, str], None]
"""Told once a recording ends before its conversation: False, and why: storage_full, storage_slow or storage_unavailable."""


@dataclass(frozen=True, slots=True)
class RecordingFile:
    """A finished recording. What was heard so many milliseconds after the conversation began lies there in it."""

    conversation_id: str
    path: Path
    seconds: float
    bytes: int

    def remove(self) -> None:
        """Forget the file: it lies elsewhere now."""
        self.path.with_suffix(SUFFIX).unlink(missing_ok=True)  # first: left alone it would become a file of its own
        self.path.unlink(missing_ok=True)


class Recording:
    """One session's recording. Its disk is slow or full at times: that ends the recording, and nothing else."""

    def __init__(self, writer: RecordingWriter, workers: Workers, on_kept: Kept) -> None:
        self._writer, self._workers, self._on_kept = writer, workers, on_kept
        self._taken: list[AudioPassed] = []
        self._written_to: int | None = None
        self._over = self._stuck = False

    @classmethod
    def begin(
        cls, folder: Path, conversation_id: str, workers: Workers, on_kept: Kept, offset_ms: int = 0
    ) -> Recording:
        """A recording in `folder`, behind what lies there of this conversation. Nothing is written before there is sound.

        offset_ms: when the session began that continues the conversation, by the conversation's time; what was said
        before and not recorded is silence.
        """
        return cls(RecordingWriter(folder, conversation_id, offset_ms), workers, on_kept)

    async def take(self, entry: AudioPassed) -> None:
        """Some sound; this waits for the disk four times a second. To be called by the journal's writer, one at a time."""
        if self._over:
            return
        self._taken.append(entry)
        ends_at = entry.at + len(entry.pcm) * LINE_RATE // entry.rate
        if self._written_to is None:
            self._written_to = entry.at
        if ends_at - self._written_to >= WRITTEN_S * LINE_RATE:
            self._written_to = ends_at
            await self._write()

    async def finish(self) -> RecordingFile | None:
        """The file, whole; None if nothing was recorded or the disk takes nothing. Nothing is taken afterwards."""
        if not self._over:
            await self._write()
        self._over = True
        if self._stuck:
            return None
        try:
            return await self._workers.call(self._writer.finish, timeout_s=WRITE_S, engine="recording")
        except (OSError, EngineTimeout, av.FFmpegError) as error:
            self._give_up(error)
            return None

    async def _write(self) -> None:
        taken, self._taken = self._taken, []
        try:
            await self._workers.call(lambda: self._writer.write(taken), timeout_s=WRITE_S, engine="recording")
        except (OSError, EngineTimeout, av.FFmpegError) as error:
            self._give_up(error)

    def _give_up(self, error: Exception) -> None:
        if isinstance(error, EngineTimeout):  # the call goes on in its thread: the files are its own
            self._stuck, reason = True, "storage_slow"
            self._writer.abandon()
        else:
            full = isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT)
            reason = "storage_full" if full else "storage_unavailable"
        if not self._over:
            self._over = True
            self._on_kept(False, reason)


class RecordingWriter:
    """The files of one conversation. Blocks; a call that comes while another goes on waits for it."""

    def __init__(self, folder: Path, conversation_id: str, offset_ms: int = 0) -> None:
        self._offset = samples_of(offset_ms)
        self._path = folder / f"{conversation_id}.ogg"
        self._open: OpenRecording | None = None
        self._whole = True
        self._abandoned = False
        self._one_at_a_time = Lock()  # a call whose caller was cancelled goes on in its thread

    def write(self, entries: Sequence[AudioPassed]) -> None:
        """Have these on disk. Raises `OSError`; then nothing more is to be written."""
        if not entries:
            return
        try:
            with self._one_at_a_time:
                self._write(entries)
        finally:
            if self._abandoned:
                self.abandon()

    def finish(self) -> RecordingFile | None:
        """Write what is left and close the files. Raises `OSError`."""
        with self._one_at_a_time:
            if self._open is None:
                return None
            try:
                if self._whole:
                    self._open.end()
            finally:
                self._close()
            return recovered(self._path)

    def abandon(self) -> None:
        """Nobody waits for a call that goes on: the files are closed when it ends, and stay as they are. Never blocks."""
        self._abandoned = True
        if self._one_at_a_time.acquire(blocking=False):
            try:
                self._close()
            finally:
                self._one_at_a_time.release()

    def _write(self, entries: Sequence[AudioPassed]) -> None:
        self._whole = False
        recording = self._open or self._begin()
        self._unmixed.append(entries)
        if recording.mix(entries):
            self._unmixed.keep_only(recording.pending())
        self._whole = True

    def _close(self) -> None:
        if self._open:
            self._open.close()
            self._unmixed.close()

    def _begin(self) -> OpenRecording:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        recovered(self._path)
        recording = OpenRecording(self._path, lambda done: -max(done, self._offset))
        try:
            self._unmixed = Unmixed(self._path.with_suffix(SUFFIX), recording.starts_at)
        except BaseException:
            recording.close()
            raise
        self._open = recording
        return recording


class OpenRecording:
    """A recording while sound is added to it: mixed, encoded and appended.

    `starts_at`: where on the session's line it begins, by how long it is before; both in samples at `LINE_RATE`.
    """

    def __init__(self, path: Path, starts_at: Callable[[int], int]) -> None:
        self._encoder = StereoOpus()
        self.file = OggOpus(path, self._encoder.pre_skip, RATE)
        done = self.file.packets * FRAME
        try:
            self.starts_at = starts_at(done * LINE_RATE // RATE)
        except BaseException:
            self.file.close()
            raise
        self._mixer = Mixer(self.starts_at, done)

    def mix(self, entries: Iterable[AudioPassed]) -> bool:
        """Put sound where it was heard; whether some became final, and is in the file."""
        final = False
        for entry in entries:
            final |= self._append(self._mixer.take(entry))
        return final

    def pending(self) -> Iterator[AudioPassed]:
        """What is not in the file yet."""
        return self._mixer.pending()

    def end(self) -> None:
        """Append all that is left."""
        if self._append(self._mixer.rest()):
            self.file.append(self._encoder.silence(1))  # with it comes what the encoder holds back

    def close(self) -> None:
        """Let go of the file."""
        self.file.close()

    def _append(self, mixed: Iterable[Mixed]) -> bool:
        final = False
        for part in mixed:
            final, encoder = True, self._encoder
            packets = encoder.silence(part // FRAME) if isinstance(part, int) else encoder.encode(part)
            self.file.append(packets)
        return final


def recover(folder: Path, leave: Collection[str] = ()) -> list[RecordingFile]:
    """Finish the recordings that a server left in `folder`; blocks. Those of another that goes on are left alone.

    leave: conversations of which nothing is touched.
    """
    found = list[RecordingFile]()
    for path in sorted({path.with_suffix(".ogg") for path in folder.glob("*.*")}):
        if path.stem in leave:
            continue
        try:
            file = recovered(path) or _whole(path)
        except BlockingIOError:
            continue
        except (OSError, av.FFmpegError):
            log.warning("recording cannot be finished", path=str(path), exc_info=True)
            continue
        if file:
            found.append(file)
    return found


def _whole(path: Path) -> RecordingFile | None:
    """What a server left that was killed before it recorded anything, or after it removed the rest; no torn copy stays."""
    for torn in (path.with_suffix(PART), path.with_suffix(NEW)):
        if _is_old(torn):
            torn.unlink(missing_ok=True)
    if not _is_old(path):
        return None
    file = OggOpus(path, 0, RATE)
    try:
        return RecordingFile(path.stem, path, file.seconds, file.size)
    finally:
        file.close()


def _is_old(path: Path) -> bool:
    return path.exists() and now_ms() / 1000 - path.stat().st_mtime > OLD_S


def recovered(path: Path) -> RecordingFile | None:
    """Finish the recording at `path` if it was left unfinished; None if nobody left one, or there is no sound in it.

    As often as one likes: what is in the file already is not added again. Raises `BlockingIOError` while it goes on.
    """
    unmixed = path.with_suffix(SUFFIX)
    if not unmixed.exists():
        return None
    recording = OpenRecording(path, lambda _done: left_in(unmixed).starts_at)
    try:
        try:
            recording.mix(left_in(unmixed).entries)
            recording.end()
        except OSError:  # on a full disk what is there is what there is; if that is nothing, it waits for some room
            if not recording.file.packets:
                raise
        file = RecordingFile(path.stem, path, recording.file.seconds, recording.file.size)
    finally:
        recording.close()
    if recording.file.packets:
        return file
    file.remove()
    return None
