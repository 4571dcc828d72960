"""What a folder of voices for sherpa-onnx holds: the kind of network, the files it needs, and who speaks."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Literal, TypeAlias

from models.sherpa.library import NAME, Folder, properties
from models.support.clauses import HAN, PREFERENCES, preference
from pipeline.engines.protocols import Voice
from pipeline.errors import EngineUnavailable

Reads: TypeAlias = Literal["text", "codepoints", "tokens"]

HAN_LETTER = re.compile(f"[{HAN}]")
LATIN = re.compile(r"([A-Za-z][A-Za-z'’.\- ]*)")
ZIPVOICE_RATE, VOCODER_RATE = 24_000, 22_050
"""Hz, where the files do not say it."""
LISTED = 64
"""Nameless speakers that are listed; the others can be asked for by number."""
VOCODERS = ("vocos*.onnx", "hifigan*.onnx", "*vocoder*.onnx")
RULES = ("phone", "date", "number", "new_heteronym")
"""Rules that write Chinese numbers out, in the order in which they apply."""
LANGUAGES: Mapping[str, str] = {
    "english": "en",
    "chinese": "zh",
    "mandarin": "zh",
    "german": "de",
    "french": "fr",
    "spanish": "es",
    "italian": "it",
    "portuguese": "pt",
    "russian": "ru",
    "korean": "ko",
    "japanese": "ja",
    "dutch": "nl",
    "polish": "pl",
    "turkish": "tr",
    "ukrainian": "uk",
    "vietnamese": "vi",
    "arabic": "ar",
    "cmn": "zh",
}
KOKORO_LANGUAGES = {"a": "en", "b": "en", "e": "es", "f": "fr", "h": "hi", "i": "it", "j": "ja", "p": "pt", "z": "zh"}
KOKORO_ACCENTS = {"es": "es", "fr": "fr", "hi": "hi", "it": "it", "pt": "pt-br"}
"""espeak-ng's names of what Kokoro speaks besides English, which follows the voice, and Chinese, which has a lexicon."""
MATCHA_SPELLING = (
    *(("ɝ", "ɜɹ"), ("ɚ", "əɹ"), ("eɪ", "A"), ("aɪ", "I"), ("ɔɪ", "Y"), ("oʊ", "O"), ("əʊ", "O"), ("aʊ", "W")),
    *(("tʃ", "ʧ"), ("dʒ", "ʤ"), ("ː", ""), ("g", "ɡ"), ("r", "ɹ"), ("e", "ɛ")),
)
"""How the English of Matcha's Chinese and English voice differs from espeak-ng's, in the order in which it applies."""
GENDERS = {"f": "female", "m": "male"}
BEST = (
    *("af_heart", "am_michael", "bf_emma", "bm_george", "af_bella", "am_fenrir"),
    *("zf_xiaoxiao", "zm_yunxi", "zf_xiaobei", "zm_yunjian", "zf_001", "zm_010", "af_maple", "af_sol"),
)
"""Kokoro's voices, which differ in how much speech they were made from: who is chosen first when none is named."""


@dataclass(frozen=True)
class Cast:
    """kind, config: how sherpa-onnx calls this kind of network, and the class of its settings; files: those settings.

    reads: how text is given to it: as it is; as phonemes, one code point each; or as a list of tokens.
    lexicon: whether Chinese is given as it is all the same; mixes: whether with English in it. voice: the accent in
    which phonemes are read.
    rules: text rules, separated by commas. voices: the first of all `speakers`, in order.
    """

    folder: Folder
    kind: str
    config: str
    files: Mapping[str, str]
    languages: tuple[str, ...]
    voices: tuple[Voice, ...] = ()
    speakers: int = 1
    reads: Reads = "text"
    lexicon: bool = False
    mixes: bool = False
    voice: str = "en-us"
    rules: str = ""
    clones: bool = False
    multilingual: bool = False
    by_id: Mapping[str, int] = field(default_factory=dict)

    def runs(self, text: str) -> Iterator[str]:
        """The text in pieces of which each can be given in one way: Chinese, and what stands in it in Latin letters."""
        if self.reads == "text" or not self.lexicon or self.mixes or not HAN_LETTER.search(text):
            yield text
            return
        yield from (run for run in LATIN.split(text) if any(map(str.isalnum, run)))

    def sounds_out(self, text: str) -> bool:
        """Whether the network must be given the phonemes of this text, since it cannot read it."""
        return self.reads != "text" and not (self.lexicon and HAN_LETTER.search(text))

    def spelled(self, phonemes: str) -> str:
        """Phonemes as this network writes them, without those that it does not know."""
        if self.reads == "tokens" and not self.clones:
            for theirs, ours in MATCHA_SPELLING:
                phonemes = phonemes.replace(theirs, ours)
        return "".join(letter for letter in phonemes if letter in self.letters)

    @cached_property
    def letters(self) -> frozenset[str]:
        """The tokens of one letter. The library writes a line to the log for every other one that it is given."""
        lines = Path(self.files["tokens"]).read_text("utf-8", "replace").splitlines()
        pairs = (line.rsplit(maxsplit=1) for line in lines if line.strip())
        return frozenset(token if number else " " for token, number in ((pair[0], pair[1:]) for pair in pairs))

    def speaker(self, name: str, language: str) -> int:
        """The number of the speaker meant by a voice's id or its name alone, or of one that fits any other name."""
        key = name.lower()
        if key in self.by_id:
            return self.by_id[key]
        if key.startswith(f"{NAME}/") and key.rpartition("/")[2].isdecimal():
            return min(int(key.rpartition("/")[2]), max(0, self.speakers - 1))
        if not self.voices:
            return 0
        tag = language.partition("-")[0]
        wanted = preference(name)
        spoken = [voice for voice in self.voices if voice.language == tag] or list(self.voices)
        fitting = [voice for voice in spoken if voice.gender == PREFERENCES[wanted]] or spoken
        best = sorted(fitting, key=_merit)
        alike = [known for known, gender in PREFERENCES.items() if gender == PREFERENCES[wanted]]
        return self.by_id[best[alike.index(wanted) % len(best)].id.lower()]

    def accent(self, language: str, speaker: int) -> str:
        """espeak-ng's name of the accent in which to sound a text out."""
        if self.kind != "kokoro":
            return self.voice
        british = speaker < len(self.voices) and self.voices[speaker].label.startswith("b")
        english = "en-gb" if british else "en-us"
        return KOKORO_ACCENTS.get(language.partition("-")[0], english) if self.multilingual else english


def cast_of(folder: Folder, languages: tuple[str, ...], provider: str) -> Cast:
    """Find out what lies in the folder. Raises `EngineUnavailable` naming the file that is missing."""
    small = provider == "cpu"
    if folder.find("encoder*.onnx") or folder.find("decoder*.onnx"):
        return _zipvoice(folder, languages, small)
    vocoders = {path for pattern in VOCODERS for path in folder.path.glob(pattern)}
    networks = [path for path in folder.networks() if path not in vocoders]
    if not networks:
        folder.need("model*.onnx")
    fitting = [path for path in networks if ("int8" in path.name) == small] or networks
    network = fitting[-1]
    facts = properties(network)
    match facts.get("model_type"):
        case "kokoro":
            return _kokoro(folder, network, facts, languages)
        case "matcha-tts":
            return _matcha(folder, network, facts, languages)
        case "vits" | "melo-vits":
            return _vits(folder, network, facts, languages)
        case other:
            raise EngineUnavailable(
                f"{network.name} is of a kind that has no voice: {other or 'unknown'}.", engine=NAME
            )


def _kokoro(folder: Folder, network: Path, facts: Mapping[str, str], languages: tuple[str, ...]) -> Cast:
    multilingual = int(facts.get("version", "1")) >= 2
    lexicons = [path for path in (folder.find("lexicon-us-en.txt"), folder.find("lexicon-zh.txt")) if path]
    if multilingual:
        folder.need("lexicon-*.txt")
    chinese = any("zh" in path.name for path in lexicons)
    voices_file = folder.need("voices.bin")
    speakers = int(facts["n_speakers"])
    _check_styles(voices_file, facts["style_dim"], speakers)
    names = [name for name in facts.get("speaker_names", "").split(",") if name] or [f"{n}" for n in range(speakers)]
    voices = tuple(_kokoro_voice(name) for name in names)
    known = ("en", *(("zh",) if chinese else ()), *(KOKORO_ACCENTS if multilingual else ()))
    files = {
        "model": str(network),
        "voices": str(voices_file),
        "tokens": str(folder.need("tokens.txt")),
        "lexicon": ",".join(map(str, lexicons)),
    }
    by_id = {key: number for number, name in reversed(list(enumerate(names))) for key in _keys("kokoro", name.lower())}
    return Cast(
        folder, "kokoro", "OfflineTtsKokoroModelConfig", files, languages or known, voices, speakers,
        reads="codepoints", lexicon=chinese, mixes=len(lexicons) > 1, rules=_rules(folder, "-zh") if chinese else "",
        multilingual=multilingual, by_id=by_id,
    )  # fmt: skip


def _matcha(folder: Folder, network: Path, facts: Mapping[str, str], languages: tuple[str, ...]) -> Cast:
    both = facts.get("voice") == "zh en-us"
    lexicon = both or facts.get("jieba", "0") != "0"
    files = {
        "acoustic_model": str(network),
        "vocoder": str(_vocoder(folder, VOCODERS, int(facts["sample_rate"]))),
        "tokens": str(folder.need("tokens.txt")),
        "lexicon": _lexicons(folder) if lexicon else "",
    }
    known = languages or (("zh", "en") if both else ("zh",) if lexicon else _languages(facts))
    cast = _numbered(folder, "matcha", "OfflineTtsMatchaModelConfig", files, known, facts)
    reads: Reads = "tokens" if both else "text" if lexicon else "codepoints"
    voice = "en-us" if both else cast.voice
    rules = _rules(folder) if lexicon else ""
    return replace(cast, reads=reads, lexicon=lexicon, mixes=_knows_english(folder), voice=voice, rules=rules)


def _vits(folder: Folder, network: Path, facts: Mapping[str, str], languages: tuple[str, ...]) -> Cast:
    sounded = any(maker in facts["comment"] for maker in ("piper", "coqui", "icefall", "Inflect"))
    reads_itself = facts.get("frontend") == "characters"
    lexicon = None if reads_itself else folder.find("lexicon.txt")
    if not (sounded or reads_itself):
        lexicon = folder.need("lexicon.txt")
    files = {
        "model": str(network),
        "tokens": str(folder.need("tokens.txt")),
        "lexicon": str(lexicon) if lexicon else "",
    }
    cast = _numbered(folder, "vits", "OfflineTtsVitsModelConfig", files, languages or _languages(facts), facts)
    reads: Reads = "text" if reads_itself or lexicon else "codepoints"
    return replace(cast, reads=reads, rules=_rules(folder) if cast.languages == ("zh",) else "")


def _zipvoice(folder: Folder, languages: tuple[str, ...], small: bool) -> Cast:
    encoder, decoder = (folder.need(f"{part}*.onnx", small=small) for part in ("encoder", "decoder"))
    properties(encoder)
    rate = int(properties(decoder).get("sample_rate", ZIPVOICE_RATE))
    files = {
        "encoder": str(encoder),
        "decoder": str(decoder),
        "vocoder": str(_vocoder(folder, VOCODERS[:1], rate)),
        "tokens": str(folder.need("tokens.txt")),
        "lexicon": _lexicons(folder),
    }
    return Cast(
        folder, "zipvoice", "OfflineTtsZipvoiceModelConfig", files, languages or ("zh", "en"),
        reads="tokens", lexicon=True, mixes=_knows_english(folder), clones=True,
    )  # fmt: skip


def _numbered(
    folder: Folder,
    kind: str,
    config: str,
    files: Mapping[str, str],
    languages: tuple[str, ...],
    facts: Mapping[str, str],
) -> Cast:
    """Voices without names: "sherpa/0" and so on."""
    language = languages[0] if languages else ""
    count = max(1, int(facts["n_speakers"]))
    voices = tuple(
        Voice(f"{NAME}/{number}", language, label=folder.name if count == 1 else f"{folder.name} {number}")
        for number in range(min(count, LISTED))
    )
    by_id = {voice.id: number for number, voice in enumerate(voices)}
    return Cast(folder, kind, config, files, languages, voices, count, voice=facts.get("voice") or "en-us", by_id=by_id)


def _vocoder(folder: Folder, patterns: Sequence[str], rate: int) -> Path:
    """What makes sound of a network's features. Raises `EngineUnavailable` if there is none for this rate."""
    found = next((path for pattern in patterns if (path := folder.find(pattern, small=False))), None)
    if found is None:
        raise EngineUnavailable(f"A vocoder (vocos*.onnx) is missing in the folder {folder.name}.", engine=NAME)
    own = int(properties(found, "vocoder").get("sample_rate", VOCODER_RATE))
    if own != rate:
        raise EngineUnavailable(f"{found.name} is for {own} Hz, and the voice for {rate} Hz.", engine=NAME)
    return found


def _lexicons(folder: Folder) -> str:
    """Chinese first, then whatever else is there. Raises `EngineUnavailable`."""
    first = folder.need("lexicon.txt")
    return ",".join(map(str, (first, *sorted(set(folder.path.glob("lexicon*.txt")) - {first}))))


def _knows_english(folder: Folder) -> bool:
    return folder.find("lexicon*en*.txt") is not None


def _rules(folder: Folder, suffix: str = "") -> str:
    """The rules in the folder, for the text of a Chinese clause."""
    return ",".join(str(path) for rule in RULES if (path := folder.find(f"{rule}{suffix}.fst")))


def _languages(facts: Mapping[str, str]) -> tuple[str, ...]:
    """The languages that a network names, in words or as espeak-ng's voice."""
    words = re.findall(r"[a-z]+", facts.get("language", "").lower())
    named = [LANGUAGES[word] for word in words if word in LANGUAGES]
    tag = facts.get("voice", "").partition("-")[0]
    return tuple(dict.fromkeys(named)) or ((LANGUAGES.get(tag, tag),) if tag else ())


def _kokoro_voice(name: str) -> Voice:
    """ "af_heart" is American and female."""
    language, gender = (
        (KOKORO_LANGUAGES.get(name[:1], "en"), GENDERS.get(name[1:2])) if name[2:3] == "_" else ("en", None)
    )
    return Voice(f"kokoro/{name}", language, gender or "neutral", name)


def _keys(prefix: str, name: str) -> tuple[str, ...]:
    """What a speaker may be called: the voice's id, the name, and what follows its mark of language and gender."""
    own = name.rpartition("_")[2]
    return (own, name, f"{prefix}/{name}") if not own.isdecimal() else (name, f"{prefix}/{name}")


def _merit(voice: Voice) -> int:
    return BEST.index(voice.label) if voice.label in BEST else len(BEST)


def _check_styles(file: Path, shape: str, speakers: int) -> None:
    """sherpa-onnx ends the process when this file has another size than the network says."""
    sizes = [int(size) for size in shape.split(",")]
    if len(sizes) != 3 or file.stat().st_size != 4 * sizes[0] * sizes[1] * sizes[2] * speakers:
        raise EngineUnavailable(f"{file.name} is damaged or belongs to other weights.", engine=NAME)
