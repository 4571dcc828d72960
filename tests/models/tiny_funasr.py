"""FunASR model folders with tiny random weights, made without a download: what a published folder holds, in a few kilobytes.

They recognise nothing, but each sound has its own text, and dark and bright ones differ in language and emotion, so that
a test can tell whose audio an answer came from.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import sentencepiece
import torch
from funasr.register import tables
from funasr.utils.load_utils import extract_fbank

from models.funasr.networks import StreamingPass
from models.funasr.recognizer import UtterancePiece
from pipeline.audio.samples import LINE_RATE, Samples

CHARACTERS = list("天地玄黄宇宙洪荒日月盈昃辰宿列张寒来暑往秋收冬藏")
WORDS = ["hel@@", "lo", "good", "morn@@", "ing", "yes", "no"]
TAGS = ["<|zh|>", "<|en|>", "<|ANGRY|>", "<|SAD|>", "<|Laughter|>", "<|Speech|>", "<|withitn|>", "<|woitn|>"]
DARK_TAGS = ["<|zh|>", "<|ANGRY|>", "<|Laughter|>", "<|withitn|>"]
BRIGHT_TAGS = ["<|en|>", "<|SAD|>", "<|Speech|>", "<|withitn|>"]
MARKS = ["<unk>", "_", "，", "。", "？", "、"]

MELS, SIZE = 80, 32
TEACHING_STEPS = 300
SILENT, LOUD = 8.0, 12.0
"""Mean log energies of a mel band that are surely silence, surely speech."""

STACKED = {"lfr_m": 7, "lfr_n": 6}
FRONTEND = {"fs": LINE_RATE, "window": "hamming", "n_mels": MELS, "frame_length": 25, "frame_shift": 10}
ATTENTION = {
    "output_size": SIZE,
    "attention_heads": 2,
    "linear_units": 64,
    "num_blocks": 2,
    "dropout_rate": 0.1,
    "positional_dropout_rate": 0.1,
    "attention_dropout_rate": 0.1,
    "normalize_before": True,
    "kernel_size": 11,
    "sanm_shfit": 0,
    "selfattention_layer_type": "sanm",
}


def build_streaming_paraformer(folder: Path) -> Path:
    """A streaming Paraformer that says two or three tokens a chunk."""
    tokens = ["<blank>", "<s>", "</s>", *CHARACTERS, *WORDS, "<unk>"]
    config: dict[str, Any] = {
        "model": "ParaformerStreaming",
        "model_conf": {"ctc_weight": 0.0, "predictor_bias": 1, "sampling_ratio": 0.75},
        "encoder": "SANMEncoderChunkOpt",
        "encoder_conf": {
            **ATTENTION,
            "input_layer": "pe_online",
            "chunk_size": [12, 15],
            "stride": [8, 10],
            "pad_left": [0, 0],
            "encoder_att_look_back_factor": [4, 4],
            "decoder_att_look_back_factor": [1, 1],
        },
        "decoder": "ParaformerSANMDecoder",
        "decoder_conf": {
            "attention_heads": 2,
            "linear_units": 64,
            "num_blocks": 2,
            "att_layer_num": 2,
            "dropout_rate": 0.1,
            "kernel_size": 11,
            "sanm_shfit": 5,
        },
        "predictor": "CifPredictorV2",
        "predictor_conf": {"idim": SIZE, "threshold": 1.0, "l_order": 1, "r_order": 1, "tail_threshold": 0.45},
        "frontend": "WavFrontendOnline",
        "frontend_conf": {**FRONTEND, **STACKED},
        "tokenizer": "CharTokenizer",
        "tokenizer_conf": {"unk_symbol": "<unk>", "split_with_space": True},
    }
    model = _model(config, vocab_size=len(tokens), input_size=MELS * STACKED["lfr_m"])
    with torch.no_grad():
        model.predictor.cif_output.bias.fill_(-1.0)  # a token for about four frames, as in speech
        model.decoder.output_layer.weight.normal_(0, 1)
    _write(folder, config, model, tokens=tokens)
    with torch.no_grad():
        layer = model.decoder.output_layer
        layer.bias.copy_(-layer.weight @ _average_input(folder))  # or it would say the same word all the time
        layer.bias[[0, 1, 2, -1]] = -100.0
    return _write(folder, config, model, tokens=tokens)


def _average_input(folder: Path) -> torch.Tensor:
    """The mean of what reaches the last layer of a streaming Paraformer."""
    streaming = StreamingPass(str(folder), "", "cpu", 1)
    inputs: list[torch.Tensor] = []
    layer = streaming._loaded.model.decoder.output_layer
    layer.register_forward_pre_hook(lambda _, arguments: inputs.append(arguments[0].flatten(0, 1)))
    for key in range(4):
        streaming.accept_pieces((), [UtterancePiece(key, True, True, sound(0.5, key, bright=key % 2 == 1).tobytes())])
    return torch.cat(inputs).mean(0).clone()


def build_sense_voice(folder: Path) -> Path:
    """A SenseVoice that hears dark sounds as angry Chinese with laughter, bright ones as sad English."""
    folder.mkdir(parents=True, exist_ok=True)
    bpe = folder / "chn_jpn_yue_eng_ko_spectok.bpe.model"  # the name that the published folder has
    with bpe.open("wb") as file:
        sentencepiece.SentencePieceTrainer.train(
            sentence_iterator=iter(["".join(CHARACTERS), "hello good morning"] * 8),
            model_writer=file,
            model_type="char",
            vocab_size=len(CHARACTERS) + len(TAGS) + 20,
            hard_vocab_limit=False,
            user_defined_symbols=TAGS,
            minloglevel=2,
        )
    pieces = sentencepiece.SentencePieceProcessor(str(bpe))
    config: dict[str, Any] = {
        "model": "SenseVoiceSmall",
        "model_conf": {"length_normalized_loss": True, "sos": 1, "eos": 2, "ignore_id": -1},
        "encoder": "SenseVoiceEncoderSmall",
        "encoder_conf": {**ATTENTION, "tp_blocks": 1, "input_layer": "pe"},
        "frontend": "WavFrontend",
        "frontend_conf": {**FRONTEND, **STACKED},
        "tokenizer": "SentencepiecesTokenizer",
        "tokenizer_conf": {"bpemodel": None, "unk_symbol": "<unk>", "split_with_space": True},
    }
    model = _model(config, vocab_size=pieces.get_piece_size(), input_size=MELS * STACKED["lfr_m"])
    _teach_tags(model, pieces, _frontend(config))
    metas = {"init_param": "model.pt", "config": "config.yaml", "tokenizer_conf": {"bpemodel": bpe.name}}
    (folder / "configuration.json").write_text(json.dumps({"file_path_metas": metas}), "utf-8")
    return _write(folder, config, model)


def build_vad(folder: Path) -> Path:
    """A voice detector that takes what is loud for speech."""
    width = 4
    config: dict[str, Any] = {
        "model": "FsmnVADStreaming",
        "model_conf": {"sil_pdf_ids": [0], "max_end_silence_time": 800, "speech_noise_thres": 0.6},
        "encoder": "FSMN",
        "encoder_conf": {
            "input_dim": MELS * 5,
            "input_affine_dim": width,
            "fsmn_layers": 1,
            "linear_dim": width,
            "proj_dim": width,
            "lorder": 5,
            "rorder": 0,
            "lstride": 1,
            "rstride": 0,
            "output_affine_dim": width,
            "output_dim": 2,
        },
        "frontend": "WavFrontendOnline",
        "frontend_conf": {**FRONTEND, "lfr_m": 5, "lfr_n": 1},
    }
    model = _model(config)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            parameter.zero_()
            if parameter.shape == (width, width):
                parameter.copy_(torch.eye(width))
            elif "in_linear1" in name and parameter.ndim == 2:
                parameter.fill_(1 / (MELS * 5))  # the mean log energy
        # The first two units' difference grows from 0 at `SILENT` to 4 at `LOUD`, and no further: the detector takes
        # the logarithm of both probabilities.
        model.encoder.in_linear1.linear.bias[:2] = torch.tensor([-SILENT, -LOUD])
        model.encoder.out_linear2.linear.weight[:, :2] = torch.tensor([[-1.0, 1.0], [1.0, -1.0]])
        model.encoder.out_linear2.linear.bias.copy_(torch.tensor([2.0, -2.0]))
    return _write(folder, config, model)


def build_punctuation(folder: Path) -> Path:
    """A punctuation model that puts a mark behind every word."""
    tokens = ["<blank>", *CHARACTERS, "hello", "good", "morning", "yes", "no", "<unk>"]
    config: dict[str, Any] = {
        "model": "CTTransformer",
        "model_conf": {
            "punc_list": MARKS,
            "punc_weight": [1.0] * len(MARKS),
            "embed_unit": SIZE,
            "att_unit": SIZE,
            "sentence_end_id": 3,
        },
        "encoder": "SANMEncoder",
        "encoder_conf": {**ATTENTION, "input_size": SIZE, "input_layer": "pe"},
        "tokenizer": "CharTokenizer",
        "tokenizer_conf": {"unk_symbol": "<unk>"},
    }
    model = _model(config, vocab_size=len(tokens))
    with torch.no_grad():
        model.decoder.weight.zero_()
        model.decoder.bias.copy_(torch.tensor([0.0, 0.0, 9.0, 0.0, 0.0, 0.0]))
    return _write(folder, config, model, tokens=tokens)


def sound(seconds: float, seed: int, *, bright: bool = False) -> Samples:
    """Noise whose colour changes four times a second, so that it has something like words."""
    random = np.random.default_rng(seed)
    step = LINE_RATE // 4
    slope = np.linspace(0.02, 1.0, 12) if bright else np.linspace(1.0, 0.02, 12)
    pieces = [_coloured(random, step, slope) for _ in range(int(np.ceil(seconds * 4)))]
    return (np.concatenate(pieces)[: int(seconds * LINE_RATE)] * 3000).astype(np.int16)


def _coloured(random: np.random.Generator, count: int, slope: Any) -> Any:
    spectrum = np.fft.rfft(random.normal(size=count))
    places = np.linspace(0, 1, len(spectrum))
    bands = np.interp(places, np.linspace(0, 1, len(slope)), slope * random.uniform(0.1, 1.0, len(slope)))
    shaped = np.fft.irfft(spectrum * bands, count)
    return shaped / shaped.std()


def _model(config: dict[str, Any], **sizes: Any) -> Any:
    torch.manual_seed(3)
    parts = {key: config.get(key) for key in ("encoder", "encoder_conf", "decoder", "decoder_conf")}
    parts |= {key: config.get(key) for key in ("predictor", "predictor_conf")}
    return tables.model_classes[config["model"]](**config["model_conf"], **parts, **sizes).eval()


def _frontend(config: dict[str, Any]) -> Any:
    return tables.frontend_classes[config["frontend"]](**config["frontend_conf"], dither=0.0)


def _teach_tags(model: Any, pieces: Any, frontend: Any) -> None:
    """Fit the last layer: the first four frames say the tags, all others what a random layer says of them."""
    encoded_sounds = list(_encoded(model, frontend))
    average = torch.cat([encoded[4:] for encoded, _ in encoded_sounds]).mean(0)
    inputs, outputs = [], []
    random_layer = torch.randn(len(CHARACTERS), SIZE)
    characters = torch.tensor([pieces.piece_to_id(character) for character in CHARACTERS])
    for encoded, tags in encoded_sounds:
        said = characters[((encoded[4:] - average) @ random_layer.T).argmax(-1)]
        inputs.append(encoded)
        outputs.append(torch.cat((torch.tensor([pieces.piece_to_id(tag) for tag in tags]), said)))
    layer = torch.nn.Linear(SIZE, pieces.get_piece_size())
    hidden, wanted = torch.cat(inputs), torch.cat(outputs)
    optimizer = torch.optim.Adam(layer.parameters(), lr=0.1)
    for _ in range(TEACHING_STEPS):
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(layer(hidden), wanted).backward()
        optimizer.step()
    with torch.no_grad():
        model.ctc.ctc_lo.weight.copy_(layer.weight)
        model.ctc.ctc_lo.bias.copy_(layer.bias)


def _encoded(model: Any, frontend: Any) -> Iterator[tuple[torch.Tensor, list[str]]]:
    """What the encoder makes of dark and of bright sounds, and the tags it shall say of them."""
    for seed in range(40):
        bright, tags = ((False, DARK_TAGS), (True, BRIGHT_TAGS))[seed % 2]
        pcm = torch.from_numpy(sound(0.5 + seed / 8, seed, bright=bright).astype(np.float32) / 32768)
        with torch.no_grad():
            speech, lengths = extract_fbank([pcm], frontend=frontend)
            queries = model.embed(torch.tensor([[0, 1, 2, 14]]))
            yield model.encoder(torch.cat((queries, speech), 1), lengths + 4)[0][0], tags


def _write(folder: Path, config: dict[str, Any], model: Any, *, tokens: list[str] | None = None) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.yaml").write_text(json.dumps(config), "utf-8")  # JSON is YAML
    torch.save(model.state_dict(), folder / "model.pt")
    if tokens:
        (folder / "tokens.json").write_text(json.dumps(tokens, ensure_ascii=False), "utf-8")
    return folder
