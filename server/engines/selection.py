"""Which engine does what: the rules, without making one. `auto` takes the best that is there, an explicit choice wins.

Theory of operation. An engine is spelled "engine" or "engine:weights", where weights are the name of an installed
entry. `wanted` says how each role's engine is spelled; `InstalledWeights.choice` what that means here. Where no weights
are named, an engine gets the best installed ones for its role; what else it can use of its own (such as a second pass)
goes with them.

With `auto` a role gets a chain: the best that does all the languages that are spoken here, then those that do some of them,
then the embedded engine. In a chain each engine does the languages it can (see `pipeline.engines.fallback`), so an English
voice and a Chinese one make one that speaks both. Of several that do all the languages one is taken, since such weights are
large; one that does fewer joins only if it adds a language, or is another engine, which can stand in where the first fails.
Weights that want more cores to lead than there are come after all others, for the languages that those do not do.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pipeline.engines import registry
from pipeline.engines.protocols import Role
from pipeline.engines.weights import Weights
from pipeline.errors import SettingError

AUTO, EMBEDDED = "auto", "embedded"
PULL = "python3 run.py models pull"
GOES_BY_WEIGHTS: tuple[Role, ...] = ("recognizer", "synthesizer")
"""Roles that `auto` fills. The embedded turn model takes Smart Turn in by itself."""
COMPANIONS: Mapping[tuple[str, Role], tuple[str, ...]] = {
    ("sherpa", "recognizer"): ("second_pass",),
    ("funasr", "recognizer"): ("second_pass", "vad", "punctuation"),
}
"""What an engine can use beside its weights; the names of its settings, and of parts in the catalogue."""
ALONE: Mapping[tuple[str, Role], str] = {("sherpa", "recognizer"): "second_pass"}
"""A part that an engine can also do with alone, where it is named."""
LIBRARIES: Mapping[str, tuple[str, ...]] = {"pocketsphinx": ("pocketsphinx",)}
"""Embedded engines whose library not every Python has: where it is missing, they stand in for nothing."""


@dataclass(frozen=True, slots=True)
class Choice:
    """An engine, the name of its weights (empty without), and the settings that follow from them."""

    engine: str
    weights: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.engine} ({self.weights})" if self.weights else self.engine


@dataclass(frozen=True)
class InstalledWeights:
    """The installed weights, and what decides which of them are used. languages: those that are spoken here."""

    installed: Sequence[Weights] = ()
    languages: Sequence[str] = ()
    importable: Callable[[str], bool] = lambda module: True
    gpu: bool = False
    cores: int = 1

    def choice(self, role: Role, spelled: str) -> Choice:
        """What `spelled` means for `role`. Raises `SettingError` for weights that are not there or not this engine's."""
        engine, named, name = spelled.strip().partition(":")
        if (role, engine) == ("turn_model", EMBEDDED):  # it takes Smart Turn in
            found = [weights for weights in self._usable() if weights.engine == "smart_turn"]
            return Choice(engine, options={"weights": str(found[0].folder)} if found else {})
        if name:
            return self._with(role, engine, self._named(role, engine, name))
        if named:
            raise SettingError(f"{spelled!r} names no weights: write {engine}, or {engine} and the name of weights.")
        fit = [weights for weights in self.installed if weights.engine == engine and weights.part == role]
        return self._with(role, engine, max(fit, key=_rank, default=None))

    def best(self, role: Role) -> list[str]:
        """How those are spelled that together are the best for `role` of what is there and keeps up; see above."""
        spoken, chain = set(self.languages), list[Weights]()
        fit = [
            weights
            for weights in self._usable()
            if weights.part == role
            and weights.rank
            and weights.cores <= self.cores
            and (not spoken or spoken & set(weights.languages))
        ]

        def standing(weights: Weights) -> tuple[bool, bool, tuple[int, str]]:
            return weights.lead_cores <= self.cores, spoken <= set(weights.languages), _rank(weights)

        for weights in sorted(fit, key=standing, reverse=True):
            done = {language for one in chain for language in one.languages}
            stands_in = not spoken <= set(weights.languages) and weights.engine not in {one.engine for one in chain}
            if not chain or not spoken & set(weights.languages) <= done or stands_in:
                chain.append(weights)
        return [f"{weights.engine}:{weights.name}" for weights in chain]

    def _named(self, role: Role, engine: str, name: str) -> Weights:
        asked = f"{engine} as {_words(role)}"
        for weights in self.installed:
            if weights.name == name:
                if weights.engine == engine and weights.part in (role, ALONE.get((engine, role))):
                    return weights
                raise SettingError(f"{name} are weights of {weights.engine} as {_words(weights.part)}, not of {asked}.")
        there = [weights.name for weights in self.installed if (weights.engine, weights.part) == (engine, role)]
        known = f"installed for it: {', '.join(there)}" if there else "none are installed for it"
        raise SettingError(f"There are no weights {name!r} for {asked}; {known}. {PULL} {name}")

    def _with(self, role: Role, engine: str, weights: Weights | None) -> Choice:
        if weights is None:
            return Choice(engine)
        options = {"weights": str(weights.folder)}
        for part in COMPANIONS.get((engine, role), ()) if weights.part == role else ():
            usable = self._usable(gpu=self.gpu or weights.gpu)  # who named an engine that wants one has decided
            fit = [other for other in usable if (other.engine, other.part) == (engine, part)]
            if fit:
                options[part] = str(max(fit, key=_rank).folder)
        return Choice(engine, weights.name, options)

    def _usable(self, gpu: bool | None = None) -> Iterable[Weights]:
        """Weights whose libraries are there, and a GPU where they are meant for one."""
        gpu = self.gpu if gpu is None else gpu
        for weights in self.installed:
            if (gpu or not weights.gpu) and all(map(self.importable, weights.libraries)):
                yield weights


def wanted(engines: str, explicit: Mapping[Role, str], installed_weights: InstalledWeights) -> dict[Role, str]:
    """How the engine of each role is spelled: that of the set `engines`, or the best for `auto`, unless `explicit` names
    another; "none" leaves it out.
    """
    if engines != AUTO and engines not in registry.SETS:
        known = ", ".join((AUTO, *registry.SETS))
        raise SettingError(f"There is no engine set {engines!r} (KAIKOU_ENGINES, --engines); known: {known}.")
    names: dict[Role, str] = {"chat_model": "scripted", **registry.SETS[EMBEDDED if engines == AUTO else engines]}
    if engines == AUTO:
        for role in GOES_BY_WEIGHTS:
            best, embedded = installed_weights.best(role), names[role]
            stands_in = all(map(installed_weights.importable, LIBRARIES.get(embedded, ())))
            names[role] = ", ".join([*best, embedded] if stands_in or not best else best)
    names |= {role: name for role, name in explicit.items() if name}
    return {role: name for role, name in names.items() if name != "none"}


def _rank(weights: Weights) -> tuple[int, str]:
    return weights.rank, weights.name


def _words(part: str) -> str:
    return part.replace("_", " ")
