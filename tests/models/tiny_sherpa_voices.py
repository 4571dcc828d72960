"""Tiny networks that sherpa-onnx takes for real voices: a tone for each token, as long as the voice's pace says."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from tests.models.tiny_networks import FLOAT, INT64, Graph, labour, listed, write_tokens

LETTERS = " abcdefghijklmnopqrstuvwxyz,.!?'"
IPA = "_^$ !'(),-.:;?abcdefhijklmnopqrstuvwxyzæçðøħŋœɐɑɒɔɕəɛɜɡɣɪɫɲɴɹɾʁʃʊʌʎʒʔˈˌːθɚᵻAIOWYʤʧ"
HOP = 800
"""Samples that a letter lasts at natural speed."""
MEL_HOP = 256


def sing(graph: Graph, ids: str, hop: str, rate: int, *, speaker: str = "", work: int = 0) -> str:
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
    return labour(graph, tone, work) if work else tone


def _audio(graph: Graph, tone: str, name: str) -> None:
    graph("Reshape", tone, graph.constant([1, 1, -1], np.int64), output=name)


def build_vits(folder: Path, *, speakers: int = 1, rate: int = 16_000, piper: bool = False, work: int = 0) -> Path:
    """A VITS voice that sings one tone a letter (or, as Piper's do, a phoneme): the text decides the audio's length."""
    graph = Graph()
    length_scale = graph("Slice", "scales", graph.constant([1], np.int64), graph.constant([2], np.int64))
    hop = graph("Mul", graph("Squeeze", length_scale), graph.constant(float(HOP)))
    _audio(graph, sing(graph, "input", hop, rate, speaker="sid", work=work), "output")
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
    write_tokens(folder, IPA if piper else LETTERS)
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
    _audio(graph, sing(graph, "tokens", hop, rate, speaker=speaker), "audio")
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
            "speaker_names": listed(voices),
        },
    )
    styles = np.repeat(np.arange(len(voices), dtype=np.float32), longest * width)
    (folder / "voices.bin").write_bytes(styles.tobytes())
    if bilingual:
        _chinese_lexicon(folder / "lexicon-zh.txt")
    write_tokens(folder, BILINGUAL if bilingual else IPA)
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
    _audio(vocoder, sing(vocoder, tones, vocoder.constant(float(MEL_HOP)), rate), "audio")
    vocoder.save(
        folder / "hifigan_v2.onnx",
        [("mel", FLOAT, ("N", mels, "L"))],
        [("audio", FLOAT, ("N", 1, "S"))],
        {"model_type": "hifigan", "sample_rate": rate},
    )
    if bilingual:
        _chinese_lexicon(folder / "lexicon.txt")
    write_tokens(folder, BILINGUAL if bilingual else IPA)
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
    write_tokens(folder, BILINGUAL)
    _chinese_lexicon(folder / "lexicon.txt")
    return folder
