"""What the sherpa-onnx engines share: the library, a folder of weights, and the facts that ONNX files carry.

sherpa-onnx ends the whole process when a file is missing or lacks a property that it reads, so everything that it would
stumble over is looked up here first, and refused by name.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from importlib import import_module
from pathlib import Path
from typing import IO, Any, TypeVar

from pipeline.errors import EngineUnavailable, SettingError

T = TypeVar("T")

NAME = "sherpa"
PROVIDERS = ("cpu", "cuda", "coreml")

NORMALISATION = ("neg_mean", "inv_stddev")
STACKING = ("lfr_window_size", "lfr_window_shift")
PROPERTIES: Mapping[str, tuple[str, ...]] = {
    "paraformer": (
        *("vocab_size", "encoder_output_size", "decoder_num_blocks", "decoder_kernel_size"),
        *(*STACKING, *NORMALISATION),
    ),
    "zipformer": (
        *("encoder_dims", "attention_dims", "num_encoder_layers", "cnn_module_kernels", "left_context_len"),
        *("T", "decode_chunk_len"),
    ),
    "zipformer2": (
        *("encoder_dims", "query_head_dims", "value_head_dims", "num_heads", "num_encoder_layers"),
        *("cnn_module_kernels", "left_context_len", "T", "decode_chunk_len"),
    ),
    "conformer": ("T", "decode_chunk_len"),
    "lstm": ("T", "decode_chunk_len"),
    "transducer decoder": ("vocab_size", "context_size"),
    "sense_voice_ctc": (
        *("vocab_size", "normalize_samples", "with_itn", "without_itn", *STACKING, *NORMALISATION),
        *(f"lang_{language}" for language in ("auto", "zh", "en", "ja", "ko", "yue")),
    ),
    "vits": ("sample_rate", "n_speakers", "language", "comment"),
    "melo-vits": ("sample_rate", "n_speakers", "language", "comment", "version"),
    "matcha-tts": ("sample_rate", "n_speakers", "use_eos_bos", "pad_id"),
    "kokoro": ("sample_rate", "n_speakers", "has_espeak", "style_dim"),
    "vocoder": ("model_type",),
}
"""By kind of network, the properties without which sherpa-onnx ends the process."""


def library() -> Any:
    """The module sherpa_onnx. Raises `EngineUnavailable` with the command that gets it."""
    try:
        return import_module("sherpa_onnx")
    except ImportError as error:
        raise EngineUnavailable(
            "The library sherpa-onnx is missing: python3 run.py models pull recommended gets it, and weights.",
            engine=NAME,
        ) from error


def cores() -> int:
    """How many processor cores there are."""
    return os.cpu_count() or 1


def checked_provider(name: str) -> str:
    """`name`, if it says where sherpa-onnx can compute. Raises `SettingError`."""
    if name not in PROVIDERS:
        raise SettingError(f"{NAME}: provider is one of {', '.join(PROVIDERS)}, not {name!r}.")
    return name


def loaded(make: Callable[[], T], folder: Folder) -> T:
    """What `make()` loads from `folder`; what the library raises becomes `EngineUnavailable`."""
    try:
        return make()
    except (RuntimeError, ValueError) as error:
        raise EngineUnavailable(
            f"The weights in {folder.name} cannot be loaded; python3 run.py models verify tells whether they are whole.",
            engine=NAME,
        ) from error


class Folder:
    """A folder of weights as they are published: ONNX files and what belongs to them."""

    def __init__(self, path: str | Path, example: str) -> None:
        """Raises `EngineUnavailable` if there is no such folder; the message tells how to get `example`."""
        self.path = Path(path).resolve()
        if not path or not self.path.is_dir():
            wanted = f"The folder {self.path.name} is missing" if path else "No weights are named"
            raise EngineUnavailable(f"{wanted}: python3 run.py models pull {example}.", engine=NAME)

    @property
    def name(self) -> str:
        return self.path.name

    def networks(self) -> list[Path]:
        """All ONNX files."""
        return sorted(self.path.glob("*.onnx"))

    def find(self, pattern: str, *, small: bool = True) -> Path | None:
        """The file that `pattern` matches. small: the 8-bit one of several, else the one of full precision."""
        found = sorted(self.path.glob(pattern))
        fitting = [path for path in found if ("int8" in path.name) == small]
        return (fitting or found or [None])[-1]

    def need(self, pattern: str, *, small: bool = True) -> Path:
        """The same. Raises `EngineUnavailable` that names the missing file."""
        if path := self.find(pattern, small=small):
            return path
        raise EngineUnavailable(f"{pattern.replace('*', '')} is missing in the folder {self.name}.", engine=NAME)


def properties(path: Path, kind: str = "") -> dict[str, str]:
    """What an ONNX file says about itself (`ModelProto.metadata_props`), read without loading the network.

    kind: of `PROPERTIES`; empty takes the file's own model_type. Raises `EngineUnavailable` if the file is not whole or
    lacks a property that its kind must have.
    """
    with path.open("rb") as file:
        try:
            found = dict(_properties(file, path.stat().st_size))
        except (EOFError, ValueError) as error:
            raise EngineUnavailable(f"{path.name} is damaged or no ONNX file.", engine=NAME) from error
    lacking = [key for key in PROPERTIES.get(kind or found.get("model_type", ""), ()) if not found.get(key)]
    if lacking:
        raise EngineUnavailable(f"{path.name} lacks the property {lacking[0]}: not made for sherpa-onnx.", engine=NAME)
    return found


# --- As much of protobuf as that takes -------------------------------------------------------------------------------

METADATA_PROPS = 14
KEY, VALUE = 1, 2


def _properties(file: IO[bytes], size: int) -> Iterable[tuple[str, str]]:
    while file.tell() < size:
        tag = _varint(file)
        match tag & 7:  # the wire type
            case 0:
                _varint(file)
            case 1:
                file.seek(8, os.SEEK_CUR)
            case 5:
                file.seek(4, os.SEEK_CUR)
            case 2:
                length = _varint(file)
                end = file.tell() + length
                if end > size:
                    raise EOFError
                if tag >> 3 == METADATA_PROPS:
                    yield _entry(file, end)
                file.seek(end)  # past the network, mostly
            case other:
                raise ValueError(other)


def _entry(file: IO[bytes], end: int) -> tuple[str, str]:
    """One `StringStringEntryProto`."""
    fields = {KEY: "", VALUE: ""}
    while file.tell() < end:
        tag = _varint(file)
        fields[tag >> 3] = file.read(_varint(file)).decode("utf-8")
    return fields[KEY], fields[VALUE]


def _varint(file: IO[bytes]) -> int:
    value = shift = 0
    while True:
        byte = file.read(1)
        if not byte or shift > 63:
            raise EOFError
        value |= (byte[0] & 0x7F) << shift
        if byte[0] < 0x80:
            return value
        shift += 7
