"""An engine that hangs or breaks costs one turn, within its time bound; the next one works."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.server.talking import talking
from tests.serving import serving

POINTS = """[kaikou.engines]
chat_model.silent = tests.server.faulty_engines:silent_model
chat_model.stalling = tests.server.faulty_engines:stalling_model
chat_model.breaking = tests.server.faulty_engines:breaking_model
synthesizer.stalling = tests.server.faulty_engines:stalling_synthesizer
recognizer.silent = tests.server.faulty_engines:silent_recognizer
"""


@pytest.fixture(autouse=True)
def faulty_engines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    about = tmp_path / "faulty_engines-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: faulty-engines\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text(POINTS)
    monkeypatch.syspath_prepend(str(tmp_path))


@pytest.mark.parametrize(
    ("engine", "code"),
    [
        ({"chat_model": "silent"}, "engine_timeout"),
        ({"chat_model": "stalling"}, "engine_timeout"),
        ({"chat_model": "breaking"}, "engine_error"),
        ({"synthesizer": "stalling"}, "engine_timeout"),
    ],
    ids=["model hangs before the first word", "model hangs after it", "model breaks off", "voice stalls"],
)
async def test_a_broken_answer_is_told_as_failed_and_the_next_one_works(engine: dict[str, str], code: str) -> None:
    async with serving(first_token_s=0.3, audio_s=0.3, **engine) as server, talking(server) as talk:
        await talk.write("Hello")
        failed = await talk.ask()
        assert (failed["status"], failed["status_details"]["error"]["code"]) == ("failed", code)
        await talk.write("Are you there?")
        assert (await talk.ask())["status"] == "completed"
        assert "error" not in talk.types


async def test_a_silent_recogniser_is_told_as_a_failed_transcription_and_the_next_turn_works() -> None:
    audio = {"input": {"transcription": {"model": "any"}, "turn_detection": {"type": "server_vad"}}}
    async with serving(recognizer="silent", recognizer_s=0.5) as server, talking(server) as talk:
        await talk.configure(audio=audio)
        await talk.say_something()
        failed = await talk.until("conversation.item.input_audio_transcription.failed")
        assert failed["error"]["code"] == "engine_timeout"
        await talk.say_something()
        assert (await talk.until("response.done"))["response"]["status"] == "completed"
