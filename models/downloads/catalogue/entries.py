"""Weights of the engines that people add: what sherpa-onnx, FunASR and Smart Turn read.

Sizes are what the publisher's pages said when the table was written; what is downloaded is told by the hub at that
moment, and so are the checksums, except where a file was at hand to be hashed.
"""

from __future__ import annotations

from typing import Any

from models.downloads.catalogue.entry import Entry, Part, Source, github, huggingface, modelscope

SHERPA = "k2-fsa/sherpa-onnx"


def _one(*sources: Source) -> tuple[Part, ...]:
    """All of it from any of `sources`."""
    return (Part(sources),)


def _release(tag: str, asset: str) -> Source:
    """An asset of a sherpa-onnx release."""
    return github(SHERPA, tag, asset)


def _with_vocoder(voice: str, vocoder: str) -> tuple[Part, ...]:
    """A voice and the vocoder that goes with it."""
    return (*_one(_release("tts-models", voice)), *_one(_release("vocoder-models", vocoder)))


def _voice(name: str, languages: tuple[str, ...], licence: str, good_for: str, **rest: Any) -> Entry:
    """A voice that sherpa-onnx speaks."""
    common = {"requirements": "requirements-cpu.txt", "libraries": ("sherpa_onnx",), "memory_mb": 1_500}
    return Entry(name, "sherpa", "synthesizer", languages, licence, good_for, **{**common, **rest})


FUNASR_NEEDS = ("torch", "funasr", "kaldi_native_fbank")


def _funasr(name: str, part: str, languages: tuple[str, ...], good_for: str, **rest: Any) -> Entry:
    """Weights that FunASR reads with torch."""
    common = {"requirements": "requirements-gpu.txt", "libraries": FUNASR_NEEDS, "memory_mb": 6_000, "gpu": True}
    licence = "FunASR Model License"
    return Entry(name, "funasr", part, languages, licence, good_for, **{**common, **rest})


ZH_EN = ("zh", "en")
ZIPFORMER = "sherpa-onnx-streaming-zipformer-bilingual-zh-en-2023-02-20"
PARAFORMER = "sherpa-onnx-streaming-paraformer-bilingual-zh-en"
SENSE_VOICE = "sherpa-onnx-sense-voice-zh-en-ja-ko-yue-{}2024-07-17"

ENTRIES: tuple[Entry, ...] = (
    # --- Recognition ---
    Entry(
        name="zipformer-zh-en",
        engine="sherpa",
        part="recognizer",
        languages=ZH_EN,
        licence="Apache-2.0",
        good_for="streaming recognition on a CPU; Chinese and English, mixed too",
        mb=199,
        disk_mb=199,
        memory_mb=1_500,
        parts=_one(
            huggingface(
                f"csukuangfj/{ZIPFORMER}",
                *("encoder-*.int8.onnx", "decoder-epoch-99-avg-1.onnx", "joiner-*.int8.onnx", "tokens.txt", "bpe.*"),
            ),
            _release("asr-models", f"{ZIPFORMER}.tar.bz2"),
        ),
        needs=("encoder-*.onnx", "decoder-*.onnx", "joiner-*.onnx", "tokens.txt"),
        requirements="requirements-cpu.txt",
        libraries=("sherpa_onnx",),
        rank=20,
    ),
    Entry(
        name="paraformer-zh-en",
        engine="sherpa",
        part="recognizer",
        languages=ZH_EN,
        licence="Apache-2.0",
        good_for="streaming recognition on a CPU; leans to Chinese and its dialects, no word times",
        mb=237,
        disk_mb=237,
        memory_mb=1_500,
        parts=_one(
            huggingface(f"csukuangfj/{PARAFORMER}", "encoder.int8.onnx", "decoder.int8.onnx", "tokens.txt"),
            _release("asr-models", f"{PARAFORMER}.tar.bz2"),
        ),
        needs=("encoder*.onnx", "decoder*.onnx", "tokens.txt"),
        requirements="requirements-cpu.txt",
        libraries=("sherpa_onnx",),
        rank=10,
    ),
    Entry(
        name="sensevoice",
        engine="sherpa",
        part="second_pass",
        languages=("zh", "en", "ja", "ko", "yue"),
        licence="FunASR Model License",
        good_for="second pass over a finished utterance: punctuation, language, emotion, laughter and other sounds",
        mb=240,
        disk_mb=240,
        memory_mb=3_000,
        parts=_one(
            huggingface(f"csukuangfj/{SENSE_VOICE.format('')}", "model.int8.onnx", "tokens.txt", "LICENSE"),
            _release("asr-models", f"{SENSE_VOICE.format('int8-')}.tar.bz2"),
        ),
        needs=("model*.onnx", "tokens.txt"),
        requirements="requirements-cpu.txt",
        libraries=("sherpa_onnx",),
        rank=20,
    ),
    _funasr(
        "funasr-paraformer",
        "recognizer",
        ("zh", "en"),
        "streaming recognition on a GPU: Chinese with English in it; a second pass makes English whole",
        mb=890,
        disk_mb=890,
        parts=_one(
            modelscope("iic/speech_paraformer-large_asr_nat-zh-cn-16k-common-vocab8404-online"),
            huggingface("funasr/paraformer-zh-streaming"),
        ),
        needs=("model.pt", "config.yaml", "am.mvn", "tokens.json"),
        rank=30,
    ),
    _funasr(
        "funasr-sensevoice",
        "second_pass",
        ("zh", "en", "ja", "ko", "yue"),
        "second pass on a GPU: punctuation, language, emotion, laughter and other sounds",
        mb=937,
        disk_mb=937,
        parts=_one(modelscope("iic/SenseVoiceSmall"), huggingface("FunAudioLLM/SenseVoiceSmall")),
        needs=("model.pt", "config.yaml", "am.mvn", "*.bpe.model"),
        rank=30,
    ),
    _funasr(
        "funasr-vad",
        "vad",
        (),
        "FSMN voice detection in front of FunASR's recognisers",
        mb=2,
        disk_mb=2,
        parts=_one(modelscope("iic/speech_fsmn_vad_zh-cn-16k-common-pytorch"), huggingface("funasr/fsmn-vad")),
        needs=("model.pt", "config.yaml", "am.mvn"),
    ),
    _funasr(
        "funasr-punctuation",
        "punctuation",
        ZH_EN,
        "punctuation for FunASR's recognisers, where no second pass gives it",
        mb=1_140,
        disk_mb=1_140,
        parts=_one(
            modelscope("iic/punc_ct-transformer_cn-en-common-vocab471067-large"),
            huggingface("funasr/ct-punc"),
        ),
        needs=("model.pt", "config.yaml", "tokens.json"),
    ),
    # --- The end of a turn ---
    Entry(
        name="smart-turn",
        engine="smart_turn",
        part="turn_model",
        languages=(*ZH_EN, *"ar bn da de es fi fr hi id it ja ko mr nl no pl pt ru tr uk vi".split()),
        licence="BSD-2-Clause",
        good_for="hearing whether a turn is over",
        mb=9,
        disk_mb=9,
        memory_mb=500,
        parts=(
            Part(
                (huggingface("pipecat-ai/smart-turn-v3", "smart-turn-v3.2-cpu.onnx"),),
                {"smart-turn-v3.2-cpu.onnx": "2bb026316b14a660486a75b1733cd3fbab8c2fd0314dc9af7be49f8cca967e4f"},
            ),
        ),
        needs=("smart-turn-v3.2-cpu.onnx",),
        requirements="",
        libraries=("onnxruntime",),
        rank=20,
    ),
    # --- Voices ---
    _voice(
        "kokoro",
        ZH_EN,
        "Apache-2.0",
        "103 natural voices, on six cores or more",
        mb=147,
        disk_mb=220,
        parts=_one(
            _release("tts-models", "kokoro-int8-multi-lang-v1_1.tar.bz2"),
            huggingface("csukuangfj/kokoro-int8-multi-lang-v1_1"),
        ),
        needs=("model*.onnx", "voices.bin", "tokens.txt", "lexicon-*.txt", "espeak-ng-data/*"),
        rank=30,
        cores=6,
    ),
    _voice(
        "kokoro-full",
        ZH_EN,
        "Apache-2.0",
        "the same voices unquantised, on eight cores or more",
        mb=365,
        disk_mb=430,
        memory_mb=2_500,
        parts=_one(_release("tts-models", "kokoro-multi-lang-v1_1.tar.bz2")),
        needs=("model*.onnx", "voices.bin", "tokens.txt", "lexicon-*.txt", "espeak-ng-data/*"),
        rank=25,
        cores=8,
    ),
    _voice(
        "matcha-zh-en",
        ZH_EN,
        "see the publisher (dengcunqin/matcha_tts_zh_en_20251010)",
        "one fast voice in both languages, fit for two cores",
        mb=133,
        disk_mb=160,
        parts=_with_vocoder("matcha-icefall-zh-en.tar.bz2", "vocos-16khz-univ.onnx"),
        needs=("model-steps-*.onnx", "vocos-*.onnx", "tokens.txt", "lexicon.txt", "espeak-ng-data/*"),
        rank=22,
    ),
    _voice(
        "matcha-zh",
        ("zh",),
        "Apache-2.0; its recordings (Baker) are for non-commercial use",
        "one fast Chinese voice",
        mb=130,
        disk_mb=150,
        parts=_with_vocoder("matcha-icefall-zh-baker.tar.bz2", "vocos-22khz-univ.onnx"),
        needs=("model-steps-*.onnx", "vocos-*.onnx", "tokens.txt", "lexicon.txt"),
        rank=14,
    ),
    _voice(
        "matcha-en",
        ("en",),
        "Apache-2.0",
        "one fast English voice",
        mb=131,
        disk_mb=150,
        parts=_with_vocoder("matcha-icefall-en_US-ljspeech.tar.bz2", "vocos-22khz-univ.onnx"),
        needs=("model-steps-*.onnx", "vocos-*.onnx", "tokens.txt", "espeak-ng-data/*"),
        rank=15,
    ),
    _voice(
        "piper-libritts",
        ("en",),
        "see its MODEL_CARD (LibriTTS-R: CC BY 4.0)",
        "904 English voices, very fast",
        mb=82,
        disk_mb=100,
        parts=_one(_release("tts-models", "vits-piper-en_US-libritts_r-medium.tar.bz2")),
        needs=("*.onnx", "tokens.txt", "espeak-ng-data/*"),
        rank=12,
    ),
    _voice(
        "piper-amy",
        ("en",),
        "see its MODEL_CARD",
        "one English voice, very fast",
        mb=67,
        disk_mb=85,
        parts=_one(
            _release("tts-models", "vits-piper-en_US-amy-medium.tar.bz2"),
            huggingface("csukuangfj/vits-piper-en_US-amy-medium"),
        ),
        needs=("*.onnx", "tokens.txt", "espeak-ng-data/*"),
        rank=11,
    ),
    _voice(
        "piper-huayan",
        ("zh",),
        "see its MODEL_CARD",
        "one Chinese voice, very fast",
        mb=67,
        disk_mb=85,
        parts=_one(_release("tts-models", "vits-piper-zh_CN-huayan-medium.tar.bz2")),
        needs=("*.onnx", "tokens.txt", "espeak-ng-data/*"),
        rank=10,
    ),
    _voice(
        "zipvoice",
        ZH_EN,
        "Apache-2.0; see the terms of its recordings (Emilia)",
        "speaks like a recording of a few seconds; not fast enough for talk on a small CPU",
        mb=160,
        disk_mb=210,
        memory_mb=3_000,
        parts=_with_vocoder("sherpa-onnx-zipvoice-distill-int8-zh-en-emilia.tar.bz2", "vocos_24khz.onnx"),
        needs=("encoder*.onnx", "decoder*.onnx", "vocos_*.onnx", "tokens.txt", "lexicon.txt", "espeak-ng-data/*"),
    ),
)
