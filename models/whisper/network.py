"""The network: a stretch of speech in, its words out, with what tells whether to believe them.

Whisper was trained on windows of 30 s. Given less it is as much quicker as the window is shorter, but needs some silence
after the speech to find its end. Base, word error rate of whole clips: 0.023 with the whole window, 0.033 with 3 s and
0.031 with 5 s, 0.15 with 1 s. In 201 pauses and short clips it repeated itself 9 times with 3 s, twice with 4 s, never with
5 s. (Forbidding repetition costs words: 0.058 with a penalty of 1.1, 0.025 without. Forbidding phrases to come twice makes
it invent others.)
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from models.support.word_times import words_of
from models.whisper.features import HOP, log_mel
from models.whisper.library import NAME, package
from models.whisper.loops import is_loop, without_loop
from pipeline.audio.samples import LINE_RATE, Samples
from pipeline.engines.protocols import WordTime
from pipeline.errors import EngineUnavailable

WINDOW = 30 * LINE_RATE
PADDING, MORE_PADDING = 4 * LINE_RATE, 8 * LINE_RATE

NO_SPEECH = 0.6
DOUBTFUL = -1.0
"""Both beyond these, it is no speech: no real speech had a mean log-probability below -0.86, and most noise has."""

TOKENS_AT_FIRST, TOKENS_PER_S = 24, 14
"""How many a decoder may put out: more than anybody speaks."""

START, END_OF_LANGUAGES = "<|startoftranscript|>", "<|translate|>"
TRANSCRIBE, WITHOUT_TIMES = "<|transcribe|>", "<|notimestamps|>"
NO_CHARACTER = "\ufffd"
POSITION_S = 0.02
"""What one position of the encoder stands for."""
TAGS = {"jw": "jv"}
"""Whisper's names of languages that BCP 47 calls otherwise."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Decoded:
    """What was understood of one window; no text where there was no speech.

    log_probability: the mean of the tokens'. loops: whether the decoder may have repeated itself; cut: whether that
    was taken off. words: with times from the beginning of the window, if these were asked for.
    """

    text: str
    language: str
    log_probability: float
    loops: bool = False
    cut: bool = False
    words: tuple[WordTime, ...] = ()


class Network:
    """The model of a folder. As many threads as `at_once` may decode side by side, each on one core."""

    def __init__(self, folder: Path, device: str, compute_type: str, at_once: int) -> None:
        """Raises `EngineUnavailable`."""
        self._library = package("ctranslate2")
        self._tokenizer = package("tokenizers").Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._simplified = package("opencc", "OpenCC").OpenCC("t2s")
        self._model = self._loaded(folder, device, compute_type, at_once)
        self._languages = _languages(self._tokenizer) if self._model.is_multilingual else {"en": ""}

    @property
    def languages(self) -> tuple[str, ...]:
        """BCP 47 primary tags of what it understands."""
        return tuple(self._languages)

    def decode(self, pcm: Samples, languages: Sequence[str], *, insist: bool = False, timed: bool = False) -> Decoded:
        """The words of at most 30 s at 16 kHz, in one of `languages`; blocks, but not the interpreter.

        insist: whether to decode what loops again, with more silence and at last with the whole window, which takes 2 s;
        what two decodes agree on was said. timed: whether to find out when each word sounds, which takes 50 ms for 4 s
        and 130 ms for 16 s.
        """
        decoded = self._decode(pcm, languages, PADDING, timed)
        for padding in (MORE_PADDING, WINDOW) if insist else ():
            if not decoded.loops:
                break
            log.info("%.1f s of speech: decoded again, since it looped", len(pcm) / LINE_RATE)
            before, decoded = decoded, self._decode(pcm, languages, padding, timed)
            if decoded.text == before.text and not decoded.cut:
                break
        return decoded

    def _decode(self, pcm: Samples, languages: Sequence[str], padding: int, timed: bool) -> Decoded:
        features = log_mel(pcm, self._model.n_mels, min(padding, max(0, WINDOW - len(pcm))))
        encoded = self._model.encode(self._library.StorageView.from_array(features[None]))
        language = languages[0] if len(languages) == 1 else self._likeliest(encoded, languages)
        limit = TOKENS_AT_FIRST + TOKENS_PER_S * len(pcm) // LINE_RATE
        (found,) = self._model.generate(
            encoded,
            [self._prompt(language)],
            beam_size=1,
            max_length=2 * limit,  # half of it is for what is generated
            return_scores=True,
            return_no_speech_prob=True,
        )
        tokens: list[int] = found.sequences_ids[0]
        log_probability = found.scores[0] * len(tokens) / (len(tokens) + 1)  # with the end, as OpenAI counts
        if found.no_speech_prob > NO_SPEECH and log_probability < DOUBTFUL:
            return Decoded("", language, log_probability)
        loops = is_loop(tokens, self._text(tokens, language))
        kept = without_loop(tokens)
        words = self._words(encoded, kept, language, len(pcm)) if timed and kept else ()
        cut = len(kept) < len(tokens)
        return Decoded(self._text(kept, language).strip(), language, log_probability, loops, cut, words)

    def _likeliest(self, encoded: Any, languages: Sequence[str]) -> str:
        probabilities = dict(self._model.detect_language(encoded)[0])
        return max(languages, key=lambda tag: probabilities[self._languages[tag]])

    def _prompt(self, language: str) -> list[int]:
        named = self._languages[language]
        tokens = (START, named, TRANSCRIBE, WITHOUT_TIMES) if named else (START, WITHOUT_TIMES)
        return [self._tokenizer.token_to_id(token) for token in tokens]

    def _text(self, tokens: Sequence[int], language: str) -> str:
        text: str = self._tokenizer.decode(list(tokens)).replace(NO_CHARACTER, "")
        return self._simplified.convert(text) if language == "zh" else text

    def _words(self, encoded: Any, tokens: Sequence[int], language: str, samples: int) -> tuple[WordTime, ...]:
        prompt = self._prompt(language)[:-1]  # the alignment itself adds that there are no times
        (found,) = self._model.align(encoded, prompt, [list(tokens)], samples // HOP)
        starts_s: dict[int, float] = {}
        for token, position in found.alignments:
            starts_s.setdefault(token, position * POSITION_S)
        whole = list(self._whole_characters(tokens))
        texts = [self._text(tokens[begin:end], language) for begin, end in whole]
        starts = [starts_s.get(begin, 0.0) for begin, _end in whole]
        return words_of(texts, starts, longest_ms=WINDOW * 1000 // LINE_RATE)  # where it is silent is cut out later

    def _whole_characters(self, tokens: Sequence[int]) -> Iterator[tuple[int, int]]:
        """The tokens from where to where are characters: many a Chinese one takes several."""
        begin = 0
        for end in range(1, len(tokens) + 1):
            if NO_CHARACTER not in self._tokenizer.decode(list(tokens[begin:end])):
                yield begin, end
                begin = end

    def _loaded(self, folder: Path, device: str, compute_type: str, at_once: int) -> Any:
        """The model, where it can compute: of a GPU without its libraries one learns at the first use."""
        if device == "auto":
            device = "cuda" if self._library.get_cuda_device_count() else "cpu"
            if device == "cuda":
                try:
                    return self._tried(folder, device, compute_type, at_once)
                except EngineUnavailable as error:
                    log.warning("on the CPU, since the GPU cannot be used: %s", error.__cause__)
                    device = "cpu"
        return self._tried(folder, device, compute_type, at_once)

    def _tried(self, folder: Path, device: str, compute_type: str, at_once: int) -> Any:
        chosen = compute_type or ("int8" if device == "cpu" else "float16")
        try:
            model = self._library.models.Whisper(
                str(folder), device=device, compute_type=chosen, inter_threads=at_once, intra_threads=1
            )
            silence = log_mel(np.zeros(LINE_RATE, np.int16), model.n_mels)
            model.encode(self._library.StorageView.from_array(silence[None]))
        except (RuntimeError, ValueError) as error:
            raise EngineUnavailable(
                f"The weights in {folder.name} cannot be used on {device} as {chosen}; the log says why.", engine=NAME
            ) from error
        return model


def _languages(tokenizer: Any) -> Mapping[str, str]:
    """The token of each language, by its BCP 47 tag."""
    first, end = (tokenizer.token_to_id(token) for token in (START, END_OF_LANGUAGES))
    named = [tokenizer.id_to_token(token) for token in range(first + 1, end)]
    return {TAGS.get(token[2:-2], token[2:-2]): token for token in named}
