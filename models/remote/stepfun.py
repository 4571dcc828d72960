"""StepFun (阶跃星辰): its voices and its recognition, both close to OpenAI's API.

By its API reference (platform.stepfun.com, "create-audio", "asr-sse"; platform.stepfun.ai has the same for accounts abroad):
- `POST /audio/speech`: `model` (step-tts-2, step-tts-mini, stepaudio-2.5-tts), `input` of at most 1,000 characters,
  `voice`, `response_format` (pcm among them), `sample_rate` (24,000 by default), `speed` 0.5 to 2, `volume` 0.1 to 2,
  `voice_label` with one of `language`, `emotion` and `style`. stepaudio-2.5-tts takes `instruction` (at most 200
  characters) instead, which the others refuse, and reads what is in round brackets as one more instruction.
- `POST /audio/asr/sse`: the audio as base64 in JSON; answers events of type `transcript.text.delta`,
  `transcript.text.done` with the whole `text`, or `error`. (`/audio/transcriptions` is being withdrawn there.)
- Errors are OpenAI's: `{"error": {"message", "type"}}`, with `invalid_api_key` for a key that is not right.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Any

import httpx2
import openai

from models.remote.client import Refusal, Server
from models.remote.openai_speech import OpenAISpeech, Provider
from models.remote.openai_transcription import RemoteRecognizer
from models.support.clauses import clamp
from pipeline.audio.samples import LINE_RATE, Samples
from pipeline.engines.protocols import Recognition, SynthesisRequest
from pipeline.errors import EngineUnavailable
from pipeline.text.styles import style_of

SPEECH, TRANSCRIPTION = "stepfun-speech", "stepfun-transcription"
BASE_URL = "https://api.stepfun.com/v1"
SPEECH_MODEL, TRANSCRIPTION_MODEL = "step-tts-2", "stepaudio-2.5-asr"
KEY, ADDRESS = "KAIKOU_STEPFUN_API_KEY", "KAIKOU_STEPFUN_BASE_URL"
LONGEST = 1_000
LONGEST_INSTRUCTION = 200

VOICES: Mapping[str, str] = {
    "female": "elegantgentle-female",
    "female-2": "livelybreezy-female",
    "female-3": "zhixingjiejie",
    "male": "wenrounansheng",
    "male-2": "yuanqinansheng",
    "male-low": "cixingnansheng",
    "neutral": "linjiajiejie",
}
KNOWN = frozenset(
    "zixinnansheng wenrougongzi jingdiannvsheng wenroushunv tianmeinvsheng qingchunshaonv yuanqishaonv zhengpaiqingnian "
    "qingniandaxuesheng boyinnansheng ruyananshi shenchennanyin qinqienvsheng wenrounvsheng jilingshaonv "
    "ruanmengnvsheng youyanvsheng lengyanyujie shuangkuaijiejie wenjingxuejie linjiameimei zhixingjiejie "
    "shuangkuainansheng ganliannvsheng qinhenvsheng huolinvsheng".split()
)
"""All official voices of step-tts-2. One that an account cloned is named "stepfun/voice-tone-…"."""

LABELS: Mapping[str, tuple[str, str]] = {
    "cheerful": ("emotion", "高兴"),
    "excited": ("emotion", "兴奋"),
    "playful": ("emotion", "高兴"),
    "proud": ("style", "骄傲"),
    "curious": ("emotion", "困惑"),
    "surprised": ("emotion", "惊讶"),
    "gentle": ("style", "温柔"),
    "tender": ("style", "温柔"),
    "serious": ("style", "严肃"),
    "sarcastic": ("style", "阴阳怪气"),
    "sad": ("emotion", "悲伤"),
    "tired": ("style", "沮丧"),
    "angry": ("emotion", "生气"),
    "fearful": ("emotion", "恐惧"),
}
"""Our styles as StepFun's labels. "calm" and "whisper" have none there."""
BEYOND_MINI = frozenset(("骄傲", "温柔", "严肃", "阴阳怪气"))
ROUND_BRACKETS = str.maketrans({"(": "，", ")": "，", "（": "，", "）": "，"})


def create_speech(settings: Mapping[str, Any]) -> OpenAISpeech:
    """settings: `api_key`, `base_url`, `model`, `timeout_s`. Raises `EngineUnavailable` without a key."""
    server = Server(SPEECH, "StepFun", KEY, ADDRESS)
    provider = Provider(server, VOICES, KNOWN, _body, ("zh", "en", "ja"), LONGEST)
    return OpenAISpeech(provider, **_given(settings, SPEECH, SPEECH_MODEL))


def create_recognizer(settings: Mapping[str, Any]) -> RemoteRecognizer:
    """settings: `api_key`, `base_url`, `model`, `timeout_s`. Raises `EngineUnavailable` without a key."""
    given = _given(settings, TRANSCRIPTION, TRANSCRIPTION_MODEL)
    server = Server(TRANSCRIPTION, "StepFun", KEY, ADDRESS)
    return RemoteRecognizer(server, Recognize(given["model"]), languages=("zh", "en"), **given)


def _given(settings: Mapping[str, Any], engine: str, model: str) -> dict[str, Any]:
    if not settings.get("api_key"):
        raise EngineUnavailable(f"StepFun needs a key ({KEY}).", engine=engine)
    given = {key: settings[key] for key in ("api_key", "base_url", "model", "timeout_s") if settings.get(key)}
    return {"base_url": BASE_URL, "model": model, **given}


def _body(model: str, request: SynthesisRequest) -> dict[str, Any]:
    style = style_of(request.voice.style)
    speed, volume = request.voice.speed, 1.0
    fields: dict[str, Any] = {"sample_rate": 24_000}
    kind, label = LABELS.get(request.voice.style, ("", ""))
    if model.startswith("stepaudio"):
        fields["input"] = request.text.translate(ROUND_BRACKETS)
        if instructions := request.voice.instructions or style.instructions:
            fields["instruction"] = instructions[:LONGEST_INSTRUCTION]
    elif label and not (model.endswith("mini") and label in BEYOND_MINI):
        fields["voice_label"] = {kind: label}
    else:
        speed, volume = speed * style.speed, style.volume
    if speed != 1.0:
        fields["speed"] = round(clamp(speed, 0.5, 2.0), 3)
    if volume != 1.0:
        fields["volume"] = round(clamp(volume, 0.1, 2.0), 2)
    return fields


class Recognize:
    """The request to `/audio/asr/sse`, for an utterance that is whole."""

    def __init__(self, model: str) -> None:
        self._model = model

    async def __call__(self, client: openai.AsyncOpenAI, pcm: Samples, language: str) -> Recognition:
        asked = {
            "audio": {
                "data": base64.b64encode(pcm.astype("<i2", copy=False).tobytes()).decode(),
                "input": {
                    "transcription": {"model": self._model, "enable_itn": True}
                    | ({"language": language} if language in ("zh", "en") else {}),
                    "format": {"type": "pcm", "codec": "pcm_s16le", "rate": LINE_RATE, "bits": 16, "channel": 1},
                },
            }
        }
        options: Any = {"headers": {"Accept": "text/event-stream"}}
        answer = await client.post("/audio/asr/sse", body=asked, cast_to=str, options=options)
        return Recognition(_text(answer))


def _text(answer: str) -> str:
    """The whole text, out of the events. Raises `ValueError` if it is not there."""
    for line in answer.splitlines():
        if line.startswith("data:") and (data := line.removeprefix("data:").strip()) != "[DONE]":
            event = json.loads(data)
            if event["type"] == "error":
                raise Refusal(httpx2.codes.BAD_GATEWAY)
            if event["type"] == "transcript.text.done":
                return str(event["text"]).strip()
    raise ValueError("no transcript")
