from __future__ import annotations

from fnmatch import fnmatchcase
from pathlib import Path

import pytest

from models.downloads.catalogue import BY_NAME, CATALOGUE, STARTER, Machine, recommended, starter
from models.downloads.catalogue.entry import Entry, Part, Source
from models.downloads.hubs import NEVER
from models.downloads.store import NAME
from pipeline.engines import registry
from pipeline.engines.protocols import Role

ROOT = Path(__file__).resolve().parents[3]
GB = 1_000_000_000
ZH_EN, EN, ZH, FR = ("zh", "en"), ("en",), ("zh",), ("fr",)

PC = Machine(cores=8, memory=16 * GB, disk_free=100 * GB)
SMALL = Machine(cores=2, memory=8 * GB, disk_free=100 * GB)
SINGLE = Machine(cores=1, memory=8 * GB, disk_free=100 * GB)
WORKSTATION = Machine(cores=16, memory=64 * GB, disk_free=500 * GB, gpu=True)


@pytest.mark.parametrize(
    ("machine", "languages", "names"),
    [
        (PC, ZH_EN, "smart-turn zipformer-zh-en kokoro-82m sensevoice"),
        (PC, EN, "smart-turn whisper-base kokoro-82m"),
        (SMALL, ZH_EN, "smart-turn zipformer-zh-en kokoro-82m sensevoice"),
        (SINGLE, ZH_EN, "smart-turn zipformer-zh-en matcha-zh-en sensevoice"),
        (SINGLE, EN, "smart-turn whisper-base piper-joe"),
        (SMALL, FR, "smart-turn whisper-base"),
        (SMALL, (*ZH_EN, *FR), "smart-turn whisper-base kokoro-82m"),
        (WORKSTATION, ZH_EN, "smart-turn funasr-paraformer kokoro-82m funasr-sensevoice"),
        (WORKSTATION, EN, "smart-turn whisper-turbo kokoro-82m"),
        # A small disk: less, or the smaller choice; a gigabyte stays free.
        (Machine(8, 16 * GB, 1 * GB), ZH_EN, ""),
        (Machine(8, 16 * GB, 1_200_000_000), ZH_EN, "smart-turn"),
        (Machine(8, 16 * GB, 1_500_000_000), ZH_EN, "smart-turn whisper-base"),
        (Machine(8, 16 * GB, 1_700_000_000), ZH_EN, "smart-turn zipformer-zh-en"),
        (Machine(8, 16 * GB, 2_000_000_000), ZH_EN, "smart-turn zipformer-zh-en kokoro-82m"),
        (Machine(16, 64 * GB, 8 * GB, gpu=True), ZH_EN, "smart-turn zipformer-zh-en kokoro-82m sensevoice"),
        # Little memory: no second pass, then nothing of the large ones.
        (Machine(4, 2 * GB, 100 * GB), ZH_EN, "smart-turn zipformer-zh-en kokoro-82m"),
        (Machine(4, 1 * GB, 100 * GB), ZH_EN, "smart-turn whisper-base"),
    ],
)
def test_what_is_recommended_suits_the_machine_and_the_languages(
    machine: Machine, languages: tuple[str, ...], names: str
) -> None:
    assert " ".join(entry.name for entry in recommended(machine, languages)) == names


@pytest.mark.parametrize(
    ("machine", "names"),
    [
        (SMALL, "whisper-base piper-joe kokoro-82m"),
        (SINGLE, "whisper-base piper-joe"),
        (Machine(cores=2, memory=1_500_000_000, disk_free=100 * GB), "whisper-base piper-joe"),
        (Machine(cores=2, memory=500_000_000, disk_free=100 * GB), ""),
        (Machine(cores=2, memory=8 * GB, disk_free=1_450_000_000), "whisper-base piper-joe"),
        (Machine(cores=2, memory=8 * GB, disk_free=1_200_000_000), "piper-joe"),
        (Machine(cores=2, memory=8 * GB, disk_free=1 * GB), ""),
    ],
)
def test_the_starter_set_is_what_of_it_fits_the_machine(machine: Machine, names: str) -> None:
    assert " ".join(entry.name for entry in starter(machine)) == names


@pytest.mark.parametrize("name", STARTER)
def test_the_starter_set_needs_no_packages_beyond_those_of_the_server(name: str) -> None:
    entry = BY_NAME[name]

    assert (entry.requirements, entry.needs_library()) == ("", False)
    assert all(part.sha256 for part in entry.parts), "any source will do, for the files are known"


def test_every_entry_has_a_name_of_its_own_that_can_be_a_folder() -> None:
    assert len(BY_NAME) == len(CATALOGUE)
    assert [entry.name for entry in CATALOGUE if not NAME.fullmatch(entry.name)] == []


@pytest.mark.parametrize("entry", CATALOGUE, ids=lambda entry: entry.name)
def test_an_entry_says_all_that_a_person_and_a_pull_need(entry: Entry) -> None:
    assert all((entry.licence, entry.good_for, entry.needs, entry.libraries, entry.parts, entry.publisher))
    assert 0 < entry.mb <= entry.disk_mb
    for source in (source for part in entry.parts for source in part.sources):
        assert source.repository.count("/") == (0 if source.packages else 1)
        assert source.revision
        if source.hub == "github":
            assert not any(set(asset) & set("*?[/") for asset in source.files)
    assert not any(fnmatchcase(need, never) for need in entry.needs for never in NEVER)
    assert (ROOT / (entry.requirements or "requirements.txt")).is_file()


@pytest.mark.parametrize(
    ("source", "part"),
    [(source, part) for entry in CATALOGUE for part in entry.parts for source in part.sources if source.packages],
    ids=lambda value: getattr(value, "repository", None),
)
def test_packages_hold_exactly_the_files_whose_checksums_are_known(source: Source, part: Part) -> None:
    """Bytes out of a stranger's package count only where the publisher's own are known."""
    assert {ours for package in source.packages for ours in package.members.values()} == set(part.sha256)
    assert all(len(package.sha256) == 64 and package.size for package in source.packages)


@pytest.mark.parametrize(
    "entry", [entry for entry in CATALOGUE if entry.engine != "smart_turn"], ids=lambda entry: entry.name
)
def test_what_a_pull_from_a_repository_takes_covers_what_is_needed(entry: Entry) -> None:
    patterns = [
        "\n".join(source.files) for part in entry.parts for source in part.sources if source.hub == "huggingface"
    ]
    if patterns and "*" not in patterns and len(entry.parts) == 1:
        assert all(need.split("*")[0].split(".")[0].rstrip("-") in patterns[0] for need in entry.needs)


def test_no_two_entries_for_the_same_part_are_equally_good() -> None:
    ranks = [(entry.engine, entry.part, entry.rank) for entry in CATALOGUE if entry.rank]

    assert len(ranks) == len(set(ranks))


def test_a_part_is_a_role_of_engines_or_a_companion_that_one_asks_for() -> None:
    roles: set[Role] = set(registry.BUILT_IN)

    assert {entry.part for entry in CATALOGUE} - roles == {"second_pass", "vad", "punctuation"}
