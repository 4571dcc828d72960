"""`bench spoken`: whether what the voices say is what was written, in parts that are measured and printed by themselves.

A part is a module with `add_options(parser)`, `measured(options)`, which gives rows that JSON can hold, and `table(rows)`.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import ModuleType

from benchmarks import spoken_forms, spoken_voices

PARTS: Mapping[str, ModuleType] = {"voices": spoken_voices, "forms": spoken_forms}


def main(arguments: Sequence[str]) -> int:
    """Run the parts; 0 if each of them measured something."""
    parser = argparse.ArgumentParser(prog="run.py bench spoken", description=__doc__)
    parser.add_argument("--part", choices=PARTS, help="just this one; all of them without it")
    parser.add_argument("--json", type=Path, help="also write the figures there")
    for name, part in PARTS.items():
        part.add_options(parser.add_argument_group(f"part {name}", part.__doc__))
    options = parser.parse_args(arguments)
    figures = {}
    for name, part in PARTS.items():
        if options.part in (None, name):
            figures[name] = part.measured(options)
            print(part.table(figures[name]), flush=True)
    if options.json:
        options.json.write_text(json.dumps(figures, indent=1, ensure_ascii=False))
    return 0 if all(any("not_measured" not in row for row in rows) for rows in figures.values()) else 1
