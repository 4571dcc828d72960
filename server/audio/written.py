"""What was heard in a recording, in the forms that the API offers. Pure."""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from pipeline.text.language import is_han
from server.audio.decoding.track import Missing
from server.audio.hearing import Segment

LANGUAGE_NAMES: Mapping[str, str] = {
    "ar": "arabic",
    "de": "german",
    "en": "english",
    "es": "spanish",
    "fr": "french",
    "it": "italian",
    "ja": "japanese",
    "ko": "korean",
    "nl": "dutch",
    "pl": "polish",
    "pt": "portuguese",
    "ru": "russian",
    "tr": "turkish",
    "uk": "ukrainian",
    "vi": "vietnamese",
    "yue": "cantonese",
    "zh": "chinese",
}
"""OpenAI's API names the language in words; a tag that is not here stays as it is."""


def gap(before: str, after: str) -> str:
    """What separates two pieces of a transcript: nothing where Chinese meets Chinese, else a space."""
    wide = (is_han(side) or side in "，。！？；：、" for side in (before[-1:], after[:1]) if side)
    return "" if not before or all(wide) else " "


def whole_text(segments: Sequence[Segment]) -> str:
    """The transcript."""
    text = ""
    for segment in segments:
        text += gap(text, segment.text) + segment.text
    return text


def language_heard(segments: Sequence[Segment], otherwise: str) -> str:
    """The language of most segments, as the recogniser says; `otherwise` if it says nothing."""
    told = Counter(segment.language for segment in segments if segment.language)
    return told.most_common(1)[0][0] if told else otherwise


def verbose(
    segments: Sequence[Segment], seconds: float, language: str, granularities: Collection[str]
) -> dict[str, Any]:
    """verbose_json. Words are those that the recogniser knows the times of: none, if it knows none."""
    written: dict[str, Any] = {
        "task": "transcribe",
        "language": LANGUAGE_NAMES.get(language, language),
        "duration": round(seconds, 3),
        "text": whole_text(segments),
        "usage": usage(seconds),
    }
    if "segment" in granularities:
        written["segments"] = [_segment(number, segment) for number, segment in enumerate(segments)]
    if "word" in granularities:
        words = [word for segment in segments for word in segment.words]
        written["words"] = [
            {"word": word.text.strip(), "start": word.start_ms / 1000, "end": word.end_ms / 1000} for word in words
        ]
    return written


MISSING_HEADER = "X-Kaikou-Missing"
"""For the forms that have no room for it."""

MOST_MISSING = 100
NEIGHBOURS_S = 1.0
"""Stretches closer than this are told as one."""


def missing_stretches(missing: Collection[Missing]) -> list[dict[str, Any]]:
    """What was not heard, in its order. `end` is None where nobody knows how long it lasts."""
    stretches = list[dict[str, Any]]()
    for one in sorted(missing, key=lambda one: one.start_s):
        start, end = round(one.start_s, 2), None if one.end_s is None else round(one.end_s, 2)
        last = stretches[-1] if stretches else {"reason": None}
        if last["reason"] == one.reason and last["end"] is not None and start - last["end"] < NEIGHBOURS_S:
            last["end"] = end if end is None else max(end, last["end"])
        else:
            stretches.append({"start": start, "end": end, "reason": one.reason})
    return stretches[:MOST_MISSING]


def missing_header(stretches: Sequence[Mapping[str, Any]]) -> str:
    """The same in one line: `3.2-14.0, 20.5-`."""
    return ", ".join(f"{one['start']}-{'' if one['end'] is None else one['end']}" for one in stretches)


def usage(seconds: float) -> dict[str, Any]:
    """How much was heard."""
    return {"type": "duration", "seconds": round(seconds, 3)}


def _segment(number: int, segment: Segment) -> dict[str, Any]:
    raw = segment.text.encode()
    return {
        "id": number,
        "seek": 0,
        "start": segment.start_ms / 1000,
        "end": segment.end_ms / 1000,
        "text": segment.text,
        # What only Whisper has is neutral; the types of OpenAI's clients require it.
        "tokens": [],
        "temperature": 0.0,
        "avg_logprob": 0.0,
        "compression_ratio": round(len(raw) / len(zlib.compress(raw)), 3),
        "no_speech_prob": 0.0,
    }


def srt(segments: Sequence[Segment]) -> str:
    """SubRip: numbered captions, commas before the milliseconds."""
    return "".join(
        f"{number}\n{_clock(segment.start_ms, ',')} --> {_clock(segment.end_ms, ',')}\n{segment.text}\n\n"
        for number, segment in enumerate(segments, 1)
    )


def vtt(segments: Sequence[Segment]) -> str:
    """WebVTT. https://www.w3.org/TR/webvtt1/ : a text must not hold an arrow or markup."""
    captions = (
        f"{_clock(segment.start_ms, '.')} --> {_clock(segment.end_ms, '.')}\n{_escaped(segment.text)}\n\n"
        for segment in segments
    )
    return "WEBVTT\n\n" + "".join(captions)


def _clock(ms: int, point: str) -> str:
    seconds, ms = divmod(ms, 1000)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{seconds:02}{point}{ms:03}"


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
