"""Everything that a person has kept as one zip, made in the background: a part of it in each step, joined at the end.

Parts and zip lie among the objects, under the job's id. A part has a piece of the zip, and behind that the records of its
files for the directory; what steps return is a few numbers. Whatever ends a job early, the clean-up finds what it left.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any

from pipeline.errors import KaikouError
from server.api.moments import iso
from server.errors import NotFound, StorageError
from server.history.exporting.files import BesideFile, ZipPart
from server.history.exporting.formats import DAY
from server.history.exporting.zip_file import end_of_zip
from server.history.store import ConversationStore, Filter
from server.jobs.jobs import Jobs
from server.jobs.kind import Job, JobContext, JobKind
from server.storage.ids import Now, moment_of, now_ms
from server.storage.links import Links
from server.storage.objects import Objects

KIND = "history.export"
FOLDER = "exports"
"""Where exports lie among the objects, each person's apart."""

TYPE = "application/zip"
VALID_S = 24 * 3600
"""How long the link is good; then the zip is removed."""

LONGEST_S = 4 * 3600.0
CONVERSATIONS = 50
"""Of one part."""
PART_BYTES = 32 << 20
"""After so much a part gets no further conversation: what is done again after a crash."""

TRIED = 3
"""How often a step is."""

WRITTEN = 0.8
"""How far the job is once all parts are there."""

ZIP = "all.zip"

Step = Mapping[str, Any]

Beside = Callable[[str], AsyncIterator[BesideFile]]
"""The files that another domain has of a person."""


@dataclass(frozen=True)
class ExportJob:
    """The kind of job, and what is left of its jobs. beside: what other domains add where everything is wanted."""

    store: ConversationStore
    objects: Objects
    links: Links
    jobs: Jobs
    now: Now = now_ms
    beside: Sequence[Beside] = ()

    @property
    def kind(self) -> JobKind:
        """A person has at most one that is not finished."""
        return JobKind(KIND, self.run, LONGEST_S, single=True)

    async def submit(self, person_id: str, wanted: Filter, link_root: str) -> Job:
        """Begin one. link_root: what the link's address begins with. Raises `JobRunning`, `LimitReached`, `StorageError`."""
        job_id = await self.jobs.submit(KIND, {"wanted": asdict(wanted), "link_root": link_root}, person_id)
        return await self.jobs.status(job_id, person_id)

    async def run(self, context: JobContext, arguments: Mapping[str, Any]) -> Any:
        """Write the zip; where it is, and until when. Leaves nothing if it fails."""
        folder = f"{FOLDER}/{context.person_id}/{context.job_id}"
        try:
            parts = await self._parts(context, Filter(**arguments["wanted"]), folder)
            await context.progress(WRITTEN, "export.joining")
            join = partial(self._join, parts, folder, arguments["link_root"])
            result = await context.step("join", join, attempts=TRIED)
            await context.step("tidy", partial(self._tidy, len(parts), folder), attempts=TRIED)
        except KaikouError:
            with suppress(StorageError):  # else the clean-up does
                await self.objects.delete_all(folder)
            raise
        return result

    async def _parts(self, context: JobContext, wanted: Filter, folder: str) -> list[Step]:
        person = context.person_id
        count = await context.step("count", partial(self.store.count, person, wanted), attempts=TRIED)
        parts, more, last, done, at = list[Step](), True, "", 0, 0
        while more:
            await context.progress(WRITTEN * min(1.0, done / max(1, count)), "export.writing")
            key = f"{folder}/{len(parts)}"
            part = await context.step("part", partial(self._write, key, person, wanted, last, at), attempts=TRIED)
            parts.append(part)
            more, last, done, at = part["more"], part["last"], done + part["conversations"], at + part["bytes"]
        if self.beside and wanted == Filter():
            write = partial(self._write_beside, f"{folder}/{len(parts)}", person, at)
            parts.append(await context.step("beside", write, attempts=TRIED))
        return parts

    async def _write(self, key: str, person: str, wanted: Filter, last: str, at: int) -> Step:
        """Write the part that begins at `at`, with the conversations that were begun after `last`."""
        rows = await self.store.begun_after(person, wanted, last, CONVERSATIONS + 1)
        part, written = ZipPart(self.store, self.objects, person, at), list[str]()

        async def pieces() -> AsyncIterator[bytes]:
            for row in rows[:CONVERSATIONS]:
                async for piece in part.conversation(row):
                    yield piece
                written.append(row.id)
                if part.size >= PART_BYTES:
                    break
            yield bytes(part.records)

        await self.objects.put(key, pieces())
        return {
            "bytes": part.size,
            "records": len(part.records),
            "files": part.files,
            "conversations": len(written),
            "last": written[-1] if written else last,
            "more": len(written) < len(rows),
        }

    async def _write_beside(self, key: str, person: str, at: int) -> Step:
        """Write the part that begins at `at`, with what other domains add."""
        part = ZipPart(self.store, self.objects, person, at)

        async def pieces() -> AsyncIterator[bytes]:
            for files_of in self.beside:
                async for file in files_of(person):
                    async for piece in part.file(file):
                        yield piece
            yield bytes(part.records)

        await self.objects.put(key, pieces())
        return {"bytes": part.size, "records": len(part.records), "files": part.files, "conversations": 0}

    async def _join(self, parts: Sequence[Step], folder: str, link_root: str) -> Step:
        """Make one file of the parts; a link to it."""
        size = sum(part["bytes"] for part in parts)
        records = sum(part["records"] for part in parts)
        end = end_of_zip(sum(part["files"] for part in parts), size, records)

        async def pieces() -> AsyncIterator[bytes]:
            for number, part in enumerate(parts):
                async for piece in self.objects.read(f"{folder}/{number}", 0, part["bytes"]):
                    yield piece
            for number, part in enumerate(parts):
                start = part["bytes"]
                async for piece in self.objects.read(f"{folder}/{number}", start, start + part["records"]):
                    yield piece
            yield end

        key, now = f"{folder}/{ZIP}", self.now()
        try:
            await self.objects.put(key, pieces())
        except NotFound:  # see `remove_begun_before`
            message = (
                "A conversation was deleted meanwhile, and with it what was written of this export. Begin it again."
            )
            raise NotFound(message, code="export_outdated") from None
        name = f"Kaikou {iso(now)[:DAY]}.zip"
        return {
            "link": f"{link_root}/{await self.links.token(key, TYPE, name, VALID_S)}",
            "name": name,
            "bytes": size + records + len(end),
            "conversations": sum(part["conversations"] for part in parts),
            "expires_at": iso(now + VALID_S * 1000),
        }

    async def _tidy(self, parts: int, folder: str) -> None:
        for number in range(parts):
            await self.objects.delete(f"{folder}/{number}")

    async def remove_old(self) -> int:
        """Remove what has expired, and what jobs left that did not get to their end; how many objects."""
        jobs: Mapping[str, Job] = {}
        folders = dict[str, list[str]]()
        async for found in self.objects.list(FOLDER):
            folders.setdefault(found.key.split("/")[2], []).append(found.key)
        if folders:
            jobs = await self.jobs.find_all(folders)
        old = [key for job_id, keys in folders.items() if self._is_over(jobs.get(job_id)) for key in keys]
        for key in old:
            await self.objects.delete(key)
        return len(old)

    def _is_over(self, job: Job | None) -> bool:
        if job is None or not job.finished:
            return job is None
        return job.state != "done" or str(job.result["expires_at"]) <= iso(self.now())

    async def remove_begun_before(self, person_id: str, at_ms: int) -> None:
        """Remove the person's exports that were begun before: a conversation may be in them that was deleted then."""
        async for found in self.objects.list(f"{FOLDER}/{person_id}"):
            if moment_of(found.key.split("/")[2]) <= at_ms:
                await self.objects.delete(found.key)

    async def remove_all_of(self, person_id: str) -> None:
        """Remove all of somebody who leaves. Raises `StorageError`."""
        await self.objects.delete_all(f"{FOLDER}/{person_id}")
