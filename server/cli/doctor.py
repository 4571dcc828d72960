"""`run.py doctor`: for each engine, whether it would work here, and if not what is missing and the command that gets it."""

from __future__ import annotations

import argparse
import asyncio
import platform
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pipeline.engines import registry
from pipeline.engines.fallback import close_engine
from pipeline.engines.protocols import Role
from pipeline.errors import EngineUnavailable, KaikouError, SettingError
from server import VERSION
from server.cli.access_check import findings as access_findings
from server.cli.model_check import TALK_S, talk_with
from server.cli.model_check import shown as findings_shown
from server.cli.progress import megabytes
from server.cli.proxy_check import findings as proxy_findings
from server.cli.proxy_check import servers
from server.cli.start_check import findings as start_findings
from server.engines.loaded import LEARNT, explicit_of, find_language_model, installed_weights, options
from server.engines.machine import cores, disk_free_bytes, has_gpu, memory_bytes
from server.engines.selection import PULL, InstalledWeights, wanted
from server.process.folders import check_folders
from server.process.streams import prepare_streams
from server.settings import Settings, ignored_variables, load_settings
from server.starter.rules import StarterRules

ROLES: Mapping[Role, str] = {
    "voice_detector": "notices speech",
    "turn_model": "hears whether a turn is over",
    "recognizer": "hears",
    "chat_model": "thinks",
    "synthesizer": "speaks",
}
NOT_FOR_TALK = ("stub",)
Make = Callable[[Role, str, Mapping[str, Any]], Any]


@dataclass(frozen=True, slots=True)
class Finding:
    """How an engine is. lacks: what is missing, as a sentence; fix: the command that gets it. note: what else to know."""

    role: Role
    engine: str
    lacks: str = ""
    fix: str = ""
    note: str = ""


@dataclass(frozen=True)
class Doctor:
    """Looks at engines one by one. make: makes an engine, as `registry.create` does; memory: bytes of the machine."""

    installed_weights: InstalledWeights
    make: Make
    memory: int
    disk_free: int

    async def look_at(self, role: Role, engine: str, options: Mapping[str, Any]) -> Finding:
        """What there is to say about one engine. It is made to find out, and ended."""
        entries = [entry for entry in registry.catalogue().CATALOGUE if (entry.engine, entry.part) == (engine, role)]
        if entries and (finding := self._lacks(role, engine, entries)):
            return finding
        try:
            made = self.make(role, engine, {**options, **self.installed_weights.choice(role, engine).options})
        except EngineUnavailable as error:
            return Finding(role, engine, error.message)
        except SettingError as error:
            return Finding(role, engine, error.message, note="See docs/settings.md.")
        await close_engine(made)
        return Finding(role, engine, note=" ".join(filter(None, [made.info.note, *self._remarks(entries)])))

    def _lacks(self, role: Role, engine: str, entries: Sequence[Any]) -> Finding | None:
        """What can be told without making it: packages, and weights."""
        present = [
            weights for weights in self.installed_weights.installed if (weights.engine, weights.part) == (engine, role)
        ]
        first = next((entry for entry in entries if entry.cores <= self.installed_weights.cores), entries[0])
        missing = [library for library in first.libraries if not self.installed_weights.importable(library)]
        name = present[0].name if present else first.name
        needs = [f"the {'packages' if len(missing) > 1 else 'package'} {', '.join(missing)}"] if missing else []
        needs += [] if present else ["weights"]
        if not needs:
            return None
        size = "" if present else f"about {megabytes(first.mb * 1_000_000)}"
        room = "" if self._fits(first) else f"the disk has only {megabytes(self.disk_free)} free"
        remarks = [remark for remark in (size, room, *self._remarks([first])) if remark]
        return Finding(role, engine, f"It lacks {' and '.join(needs)}.", f"{PULL} {name}", "; ".join(remarks))

    def _fits(self, entry: Any) -> bool:
        return bool((entry.mb + entry.disk_mb) * 1_000_000 < self.disk_free)

    def _remarks(self, entries: Sequence[Any]) -> Iterator[str]:
        for entry in entries[:1]:
            if entry.gpu and not self.installed_weights.gpu:
                yield "made for a GPU, and there is none (NVIDIA, with its driver); slow without"
            if entry.memory_mb * 1_000_000 > self.memory:
                yield f"wants {megabytes(entry.memory_mb * 1_000_000)} of memory, there are {megabytes(self.memory)}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the findings; 1 if a role is left without an engine that works."""
    parser = argparse.ArgumentParser(prog="run.py doctor", description="What each engine lacks here.")
    parser.add_argument("--config", help="settings file (kaikou.toml, if there is one)")
    parser.add_argument("--model", action="store_true", help="talk to the language model for ten seconds instead")
    flags = vars(parser.parse_args(arguments))
    examine = _examine_model if flags.pop("model") else _examine
    try:
        return asyncio.run(examine(load_settings(flags)))
    except KaikouError as error:
        print(f"Kaikou: {error.message}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130


async def _examine(settings: Settings) -> int:
    for line in start_findings(settings, ignored_variables()):
        print(f"start: {line}")
    check_folders(settings)  # without them nothing else can be found out
    there = installed_weights(settings.weights, settings.engines.languages)
    found = await find_language_model(settings.engines)
    where, language_model = found or ("", None)
    doctor = Doctor(there, registry.create, memory_bytes(), disk_free_bytes(settings.weights.folder))
    taken = wanted(settings.engines.set, explicit_of(settings.engines, language_model), there)
    told = options(settings.engines, settings.engine_limits, None)
    print(_machine(settings, doctor))
    print(starter_line(StarterRules(settings, language_model), [weights.name for weights in there.installed]))
    for line in access_findings(settings.server):
        print(f"access: {line}")
    for line in await proxy_findings(servers(settings.engines), registry.proxies(), registry.proxy_trial()):
        print(f"proxy: {line}")
    working = set[Role]()
    for role, does in ROLES.items():
        print(f"\n{does}; now: {taken.get(role, 'nothing')}")
        for engine in (name for name in registry.names(role) if name not in NOT_FOR_TALK):
            if (role, engine) == ("chat_model", "openai"):
                finding = _language_model(where)
            else:
                given = {**told.get((role, engine), {}), **settings.engines.options(role, engine)}
                finding = await doctor.look_at(role, engine, given)
            working |= set() if finding.lacks else {role}
            print(shown(finding))
    return 0 if working == set(ROLES) else 1


async def _examine_model(settings: Settings) -> int:
    """Print what the language model is like; 1 if there is none, or it does not answer."""
    found = await find_language_model(settings.engines, settings.weights)
    if found is None:
        print(shown(_language_model("")))
        return 1
    where, given = found
    print(f"Talking to the language model at {where}: one answer, then {TALK_S:g} s.")
    findings = await talk_with(lambda: registry.create("chat_model", "openai", given))
    print(findings_shown(findings))
    print(f"What was learnt is kept in {settings.weights.folder / LEARNT}.")
    return 1 if findings[0][0] == "trouble" else 0


def _language_model(where: str) -> Finding:
    if where:
        return Finding("chat_model", "openai", note=f"At {where}.")
    lacks = "No language model is connected: none is set, and none was found on this machine."
    return Finding("chat_model", "openai", lacks, "OPENAI_BASE_URL=http://127.0.0.1:11434/v1 python3 run.py")


def starter_line(rules: StarterRules, installed: Sequence[str]) -> str:
    """Whether the starter set is there, and if not, why and how to get it."""
    present = [name for name in registry.catalogue().STARTER if name in installed]
    there = [f"{', '.join(present)} {'are' if len(present) > 1 else 'is'} there"] if present else []
    missing = rules.missing()
    names, size = ", ".join(entry.name for entry in missing), megabytes(sum(entry.mb for entry in missing) * 1_000_000)
    if rules.off:
        there.append("nothing is fetched: the settings switch it off, or choose the engines")
    elif missing and rules.stopped:
        there.append(f"{names} (about {size}) was stopped on the page; to get it: {PULL} starter")
    elif missing:
        there.append(f"{names} (about {size}) is missing; the next start fetches it, or at once: {PULL} starter")
    elif not present:
        there.append("nothing of it fits this machine, or would be used beside what is installed")
    return f"starter set: {'; '.join(there)}"


def _machine(settings: Settings, doctor: Doctor) -> str:
    has = f"{cores()} cores, {megabytes(doctor.memory)} of memory, {'an NVIDIA GPU' if has_gpu() else 'no GPU'}"
    installed = ", ".join(weights.name for weights in doctor.installed_weights.installed) or "none"
    return (
        f"Kaikou {VERSION}, Python {platform.python_version()}: {has}\n"
        f"weights in {settings.weights.folder} ({megabytes(doctor.disk_free)} free): {installed}"
    )


def shown(finding: Finding) -> str:
    """A finding as lines of text."""
    state = "ready" if not finding.lacks else "-"
    lines = [f"  {finding.engine:<14}{state:<7}{finding.lacks or finding.note}"]
    if finding.lacks and finding.note:
        lines.append(f"{'':<23}({finding.note})")
    if finding.fix:
        lines.append(f"{'':<23}{finding.fix}")
    return "\n".join(lines)


if __name__ == "__main__":
    prepare_streams()
    sys.exit(main())
