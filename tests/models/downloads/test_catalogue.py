from __future__ import annotations

from fnmatch import fnmatchcase
from pathlib import Path

import pytest

from models.downloads.catalogue import BY_NAME, CATALOGUE, NEVER, Entry, Machine, recommended
from models.downloads.store import NAME
from pipeline.engines import registry
from pipeline.engines.protocols import Role

ROOT = Path(__file__).resolve().parents[3]
GB = 1_000_000_000
ZH_EN, EN, ZH, FR = ("zh", "en"), ("en",), ("zh",), ("fr",)

PC = Machine(cores=8, memory=16 * GB, disk_free=100 * GB)
SMALL = Machine(cores=2, memory=8 * GB, disk_free=100 * GB)
WORKSTATION = Machine(cores=16, memory=64 * GB, disk_free=500 * GB, gpu=True)


@pytest.mark.parametrize(
    ("machine", "languages", "names"),
    [
        (PC, ZH_EN, "smart-turn zipformer-zh-en kokoro sensevoice"),
        (PC, EN, "smart-turn zipformer-zh-en kokoro sensevoice"),
        (SMALL, ZH_EN, "smart-turn zipformer-zh-en matcha-zh-en sensevoice"),
        (SMALL, ZH, "smart-turn zipformer-zh-en matcha-zh-en sensevoice"),
        (SMALL, EN, "smart-turn zipformer-zh-en matcha-en sensevoice"),
        (SMALL, FR, "smart-turn"),
        (WORKSTATION, ZH_EN, "smart-turn funasr-paraformer kokoro funasr-sensevoice"),
        (WORKSTATION, EN, "smart-turn zipformer-zh-en kokoro sensevoice"),
        # A small disk: less, or the smaller choice; a gigabyte stays free.
        (Machine(8, 16 * GB, 1 * GB), ZH_EN, ""),
        (Machine(8, 16 * GB, 1_200_000_000), ZH_EN, "smart-turn"),
        (Machine(8, 16 * GB, 1_700_000_000), ZH_EN, "smart-turn zipformer-zh-en"),
        (Machine(8, 16 * GB, 2_000_000_000), ZH_EN, "smart-turn zipformer-zh-en kokoro"),
        (Machine(16, 64 * GB, 8 * GB, gpu=True), ZH_EN, "smart-turn zipformer-zh-en kokoro sensevoice"),
        # Little memory: no second pass, then nothing of the large ones.
        (Machine(4, 2 * GB, 100 * GB), ZH_EN, "smart-turn zipformer-zh-en matcha-zh-en"),
        (Machine(4, 1 * GB, 100 * GB), ZH_EN, "smart-turn"),
    ],
)
def test_what_is_recommended_suits_the_machine_and_the_languages(
    machine: Machine, languages: tuple[str, ...], names: str
) -> None:
    assert " ".join(entry.name for entry in recommended(machine, languages)) == names


def test_every_entry_has_a_name_of_its_own_that_can_be_a_folder() -> None:
    assert len(BY_NAME) == len(CATALOGUE)
    assert [entry.name for entry in CATALOGUE if not NAME.fullmatch(entry.name)] == []


@pytest.mark.parametrize("entry", CATALOGUE, ids=lambda entry: entry.name)
def test_an_entry_says_all_that_a_person_and_a_pull_need(entry: Entry) -> None:
    assert all((entry.licence, entry.good_for, entry.needs, entry.libraries, entry.sources))
    assert 0 < entry.mb <= entry.disk_mb
    for source in (source for sources in entry.sources for source in sources):
        assert source.repository.count("/") == 1
        assert source.revision
        if source.hub == "github":
            assert not any(set(asset) & set("*?[/") for asset in source.files)
    assert not any(fnmatchcase(need, never) for need in entry.needs for never in NEVER)
    assert (ROOT / entry.requirements).is_file()


@pytest.mark.parametrize(
    "entry", [entry for entry in CATALOGUE if entry.engine != "smart_turn"], ids=lambda entry: entry.name
)
def test_what_a_pull_from_a_repository_takes_covers_what_is_needed(entry: Entry) -> None:
    for [first, *_] in entry.sources:
        if first.hub != "github" and first.files != ("*",):
            patterns = "\n".join(first.files)
            assert all(need.split("*")[0].split(".")[0].rstrip("-") in patterns for need in entry.needs)


def test_no_two_entries_for_the_same_part_are_equally_good() -> None:
    ranks = [(entry.engine, entry.part, entry.rank) for entry in CATALOGUE if entry.rank]

    assert len(ranks) == len(set(ranks))


def test_a_part_is_a_role_of_engines_or_a_companion_that_one_asks_for() -> None:
    roles: set[Role] = set(registry.BUILT_IN)

    assert {entry.part for entry in CATALOGUE} - roles == {"second_pass", "vad", "punctuation"}
