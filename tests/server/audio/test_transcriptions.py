"""`/v1/audio/transcriptions` through the official client, against the real server."""

from __future__ import annotations

import asyncio
import gc
import io
import threading
from collections.abc import AsyncIterator
from typing import Any

import httpx2
import numpy as np
import openai
import orjson
import pytest
from openai.types.audio import TranscriptionVerbose

from models.stub import HEARD
from pipeline.audio.samples import LINE_RATE
from pipeline.engines.protocols import EngineInfo, Recognition, RecognizerStream, WordTime
from pipeline.engines.workers import Workers
from pipeline.errors import EngineError
from server.audio.decoding.decode import Decoding
from server.audio.transcription import decoded
from server.errors import Overloaded
from tests.models.recordings import recording
from tests.server.audio.decoding.beeps import Encoding
from tests.server.audio.decoding.beeps import recording as recording_of
from tests.server.audio.files import file_of, tone
from tests.serving import Serving, serving
from tests.speech import NEEDS_POCKETSPHINX, sentence, silence

pytestmark = pytest.mark.asyncio(loop_scope="module")

TWO = np.concatenate([silence(0.5), sentence(), silence(1.2), sentence(), silence(0.5)])
"""A sentence, said twice."""
SECONDS = len(TWO) / LINE_RATE
WAV = ("speech.wav", file_of(TWO), "audio/wav")
TEXT = f"{HEARD} {HEARD}"


async def test_json_is_the_text_and_how_long_it_took_to_say(server: Serving) -> None:
    async with server.client() as client:
        heard = await client.audio.transcriptions.create(model="whisper-1", file=WAV)
    assert heard.text == TEXT
    assert heard.usage is not None
    assert heard.usage.model_dump() == {"type": "duration", "seconds": pytest.approx(SECONDS, abs=0.01)}


@pytest.mark.parametrize("container", ["mp3", "flac", "ogg", "webm", "mp4", "adts"])
async def test_files_of_other_kinds_are_heard_as_well(server: Serving, container: str) -> None:
    rate = 48_000 if container in ("ogg", "webm") else LINE_RATE
    file = file_of(np.concatenate([silence(0.5, rate), sentence(rate), silence(0.5, rate)]), container, rate, 2)
    async with server.client() as client:
        heard = await client.audio.transcriptions.create(model="m", file=(f"speech.{container}", file))
    assert heard.text == HEARD


async def test_text_is_nothing_but_the_text(server: Serving) -> None:
    async with server.client() as client:
        heard = await client.audio.transcriptions.create(model="m", file=WAV, response_format="text")
    assert str(heard).strip() == TEXT


async def test_verbose_json_times_every_segment(server: Serving) -> None:
    async with server.client() as client:
        heard = await client.audio.transcriptions.create(
            model="m", file=WAV, response_format="verbose_json", language="en"
        )
    assert isinstance(heard, TranscriptionVerbose)
    assert (heard.text, heard.language, heard.duration) == (TEXT, "english", pytest.approx(SECONDS, abs=0.01))
    first, second = heard.segments or ()
    gap = second.start - first.end
    assert 0.3 < first.start < first.end < second.start < second.end < SECONDS
    assert 1.0 < gap < 2.6
    assert heard.words is None


@pytest.mark.parametrize("format", ["srt", "vtt"])
async def test_subtitles_have_a_caption_for_every_segment(server: Serving, format: Any) -> None:
    async with server.client() as client:
        heard = str(await client.audio.transcriptions.create(model="m", file=WAV, response_format=format))
    assert (heard.count("-->"), heard.count(HEARD)) == (2, 2)
    assert heard.startswith("WEBVTT") == (format == "vtt")


async def test_a_stream_tells_each_segment_as_it_is_known_and_the_whole_at_the_end(server: Serving) -> None:
    async with server.client() as client:
        stream = await client.audio.transcriptions.create(model="m", file=WAV, stream=True)
        events = [event async for event in stream]
    *deltas, done = events
    assert [event.type for event in deltas] == ["transcript.text.delta"] * 2
    assert done.type == "transcript.text.done"
    assert "".join(event.delta for event in deltas) == done.text == TEXT  # type: ignore[union-attr]


async def test_what_means_nothing_here_may_be_anything(server: Serving) -> None:
    async with server.client() as client:
        heard = await client.audio.transcriptions.create(
            model="gpt-4o-transcribe",
            file=WAV,
            prompt="Kaikou, PocketSphinx",
            temperature=0.2,
            include=["logprobs"],
            chunking_strategy="auto",
        )
    assert heard.text == TEXT


async def test_silence_is_no_error_and_no_words(server: Serving) -> None:
    async with server.client() as client:
        wav = ("silence.wav", file_of(silence(2.0)))
        heard = await client.audio.transcriptions.create(model="m", file=wav, response_format="verbose_json")
    assert (heard.text, heard.segments, heard.duration) == ("", [], 2.0)


# --- What cannot be heard ------------------------------------------------------------------------------------------------


def _cut_off() -> tuple[str, bytes]:
    """Says that it lasts five seconds longer than it does."""
    whole = file_of(np.concatenate([TWO, silence(5.0)]))
    return "speech.wav", whole[: -5 * 2 * LINE_RATE]


BROKEN_OFF = [
    {"start": pytest.approx(SECONDS, abs=0.02), "end": pytest.approx(SECONDS + 5, abs=0.02), "reason": "broken_off"}
]


@pytest.mark.parametrize("format", ["json", "verbose_json"])
async def test_what_is_missing_of_a_file_is_told_beside_its_text(server: Serving, format: str) -> None:
    answer = await raw(server, data={"response_format": format}, files={"file": _cut_off()})
    assert (answer.status_code, answer.json()["text"], answer.json()["missing"]) == (200, TEXT, BROKEN_OFF)


@pytest.mark.parametrize("format", ["json", "text", "srt", "vtt"])
async def test_every_form_has_a_header_that_tells_what_is_missing(server: Serving, format: str) -> None:
    answer = await raw(server, data={"response_format": format}, files={"file": _cut_off()})
    start, end = map(float, answer.headers["X-Kaikou-Missing"].split("-"))
    assert (answer.status_code, [{"start": start, "end": end, "reason": "broken_off"}]) == (200, BROKEN_OFF)


async def test_the_last_event_of_a_stream_tells_what_is_missing(server: Serving) -> None:
    answer = await raw(server, data={"stream": "true"}, files={"file": _cut_off()})
    last = orjson.loads(answer.text.strip().rpartition("data: ")[2])
    assert (last["text"], last["missing"]) == (TEXT, BROKEN_OFF)


async def test_of_a_whole_file_nothing_is_told_to_be_missing(server: Serving) -> None:
    answer = await raw(server, files={"file": WAV})
    assert "missing" not in answer.json()
    assert "X-Kaikou-Missing" not in answer.headers


async def test_words_have_the_times_of_the_files_time_stamps() -> None:
    late = recording_of(Encoding("matroska", "pcm_s16le"), TWO, begin_s=3.0)
    async with serving(instead={"recognizer": Told()}) as server, server.client() as client:
        both = [
            await client.audio.transcriptions.create(
                model="m", file=file, response_format="verbose_json", timestamp_granularities=["word", "segment"]
            )
            for file in (WAV, ("late.mkv", late))
        ]
    times, late_times = (
        [(one.start, one.end) for one in (*(heard.words or ()), *(heard.segments or ()))] for heard in both
    )
    assert late_times == [
        (pytest.approx(start + 3, abs=0.05), pytest.approx(end + 3, abs=0.05)) for start, end in times
    ]


# --- Mistakes and malice -------------------------------------------------------------------------------------------------


async def raw(server: Serving, **form: Any) -> httpx2.Response:
    async with httpx2.AsyncClient(timeout=30) as client:
        return await client.post(f"{server.http}/v1/audio/transcriptions", **form)


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"response_format": "docx"}, "response_format"),
        ({"response_format": "diarized_json"}, "response_format"),
        ({"language": "../../etc"}, "language"),
        ({"timestamp_granularities[]": "letter"}, "timestamp_granularities"),
        ({"stream": "perhaps"}, "stream"),
        ({"stream": "true", "response_format": "srt"}, "stream"),
    ],
    ids=str,
)
async def test_the_callers_mistakes_are_named(server: Serving, fields: dict[str, str], param: str) -> None:
    answer = await raw(server, data=fields, files={"file": WAV})
    error = answer.json()["error"]
    assert (answer.status_code, error["type"], error["param"]) == (400, "invalid_request_error", param)


@pytest.mark.parametrize(
    "form",
    [
        {},
        {"json": {"file": "x"}},
        {"data": {"file": "not a file"}},
        {"files": {"x": ("x.wav", b"1")}},
        {"files": [("file", WAV), ("file", WAV)]},
        {"content": b"", "headers": {"Content-Type": "multipart/form-data"}},
        {"content": b"--b\r\nnonsense", "headers": {"Content-Type": "multipart/form-data; boundary=b"}},
        {"content": b"x" * 5_000, "headers": {"Content-Type": "multipart/form-data; boundary=" + "b" * 2_000}},
        {"data": {f"field{number}": "x" for number in range(100)}, "files": {"file": WAV}},
        {"data": {"prompt": "x" * 100_000}, "files": {"file": WAV}},
    ],
    ids=[
        "nothing",
        "json",
        "a text for a file",
        "another field",
        "two files",
        "no boundary",
        "no parts",
        "a huge boundary",
        "too many fields",
        "a huge field",
    ],
)
async def test_what_is_no_proper_form_is_refused(server: Serving, form: dict[str, Any]) -> None:
    answer = await raw(server, **form)
    assert (answer.status_code, answer.json()["error"]["type"]) == (400, "invalid_request_error")


async def test_huge_headers_of_a_part_are_refused(server: Serving) -> None:
    body = (
        b"--b\r\nContent-Disposition: form-data; name=file; filename=x\r\nX: "
        + b"x" * 100_000
        + b"\r\n\r\n1\r\n--b--\r\n"
    )
    answer = await raw(server, content=body, headers={"Content-Type": "multipart/form-data; boundary=b"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "invalid_form")


@pytest.mark.parametrize("file", [b"", b"not audio at all", b"#EXTM3U\n/etc/passwd", bytes(10_000)], ids=repr)
@pytest.mark.parametrize("stream", ["true", "false"])
async def test_what_is_no_audio_is_refused_streamed_or_not(server: Serving, file: bytes, stream: str) -> None:
    answer = await raw(server, data={"stream": stream}, files={"file": ("a.wav", file)})
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "invalid_audio")


async def test_files_are_bounded_in_bytes_and_in_seconds() -> None:
    hour = file_of(np.zeros(3_600 * 8_000, np.int16), "flac", 8_000)
    async with serving(file_bytes=1_000_000, file_s=60.0) as server:
        long = await raw(server, files={"file": ("hour.flac", hour)})
        large = await raw(server, files={"file": ("large.wav", bytes(1_000_001))})
        endless = await raw(server, content=_endless(), headers={"Content-Type": "multipart/form-data; boundary=b"})
    assert [(answer.status_code, answer.json()["error"]["code"]) for answer in (long, large, endless)] == [
        (400, "audio_too_long"),
        (413, "file_too_large"),
        (413, "file_too_large"),
    ]


async def _endless() -> AsyncIterator[bytes]:
    yield b'--b\r\nContent-Disposition: form-data; name="file"; filename="x"\r\n\r\n'
    for _ in range(40):
        yield bytes(100_000)


async def test_a_language_that_the_recogniser_does_not_understand_is_refused() -> None:
    async with serving(instead={"recognizer": Told()}) as server:
        answer = await raw(server, data={"language": "zh-CN"}, files={"file": WAV})
        assert (answer.status_code, answer.json()["error"]["code"]) == (400, "unsupported_language")
        assert (await raw(server, data={"language": "en-GB"}, files={"file": WAV})).status_code == 200


async def test_keys_are_asked_for_as_on_the_socket() -> None:
    async with serving({"KAIKOU_API_KEYS": "sk-right"}) as server, server.client("sk-wrong") as client:
        with pytest.raises(openai.AuthenticationError):
            await client.audio.transcriptions.create(model="m", file=WAV)


# --- Engines that the tests watch ----------------------------------------------------------------------------------------


class Told:
    """Knows when its words were said; may fail, or take its time."""

    def __init__(self, *, fails: bool = False, settle_s: float = 0.0) -> None:
        self.info = EngineInfo("told", "recognizer", ("en",), LINE_RATE, times_words=True)
        self.open_streams, self.most_open = 0, 0
        self._fails, self._settle_s = fails, settle_s

    def open(self, language: str = "") -> RecognizerStream:
        self.open_streams += 1
        self.most_open = max(self.most_open, self.open_streams)
        return _Telling(self)

    async def settle(self) -> Recognition:
        await asyncio.sleep(self._settle_s)
        if self._fails:
            raise EngineError("The recogniser broke.", engine="told")
        return Recognition("hello", "en", words=(WordTime("hello", 400, 900),))

    def close(self) -> None: ...


class _Telling:
    def __init__(self, by: Told) -> None:
        self._by = by

    async def accept(self, _pcm: Any) -> str:
        return ""

    async def settle(self, _budget_s: float) -> Recognition:
        return await self._by.settle()

    def close(self) -> None:
        self._by.open_streams -= 1


async def test_words_are_told_with_their_times_where_the_recogniser_knows_them() -> None:
    async with serving(instead={"recognizer": Told()}) as server, server.client() as client:
        heard = await client.audio.transcriptions.create(
            model="m", file=WAV, response_format="verbose_json", timestamp_granularities=["word"]
        )
    first, second = heard.words or ()
    assert (first.word, first.end - first.start) == ("hello", pytest.approx(0.5))
    assert heard.segments is None
    assert second.start > len(sentence()) / LINE_RATE


async def test_a_recogniser_that_fails_is_told_with_a_status() -> None:
    async with serving(instead={"recognizer": Told(fails=True)}) as server:
        answer = await raw(server, files={"file": WAV})
    assert (answer.status_code, answer.json()["error"]["code"]) == (502, "engine_error")


async def test_a_file_that_is_read_too_slowly_is_no_failure_of_an_engine() -> None:
    workers, read = Workers(1), threading.Event()

    class Slow(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            read.wait(5)
            return super().read(size)

    try:
        with pytest.raises(Overloaded, match=r"stalled for 0\.05 s"):
            await anext(decoded(Decoding(Slow(WAV[1]), 60.0), workers, longest_s=0.05))
    finally:
        read.set()
        workers.close()


async def test_so_many_files_are_worked_on_at_once_and_the_rest_waits_or_is_sent_away() -> None:
    engine = Told(settle_s=0.2)
    async with (
        serving(instead={"recognizer": engine}, file_jobs=2, waiting_jobs=2) as server,
        server.client() as client,
    ):
        asking = [client.audio.transcriptions.create(model="m", file=WAV) for _ in range(8)]
        answers = await asyncio.gather(*asking, return_exceptions=True)
    full = [answer for answer in answers if isinstance(answer, openai.RateLimitError)]
    assert (len(full), engine.most_open, engine.open_streams) == (4, 2, 0)
    assert all(int(error.response.headers["retry-after"]) > 0 for error in full)


@NEEDS_POCKETSPHINX
async def test_the_recogniser_is_freed_when_the_client_goes_away() -> None:
    engine = Told(settle_s=20.0)
    async with serving(instead={"recognizer": engine}) as server:
        with pytest.raises(httpx2.ReadTimeout):
            async with httpx2.AsyncClient(timeout=0.5) as client:
                await client.post(f"{server.http}/v1/audio/transcriptions", files={"file": WAV})
        async with asyncio.timeout(5):
            while engine.open_streams or not engine.most_open:
                await asyncio.sleep(0.01)


async def test_nothing_of_an_upload_stays_behind(server: Serving) -> None:
    large = ("large.wav", file_of(tone(60.0)))
    assert len(large[1]) > 1_500_000, "so large that it is put on disk"
    await raw(server, files={"file": large})
    await raw(server, data={"response_format": "docx"}, files={"file": large})
    await raw(server, files={"file": ("large.wav", bytes(2_000_000))})
    gc.collect()  # a file that was left open is warned of then, and warnings are errors


# --- The embedded recogniser ---------------------------------------------------------------------------------------------


@pytest.mark.speech
@NEEDS_POCKETSPHINX
async def test_a_real_recording_is_understood_segment_by_segment() -> None:
    clip = recording("en_pauses_4turns.wav")
    wav = ("pauses.wav", file_of(clip.pcm))
    async with serving(engines="embedded") as server, server.client() as client:
        heard = await client.audio.transcriptions.create(model="m", file=wav, response_format="verbose_json")
    segments = heard.segments or []
    assert [(round(segment.start), round(segment.end)) for segment in segments] == [(1, 4), (5, 7), (8, 10), (12, 15)]
    assert "forward" in segments[2].text
