"""Everything about files in one value: what the routes, the clean-up and who deletes a person need."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from server.files.removal import Removal
from server.files.resumable import Resumable
from server.files.rows import FileRows
from server.files.uploads import Uploads
from server.jobs.jobs import Jobs
from server.jobs.kind import JobContext, JobKind
from server.settings.keeping import FileSettings
from server.storage.database import Database
from server.storage.ids import Now, now_ms
from server.storage.objects import Objects

CLEAN_UP_S = 600
RECONCILE_S = 86_400


@dataclass(frozen=True)
class Files:
    """The parts. Whoever deletes a person calls `removal.remove_all_of` before."""

    settings: FileSettings
    rows: FileRows
    removal: Removal
    uploads: Uploads
    resumable: Resumable

    @classmethod
    def on(cls, database: Database, objects: Objects, settings: FileSettings, now: Now = now_ms) -> Files:
        """The files whose rows and objects lie there."""
        rows = FileRows(database, settings, now)
        removal = Removal(rows, objects)
        return cls(
            settings, rows, removal, Uploads(rows, objects, removal, settings), Resumable(rows, objects, removal)
        )

    def declare(self, jobs: Jobs) -> None:
        """Have `jobs` clean up, at the start and every ten minutes, and every day look at all objects there are."""
        jobs.every(CLEAN_UP_S, JobKind("files.clean_up", self._clean_up))
        jobs.every(RECONCILE_S, JobKind("files.reconcile", self._reconcile, longest_s=3600))

    async def _clean_up(self, context: JobContext, _arguments: Mapping[str, Any]) -> Any:
        """Finish what was interrupted, and remove what is over."""
        return {
            "finished": await context.step("finish", self.resumable.finish_all),
            "removed": await context.step("remove", self.removal.remove_expired),
        }

    async def _reconcile(self, context: JobContext, _arguments: Mapping[str, Any]) -> Any:
        """Delete objects that are nobody's."""
        return {"removed": await context.step("remove", self.removal.remove_orphans)}
