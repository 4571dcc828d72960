"""A real server that is killed while somebody talks."""

from __future__ import annotations

import asyncio
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import websockets

from server.history.keeping.writers import DEAD_S, Writers
from server.history.store import ConversationStore
from server.settings.keeping import StorageSettings
from server.storage.opening import opened_database
from tests.databases import a_data_folder
from tests.server.talking import talking
from tests.serving import serving

SAID = 60
"""Lines before it is killed."""

EVERY_S = 0.05
LOST_S = 1.0


@contextmanager
def a_server(folder: Path, **environment: str) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """A process that serves, and where. environment: further settings."""
    quiet = {"KAIKOU_LOG": "warning", "KAIKOU_LLM_DISCOVER": "0", "KAIKOU_STARTER": "off", "KAIKOU_DATA": str(folder)}
    settings = {**os.environ, **quiet, **environment}
    command = [sys.executable, "-m", "server", "--host", "127.0.0.1", "--port", "0", "--engines", "stub"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=settings) as process:
        assert process.stdout is not None
        try:
            found = (re.search(r"http://(\S+)", line) for line in process.stdout)
            yield next(match[1] for match in found if match), process
        finally:
            process.kill()


async def talk_until_it_is_killed(address: str, process: subprocess.Popen[str]) -> tuple[str, list[float]]:
    """The conversation's id, and when the server had taken each line."""
    taken = list[float]()
    async with websockets.connect(f"ws://{address}/v1/realtime?model=wizard&extensions=kaikou", proxy=None) as socket:
        id = ""
        while not id:
            event: dict[str, Any] = json.loads(await socket.recv())
            id = event.get("conversation_id", "") if event["type"] == "kaikou.keeping" else ""
        for number in range(SAID):
            content = [{"type": "input_text", "text": f"Line {number}."}]
            item = {"type": "message", "role": "user", "content": content, "id": f"item_{number}"}
            await socket.send(json.dumps({"type": "conversation.item.create", "item": item}))
            while json.loads(await socket.recv())["type"] != "conversation.item.done":
                pass
            taken.append(time.monotonic())
            await asyncio.sleep(EVERY_S)  # as somebody who types; what was said a second ago must be there
        process.kill()
        process.wait()
    return id, taken


async def test_a_killed_server_loses_the_last_second_at_most_and_the_conversation_goes_on_afterwards() -> None:
    with a_data_folder() as folder:
        with a_server(folder) as (address, process):
            id, taken = await talk_until_it_is_killed(address, process)
        killed = time.monotonic()

        async with opened_database(StorageSettings(folder=folder), ["owner"]) as database:
            now, store = 0.0, ConversationStore(database)
            lines = await store.lines("owner", id, 0, 200)
            writers = Writers(database, "server_next", lambda: now)
            await writers.end_what_is_left()
            assert (await store.get("owner", id)).ended_at is None
            now += DEAD_S
            await writers.end_what_is_left()
            row = await store.get("owner", id)
        said = [line.said for line in lines]
        due = [number for number, at in enumerate(taken) if killed - at > LOST_S]

        assert said == [f"Line {number}." for number in range(len(said))]
        assert len(said) > due[-1]
        assert (row.ended, row.line_count, row.ended_at) == ("server_stopped", len(said), row.updated_at)

        async with serving(data=folder) as server, talking(server, extensions="kaikou", **{"continue": id}) as talk:
            await talk.write("I am back.")
            live = next(iter(server.app.state.realtime.live.values()))
            remembered = [item.text for item in live.connection.session.transcript]
        assert remembered == [*said, "I am back."]
