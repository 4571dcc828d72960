"""FunASR's models, as a child process runs them: streaming Paraformer for what is being said, SenseVoice for what was said.

They live in processes of their own because the library changes process-wide state: on loading a model it seeds
every random generator, sets the number of torch's threads, configures logging and prints; importing it takes seconds
with the interpreter lock held. Nothing is ever downloaded: models are given as folders that exist.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from funasr import AutoModel
from funasr.utils.load_utils import extract_fbank
from funasr.utils.postprocess_utils import sentence_postprocess

from models.funasr.recognizer import CHUNK_BYTES, NAME, UtterancePiece
from pipeline.audio.samples import LINE_RATE
from pipeline.errors import EngineError, EngineUnavailable

CHUNK = (0, 10, 5)
"""Frames of 60 ms: none before, ten heard at once, five of look-ahead; the size that the model is published for."""
ENCODER_LOOK_BACK, DECODER_LOOK_BACK = 4, 1
"""Chunks that are remembered."""
SHORTEST = LINE_RATE * 60 // 1000
"""Samples of one frame; a rest that is shorter ends the utterance with the look-ahead that was held back."""
LONGEST_PIECE_MS = 30_000
"""SenseVoice takes up to half a minute; speech without a pause for longer is cut by the detector."""
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

    def copy(self) -> Heard:
        """One that can go another way; the model replaces tensors and does not write into them."""
        return Heard(_copied(self.cache), list(self.tokens))


class StreamingPass:
    """Streaming Paraformer, the chunks of many utterances at once.

    FunASR decodes one stream at a time. Here, the parts in front of the encoder and between it and the decoder, which
    depend on how far a stream has come, are computed for each; encoder and decoder, which are nearly all of the work,
    for all streams at once whose memories have the same shape: for the encoder that is every stream from its fifth
    chunk on, for the decoder those in which as much was said.
    """

    def __init__(self, weights: str, punctuation: str, device: str, threads: int) -> None:
        self._device = device_of(device)
        self._loaded = _load(weights, self._device, threads)
        self._punctuation = _load(punctuation, self._device, threads) if punctuation else None
        self._utterances: dict[int, Heard] = {}
        self._runs = 0
        self._warm_up()

    def accept_pieces(self, ended: Sequence[int], pieces: Sequence[UtterancePiece]) -> list[str | EngineError]:
        """Take the next piece of some utterances, at most one of each; the text of each so far.

        ended: utterances that nobody needs any more.
        """
        for key in ended:
            self._utterances.pop(key, None)
        heard = [self._heard(piece) for piece in pieces]
        self._run([(each, piece) for each, piece in zip(heard, pieces, strict=True) if each and not _is_silent(piece)])
        lost = EngineError("FunASR had to start anew; what was said meanwhile is lost.", engine=NAME)
        return [self._text(each, piece) if each else lost for each, piece in zip(heard, pieces, strict=True)]

    def utterances(self) -> int:
        """How many are remembered."""
        return len(self._utterances)

    def runs(self) -> int:
        """How often the encoder was run."""
        return self._runs

    def _heard(self, piece: UtterancePiece) -> Heard | None:
        heard = self._new() if piece.begins else self._utterances.get(piece.key)
        if heard and piece.ends:
            return heard.copy()
        if heard:
            self._utterances[piece.key] = heard
        return heard

    def _new(self) -> Heard:
        settings = {**self._loaded.kwargs, "chunk_size": list(CHUNK)}
        settings |= {"encoder_chunk_look_back": ENCODER_LOOK_BACK, "decoder_chunk_look_back": DECODER_LOOK_BACK}
        return Heard(self._loaded.model.init_cache({}, **settings))

    @torch.inference_mode()
    def _run(self, work: Sequence[tuple[Heard, UtterancePiece]]) -> None:
        heard = [each for each, _ in work]
        encoded = self._encode(heard, [self._features(each, piece) for each, piece in work])
        embedded = []
        for each, frames, (_, piece) in zip(heard, encoded, work, strict=True):
            tokens, count, *_ = self._loaded.model.calc_predictor_chunk(
                frames, None, cache=each.cache, is_final=piece.ends
            )
            embedded.append(tokens if int(count.round().max()) > 0 else None)
        self._decode(heard, encoded, embedded)

    def _features(self, heard: Heard, piece: UtterancePiece) -> torch.Tensor:
        """The encoder's input of one utterance: what it held back, and the new frames, with their positions."""
        encoder, cache = self._loaded.model.encoder, heard.cache["encoder"]
        scale, samples = encoder.output_size() ** 0.5, _float(piece.pcm)
        if piece.ends and len(samples) < SHORTEST:
            # What was held back is scaled a second time, as FunASR itself does.
            return cache["feats"].to(self._device) * scale
        features, _ = extract_fbank(
            [samples], frontend=self._loaded.kwargs["frontend"], cache=heard.cache["frontend"], is_final=piece.ends
        )
        positioned = encoder.embed(features.to(self._device) * scale, cache)
        return encoder._add_overlap_chunk(positioned, cache)

    def _encode(self, heard: Sequence[Heard], features: Sequence[torch.Tensor]) -> list[torch.Tensor]:
        encoder = self._loaded.model.encoder
        encoded: list[torch.Tensor] = list(features)
        memories = [each.cache["encoder"]["opt"] for each in heard]
        for group in of_same_shape(list(zip(features, memories, strict=True))):
            self._runs += 1
            # As in the tail of an utterance, the encoder takes its input from the cache; its argument is not looked at.
            cache = {**heard[group[0]].cache["encoder"], "tail_chunk": True, "start_idx": 0}
            cache |= {"feats": torch.cat([features[index] for index in group])}
            cache |= {"opt": _stacked([memories[index] for index in group])}
            frames, _, _ = encoder.forward_chunk(features[group[0]].new_zeros(1, 1, encoder.output_size()), None, cache)
            for place, index in enumerate(group):
                encoded[index] = frames[place : place + 1]
                heard[index].cache["encoder"]["opt"] = _taken(cache["opt"], place)
        return encoded

    def _decode(
        self, heard: Sequence[Heard], encoded: Sequence[torch.Tensor], embedded: Sequence[torch.Tensor | None]
    ) -> None:
        model, tokenizer = self._loaded.model, self._loaded.kwargs["tokenizer"]
        silent = {model.eos, model.sos, model.blank_id}
        speaking = [index for index, tokens in enumerate(embedded) if tokens is not None]
        memories = [{name: each.cache["decoder"][name] for name in ("decode_fsmn", "opt")} for each in heard]
        for places in of_same_shape([(encoded[index], embedded[index], memories[index]) for index in speaking]):
            group = [speaking[place] for place in places]
            cache = {**heard[group[0]].cache["decoder"], **_stacked([memories[index] for index in group])}
            frames, tokens = (torch.cat([each[index] for index in group]) for each in (encoded, embedded))
            said = model.decoder.forward_chunk(frames, tokens, cache).argmax(-1).tolist()
            for place, index in enumerate(group):
                heard[index].tokens += tokenizer.ids2tokens([token for token in said[place] if token not in silent])
                heard[index].cache["decoder"] |= {name: _taken(cache[name], place) for name in memories[index]}

    def _text(self, heard: Heard, piece: UtterancePiece) -> str:
        # Tokens of the whole utterance: the pieces of an English word may come from two chunks.
        text = str(sentence_postprocess(list(heard.tokens))[0])
        if not piece.ends or not text or not self._punctuation:
            return text
        return str(_infer(self._punctuation, [text])[0]["text"]).strip()

    def _warm_up(self) -> None:
        """The first calls are slow: they load kernels and reserve memory."""
        silence = bytes(CHUNK_BYTES)
        for begins in (True, False):
            self.accept_pieces((), [UtterancePiece(-1, begins, False, silence)])
        self.accept_pieces((), [UtterancePiece(-1, False, True, silence[: CHUNK_BYTES // 2])])
        self.accept_pieces((-1,), ())
        if self._punctuation:
            _infer(self._punctuation, ["好"])


def _is_silent(piece: UtterancePiece) -> bool:
    """Whether it is a whole utterance of less than a frame."""
    return piece.begins and piece.ends and len(piece.pcm) < 2 * SHORTEST


class WholePass:
    """SenseVoice on finished utterances, many at once; FSMN-VAD cuts away the pauses in them, if its folder is given."""

    def __init__(self, weights: str, vad: str, device: str, threads: int) -> None:
        device = device_of(device)
        self._loaded = _load(weights, device, threads)
        self._vad = _load(vad, device, threads) if vad else None
        if self._vad:
            self._vad.model.vad_opts.max_single_segment_time = LONGEST_PIECE_MS
        self._runs = 0
        self.decode([bytes(2 * LINE_RATE)])  # the first call is slow

    def decode(self, utterances: Sequence[bytes]) -> list[list[str]]:
        """For each utterance of 16-bit samples, the tagged texts of its pieces, in the order they were said.

        In float32 throughout: what half precision does to the texts was never compared.
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
        found = _infer(self._vad, [samples], cache={}, chunk_size=WHOLE_MS)
        spans = [samples[begin * LINE_RATE // 1000 : end * LINE_RATE // 1000] for begin, end in found[0]["value"]]
        # The caller's own detector took this for speech: rather hear all of it than nothing.
        return [span for span in spans if len(span)] or [samples]


def of_same_shape(trees: Sequence[Any]) -> list[list[int]]:
    """Indices of trees of tensors, grouped by those that can be stacked."""
    groups: dict[Any, list[int]] = {}
    for index, tree in enumerate(trees):
        groups.setdefault(_shapes(tree), []).append(index)
    return list(groups.values())


def _shapes(tree: Any) -> Any:
    match tree:
        case torch.Tensor():
            return tuple(tree.shape)
        case dict():
            return tuple((name, _shapes(branch)) for name, branch in tree.items())
        case list() | tuple():
            return tuple(map(_shapes, tree))
        case _:
            return None


def _stacked(trees: Sequence[Any]) -> Any:
    """Trees of tensors as one, joined at the first dimension."""
    match trees[0]:
        case torch.Tensor():
            return torch.cat(list(trees))
        case dict():
            return {name: _stacked([tree[name] for tree in trees]) for name in trees[0]}
        case list():
            return [_stacked(branches) for branches in zip(*trees, strict=True)]
        case other:
            return other


def _taken(tree: Any, place: int) -> Any:
    """What `_stacked` made of the tree at `place`; copied, so that it does not keep the others alive."""
    match tree:
        case torch.Tensor():
            return tree[place : place + 1].clone()
        case dict():
            return {name: _taken(branch, place) for name, branch in tree.items()}
        case list():
            return [_taken(branch, place) for branch in tree]
        case _:
            return tree


def _copied(tree: Any) -> Any:
    """The same tensors in other dictionaries and lists."""
    match tree:
        case dict():
            return {name: _copied(branch) for name, branch in tree.items()}
        case list():
            return [_copied(branch) for branch in tree]
        case _:
            return tree


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
