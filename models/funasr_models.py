"""FunASR's models, as a child process runs them: streaming Paraformer for what is being said, SenseVoice for what was said.

They live in processes of their own because the library takes a process for its property: on loading a model it seeds
every random generator, sets the number of torch's threads, configures logging and prints; importing it takes seconds
with the interpreter lock held. Nothing is ever downloaded: models are given as folders that exist.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch

from models.funasr_recognizer import CHUNK_BYTES, NAME
from pipeline.audio import LINE_RATE
from pipeline.errors import EngineError, EngineUnavailable

CHUNK = (0, 10, 5)
"""Frames of 60 ms: none before, ten heard at once, five of look-ahead; the size that the model is published for."""
ENCODER_LOOK_BACK, DECODER_LOOK_BACK = 4, 1
"""Chunks that are remembered."""
SHORTEST = LINE_RATE * 60 // 1000
"""Samples of one frame; a rest that is shorter ends the utterance with the look-ahead that was held back."""
LONGEST_PIECE_MS = 30_000
"""SenseVoice was trained on pieces up to this long; the detector cuts longer ones."""
WHOLE_MS = 600_000
"""Longer than any utterance: the detector hears it in one go."""
PADDING_LIMIT = 1.5
"""Utterances whose lengths differ by more are not run together, since each is computed at the length of the longest."""


def device_of(wanted: str) -> str:
    """The torch device for "auto", "cpu", "cuda" or "cuda:1". Raises `EngineUnavailable` if it is not there."""
    if wanted == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    if wanted.startswith("cuda") and not torch.cuda.is_available():
        raise EngineUnavailable(
            'FunASR was told to use "cuda", but PyTorch finds no CUDA device here. Set its device to "auto" or "cpu", '
            "or check the driver with nvidia-smi and that PyTorch was installed with CUDA.",
            engine=NAME,
        )
    return wanted


@dataclass(slots=True)
class Heard:
    """What one utterance has led to so far: the model's memory and the tokens it gave."""

    cache: dict[str, Any]
    tokens: list[str] = field(default_factory=list)


class StreamingPass:
    """Streaming Paraformer, one chunk of one utterance at a time: FunASR's streaming decoder takes no batches.

    Utterances are told apart by a key that the caller chooses. `ended` names those that nobody needs any more.
    """

    def __init__(self, weights: str, punctuation: str, device: str, threads: int) -> None:
        self._device = device_of(device)
        self._loaded = _load(weights, self._device, threads)
        self._punctuation = _load(punctuation, self._device, threads) if punctuation else None
        self._utterances: dict[int, Heard] = {}
        self._warm_up()

    def accept(self, ended: Sequence[int], key: int, begins: bool, pcm: bytes) -> str:
        """Take `CHUNK_BYTES` of 16-bit samples; the text so far."""
        self.tidy(ended)
        heard = self._utterance(key, begins)
        self._hear(heard, pcm, last=False)
        return _text(heard.tokens)

    def settle(self, ended: Sequence[int], key: int, begins: bool, rest: bytes) -> str:
        """The text if the utterance ended with `rest`, which is less than a chunk; the utterance goes on unchanged."""
        self.tidy(ended)
        if begins and len(rest) < 2 * SHORTEST:
            return ""
        heard = copy.deepcopy(self._utterance(key, begins))
        self._hear(heard, rest, last=True)
        if begins:
            del self._utterances[key]
        return self._punctuated(_text(heard.tokens))

    def tidy(self, ended: Sequence[int]) -> int:
        """Forget utterances; how many there are still."""
        for key in ended:
            self._utterances.pop(key, None)
        return len(self._utterances)

    def _utterance(self, key: int, begins: bool) -> Heard:
        if begins:
            settings = {**self._loaded.kwargs, "chunk_size": list(CHUNK)}
            settings |= {"encoder_chunk_look_back": ENCODER_LOOK_BACK, "decoder_chunk_look_back": DECODER_LOOK_BACK}
            self._utterances[key] = Heard(self._loaded.model.init_cache({}, **settings))
        if key not in self._utterances:
            raise EngineError("FunASR had to start anew; what was said meanwhile is lost.", engine=NAME)
        return self._utterances[key]

    @torch.inference_mode()
    def _hear(self, heard: Heard, pcm: bytes, *, last: bool) -> None:
        from funasr.utils.load_utils import extract_fbank

        cache, frontend = heard.cache, self._loaded.kwargs["frontend"]
        samples = _float(pcm)
        if last and len(samples) < SHORTEST:
            cache["encoder"]["tail_chunk"] = True
            features = cache["encoder"]["feats"]
            lengths = torch.tensor([features.shape[1]])
        else:
            features, lengths = extract_fbank([samples], frontend=frontend, cache=cache["frontend"], is_final=last)
        heard.tokens += self._loaded.model.generate_chunk(
            features,
            lengths,
            key=["utterance"],
            tokenizer=self._loaded.kwargs["tokenizer"],
            cache=cache,
            device=self._device,
            is_final=last,
        )

    def _punctuated(self, text: str) -> str:
        if not self._punctuation or not text:
            return text
        return str(_infer(self._punctuation, [text])[0]["text"]).strip()

    def _warm_up(self) -> None:
        """The first calls are slow: they load kernels and reserve memory."""
        silence = bytes(CHUNK_BYTES)
        for begins in (True, False):
            self.accept((), -1, begins, silence)
        self.settle((), -1, False, silence[: CHUNK_BYTES // 2])
        self.tidy((-1,))
        self._punctuated("好")


class WholePass:
    """SenseVoice on finished utterances, many at once; FSMN-VAD cuts away the pauses in them, if its folder is given."""

    def __init__(self, weights: str, vad: str, device: str, threads: int) -> None:
        device = device_of(device)
        self._loaded = _load(weights, device, threads)
        self._vad = _load(vad, device, threads) if vad else None
        self._runs = 0
        self.decode([bytes(2 * LINE_RATE)])  # the first call is slow

    def decode(self, utterances: Sequence[bytes]) -> list[list[str]]:
        """For each utterance of 16-bit samples, the tagged texts of its pieces, in the order they were said.

        float32 throughout: in half precision, the attention's masks and CTC's logarithms overflow.
        """
        pieces = [self._pieces(_float(pcm)) for pcm in utterances]
        everything = [piece for each in pieces for piece in each]
        texts: list[str] = [""] * len(everything)
        for group in of_similar_length([len(piece) for piece in everything]):
            for index, text in zip(group, self._texts([everything[index] for index in group]), strict=True):
                texts[index] = text
        in_order = iter(texts)
        return [[next(in_order) for _ in each] for each in pieces]

    def runs(self) -> int:
        """How often the model was run."""
        return self._runs

    def _texts(self, pieces: list[torch.Tensor]) -> list[str]:
        self._runs += 1
        return [result["text"] for result in _infer(self._loaded, pieces, language="auto", use_itn=True)]

    def _pieces(self, samples: torch.Tensor) -> list[torch.Tensor]:
        if self._vad is None:
            return [samples]
        found = _infer(self._vad, [samples], cache={}, chunk_size=WHOLE_MS, max_single_segment_time=LONGEST_PIECE_MS)
        spans = [samples[begin * LINE_RATE // 1000 : end * LINE_RATE // 1000] for begin, end in found[0]["value"]]
        # The caller's own detector took this for speech: rather hear all of it than nothing.
        return [span for span in spans if len(span)] or [samples]


def of_similar_length(lengths: Sequence[int]) -> Iterator[list[int]]:
    """Indices in groups whose longest is at most `PADDING_LIMIT` times their shortest."""
    group: list[int] = []
    for index in sorted(range(len(lengths)), key=lengths.__getitem__):
        if group and lengths[index] > PADDING_LIMIT * lengths[group[0]]:
            yield group
            group = []
        group.append(index)
    if group:
        yield group


def _load(folder: str, device: str, threads: int) -> Any:
    """A model of FunASR with its tokenizer, frontend and settings, from a folder that exists."""
    from funasr import AutoModel

    loaded = AutoModel(
        model=folder, device=device, ncpu=threads, disable_update=True, disable_pbar=True, log_level="ERROR"
    )
    if frontend := loaded.kwargs.get("frontend"):
        frontend.dither = 0.0  # by default it adds noise, and the same audio gives another text each time
    return loaded


def _infer(loaded: Any, inputs: list[Any], **settings: Any) -> list[dict[str, Any]]:
    """One call of the model itself. `AutoModel.generate` does the same, but frees the GPU's memory pool every time."""
    with torch.inference_mode():
        results, _ = loaded.model.inference(inputs, key=["utterance"] * len(inputs), **{**loaded.kwargs, **settings})
    return list(results)


def _float(pcm: bytes) -> torch.Tensor:
    return torch.from_numpy(np.frombuffer(pcm, np.int16).astype(np.float32) / 32768)


def _text(tokens: Sequence[str]) -> str:
    """Tokens of a whole utterance as text: the pieces of an English word may come from two chunks."""
    from funasr.utils.postprocess_utils import sentence_postprocess

    return str(sentence_postprocess(list(tokens))[0])
