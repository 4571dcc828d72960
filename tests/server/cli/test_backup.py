"""`run.py backup` and `run.py restore`, while a server runs and while none does."""

from __future__ import annotations

import asyncio
import io
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import httpx2
import pytest

from server.cli.backup import main
from server.services import Services
from server.settings.keeping import StorageSettings
from server.web.objects import PATH
from tests.databases import a_data_folder
from tests.server.storage.backup.keeping import LONG, Kept, kept_in
from tests.serving import serving


async def run(*arguments: object) -> int:
    return await asyncio.to_thread(main, [str(argument) for argument in arguments])


async def test_a_running_server_goes_on_with_what_was_restored(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "kaikou.tar"
    async with serving() as server, httpx2.AsyncClient() as client:
        services: Services = server.app.state.services
        data = services.settings.storage.folder
        kept = Kept(services.settings.storage, services.database, services.objects)
        await kept.fill()
        before = await kept.everything()
        assert await run("backup", file, "--data", data) == 0
        await kept.change()
        assert await run("restore", file, "--data", data) == 0
        after = await kept.everything()
        token = await services.links.token("recordings/conv_1", "audio/ogg", "a.ogg", 60)
        answer = await client.get(f"{server.http}{PATH}/{token}", headers={"Range": "bytes=0-9"})
    told = capsys.readouterr().err
    assert after == before
    assert (answer.status_code, answer.content) == (206, LONG[:10])
    assert f"{file}: 1,2" in told
    assert f"replaces all that is kept in {data}" in told
    assert "A server that runs goes on with it." in told


async def test_a_backup_makes_a_machine_of_its_own_of_an_empty_folder(tmp_path: Path) -> None:
    file = tmp_path / "kaikou.tar"
    with a_data_folder() as folder:
        async with kept_in(StorageSettings(folder=folder)) as kept:
            await kept.fill()
            before = await kept.everything()
            assert await run("backup", file, "--data", folder) == 0
    assert await run("restore", file, "--data", tmp_path / "new" / "data") == 0
    async with kept_in(StorageSettings(folder=tmp_path / "new" / "data")) as restored:
        assert await restored.everything() == before


async def test_without_a_yes_at_the_terminal_nothing_changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    file = tmp_path / "kaikou.tar"
    async with kept_in(StorageSettings(folder=tmp_path / "data")) as kept:
        await kept.fill()
        assert await run("backup", file, "--data", tmp_path / "data") == 0
        await kept.change()
        before = await kept.everything()
        monkeypatch.setattr(sys, "stdin", Terminal("\n"))
        assert await run("restore", file, "--data", tmp_path / "data") == 1
        assert await kept.everything() == before
        monkeypatch.setattr(sys, "stdin", Terminal("yes\n"))
        assert await run("restore", file, "--data", tmp_path / "data") == 0
        assert await kept.everything() != before


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["backup", "{folder}/kaikou.tar", "--data", "{folder}/none"], "there is nothing to back up in {folder}/none."),
        (["restore", "{folder}/none.tar", "--data", "{folder}"], "{folder}/none.tar cannot be read: No such file"),
        (["restore", "{folder}", "--data", "{folder}"], "{folder} cannot be read: Is a directory"),
    ],
)
def test_what_cannot_be_done_is_told_in_a_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], says: str
) -> None:
    assert main([argument.format(folder=tmp_path) for argument in arguments]) == 2
    told = capsys.readouterr().err
    assert (told.startswith("Kaikou: "), told.count("\n")) == (True, 1)
    assert says.format(folder=tmp_path) in told
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(sys.platform == "win32", reason="kills the POSIX way")
def test_a_backup_that_is_killed_leaves_the_one_before_and_the_next_one_is_whole(tmp_path: Path) -> None:
    data, file = tmp_path / "data", tmp_path / "kaikou.tar"
    asyncio.run(_fill(data))
    assert main(["backup", str(file), "--data", str(data)]) == 0
    whole = file.read_bytes()
    with socket.create_server(("127.0.0.1", 0)) as silent:  # an S3 server that never answers: it stops in the middle
        variables = {
            "KAIKOU_OBJECTS_URL": "s3://bucket",
            "KAIKOU_S3_ENDPOINT": f"http://127.0.0.1:{silent.getsockname()[1]}",
            "KAIKOU_S3_ACCESS_KEY": "a",
            "KAIKOU_S3_SECRET_KEY": "b",
        }
        command = [sys.executable, "-m", "server.cli.backup", "backup", str(file), "--data", str(data)]
        process = subprocess.Popen(command, env={**os.environ, **variables}, stderr=subprocess.DEVNULL)
        connection, _ = silent.accept()
        process.send_signal(signal.SIGKILL)
        process.wait()
        connection.close()
    assert file.read_bytes() == whole
    assert {path.name for path in tmp_path.iterdir()} == {"data", "kaikou.tar", ".kaikou.tar.part"}
    assert main(["backup", str(file), "--data", str(data)]) == 0
    assert {path.name for path in tmp_path.iterdir()} == {"data", "kaikou.tar"}
    assert main(["restore", str(file), "--data", str(tmp_path / "other")]) == 0


async def _fill(data: Path) -> None:
    async with kept_in(StorageSettings(folder=data)) as kept:
        await kept.fill()
