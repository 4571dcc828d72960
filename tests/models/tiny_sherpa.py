"""Tiny networks that sherpa-onnx takes for the real ones: the right inputs, outputs, states and metadata, random weights.

They hear nothing and say nothing sensible, but what sound goes in decides what comes out, silence gives no words, and a
stream's state matters: so a leak between streams, or audio lost between two calls, shows in the text.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tests.models.tiny_networks import (
    FLOAT,
    HAN,
    INT32,
    INT64,
    MELS,
    STACKED,
    WIDTH,
    WORDS,
    Graph,
    Port,
    contrasts,
    labour,
    listed,
    only_words,
    random_values,
    write_tokens,
)


def build_streaming_paraformer(folder: Path, *, int8: bool = False) -> Path:
    """A streaming Paraformer of one decoder block, Chinese and English, which says about two words a second."""
    tokens = ["<blank>", "<s>", "</s>", *HAN, *WORDS, "riv@@", "er"]
    features, kernel = MELS * STACKED, 11
    encoder = Graph()
    projected = encoder("MatMul", "speech", encoder.constant(contrasts(features, WIDTH) / 8))
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
            "neg_mean": listed([-8.0] * features),
            "inv_stddev": listed([0.3 / WIDTH**0.5] * features),
        },
    )

    decoder = Graph()
    before = decoder("ReduceMean", decoder("Transpose", "in_cache_0", perm=[0, 2, 1]), axes=[1], keepdims=1)
    mixed = decoder("Add", "acoustic_embeds", before)
    bias = decoder.constant(only_words(tokens, 3))
    decoder("Add", decoder("MatMul", mixed, decoder.constant(random_values(WIDTH, len(tokens)))), bias, output="logits")
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
    write_tokens(folder, tokens)
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
    projected = encoder("MatMul", paired, encoder.constant(contrasts(4 * MELS, width) / 16))
    made = encoder("Tanh", encoder("Add", projected, seen_so_far))
    for layer in range(layers):
        wide = encoder("MatMul", made, encoder.constant(random_values(width, hidden, seed=layer) / width**0.5))
        back = encoder.constant(random_values(hidden, width, seed=100 + layer) / hidden**0.5)
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
    embedded = decoder("Gather", decoder.constant(random_values(len(tokens), width + 1)), "y")
    decoder("ReduceMean", embedded, axes=[1], keepdims=0, output="decoder_out")
    decoder.save(
        folder / "decoder-epoch-99-avg-1.onnx",
        [("y", INT64, ("N", 2))],
        [("decoder_out", FLOAT, ("N", width + 1))],
        {"vocab_size": len(tokens), "context_size": 2},
    )

    joiner = Graph()
    weights = random_values(width + 1, len(tokens))
    weights[-1] = 2.0
    weights[-1, 0] = -2.0  # what is not loud is blank
    bias = only_words(tokens, 3)
    bias[0] = 9.0
    merged = joiner("Add", "encoder_out", joiner("Mul", "decoder_out", joiner.constant([0.3] * width + [0.0])))
    joiner("Add", joiner("MatMul", merged, joiner.constant(weights)), joiner.constant(bias), output="logit")
    joiner.save(
        folder / "joiner-epoch-99-avg-1.onnx",
        [("encoder_out", FLOAT, ("N", width + 1)), ("decoder_out", FLOAT, ("N", width + 1))],
        [("logit", FLOAT, ("N", len(tokens)))],
        {"joiner_dim": width + 1},
    )
    write_tokens(folder, tokens)
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
    """A SenseVoice that reports always the same language, emotion and event, and words by the sound. work: see `labour`."""
    tags = [f"<|{tag}|>" for tag in (language, emotion, event, "withitn", "woitn")]
    tokens = ["<unk>", "<s>", "</s>", *tags, *HAN, *(f"▁{word}" for word in WORDS)]
    features = MELS * STACKED
    network = Graph()
    bias = only_words(tokens, 3 + len(tags))
    bias[0] = 4.0  # blank
    heard = labour(network, "x", work) if work else "x"
    words = network("MatMul", heard, network.constant(contrasts(features, len(tokens)) / 8))
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
            "neg_mean": listed([-8.0] * features),
            "inv_stddev": listed([0.3] * features),
            "comment": "tiny",
        },
    )
    write_tokens(folder, tokens)
    return folder


def build_recognizers(folder: Path) -> dict[str, Path]:
    """A network of each kind that hears, by what its kind is called in tests."""
    return {
        "paraformer": build_streaming_paraformer(folder / "paraformer"),
        "zipformer": build_zipformer(folder / "zipformer"),
        "sense voice": build_sense_voice(folder / "sense-voice"),
    }
