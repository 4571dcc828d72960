"""`python3 run.py bench NAME [options]`."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence

from benchmarks import bargein, engines, history, load, memory, practice, soak, spoken, talk, turns

BENCHMARKS: dict[str, Callable[[Sequence[str]], int]] = {
    "bargein": bargein.main,
    "engines": engines.main,
    "history": history.main,
    "load": load.main,
    "memory": memory.main,
    "practice": practice.main,
    "soak": soak.main,
    "spoken": spoken.main,
    "talk": talk.main,
    "turns": turns.main,
}


def main() -> int:
    """Run the benchmark that is named first."""
    name, *arguments = sys.argv[1:] or ["--help"]
    if name not in BENCHMARKS:
        print(f"usage: run.py bench {{{','.join(BENCHMARKS)}}} [--help]")
        return 0 if name in ("-h", "--help") else 2
    return BENCHMARKS[name](arguments)


sys.exit(main())
