"""`POST /api/practice/shadow`, with real speech and with engines that say what a test wants."""

from __future__ import annotations

import io
import json
import wave
from base64 import b64decode
from typing import Any

import httpx2
import numpy as np
import pytest

from pipeline.audio.samples import LINE_RATE, Samples
from pipeline.engines.protocols import EngineInfo, Recognition, WordTime
from server.shadowing.sounds import sounds_of
from tests.models.recordings import recording
from tests.server.audio.files import file_of
from tests.serving import Serving, serving
from tests.speech import NEEDS_POCKETSPHINX, TEXT, sentence, silence

SHORT = "Go forward ten meters."


class Knowing:
    """A recogniser that understands what it is told to, in both languages."""

    def __init__(self, text: str, *words: WordTime) -> None:
        self.info = EngineInfo("knowing", "recognizer", ("en", "zh"), LINE_RATE, times_words=bool(words))
        self.heard, self.languages = Recognition(text, words=words), list[str]()

    def open(self, language: str = "") -> Knowing:
        self.languages.append(language)
        return self

    def accept(self, _pcm: Samples) -> str:
        return ""

    def settle(self, _budget_s: float) -> Recognition:
        return self.heard

    def close(self) -> None: ...


async def ask(server: Serving, pcm: Samples | bytes, **fields: Any) -> httpx2.Response:
    audio = pcm if isinstance(pcm, bytes) else file_of(pcm)
    async with httpx2.AsyncClient(timeout=60) as client:
        address = f"{server.http}/api/practice/shadow"
        return await client.post(address, data=fields, files={"audio": ("said.wav", audio)})


async def shadow(server: Serving, pcm: Samples, **fields: Any) -> dict[str, Any]:
    answer = await ask(server, pcm, **fields)
    assert answer.status_code == 200, answer.text
    data: dict[str, Any] = answer.json()["data"]
    return data


def states(answer: dict[str, Any]) -> str:
    marks = {"matched": "", "other": "~", "missed": "-"}
    return " ".join(marks[word["state"]] + word["text"] for word in answer["words"])


@pytest.mark.speech
@NEEDS_POCKETSPHINX
async def test_a_sentence_that_is_said_well_is_understood_whole_with_its_times() -> None:
    said = np.concatenate([silence(1.0), recording("en_goforward.wav").pcm, silence(0.5)])
    words = [{"text": word, "start_ms": 400 * n, "end_ms": 400 * n + 350} for n, word in enumerate(SHORT.split())]
    async with serving(engines="embedded") as server:
        answer = await shadow(server, said, text=SHORT, language="en", words=json.dumps(words))
        other = await shadow(server, said, text="Go backward two meters, please.", language="en")

    assert (states(answer), answer["understood"]) == ("Go forward ten meters", 4)
    assert [word["model"]["start_ms"] for word in answer["words"]] == [0, 400, 800, 1_200]
    assert (answer["unit"], answer["model"]["units"], answer["model"]["per_s"]) == ("syllables", 6, pytest.approx(3.87))
    person = [word["person"] for word in answer["words"]]
    assert person[0]["start_ms"] < 200
    assert 1_000 < person[3]["end_ms"] <= answer["person"]["length_ms"] < 2_600
    assert answer["person"]["per_s"] == pytest.approx(6_000 / answer["person"]["length_ms"], abs=0.01)
    assert not answer["person"]["estimated"]
    assert (states(other), other["model"]) == ("Go ~backward ~two meters -please", None)
    assert [word["heard"] for word in other["words"]] == ["", "forward", "ten", "", ""]


@NEEDS_POCKETSPHINX
async def test_pauses_are_told_where_they_were() -> None:
    whole = sentence()
    said = np.concatenate([silence(0.5), whole[: 2 * LINE_RATE], silence(0.8), whole[2 * LINE_RATE :], silence(0.5)])
    async with serving(engines="embedded") as server:
        answer = await shadow(server, said, text=TEXT, language="en")

    longest = max(answer["person"]["pauses"], key=lambda pause: pause["end_ms"] - pause["start_ms"])
    assert longest["end_ms"] - longest["start_ms"] == pytest.approx(800, abs=250)


async def test_chinese_is_compared_by_character_and_by_sound() -> None:
    engine = Knowing("他要喝查")
    async with serving(instead={"recognizer": engine}) as server:
        answer = await shadow(server, sentence(), text="她要喝茶。", language="zh")

    assert (states(answer), answer["unit"], engine.languages) == ("她 要 喝 茶", "characters", ["zh"])


def test_sounds_are_told_by_the_sentence_and_with_their_tone() -> None:
    sounds = sounds_of("zh")
    assert sounds is not None

    assert sounds(list("她妈买马")) == ["ta1", "ma1", "mai3", "ma3"]
    assert sounds(["我", "用", "Python", "3", "写"]) == ["wo3", "yong4", "", "", "xie3"]
    assert [sounds(list(words))[1] for words in ("银行", "很行")] == ["hang2", "xing2"]
    assert sounds([]) == []
    assert sounds_of("en") is None


async def test_words_that_the_recogniser_times_are_not_estimated_and_others_are() -> None:
    timed = Knowing("one two", WordTime("one", 300, 700), WordTime("two", 900, 1_300))
    async with serving(instead={"recognizer": timed}) as server:
        known = await shadow(server, sentence(), text="One two.", language="en")
    async with serving(instead={"recognizer": Knowing("one two")}) as server:
        spread = await shadow(server, sentence(), text="One two.", language="en")

    assert (known["person"]["estimated"], spread["person"]["estimated"]) == (False, True)


async def test_silence_is_every_word_missed() -> None:
    async with serving() as server:
        answer = await shadow(server, silence(2.0), text=SHORT, language="en")

    assert (answer["understood"], answer["heard"], states(answer)) == (0, "", "-Go -forward -ten -meters")
    assert answer["person"] == {"length_ms": 0, "units": 0, "per_s": 0.0, "pauses": [], "estimated": False}


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"text": "", "language": "en"}, ["text"]),
        ({"text": "x" * 301, "language": "en"}, ["text"]),
        ({"language": "de"}, ["text", "language"]),
        ({"text": "Hi", "language": "en", "words": "{"}, ["words"]),
        ({"text": "Hi", "language": "en", "words": '[{"text": "Hi", "start_ms": -1, "end_ms": 2}]'}, ["words"]),
        ({"text": "Hi", "language": "en", "words": json.dumps([{}] * 601)}, ["words"]),
    ],
    ids=["no text", "a long text", "no text and another language", "no JSON", "a time before all", "many words"],
)
async def test_what_is_wrong_with_the_form_is_told_field_by_field(fields: dict[str, str], wrong: list[str]) -> None:
    async with serving() as server:
        answer = await ask(server, silence(1.0), **fields)

    assert answer.status_code == 422
    assert [fault["field"] for fault in answer.json()["error"]["details"]["fields"]] == wrong


async def test_a_language_that_the_recogniser_does_not_understand_is_told() -> None:
    engine = Knowing("")
    engine.info = EngineInfo("english", "recognizer", ("en",), LINE_RATE)
    async with serving(instead={"recognizer": engine}) as server:
        answer = await ask(server, silence(1.0), text="你好", language="zh")

    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "unsupported_language")


@pytest.mark.parametrize(
    ("audio", "status", "code"),
    [
        (b"This is no sound.", 400, "invalid_audio"),
        (file_of(silence(31.0)), 400, "audio_too_long"),
        (bytes(5 << 20), 413, "file_too_large"),
    ],
    ids=["no sound", "too long", "too large"],
)
async def test_what_is_no_recording_of_a_sentence_is_refused(audio: bytes, status: int, code: str) -> None:
    async with serving() as server:
        answer = await ask(server, audio, text=SHORT, language="en")
        after = await ask(server, silence(1.0), text=SHORT, language="en")

    assert (answer.status_code, answer.json()["error"]["code"], after.status_code) == (status, code, 200)


async def model(server: Serving, **query: str) -> httpx2.Response:
    async with httpx2.AsyncClient(timeout=60) as client:
        return await client.get(f"{server.http}/api/practice/shadow/model", params=query)


@pytest.mark.parametrize("who", [{"character_id": "assistant"}, {}], ids=["a character", "any voice"])
async def test_a_sentence_is_said_and_its_words_are_timed(who: dict[str, str]) -> None:
    async with serving(engines="embedded") as server:
        answer = await model(server, **who, language="en", text="It costs $20, please.")

    said = answer.json()["data"]
    with wave.open(io.BytesIO(b64decode(said["audio"]))) as file:
        length_ms = 1000 * file.getnframes() // file.getframerate()
    assert "".join(word["text"] for word in said["words"]) == "It costs $20, please."
    edges = [edge for word in said["words"] for edge in (word["start_ms"], word["end_ms"])]
    assert edges == sorted(edges)
    assert 800 < edges[-1] <= length_ms


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ({"character_id": "nobody", "language": "en", "text": "Hi"}, 404),
        ({"character_id": "assistant", "language": "de", "text": "Hi"}, 422),
        ({"character_id": "assistant", "language": "en", "text": "x" * 301}, 422),
    ],
)
async def test_what_cannot_be_said_is_refused(query: dict[str, str], status: int) -> None:
    async with serving() as server:
        assert (await model(server, **query)).status_code == status


async def test_a_form_without_a_recording_is_refused() -> None:
    async with serving() as server, httpx2.AsyncClient() as client:
        answer = await client.post(f"{server.http}/api/practice/shadow", data={"text": "Hi", "language": "en"})

    assert answer.status_code == 400


async def test_a_sentence_of_one_long_word_is_said() -> None:
    async with serving() as server:
        answer = await model(server, text="0" * 300, language="en", character_id="wizard")

    assert answer.status_code == 200
    assert [len(word["text"]) for word in answer.json()["data"]["words"]] == [300]
