"""`bench memory`: what a character still knows of what it was told, in parts that are measured and printed by themselves.

A part is a module with `add_options(parser)`, `measured(options)`, which gives figures that JSON can hold, `table(figures)`,
and `passed(figures)`.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import ModuleType

from benchmarks import memory_talk
from benchmarks.remembered import bench as remembered

PARTS: Mapping[str, ModuleType] = {"talk": memory_talk, "facts": remembered}


def main(arguments: Sequence[str]) -> int:
    """Run the parts; 0 if each of them passed."""
    parser = argparse.ArgumentParser(prog="run.py bench memory", description=__doc__)
    parser.add_argument("--part", choices=PARTS, help="just this one; all of them without it")
    parser.add_argument("--json", type=Path, help="also write the figures there")
    for name, part in PARTS.items():
        part.add_options(parser.add_argument_group(f"part {name}", part.__doc__))
    options = parser.parse_args(arguments)
    wanted = {name: part for name, part in PARTS.items() if options.part in (None, name)}
    figures, passed = {}, True
    for name, part in wanted.items():
        figures[name] = part.measured(options)
        passed = part.passed(figures[name]) and passed
        print(part.table(figures[name]), flush=True)
    if options.json:
        options.json.write_text(json.dumps(figures, indent=1, ensure_ascii=False))
    return 0 if passed else 1
