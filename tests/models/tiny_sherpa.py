"""Tiny networks that sherpa-onnx takes for the real ones: the right inputs, outputs, states and metadata, random weights.

They hear nothing and say nothing sensible, but what sound goes in decides what comes out, silence gives no words, and a
stream's state matters: so a leak between streams, or audio lost between two calls, shows in the text.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TypeAlias

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

FLOAT, INT32, INT64 = TensorProto.FLOAT, TensorProto.INT32, TensorProto.INT64
Port: TypeAlias = tuple[str, int, Sequence[int | str]]
"""Name, type and shape of an input or output."""

MELS, STACKED = 80, 7
WIDTH = 16
HAN = "的一是不了人我在有他这中大来上国个到说们为子和你地出道也时年得就那要下以生会自着去之过家学对可她里后小么"
WORDS = ("hello", "world", "good", "yes", "no", "river", "rain")


class Graph:
    """A network put together node by node; constants are named by what they are for."""

    def __init__(self) -> None:
        self._nodes: list[onnx.NodeProto] = []
        self._constants: list[onnx.TensorProto] = []

    def __call__(self, kind: str, *inputs: str, output: str = "", **attributes: object) -> str:
        """Add a node with one output, and name that output."""
        name = output or f"{kind}_{len(self._nodes)}"
        self._nodes.append(helper.make_node(kind, inputs, [name], **attributes))
        return name

    def constant(self, value: object, kind: type[np.generic] = np.float32) -> str:
        name = f"constant_{len(self._constants)}"
        self._constants.append(numpy_helper.from_array(np.asarray(value, kind), name))
        return name

    def save(
        self, path: Path, inputs: Iterable[Port], outputs: Iterable[Port], metadata: Mapping[str, object] | None = None
    ) -> None:
        ports = [[helper.make_tensor_value_info(*port) for port in side] for side in (inputs, outputs)]
        graph = helper.make_graph(self._nodes, "tiny", ports[0], ports[1], self._constants)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
        helper.set_model_props(model, {key: str(value) for key, value in (metadata or {}).items()})
        path.parent.mkdir(parents=True, exist_ok=True)
        onnx.save(model, str(path))


def _random(*shape: int, seed: int = 7) -> NDArray[np.float32]:
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32)


def _contrasts(*shape: int) -> NDArray[np.float32]:
    """Random weights that react to differences between inputs and not to how loud all of them are."""
    weights = _random(*shape)
    return weights - weights.mean(axis=0)


def _list(values: Iterable[object]) -> str:
    return ",".join(str(value) for value in values)


def _write_tokens(folder: Path, tokens: Sequence[str]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    text = "".join(f"{token} {index}\n" for index, token in enumerate(tokens))
    (folder / "tokens.txt").write_text(text, "utf-8")


def _only_words(tokens: Sequence[str], specials: int) -> NDArray[np.float32]:
    """A bias that keeps the first `specials` tokens from ever being chosen."""
    bias = np.zeros(len(tokens), np.float32)
    bias[:specials] = -1e4
    return bias


def _labour(graph: Graph, value: str, products: int) -> str:
    """The same value, after some work that depends on it, so that it cannot be left out or done in advance."""
    size = 768
    first = graph("ReduceMean", value, keepdims=0)
    made = graph("Add", graph.constant(_random(size, size) / size**0.5), first)
    weights = graph.constant(_random(size, size, seed=8) / size**0.5)
    for _ in range(products):
        made = graph("Tanh", graph("MatMul", made, weights))
    nothing = graph("Mul", graph("ReduceMean", made, keepdims=0), graph.constant(0.0))
    return graph("Add", value, nothing)


# --- Recognition -----------------------------------------------------------------------------------------------------


def build_streaming_paraformer(folder: Path, *, int8: bool = False) -> Path:
    """A streaming Paraformer of one decoder block, Chinese and English, which says about two words a second."""
    tokens = ["<blank>", "<s>", "</s>", *HAN, *WORDS, "riv@@", "er"]
    features, kernel = MELS * STACKED, 11
    encoder = Graph()
    projected = encoder("MatMul", "speech", encoder.constant(_contrasts(features, WIDTH) / 8))
    encoder("Tanh", projected, output="enc")
    encoder("Identity", "speech_lengths", output="enc_len")
    loudness = encoder("ReduceMean", "speech", axes=[2], keepdims=0)
    sounding = encoder("Sigmoid", encoder("Mul", loudness, encoder.constant(2.0)))
    encoder("Mul", sounding, encoder.constant(0.3), output="alphas")
    suffix = ".int8.onnx" if int8 else ".onnx"
    encoder.save(
        folder / f"encoder{suffix}",
        [("speech", FLOAT, ("N", "T", features)), ("speech_lengths", INT32, ("N",))],
        [("enc", FLOAT, ("N", "T", WIDTH)), ("enc_len", INT32, ("N",)), ("alphas", FLOAT, ("N", "T"))],
        {
            "model_type": "paraformer",
            "vocab_size": len(tokens),
            "lfr_window_size": STACKED,
            "lfr_window_shift": 6,
            "encoder_output_size": WIDTH,
            "decoder_num_blocks": 1,
            "decoder_kernel_size": kernel,
            "neg_mean": _list([-8.0] * features),
            "inv_stddev": _list([0.3 / WIDTH**0.5] * features),
        },
    )

    decoder = Graph()
    before = decoder("ReduceMean", decoder("Transpose", "in_cache_0", perm=[0, 2, 1]), axes=[1], keepdims=1)
    mixed = decoder("Add", "acoustic_embeds", before)
    bias = decoder.constant(_only_words(tokens, 3))
    decoder("Add", decoder("MatMul", mixed, decoder.constant(_random(WIDTH, len(tokens)))), bias, output="logits")
    decoder("ArgMax", "logits", axis=2, keepdims=0, output="sample_ids")
    heard = decoder("Concat", "in_cache_0", decoder("Transpose", "acoustic_embeds", perm=[0, 2, 1]), axis=2)
    start, stop = decoder.constant([-(kernel - 1)], np.int64), decoder.constant([2**31 - 1], np.int64)
    decoder("Slice", heard, start, stop, decoder.constant([2], np.int64), output="out_cache_0")
    cache = ("N", WIDTH, kernel - 1)
    decoder.save(
        folder / f"decoder{suffix}",
        [
            ("enc", FLOAT, ("N", "T", WIDTH)),
            ("enc_len", INT32, ("N",)),
            ("acoustic_embeds", FLOAT, ("N", "U", WIDTH)),
            ("acoustic_embeds_len", INT32, ("N",)),
            ("in_cache_0", FLOAT, cache),
        ],
        [
            ("logits", FLOAT, ("N", "U", len(tokens))),
            ("sample_ids", INT64, ("N", "U")),
            ("out_cache_0", FLOAT, cache),
        ],
    )
    _write_tokens(folder, tokens)
    return folder


def build_zipformer(folder: Path, *, width: int = WIDTH, hidden: int = 0, layers: int = 0) -> Path:
    """A streaming Zipformer transducer (the second kind) with one layer's states; Chinese and English in capitals.

    hidden, layers: for measurements, `layers` pairs of products with (width x hidden) weights that every frame passes.
    """
    tokens = ["<blk>", "<sos/eos>", "<unk>", *HAN, *(f"▁{word.upper()}" for word in WORDS), "S", "ING"]
    chunk, seen, left, kernel = 32, 45, 8, 3
    frames = chunk // 4
    nonlinear = 3 * width // 4
    states: list[Port] = [
        ("cached_key_0", FLOAT, (left, "N", width)),
        ("cached_nonlin_attn_0", FLOAT, (1, "N", left, nonlinear)),
        ("cached_val1_0", FLOAT, (left, "N", width)),
        ("cached_val2_0", FLOAT, (left, "N", width)),
        ("cached_conv1_0", FLOAT, ("N", width, kernel // 2)),
        ("cached_conv2_0", FLOAT, ("N", width, kernel // 2)),
        ("embed_states", FLOAT, ("N", 128, 3, 19)),
        ("processed_lens", INT64, ("N",)),
    ]
    encoder = Graph()

    def whole(*values: int) -> str:
        return encoder.constant(values, np.int64)

    now = encoder("Slice", "x", whole(0), whole(chunk), whole(1))
    paired = encoder("Reshape", encoder("Add", now, encoder.constant(7.0)), whole(0, frames, 4 * MELS))
    seen_so_far = encoder("ReduceMean", encoder("Transpose", "cached_key_0", perm=[1, 0, 2]), axes=[1], keepdims=1)
    projected = encoder("MatMul", paired, encoder.constant(_contrasts(4 * MELS, width) / 16))
    made = encoder("Tanh", encoder("Add", projected, seen_so_far))
    for layer in range(layers):
        wide = encoder("MatMul", made, encoder.constant(_random(width, hidden, seed=layer) / width**0.5))
        back = encoder.constant(_random(hidden, width, seed=100 + layer) / hidden**0.5)
        made = encoder("Tanh", encoder("MatMul", encoder("Relu", wide), back))
    loudness = encoder("ReduceMean", paired, axes=[2], keepdims=1)
    encoder("Concat", made, encoder("Tanh", loudness), axis=2, output="encoder_out")
    grown = encoder("Concat", "cached_key_0", encoder("Transpose", made, perm=[1, 0, 2]), axis=0)
    encoder("Slice", grown, whole(-left), whole(2**31 - 1), whole(0), output="new_cached_key_0")
    for name, _, _ in states[1:-1]:
        encoder("Identity", name, output=f"new_{name}")
    encoder("Add", "processed_lens", whole(frames), output="new_processed_lens")
    encoder.save(
        folder / "encoder-epoch-99-avg-1.onnx",
        [("x", FLOAT, ("N", seen, MELS)), *states],
        [
            ("encoder_out", FLOAT, ("N", frames, width + 1)),
            *((f"new_{name}", kind, shape) for name, kind, shape in states),
        ],
        {
            "model_type": "zipformer2",
            "version": "1",
            "decode_chunk_len": chunk,
            "T": seen,
            "num_encoder_layers": 1,
            "encoder_dims": width,
            "cnn_module_kernels": kernel,
            "left_context_len": left,
            "query_head_dims": width,
            "value_head_dims": width,
            "num_heads": 1,
        },
    )

    decoder = Graph()
    embedded = decoder("Gather", decoder.constant(_random(len(tokens), width + 1)), "y")
    decoder("ReduceMean", embedded, axes=[1], keepdims=0, output="decoder_out")
    decoder.save(
        folder / "decoder-epoch-99-avg-1.onnx",
        [("y", INT64, ("N", 2))],
        [("decoder_out", FLOAT, ("N", width + 1))],
        {"vocab_size": len(tokens), "context_size": 2},
    )

    joiner = Graph()
    weights = _random(width + 1, len(tokens))
    weights[-1] = 2.0
    weights[-1, 0] = -2.0  # what is not loud is blank
    bias = _only_words(tokens, 3)
    bias[0] = 9.0
    merged = joiner("Add", "encoder_out", joiner("Mul", "decoder_out", joiner.constant([0.3] * width + [0.0])))
    joiner("Add", joiner("MatMul", merged, joiner.constant(weights)), joiner.constant(bias), output="logit")
    joiner.save(
        folder / "joiner-epoch-99-avg-1.onnx",
        [("encoder_out", FLOAT, ("N", width + 1)), ("decoder_out", FLOAT, ("N", width + 1))],
        [("logit", FLOAT, ("N", len(tokens)))],
        {"joiner_dim": width + 1},
    )
    _write_tokens(folder, tokens)
    return folder


def build_sense_voice(
    folder: Path,
    *,
    language: str = "zh",
    emotion: str = "HAPPY",
    event: str = "Laughter",
    int8: bool = False,
    work: int = 0,
) -> Path:
    """A SenseVoice that reports always the same language, emotion and event, and words by the sound. work: see `_labour`."""
    tags = [f"<|{tag}|>" for tag in (language, emotion, event, "withitn", "woitn")]
    tokens = ["<unk>", "<s>", "</s>", *tags, *HAN, *(f"▁{word}" for word in WORDS)]
    features = MELS * STACKED
    network = Graph()
    bias = _only_words(tokens, 3 + len(tags))
    bias[0] = 4.0  # blank
    heard = _labour(network, "x", work) if work else "x"
    words = network("MatMul", heard, network.constant(_contrasts(features, len(tokens)) / 8))
    loudness = network("Tanh", network("ReduceMean", "x", axes=[2], keepdims=1))
    quiet = np.zeros((1, len(tokens)), np.float32)
    quiet[0, 0] = -4.0
    by_sound = network("Add", words, network("MatMul", loudness, network.constant(quiet)))
    body = network("Add", by_sound, network.constant(bias))
    # The fourth tag says whether the text is normalised: it follows the input of that meaning.
    asked = network("Reshape", "text_norm", network.constant([-1, 1], np.int64))
    head = np.zeros((len(tags) - 2, len(tokens)), np.float32)
    head[range(3), range(3, 6)] = 50.0
    batch = network("Slice", network("Shape", asked), network.constant([0], np.int64), network.constant([1], np.int64))
    heads = network("Concat", batch, network.constant(head.shape, np.int64), axis=0)
    first = network("Expand", network.constant(head), heads)
    last = network("Gather", network.constant(50 * np.eye(len(tokens))), asked)
    hot = network("Concat", first, last, axis=1)
    network("Concat", hot, body, axis=1, output="logits")
    network.save(
        folder / ("model.int8.onnx" if int8 else "model.onnx"),
        [
            ("x", FLOAT, ("N", "T", features)),
            *((name, INT32, ("N",)) for name in ("x_length", "language", "text_norm")),
        ],
        [("logits", FLOAT, ("N", "L", len(tokens)))],
        {
            "model_type": "sense_voice_ctc",
            "vocab_size": len(tokens),
            "lfr_window_size": STACKED,
            "lfr_window_shift": 6,
            "normalize_samples": 0,
            "with_itn": 6,
            "without_itn": 7,
            **{f"lang_{tag}": index for index, tag in enumerate(("auto", "zh", "en", "ja", "ko", "yue"))},
            "neg_mean": _list([-8.0] * features),
            "inv_stddev": _list([0.3] * features),
            "comment": "tiny",
        },
    )
    _write_tokens(folder, tokens)
    return folder


# --- Synthesis -------------------------------------------------------------------------------------------------------

LETTERS = " abcdefghijklmnopqrstuvwxyz,.!?'"
IPA = "_^$ !'(),-.:;?abcdefhijklmnopqrstuvwxyzæçðøħŋœɐɑɒɔɕəɛɜɡɣɪɫɲɴɹɾʁʃʊʌʎʒʔˈˌːθɚᵻAIOWYʤʧ"
HOP = 800
"""Samples that a letter lasts at natural speed."""
MEL_HOP = 256


def _sing(graph: Graph, ids: str, hop: str, rate: int, *, speaker: str = "", work: int = 0) -> str:
    """A tone for each token, `hop` samples long (a scalar), higher for later speakers.

    work: how many products of a wide matrix to make on the way; each takes about 10 ms.
    """
    zero, one = graph.constant(0, np.int64), graph.constant(1, np.int64)
    flat = graph("Reshape", ids, graph.constant([-1], np.int64))
    total = graph("Mul", graph("Cast", graph("Size", flat), to=FLOAT), hop)
    time = graph("Cast", graph("Range", zero, graph("Cast", graph("Floor", total), to=INT64), one), to=FLOAT)
    place = graph("Cast", graph("Floor", graph("Div", time, hop)), to=INT64)
    token = graph("Cast", graph("Gather", flat, place), to=FLOAT)
    hertz = graph("Add", graph("Mul", token, graph.constant(7.0)), graph.constant(120.0))
    if speaker:
        higher = graph("Mul", graph("Cast", speaker, to=FLOAT), graph.constant(0.5))
        hertz = graph("Mul", hertz, graph("Add", graph("Squeeze", higher), graph.constant(1.0)))
    phase = graph("Mul", graph("Mul", hertz, time), graph.constant(2 * np.pi / rate))
    tone = graph("Mul", graph("Sin", phase), graph.constant(0.4))
    return _labour(graph, tone, work) if work else tone


def _audio(graph: Graph, tone: str, name: str) -> None:
    graph("Reshape", tone, graph.constant([1, 1, -1], np.int64), output=name)


def build_vits(folder: Path, *, speakers: int = 1, rate: int = 16_000, piper: bool = False, work: int = 0) -> Path:
    """A VITS voice that sings one tone a letter (or, as Piper's do, a phoneme): the text decides the audio's length."""
    graph = Graph()
    length_scale = graph("Slice", "scales", graph.constant([1], np.int64), graph.constant([2], np.int64))
    hop = graph("Mul", graph("Squeeze", length_scale), graph.constant(float(HOP)))
    _audio(graph, _sing(graph, "input", hop, rate, speaker="sid", work=work), "output")
    facts: dict[str, object] = {
        "model_type": "vits",
        "sample_rate": rate,
        "n_speakers": speakers,
        "language": "English",
    }
    if piper:
        facts |= {"comment": "piper", "voice": "en-us", "has_espeak": 1}
    else:
        facts |= {"comment": "coqui", "frontend": "characters", "add_blank": 0, "use_eos_bos": 0}
    graph.save(
        folder / "model.onnx",
        [
            ("input", INT64, ("N", "T")),
            ("input_lengths", INT64, ("N",)),
            ("scales", FLOAT, (3,)),
            ("sid", INT64, ("N",)),
        ],
        [("output", FLOAT, ("N", 1, "S"))],
        facts,
    )
    _write_tokens(folder, IPA if piper else LETTERS)
    return folder


SYLLABLES = ("ni3", "hao3", "shi4", "jie4")
BILINGUAL = (*IPA, *SYLLABLES)


def _chinese_lexicon(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("你好 ni3 hao3\n世界 shi4 jie4\n", "utf-8")


def build_kokoro(
    folder: Path, *, voices: Sequence[str] = ("af_heart", "am_adam", "bf_emma"), bilingual: bool = False
) -> Path:
    """A Kokoro, of version 0.19 (English) or 1 (with a lexicon of two Chinese words)."""
    longest, width, rate = 510, 4, 24_000
    graph = Graph()
    hop = graph("Div", graph.constant(float(HOP)), graph("Squeeze", "speed"))
    speaker = graph("ReduceMean", "style", keepdims=0)
    _audio(graph, _sing(graph, "tokens", hop, rate, speaker=speaker), "audio")
    graph.save(
        folder / "model.onnx",
        [("tokens", INT64, (1, "T")), ("style", FLOAT, (1, width)), ("speed", FLOAT, (1,))],
        [("audio", FLOAT, (1, 1, "S"))],
        {
            "model_type": "kokoro",
            "language": "English",
            "has_espeak": 1,
            "sample_rate": rate,
            "version": 2 if bilingual else 1,
            "voice": "en-us",
            "style_dim": f"{longest},1,{width}",
            "n_speakers": len(voices),
            "speaker_names": _list(voices),
        },
    )
    styles = np.repeat(np.arange(len(voices), dtype=np.float32), longest * width)
    (folder / "voices.bin").write_bytes(styles.tobytes())
    if bilingual:
        _chinese_lexicon(folder / "lexicon-zh.txt")
    _write_tokens(folder, BILINGUAL if bilingual else IPA)
    return folder


def build_matcha(folder: Path, *, bilingual: bool = False) -> Path:
    """A Matcha voice of English, or of Chinese too, with a vocoder of HiFi-GAN's kind that sings one tone a frame."""
    rate, mels = 22_050, 80
    acoustic = Graph()
    ids = acoustic("Cast", "x", to=FLOAT)
    spread = acoustic(
        "Mul", acoustic("Unsqueeze", ids, acoustic.constant([1], np.int64)), acoustic.constant(np.ones((1, mels, 1)))
    )
    one = acoustic.constant([1.0, 1.0])
    factors = acoustic("Concat", one, acoustic("Mul", "length_scale", acoustic.constant([3.0])), axis=0)
    acoustic("Resize", spread, "", factors, output="mel", mode="nearest")
    acoustic.save(
        folder / "model-steps-3.onnx",
        [
            ("x", INT64, ("N", "T")),
            ("x_length", INT64, ("N",)),
            ("noise_scale", FLOAT, (1,)),
            ("length_scale", FLOAT, (1,)),
        ],
        [("mel", FLOAT, ("N", mels, "L"))],
        {
            "model_type": "matcha-tts",
            "language": "English",
            "voice": "zh en-us" if bilingual else "en-us",
            "has_espeak": 1,
            "use_eos_bos": 1,
            "pad_id": 0,
            "n_speakers": 1,
            "sample_rate": rate,
            "version": 1,
        },
    )
    vocoder = Graph()
    frames = vocoder("ReduceMean", "mel", axes=[0, 1], keepdims=0)
    tones = vocoder("Cast", vocoder("Round", frames), to=INT64)
    _audio(vocoder, _sing(vocoder, tones, vocoder.constant(float(MEL_HOP)), rate), "audio")
    vocoder.save(
        folder / "hifigan_v2.onnx",
        [("mel", FLOAT, ("N", mels, "L"))],
        [("audio", FLOAT, ("N", 1, "S"))],
        {"model_type": "hifigan", "sample_rate": rate},
    )
    if bilingual:
        _chinese_lexicon(folder / "lexicon.txt")
    _write_tokens(folder, BILINGUAL if bilingual else IPA)
    return folder


def build_zipvoice(folder: Path) -> Path:
    """A ZipVoice that speaks as loudly as its sample's loudest moment, with a vocoder of Vocos' kind."""
    mels, rate, bins = 100, 24_000, 513
    encoder = Graph()
    spoken = encoder("Cast", encoder("Size", "tokens"), to=FLOAT)
    prompted = encoder("Cast", encoder("Size", "prompt_tokens"), to=FLOAT)
    heard = encoder("Cast", encoder("Squeeze", "prompt_features_len"), to=FLOAT)
    each = encoder("Div", heard, encoder("Mul", prompted, encoder("Squeeze", "speed")))
    frames = encoder("Cast", encoder("Ceil", encoder("Add", heard, encoder("Mul", spoken, each))), to=INT64)
    shape = encoder("Concat", encoder.constant([1], np.int64), encoder("Reshape", frames, encoder.constant([1], np.int64)),
                    encoder.constant([mels], np.int64), axis=0)  # fmt: skip
    encoder("Expand", encoder.constant(np.zeros((1, 1, mels))), shape, output="text_condition")
    encoder.save(
        folder / "encoder.int8.onnx",
        [
            ("tokens", INT64, ("N", "T")),
            ("prompt_tokens", INT64, ("N", "P")),
            ("prompt_features_len", INT64, ("L",)),
            ("speed", FLOAT, ("S",)),
        ],
        [("text_condition", FLOAT, ("N", "F", mels))],
        {"model_type": "zipvoice", "use_espeak": 1},
    )
    decoder = Graph()
    level = decoder("ReduceMax", "speech_condition", axes=[1, 2], keepdims=1)
    goal = decoder("Mul", decoder("Add", "text_condition", level), "guidance_scale")
    left = decoder("Sub", decoder.constant([1.0]), "t")
    decoder("Div", decoder("Sub", goal, "x"), left, output="v")  # the straight way: the noise is gone at the end
    spectrum = ("N", "F", mels)
    decoder.save(
        folder / "decoder.int8.onnx",
        [
            ("t", FLOAT, ("U",)),
            *((name, FLOAT, spectrum) for name in ("x", "text_condition", "speech_condition")),
            ("guidance_scale", FLOAT, ("G",)),
        ],
        [("v", FLOAT, spectrum)],
        {"model_type": "zipvoice", "sample_rate": rate, "feat_dim": mels, "n_fft": 1024, "hop_length": MEL_HOP,
         "window_length": 1024, "num_mels": mels},
    )  # fmt: skip
    vocoder = Graph()
    loudness = vocoder("Exp", vocoder("ReduceMean", "mels", axes=[1], keepdims=1))
    band = np.zeros((1, bins, 1), np.float32)
    band[0, 20] = 4.0
    vocoder("Mul", loudness, vocoder.constant(band), output="mag")
    vocoder("Add", vocoder("Mul", "mag", vocoder.constant(0.0)), vocoder.constant(1.0), output="x")
    vocoder("Mul", "mag", vocoder.constant(0.0), output="y")
    vocoder.save(
        folder / "vocos_24khz.onnx",
        [("mels", FLOAT, ("N", mels, "F"))],
        [(name, FLOAT, ("N", bins, "F")) for name in ("mag", "x", "y")],
        {"model_type": "vocos", "sample_rate": rate, "n_fft": 1024, "hop_length": MEL_HOP, "win_length": 1024},
    )
    _write_tokens(folder, BILINGUAL)
    _chinese_lexicon(folder / "lexicon.txt")
    return folder
