"""The rules of architecture that a machine can check: who imports whom, where tasks start, where the environment is read.

The rules are the tables below. To change a rule, change its table, and docs/architecture.md with it.
"""

from __future__ import annotations

import ast
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from functools import cache, cached_property
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

OURS = {"pipeline", "models", "server", "benchmarks", "tests", "run"}
STANDARD, THIRD_PARTY = "the standard library", "third parties"

MAY_IMPORT = {
    "run": {STANDARD},
    "pipeline": {STANDARD, "numpy", "pipeline"},
    "models": {STANDARD, THIRD_PARTY, "pipeline", "models"},
    "server": {STANDARD, THIRD_PARTY, "pipeline", "server"},
    "benchmarks": {STANDARD, THIRD_PARTY, "pipeline", "models", "server", "benchmarks"},
}
"""Per top-level package: run → server → pipeline ← models."""

IMPORT_BY_NAME = ("pipeline/engines/registry.py",)
"""May import any module, as `import_module(name)`: the one way from a name in the settings to an engine."""

WITHOUT_CYCLES = ("pipeline", "server")

FLOORS: Mapping[str, str] = {
    "pipeline": (
        "text errors memory audio characters turns engines conformance conversation prompt practice speech_model listening"
        " answering session"
    ),
    "models": "support spoken_forms network downloads embedded neural_voices stub scripted remote funasr sherpa whisper",
    "server": (
        "services errors json_text settings process storage engines identity rest api jobs accounts web starter characters"
        " transports protocol operations history memory practice cli sessions audio files shadowing documents openai_api"
        " app __main__"
    ),
}
"""The folders and single modules of each package from the ground up: each imports only those before it."""

MOST_FILES = 14
"""In one folder; a folder that grows past it holds two things."""

READ_THE_ENVIRONMENT = ("run.py", "server/settings/*", "models/downloads/registries.py", "models/network/proxies.py")
"""The last two read what pip, uv and npm, and what all programs were told of proxies by variables of theirs."""
PASS_THE_ENVIRONMENT_ON = ("models/support/child_process.py", "benchmarks/*")
"""May hand their own environment to a process they start, as `env=…`, and not look into it."""

START_TASKS = (
    "pipeline/session.py",
    "pipeline/engines/workers.py",
    "server/accounts/mail.py",
    "server/accounts/revocation.py",
    "server/engines/current.py",
    "server/sessions/*",
    "server/starter/*",
    "server/transports/*",
    "server/jobs/*",
    "server/history/keeping/keeper.py",
    "server/history/sound/recorder.py",
    "server/memory/memory.py",
    "server/practice/live/talks.py",
    "server/storage/database.py",
    "server/storage/object_upload.py",
    "benchmarks/*",
)
TASK_STARTERS = {"create_task", "ensure_future", "TaskGroup"}

READ_THE_WALL_CLOCK = (
    "server/openai_api/routes.py",
    "server/protocol/connection.py",
    "server/process/certificate.py",
    "server/sessions/client_secrets.py",
    "server/jobs/database.py",
    "server/storage/ids.py",
    "models/downloads/store.py",
    "models/remote/client.py",
    "models/scripted/__init__.py",
    "benchmarks/*",
)
"""For a moment that is shown, told or kept. It may be set by hours at any time, so that no duration is measured by it."""

LONGEST_FILE, LONGEST_TEST = 500, 700
SOURCES = {".py", ".js"}
NOT_OURS = {"__pycache__", "node_modules", "vendor", "weights", "build"}
"""Folders that no rule applies to, besides those whose name starts with a dot (but for `.ci`)."""


@dataclass(frozen=True)
class Module:
    """One Python file; `path` is relative to the root, with slashes."""

    path: str
    text: str

    @property
    def name(self) -> str:
        return self.path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")

    @property
    def package(self) -> str:
        return self.name.partition(".")[0]

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text, self.path)

    def imports(self, *, at_run_time: bool = False) -> Iterator[tuple[int, str]]:
        """Line and absolute dotted name of all that is imported by statement, at the top or inside.

        at_run_time: without what only a type checker reads.
        """
        unread = self._for_type_checkers() if at_run_time else frozenset[ast.AST]()
        for node in ast.walk(self.tree):
            if node in unread:
                continue
            match node:
                case ast.Import(names):
                    yield from ((node.lineno, alias.name) for alias in names)
                case ast.ImportFrom(module, names, level):
                    origin = ".".join(filter(None, [self._above(level or 0), module]))
                    yield from ((node.lineno, f"{origin}.{alias.name}") for alias in names)

    def _for_type_checkers(self) -> frozenset[ast.AST]:
        """What stands in `if TYPE_CHECKING:`."""
        blocks = (node for node in ast.walk(self.tree) if isinstance(node, ast.If))
        named = (block for block in blocks if isinstance(block.test, ast.Name) and block.test.id == "TYPE_CHECKING")
        return frozenset(inner for block in named for statement in block.body for inner in ast.walk(statement))

    def imports_by_name(self) -> Iterator[tuple[int, str]]:
        """The same for `import_module("name")`."""
        for node in ast.walk(self.tree):
            match node:
                case ast.Call(ast.Name(called) | ast.Attribute(_, called), [ast.Constant(str(name)), *_]):
                    if called in {"import_module", "__import__"}:
                        yield node.lineno, name

    def _above(self, level: int) -> str:
        is_package = self.path.endswith("/__init__.py")
        parts = self.name.split(".")
        return ".".join(parts[: len(parts) - level + is_package]) if level else ""


@dataclass(frozen=True)
class Rule:
    """`find` yields line and finding in one module; `remedy` says what to do about it."""

    name: str
    remedy: str
    find: Callable[[Module], Iterable[tuple[int, str]]]


def wrong_arrows(module: Module) -> Iterator[tuple[int, str]]:
    allowed = MAY_IMPORT[module.package]
    by_name = () if matches(module.path, IMPORT_BY_NAME) else module.imports_by_name()
    for line, imported in (*module.imports(), *by_name):
        top = imported.partition(".")[0]
        kind = top if top in OURS else STANDARD if top in sys.stdlib_module_names else THIRD_PARTY
        if not {kind, top} & allowed:
            yield line, f"{module.package} imports {imported}"


def environment_reads(module: Module) -> Iterator[tuple[int, str]]:
    if matches(module.path, READ_THE_ENVIRONMENT):
        return
    passed_on: set[ast.AST] = set()
    if matches(module.path, PASS_THE_ENVIRONMENT_ON):
        arguments = (node for node in ast.walk(module.tree) if isinstance(node, ast.keyword) and node.arg == "env")
        passed_on = {inner for argument in arguments for inner in ast.walk(argument)}
    for node in ast.walk(module.tree):
        match node:
            case ast.Attribute(ast.Name("os"), "environ" | "environb" | "getenv" | "getenvb" as reader):
                if node not in passed_on:
                    yield node.lineno, f"os.{reader}"
            case ast.ImportFrom("os", names):
                for alias in names:
                    if alias.name in {"environ", "environb", "getenv", "getenvb"}:
                        yield node.lineno, f"from os import {alias.name}"


def imports_upwards(module: Module) -> Iterator[tuple[int, str]]:
    """Imports of a folder that stands above the module's own, or that no floor is known for."""
    floors = FLOORS.get(module.package, "").split()
    here = floor_of(module.name, floors)
    if not floors or module.name == module.package:
        return
    if here is None:
        yield 1, f"{module.name} has no floor"
        return
    for line, imported in module.imports(at_run_time=True):
        package, _, rest = imported.partition(".")
        if package != module.package or rest.partition(".")[0] not in floors:
            continue
        there = floors.index(rest.partition(".")[0])
        if there > here:
            yield line, f"{module.name} imports {imported}, which stands above it"


def floor_of(name: str, floors: Sequence[str]) -> int | None:
    folder = name.split(".")[1] if "." in name else ""
    return floors.index(folder) if folder in floors else None


def task_starts(module: Module) -> Iterator[tuple[int, str]]:
    if matches(module.path, START_TASKS):
        return
    for node in ast.walk(module.tree):
        match node:
            case ast.Call(ast.Attribute(_, name) | ast.Name(name)) if name in TASK_STARTERS:
                yield node.lineno, name


def wall_clock_reads(module: Module) -> Iterator[tuple[int, str]]:
    if matches(module.path, READ_THE_WALL_CLOCK):
        return
    for node in ast.walk(module.tree):
        match node:
            case ast.Attribute(
                ast.Name("time"), "time" | "time_ns" | "localtime" | "gmtime" | "ctime" as reader
            ) | ast.Attribute(ast.Name("datetime" | "date"), "now" | "utcnow" | "today" as reader):
                yield node.lineno, f"reads the wall clock: {reader}"
            case ast.ImportFrom("time", names) if any(alias.name in {"time", "time_ns"} for alias in names):
                yield node.lineno, "reads the wall clock: from time import time"


RULES = (
    Rule(
        "imports follow run → server → pipeline ← models",
        "Ask pipeline.engines.registry for the engine, or move what both need into pipeline/ (see MAY_IMPORT).",
        wrong_arrows,
    ),
    Rule(
        "no folder imports one above it",
        "Move what both need into a lower folder (see FLOORS).",
        imports_upwards,
    ),
    Rule(
        "the environment is read in server/settings, but for other tools' variables",
        "Add a field to a section in server/settings and take its value as an argument.",
        environment_reads,
    ),
    Rule(
        "tasks start where a session, a job or the server's life owns them",
        "Let the session, the job or the socket start the work and hand it in (see START_TASKS).",
        task_starts,
    ),
    Rule(
        "durations are measured by clocks that nobody sets",
        "Use time.monotonic or the loop's time; for a moment that is shown see READ_THE_WALL_CLOCK.",
        wall_clock_reads,
    ),
)


def matches(path: str, patterns: Iterable[str]) -> bool:
    return any(fnmatch(path, pattern) for pattern in patterns)


def files() -> Iterator[Path]:
    """All files of the checkout that are ours."""
    for folder, folders, names in os.walk(ROOT):
        folders[:] = [name for name in folders if name not in NOT_OURS and (name[0] != "." or name == ".ci")]
        yield from (Path(folder, name) for name in names)


def relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@cache
def product() -> list[Module]:
    """Every Python file that MAY_IMPORT speaks of."""
    modules = [Module(relative(path), path.read_text("utf-8")) for path in files() if path.suffix == ".py"]
    return [module for module in modules if module.package in MAY_IMPORT]


def broken(rule: Rule, modules: Iterable[Module]) -> list[str]:
    """What breaks `rule`, as path:line: finding."""
    return [f"{module.path}:{line}: {finding}" for module in modules for line, finding in rule.find(module)]


def cycle(modules: Iterable[Module]) -> list[str]:
    """Modules that import each other in a ring, the first one repeated at the end; empty without one."""
    by_name = {module.name: module for module in modules}
    graph = {name: set(imported_modules(module, by_name)) for name, module in by_name.items()}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return [str(name) for name in reversed(error.args[1])]
    return []


def imported_modules(module: Module, known: Iterable[str]) -> Iterator[str]:
    """The modules among `known` that `module` imports: `a.b.c` is `a.b.c` or, where c is a name in it, `a.b`."""
    for _, imported in module.imports(at_run_time=True):
        parent = imported.rpartition(".")[0]
        name = next((name for name in (imported, parent) if name in known), module.name)
        if name != module.name:
            yield name


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_rule(rule: Rule) -> None:
    findings = broken(rule, product())

    assert not findings, "\n".join([f"{rule.name}. {rule.remedy}", *findings])


def test_modules_do_not_import_each_other_in_a_ring() -> None:
    ring = cycle(module for module in product() if module.package in WITHOUT_CYCLES)

    assert not ring, f"Move what these share into a module that imports none of them: {' → '.join(ring)}"


def test_files_stay_short() -> None:
    lengths = {relative(path): path.read_bytes().count(b"\n") for path in files() if path.suffix in SOURCES}
    limits = {path: LONGEST_TEST if path.startswith("tests/") else LONGEST_FILE for path in lengths}
    long = [f"{path}: {lines} lines of {limits[path]}" for path, lines in lengths.items() if lines > limits[path]]

    assert not long, "\n".join(["Split these by what they are about.", *long])


def test_folders_say_which_question_they_answer_and_hold_few_files() -> None:
    modules = product()
    folders = {str(Path(module.path).parent) for module in modules if module.package in FLOORS}
    counts = {folder: sum(str(Path(module.path).parent) == folder for module in modules) for folder in folders}
    silent = [
        module.path
        for module in modules
        if module.package in FLOORS and module.path.endswith("__init__.py") and not ast.get_docstring(module.tree)
    ]
    large = [f"{folder}: {count} files of {MOST_FILES}" for folder, count in counts.items() if count > MOST_FILES]

    assert not silent, "\n".join(["Say in a docstring which question these folders answer.", *silent])
    assert not large, "\n".join(["Split these folders by what they are about.", *large])


def test_lines_end_where_their_text_ends() -> None:
    trailing = [
        f"{relative(path)}:{number}"
        for path in files()
        if b"\0" not in (content := path.read_bytes())
        for number, line in enumerate(content.split(b"\n"), 1)
        if line[-1:] in (b" ", b"\t", b"\r")
    ]

    assert not trailing, "\n".join(["Take the blanks off the ends of these lines.", *trailing])


@pytest.mark.parametrize(
    ("path", "text", "finding"),
    [
        ("pipeline/text/clauses.py", "import orjson", "1: pipeline imports orjson"),
        (
            "pipeline/text/clauses.py",
            "import asyncio, numpy\nfrom pipeline import events\nfrom .audio import pcm",
            None,
        ),
        (
            "models/embedded/silero.py",
            "from server.settings import Settings",
            "1: models imports server.settings.Settings",
        ),
        ("server/app.py", "def f():\n    import models.embedded.silero", "2: server imports models.embedded.silero"),
        ("server/app.py", "import_module('models.embedded.silero')", "1: server imports models.embedded.silero"),
        ("pipeline/engines/registry.py", "import_module('models.embedded.silero')", None),
        ("run.py", "import server", "1: run imports server"),
        ("server/identity/auth.py", "key = os.environ['KEY']", "1: os.environ"),
        ("server/identity/auth.py", "from os import getenv", "1: from os import getenv"),
        ("server/settings/load.py", "key = os.environ['KEY']", None),
        ("models/support/child_process.py", "Popen(command, env={**os.environ, 'A': '1'})", None),
        ("models/support/child_process.py", "Popen(command, env={})\nos.getenv('A')", "2: os.getenv"),
        ("pipeline/answering/reply.py", "async with asyncio.TaskGroup() as tasks: ...", "1: TaskGroup"),
        (
            "pipeline/answering/reply.py",
            "def f(tasks: asyncio.TaskGroup):\n    tasks.create_task(read())",
            "2: create_task",
        ),
        ("pipeline/session.py", "tasks.create_task(read())", None),
        (
            "pipeline/turns/wait.py",
            "from pipeline.session import Session",
            "1: pipeline.turns.wait imports pipeline.session.Session, which stands above it",
        ),
        ("pipeline/turns/wait.py", "if TYPE_CHECKING:\n    from pipeline.session import Session", None),
        ("pipeline/attic/old.py", "", "1: pipeline.attic.old has no floor"),
        ("server/transports/webrtc.py", "asyncio.ensure_future(read())", None),
        ("pipeline/session.py", "began = time.time()", "1: reads the wall clock: time"),
        ("pipeline/session.py", "def f(now=datetime.now): ...", "1: reads the wall clock: now"),
        ("pipeline/session.py", "began = time.monotonic()", None),
    ],
)
def test_rules_find_what_they_forbid_and_nothing_else(path: str, text: str, finding: str | None) -> None:
    module = Module(path, text)

    assert [line for rule in RULES for line in broken(rule, [module])] == ([f"{path}:{finding}"] if finding else [])


def test_ring_of_imports_is_found_through_names_and_relative_imports() -> None:
    ring = [
        Module("server/a/__init__.py", "from .b import name"),
        Module("server/a/b.py", "from server import c"),
        Module("server/c.py", "def late():\n    import server.a"),
        Module("server/d.py", "import server.a.b, server.c"),
    ]

    assert set(cycle(ring)) == {"server.a", "server.a.b", "server.c"}
    assert cycle(ring[1:]) == []
