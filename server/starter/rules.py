"""Which weights of the starter set are to be fetched here: those that would be used, and that this machine has room for."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

from pipeline.engines import registry
from pipeline.engines.weights import Weights
from pipeline.errors import KaikouError, SettingError
from server.engines.loaded import explicit_of, installed_weights
from server.engines.machine import cores, disk_free_bytes, has_gpu, memory_bytes
from server.engines.selection import AUTO, GOES_BY_WEIGHTS, InstalledWeights
from server.settings import Settings
from server.settings.engines import WeightSettings

STOPPED = "starter-stopped"
"""A file in the folder of weights: whoever pressed stop wants no more of it, at the next start either."""
ABOUT_STOPPED = "The starter set is not fetched, since somebody stopped it on the page. Without this file it is.\n"


class StarterEntry(Protocol):
    """What is used here of an entry of the catalogue; see there."""

    name: str
    engine: str
    part: str
    languages: tuple[str, ...]
    publisher: str
    licence: str
    good_for: str
    mb: int
    libraries: tuple[str, ...]
    rank: int
    gpu: bool
    cores: int
    lead_cores: int


def this_machine(folder: Path) -> Any:
    """What this machine has, as the catalogue sees it; its disk is the one that `folder` is on."""
    return registry.catalogue().Machine(cores(), memory_bytes(), disk_free_bytes(folder), has_gpu())


def check_hubs(weights: WeightSettings) -> None:
    """Raise `SettingError` where weights are to come from a hub, or a mirror, that there cannot be."""
    try:
        registry.weights_puller(weights.folder, weights.mirrors, weights.hub, None)
    except KaikouError as error:
        raise SettingError(f"{error.message} See KAIKOU_MODELS_FROM and KAIKOU_MODELS_MIRROR.") from None


@dataclass(frozen=True)
class StarterRules:
    """What decides it: the settings, the language model as `find_language_model` found it, and the machine."""

    settings: Settings
    language_model: Mapping[str, Any] | None = None
    machine: Callable[[Path], Any] = this_machine

    @property
    def off(self) -> bool:
        """Whether the settings say no: to the starter set, or by choosing the engines."""
        engines = self.settings.engines
        replaced = bool(engines.realtime.url) and engines.realtime.default  # a speech model hears and speaks by itself
        return not self.settings.weights.starter or engines.set != AUTO or replaced

    @property
    def stopped(self) -> bool:
        """Whether somebody stopped it, and nobody began it again."""
        return self._mark.exists()

    def remember(self, *, stopped: bool) -> None:
        """Stop it, or begin it again, for the next starts too. Raises `OSError` where the folder cannot be written to."""
        if stopped:
            self._mark.parent.mkdir(parents=True, exist_ok=True)
            self._mark.write_text(ABOUT_STOPPED, "utf-8")
        else:
            self._mark.unlink(missing_ok=True)

    def missing(self) -> Sequence[StarterEntry]:
        """The entries to fetch, most useful first; none where the settings say no."""
        if self.off:
            return ()
        there = installed_weights(self.settings.weights, self.settings.engines.languages)
        chosen = explicit_of(self.settings.engines, self.language_model)
        fitting = registry.catalogue().starter(self.machine(self.folder))
        entries = [entry for entry in fitting if entry.engine in registry.names(entry.part)]
        return used(entries, there, [role for role, engine in chosen.items() if engine])

    @property
    def folder(self) -> Path:
        """Where the weights lie."""
        return self.settings.weights.folder

    @property
    def _mark(self) -> Path:
        return self.folder / STOPPED


def used(entries: Sequence[StarterEntry], there: InstalledWeights, chosen: Sequence[str]) -> Sequence[StarterEntry]:
    """Those of the entries that would be used if they were there, and are not. chosen: parts whose engine is settled."""
    names = {weights.name for weights in there.installed}
    lacking = [entry for entry in entries if entry.name not in names and entry.part not in chosen]
    then = replace(there, installed=(*there.installed, *map(_as_installed, lacking)))
    taken = {spelled.partition(":")[2] for role in GOES_BY_WEIGHTS for spelled in then.best(role)}
    return [entry for entry in lacking if entry.name in taken]


def _as_installed(entry: StarterEntry) -> Weights:
    about = (entry.languages, entry.libraries, entry.rank, entry.gpu, entry.cores, entry.lead_cores)
    return Weights(entry.name, entry.engine, entry.part, Path(entry.name), *about)
