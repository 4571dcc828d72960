"""The starter with the real puller, against a hub on this machine: stopped half way, it goes on where it was."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from models.downloads.catalogue import BY_NAME
from models.downloads.catalogue.entries import SHERPA
from models.downloads.store import Store
from server.settings import load_settings
from server.starter.rules import StarterEntry, StarterRules
from server.starter.starter import Starter, StarterState
from tests.models.hub_server import HubServer, archive, hub_server, sha
from tests.server.starter.pulling import Engines, Rules, until

NAME, FOLDER = "piper-amy", "vits-piper-en_US-amy-medium"
ASSET = f"{FOLDER}.tar.bz2"
PACKED = archive(
    {
        f"{FOLDER}/en_US-amy-medium.onnx": os.urandom(600_000),
        f"{FOLDER}/tokens.txt": b"a b c",
        f"{FOLDER}/espeak-ng-data/en_dict": b"hello",
    }
)


class OneVoice(StarterRules):
    """One entry of the catalogue is missing until it is there."""

    def missing(self) -> Sequence[StarterEntry]:
        return [] if Store(self.folder).has(NAME) else [BY_NAME[NAME]]


def rules(folder: Path, hub: HubServer) -> OneVoice:
    mirrors = [f"{name}={hub.address}" for name in ("github", "huggingface")]
    return OneVoice(load_settings({"weights": folder, "models_mirror": mirrors, "models_from": "github"}, {}))


async def test_what_was_stopped_half_way_goes_on_there_at_the_next_start_or_press(tmp_path: Path) -> None:
    engines = Engines(Rules())
    with hub_server() as hub:
        hub.releases[f"{SHERPA}/tts-models"] = {ASSET: PACKED, "checksum.txt": f"{sha(PACKED)}  {ASSET}\n".encode()}
        hub.faults.slow_s[ASSET] = 0.01
        first = Starter.of(rules(tmp_path, hub))
        async with first.running(engines):  # type: ignore[arg-type]
            await until(lambda: first.fetching[0].done > 100_000)
        assert not Store(tmp_path).has(NAME)

        second = Starter.of(rules(tmp_path, hub))
        async with second.running(engines):  # type: ignore[arg-type]
            await until(lambda: second.fetching[0].done > 200_000)
            second.stop()
            assert Starter.of(rules(tmp_path, hub)).state is StarterState.STOPPED
            hub.faults.slow_s.clear()
            second.start()
            await until(lambda: second.state is StarterState.DONE)

        begins = hub.fetched(ASSET)

    assert Store(tmp_path).verify(NAME) == []
    assert (len(begins), begins[0], begins == sorted(set(begins))) == (3, 0, True)
    assert second.fetching[0].done == second.fetching[0].total == len(PACKED)
