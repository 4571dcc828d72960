"""A machine whose Python has no PocketSphinx, before any weights are fetched: everything works but hearing."""

from __future__ import annotations

import sys
from pathlib import Path

import httpx2
import pytest

from server.__main__ import _announce
from server.engines.loaded import LoadedEngines
from server.operations.advice import advice
from server.settings import load_settings
from tests.serving import serving


@pytest.fixture(autouse=True)
def without_pocketsphinx(monkeypatch: pytest.MonkeyPatch) -> None:
    """None in there is how Python notes that a module is missing."""
    monkeypatch.setitem(sys.modules, "pocketsphinx", None)  # type: ignore[arg-type]


async def test_the_server_is_ready_and_what_is_typed_is_answered_aloud(tmp_path: Path) -> None:
    async with serving(engines="auto", weights=tmp_path) as server, httpx2.AsyncClient() as http:
        assert (await http.get(f"{server.http}/ready")).status_code == 200

        async with server.client().realtime.connect(model="detective") as talk:
            content = [{"type": "input_text", "text": "Who took the cake?"}]
            await talk.conversation.item.create(item={"type": "message", "role": "user", "content": content})
            await talk.response.create()
            seen = set[str]()
            async for event in talk:
                seen.add(event.type)
                if event.type == "response.done":
                    break

    assert "response.output_audio.delta" in seen
    assert event.response.status == "completed"


async def test_the_page_is_told_that_no_character_hears_and_how_to_mend_it(tmp_path: Path) -> None:
    async with serving(engines="auto", weights=tmp_path) as server, httpx2.AsyncClient() as http:
        cards = (await http.get(f"{server.http}/api/characters")).json()["data"]["items"]
        status = (await http.get(f"{server.http}/api/status")).json()["data"]

    assert [card["hears"] for card in cards] == [[]] * len(cards)
    assert all(card["speaks"] for card in cards)
    assert [entry["command"] for entry in status["advice"] if entry["code"] == "no_recognizer"] == [
        "python3 run.py models pull starter"
    ]


async def test_the_start_message_says_so_instead_of_praising_the_engine(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    loaded = LoadedEngines(load_settings({"weights": tmp_path}, {}))
    _announce("http://127.0.0.1:1", loaded, "scripted", "")
    codes = [entry["code"] for entry in advice(loaded)]
    await loaded.close()

    told = capsys.readouterr().out
    assert "    hears with     nothing yet and silero\n" in told
    assert "      python3 run.py models pull starter\n" in told
    assert not {"better_engines", "engine_failed"} & set(codes)


async def test_a_recogniser_that_is_named_and_missing_is_a_failure(tmp_path: Path) -> None:
    loaded = LoadedEngines(load_settings({"weights": tmp_path, "recognizer": "pocketsphinx"}, {}))
    [failure] = [entry["text"]["en"] for entry in advice(loaded) if entry["code"] == "engine_failed"]
    await loaded.close()

    assert not loaded.ready
    assert failure.endswith("Whisper hears far better: python3 run.py models pull starter")
