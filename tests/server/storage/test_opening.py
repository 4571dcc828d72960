"""What the start says about where things are kept."""

from __future__ import annotations

from pathlib import Path

from server.settings.keeping import StorageSettings
from server.storage.database import open_database
from server.storage.opening import where_kept


def test_the_data_folder_is_told_and_what_lies_elsewhere_without_its_password(tmp_path: Path) -> None:
    here = StorageSettings(folder=tmp_path)
    elsewhere = StorageSettings(
        folder=tmp_path, database_url="postgresql://kaikou:secret@db.example/kaikou", objects_url="s3://bucket/kaikou"
    )
    told = [where_kept(settings, open_database(settings)) for settings in (here, elsewhere)]
    assert told == [
        str(tmp_path),
        f"{tmp_path} and postgresql+asyncpg://kaikou:***@db.example/kaikou and s3://bucket/kaikou",
    ]
