"""Real conversations over the socket, and what can be listened to afterwards."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import httpx2 as httpx
import pytest

from server.history.history import History
from tests.server.history.sound.sounds import heard_in, stretches_s
from tests.server.talking import RATE, Talk, talking
from tests.serving import PACED_S, Serving, serving
from tests.speech import sentence, silence

pytestmark = pytest.mark.asyncio

PIECE_S = 0.1


async def recording_of(server: Serving, conversation_id: str, folder: Path) -> Path | None:
    """The recording, as a person gets it."""
    async with httpx.AsyncClient(base_url=server.http) as client:
        answer = await client.get(f"/api/conversations/{conversation_id}/recording")
    if answer.status_code == 404:
        return None
    assert (answer.status_code, answer.headers["content-type"]) == (200, "audio/ogg")
    path = folder / "recording.ogg"
    await asyncio.to_thread(path.write_bytes, answer.content)
    return path


async def over(server: Serving, conversation_id: str) -> None:
    """Its session has ended, and all of it is kept."""
    history: History = server.app.state.realtime.history
    await history.keeper.written(conversation_id)
    while conversation_id in history.recorder._recorded:
        await asyncio.sleep(0.02)


async def agree(talk: Talk, record: bool = True) -> dict[str, Any]:
    """Agree to be recorded, or no more; what is told of it."""
    since = len(talk.events)
    await talk.configure(kaikou={"record": record})
    return await talk.until("kaikou.keeping", since)


async def test_a_person_who_agrees_can_listen_to_both_sides_and_go_on_another_day(tmp_path: Path) -> None:
    async with serving() as server:
        async with talking(server, extensions="kaikou") as talk:
            told = await agree(talk)
            await talk.say_something()
            await talk.until("response.done")
        await over(server, id := told["conversation_id"])
        first = await recording_of(server, id, tmp_path)
        assert first
        heard = heard_in(first)
        async with talking(server, extensions="kaikou", **{"continue": id}) as talk:
            await agree(talk)
            await talk.say_something()
            await talk.until("response.done")
        await over(server, id)
        second = await recording_of(server, id, tmp_path)
        assert second
        longer = heard_in(second)

    assert told["recording"]
    assert heard.left.max() > 3_000
    assert longer.seconds > heard.seconds + 3
    assert longer.left[round(heard.seconds * 1000) + 200 :].max() > 3_000


async def test_nobody_is_recorded_who_did_not_agree_or_agrees_no_more(tmp_path: Path) -> None:
    async with serving() as server:
        async with talking(server, extensions="kaikou") as talk:
            told = await talk.until("kaikou.keeping")
            await talk.say_something()
            await talk.until("response.done")
            agreed = await agree(talk)
            withdrawn = await agree(talk, record=False)
            await talk.say_something()
        await over(server, id := told["conversation_id"])

        assert await recording_of(server, id, tmp_path) is None
    assert [told["recording"], agreed["recording"], withdrawn["recording"]] == [False, True, False]


async def test_words_that_were_cut_off_are_not_in_the_recording(tmp_path: Path) -> None:
    async with serving(lead_s=PACED_S) as server:
        async with talking(server, extensions="kaikou") as talk:
            told = await agree(talk)
            await talk.write("Please count to one hundred.")
            await talk.connection.response.create()
            await talk.until("response.output_audio.delta")
            await in_real_time(talk, 1.0)
            await talk.hear(sentence(RATE))
            await talk.until("response.done")
            since = len(talk.events)
            await talk.hear(silence(1.0, RATE))
            await talk.until("response.done", since)
        await over(server, id := told["conversation_id"])
        path = await recording_of(server, id, tmp_path)
        line = await interrupted_line(server, id)
        assert path
        begins_s, ends_s = stretches_s(heard_in(path).right, apart_ms=500)[0]

    assert 500 < line["end_ms"] - line["at_ms"] < 5_000
    assert begins_s == pytest.approx(line["at_ms"] / 1000, abs=0.1)
    assert ends_s == pytest.approx(line["end_ms"] / 1000, abs=0.1)


async def interrupted_line(server: Serving, conversation_id: str) -> dict[str, Any]:
    async with httpx.AsyncClient(base_url=server.http) as client:
        answer = await client.get(f"/api/conversations/{conversation_id}/lines")
    (line,) = [line for line in answer.json()["data"]["items"] if line["interrupted"]]
    return dict(line)


async def in_real_time(talk: Talk, seconds: float) -> None:
    """Send silence as a microphone does."""
    for _ in range(round(seconds / PIECE_S)):
        await talk.hear(silence(PIECE_S, RATE))
        await asyncio.sleep(PIECE_S)
