"""Which weights Kaikou can fetch, and which of them fit a machine: the rules over the tables of entries."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from models.downloads.catalogue.entries import ENTRIES, ZH_EN
from models.downloads.catalogue.entry import Entry
from models.downloads.catalogue.starter_entries import STARTER_ENTRIES

CATALOGUE: tuple[Entry, ...] = (*STARTER_ENTRIES, *ENTRIES)
BY_NAME: Mapping[str, Entry] = {entry.name: entry for entry in CATALOGUE}


@dataclass(frozen=True, slots=True)
class Machine:
    """What a machine has; bytes."""

    cores: int
    memory: int
    disk_free: int
    gpu: bool = False


SPARE_DISK = 1_000_000_000
"""Bytes that a recommendation leaves free."""
PULLING = "requirements-models.txt"
"""The packages of the hubs that are asked through a library of their own."""
PACKAGES_MB: Mapping[str, int] = {
    "": 0,
    PULLING: 60,
    "requirements-cpu.txt": 45,
    "requirements-gpu.txt": 6_000,
}
"""About what the Python packages take on the disk."""
STARTER: tuple[str, ...] = ("whisper-base", "piper-joe", "kokoro-82m")
"""What a bare machine is given by itself, most useful first: ears for 99 languages, a quick voice, then the better voice."""
FAST_VOICES: Mapping[str, tuple[str, ...]] = {
    "": ("matcha-zh-en",),
    "zh": ("matcha-zh-en", "matcha-zh", "piper-huayan"),
    "en": ("piper-joe", "matcha-en", "piper-libritts", "piper-amy"),
}
"""Voices that keep up on one core, best first, for those who want one language, or else both."""


def recommended(machine: Machine, languages: Sequence[str] = ZH_EN) -> list[Entry]:
    """The entries to fetch for `languages` (BCP 47 primary tags), most useful first, as far as disk and memory reach."""
    return list(_fitting(machine, _wishes(machine, languages)))


def starter(machine: Machine) -> list[Entry]:
    """The entries of the starter set that fit a machine, in the order in which they are fetched."""
    entries = (BY_NAME[name] for name in STARTER)
    return list(_fitting(machine, [[entry] for entry in entries if entry.cores <= machine.cores]))


def _fitting(machine: Machine, wishes: Iterable[Sequence[Entry]]) -> Iterator[Entry]:
    """Of each wish the first that there is memory and, with the ones before it, disk for."""
    packages: set[str] = set()
    room = machine.disk_free - SPARE_DISK
    for choices in wishes:
        for entry in choices:
            new = {entry.requirements, PULLING if entry.needs_library() else ""} - packages
            # While it is fetched, an archive lies there beside what it holds.
            cost = (entry.mb + entry.disk_mb + sum(PACKAGES_MB[file] for file in new)) * 1_000_000
            if cost <= room and entry.memory_mb * 1_000_000 <= machine.memory:
                packages |= new
                room -= cost
                yield entry
                break


def _wishes(machine: Machine, languages: Sequence[str]) -> Iterator[Sequence[Entry]]:
    """What to get, one after the other; each with the next best thing where it does not fit."""
    wanted = set(languages)

    def known(*names: str) -> list[Entry]:
        """Those that keep up here and know any of the languages; first those that know most."""
        entries = [BY_NAME[name] for name in names]
        fit = [entry for entry in entries if wanted & set(entry.languages) and entry.cores <= machine.cores]
        return sorted(fit, key=lambda entry: -len(wanted & set(entry.languages)))

    # Measured, Whisper base gets 3 of 100 words wrong in English, punctuated, and 16 of 100 characters in Chinese, which
    # the streaming recognisers were made for (theirs were not measured here). A second pass goes with those alone.
    chinese = "zh" in wanted and wanted <= set(ZH_EN)
    yield [BY_NAME["smart-turn"]]
    with_gpu = ("funasr-paraformer" if chinese else "whisper-turbo",) if machine.gpu else ()
    streaming = ("zipformer-zh-en", "paraformer-zh-en") if chinese else ()
    yield known(*with_gpu, *streaming, "whisper-base")
    spoken = wanted & set(ZH_EN)
    fast = FAST_VOICES["".join(spoken) if len(spoken) == 1 else ""]
    # Kokoro keeps up on two cores through onnxruntime; through sherpa-onnx it takes twice the time and wants six.
    yield known("kokoro-82m", *fast)
    if chinese:
        yield known(*(("funasr-sensevoice",) if machine.gpu else ()), "sensevoice")
