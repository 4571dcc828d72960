"""A tiny Whisper in CTranslate2's format: the right tokens and shapes, random weights, one layer on each side.

It says nothing sensible, but what sound goes in decides what comes out. It never says that it is done, so that its text is
as long as its decoder may make it, which follows the length of the audio.
"""

from __future__ import annotations

from itertools import product
from pathlib import Path

import numpy as np
from ctranslate2.specs import WhisperSpec
from tokenizers import AddedToken, Tokenizer, decoders, models

MELS, WIDTH, HEADS = 80, 16, 2
MULTILINGUAL = ""
"""By this token CTranslate2 knows that there are languages: only the vocabulary of multilingual models has it."""
LANGUAGES = ("en", "zh", "de", "jw")
TASKS = ("<|translate|>", "<|transcribe|>", "<|startoflm|>", "<|startofprev|>", "<|nospeech|>", "<|notimestamps|>")
END, START = "<|endoftext|>", "<|startoftranscript|>"


def build(folder: Path) -> Path:
    """Write it; the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    words = [MULTILINGUAL]
    words += ["Ġ" + "".join(syllables) for syllables in product("bdfgklmn", "aeio", "prstvwxz", "aeiou")]
    special = [END, START, *(f"<|{language}|>" for language in LANGUAGES), *TASKS]
    times = [f"<|{0.02 * step:.2f}|>" for step in range(1501)]
    tokens = [*words, *special, *times]
    ids = {token: number for number, token in enumerate(tokens)}
    spec = WhisperSpec(1, HEADS, 1, HEADS)
    spec.register_vocabulary(tokens)
    spec.config.lang_ids = [ids[f"<|{language}|>"] for language in LANGUAGES]
    spec.config.suppress_ids = [0, *range(len(words), len(tokens))]
    spec.config.suppress_ids_begin = []
    spec.config.alignment_heads = [(0, 0)]
    _fill(spec, len(tokens))
    spec.validate()
    spec.save(str(folder))
    tokenizer = Tokenizer(models.BPE({word: number for number, word in enumerate(words)}, []))
    tokenizer.add_special_tokens([AddedToken(token, special=True) for token in special])
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.save(str(folder / "tokenizer.json"))
    return folder


def _fill(spec: WhisperSpec, vocabulary: int) -> None:
    random = np.random.default_rng(7)

    def values(*shape: int, scale: float = 0.3) -> np.ndarray:
        return (scale * random.standard_normal(shape)).astype(np.float32)

    def norm(layer: object) -> None:
        layer.gamma, layer.beta = np.ones(WIDTH, np.float32), np.zeros(WIDTH, np.float32)

    def linear(layer: object, outputs: int, inputs: int = WIDTH) -> None:
        layer.weight, layer.bias = values(outputs, inputs), np.zeros(outputs, np.float32)

    encoder, decoder = spec.encoder, spec.decoder
    encoder.conv1.weight, encoder.conv1.bias = values(WIDTH, MELS, 3), np.zeros(WIDTH, np.float32)
    encoder.conv2.weight, encoder.conv2.bias = values(WIDTH, WIDTH, 3), np.zeros(WIDTH, np.float32)
    encoder.position_encodings.encodings = values(1500, WIDTH)
    decoder.position_encodings.encodings = values(448, WIDTH, scale=1.0)
    decoder.embeddings.weight = values(vocabulary, WIDTH, scale=0.1)
    towards = values(vocabulary, WIDTH)
    decoder.projection.weight = towards / np.linalg.norm(
        towards, axis=1, keepdims=True
    )  # no word is likelier than others
    for side in (encoder, decoder):
        norm(side.layer_norm)
        for layer in side.layer:
            attentions = [layer.self_attention, *([layer.attention] if side is decoder else [])]
            for attention in attentions:
                norm(attention.layer_norm)
                for part, outputs in zip(attention.linear, _outputs(attention.linear), strict=True):
                    linear(part, outputs)
            norm(layer.ffn.layer_norm)
            linear(layer.ffn.linear_0, 4 * WIDTH)
            linear(layer.ffn.linear_1, WIDTH, 4 * WIDTH)


def _outputs(parts: list[object]) -> list[int]:
    """Queries, keys and values come from one matrix in self-attention, from two in attention to the encoder."""
    return [3 * WIDTH, WIDTH] if len(parts) == 2 else [WIDTH, 2 * WIDTH, WIDTH]
