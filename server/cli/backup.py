"""`run.py backup FILE` and `run.py restore FILE`: all that is kept, as one file and back, also while servers use it."""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

from pipeline.errors import KaikouError, SettingError
from server.cli.progress import DownloadProgress, megabytes
from server.identity.identity import without_accounts
from server.process.folders import check_data
from server.process.streams import prepare_streams
from server.settings import Settings, load_settings
from server.storage.backup.archive import Manifest
from server.storage.backup.backup import back_up
from server.storage.backup.restore import examine, restore
from server.storage.database import Database, open_database, sqlite_file
from server.storage.object_place import check_place, place_of
from server.storage.objects import Objects
from server.storage.opening import where_kept
from server.storage.people import add_people

GOES_ON = """\
Restored. A server that runs goes on with it. Conversations that went on meanwhile are not kept any more: begin them anew.
Log-ins and links that were made after the backup are no longer good."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Do it. Returns the exit status."""
    parser = argparse.ArgumentParser(prog="run.py", description="All that is kept, as one file and back.")
    parser.add_argument("what", choices=["backup", "restore"])
    parser.add_argument("file", type=Path, metavar="FILE", help="the backup: a tar archive")
    parser.add_argument("--config", help="settings file (kaikou.toml, if there is one)")
    parser.add_argument("--data", help="folder of what is kept")
    parser.add_argument("--yes", action="store_true", help="restore without asking")
    flags = vars(parser.parse_args(arguments))
    what, file, sure = flags.pop("what"), flags.pop("file").absolute(), flags.pop("yes")
    progress = DownloadProgress()
    try:
        settings = load_settings(flags)
        check_data(settings)
        if what == "backup":
            _back_up(settings, file, progress)
        elif not _restore(settings, file, progress, sure):
            return 1
    except KaikouError as error:
        progress.end()
        print(f"Kaikou: {error.message}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    return 0


def _back_up(settings: Settings, file: Path, progress: DownloadProgress) -> None:
    if (there := sqlite_file(settings.storage)) and not there.exists():
        raise SettingError(f"data (KAIKOU_DATA): there is nothing to back up in {settings.storage.folder.absolute()}.")
    objects = Objects(place_of(settings.storage))

    async def made() -> Manifest:
        async with _opened(settings) as database:
            return await back_up(database, objects, file, progress.progress)

    manifest = asyncio.run(made())
    progress.end()
    rows = sum(table.rows for table in manifest.tables.values())
    progress.says(f"{file}: {rows:,} rows and all files, {megabytes(file.stat().st_size)}.")


def _restore(settings: Settings, file: Path, progress: DownloadProgress, sure: bool) -> bool:
    """Returns whether it was done; who is at a terminal is asked before."""
    manifest = examine(file, progress.progress)
    progress.end()
    place = place_of(settings.storage)
    made_at = datetime.fromtimestamp(manifest.created_at_ms / 1000, UTC).isoformat(" ", "seconds")
    progress.says(f"The backup is of {made_at}. It replaces all that is kept in {_where(settings)}.")
    if not sure and sys.stdin.isatty() and input("  Go on? Type yes: ").strip().lower() != "yes":
        progress.says("Nothing was changed.")
        return False

    async def done() -> None:
        await check_place(place)
        async with _opened(settings) as database:
            await restore(database, Objects(place), file, manifest, progress.progress)
            await add_people(database, [principal.id for principal in without_accounts(settings.server)])

    asyncio.run(done())
    progress.end()
    for line in GOES_ON.splitlines():
        progress.says(line)
    return True


def _where(settings: Settings) -> str:
    return where_kept(settings.storage, open_database(settings.storage))


@asynccontextmanager
async def _opened(settings: Settings) -> AsyncIterator[Database]:
    """The database as it is: it is not brought to this version's schema first."""
    database = open_database(settings.storage)
    try:
        yield database
    finally:
        await database.close()


if __name__ == "__main__":
    prepare_streams()
    sys.exit(main())
