"""The house rules that a machine can check: who imports whom, where tasks start, where the environment is read.

The rules are the tables below. To change the house, change a table, and docs/ with it.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatch
from functools import cached_property
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

WITHOUT_CYCLES = ("pipeline", "server")

READ_THE_ENVIRONMENT = ("run.py", "server/settings.py")
PASS_THE_ENVIRONMENT_ON = ("models/child.py", "benchmarks/*")
"""May hand their own environment to a process they start, as `env=…`, and not look into it."""

START_TASKS = (
    "pipeline/session*.py",
    "pipeline/*/session.py",
    "pipeline/pump.py",
    "pipeline/*/pump.py",
    "server/realtime/*",
    "server/jobs/*",
    "server/lifespan.py",
    "benchmarks/*",
)
TASK_STARTERS = {"create_task", "ensure_future", "TaskGroup"}

LONGEST_FILE = 500
SOURCES = {".py", ".js", ".css", ".html"}
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

    def imports(self) -> Iterator[tuple[int, str]]:
        """Line and absolute dotted name of all that is imported, at the top or inside, by statement or by name."""
        for node in ast.walk(self.tree):
            match node:
                case ast.Import(names):
                    yield from ((node.lineno, alias.name) for alias in names)
                case ast.ImportFrom(module, names, level):
                    origin = ".".join(filter(None, [self._above(level or 0), module]))
                    yield from ((node.lineno, f"{origin}.{alias.name}") for alias in names)
                case ast.Call(ast.Name(called) | ast.Attribute(_, called), [ast.Constant(str(name)), *_]) if called in {
                    "import_module",
                    "__import__",
                }:
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
    for line, imported in module.imports():
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


def task_starts(module: Module) -> Iterator[tuple[int, str]]:
    if matches(module.path, START_TASKS):
        return
    for node in ast.walk(module.tree):
        match node:
            case ast.Attribute(_, name) | ast.Name(name) | ast.alias(name) if name in TASK_STARTERS:
                yield node.lineno, name


RULES = (
    Rule(
        "imports follow run → server → pipeline ← models",
        "Ask pipeline.registry for the engine, or move what both need into pipeline/ (see MAY_IMPORT).",
        wrong_arrows,
    ),
    Rule(
        "the environment is read in settings.py alone",
        "Add a field to server/settings.py and take its value as an argument.",
        environment_reads,
    ),
    Rule(
        "tasks start where a session, a job or the server's life owns them",
        "Let the session, the job or the socket start the work and hand it in (see START_TASKS).",
        task_starts,
    ),
)


def matches(path: str, patterns: Iterable[str]) -> bool:
    return any(fnmatch(path, pattern) for pattern in patterns)


def files() -> Iterator[Path]:
    """All files of the checkout that are ours."""
    for folder, folders, names in ROOT.walk() if sys.version_info >= (3, 12) else walk(ROOT):
        folders[:] = [name for name in folders if name not in NOT_OURS and (name[0] != "." or name == ".ci")]
        yield from (folder / name for name in names)


def broken(rule: Rule, modules: Iterable[Module]) -> list[str]:
    """What breaks `rule`, as path:line: finding."""
    return [f"{module.path}:{line}: {finding}" for module in modules for line, finding in rule.find(module)]
