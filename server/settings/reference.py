"""Writes docs/settings.md from the sections, whose docstrings it is made of: `python -m server.settings.reference`."""

from __future__ import annotations

import sys
from pathlib import Path

from server.settings.tree import SECTIONS, SETTINGS, Setting

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "settings.md"

BEGINNING = """\
# Settings

Made from `server/settings/` by `.venv/bin/python -m server.settings.reference`; a test keeps them the same.

Resolved once, at the start: defaults < `kaikou.toml` (or `--config FILE`, `KAIKOU_CONFIG`) < environment < flags. An unknown
name is an error that tells the nearest known one. An empty value sets nothing, wherever it stands. Lists are separated by
commas, or written as JSON. Line ends, blanks and quotes around a value are no part of it. Secrets come from the environment
only. Variables that Kubernetes or Docker set for a service called "kaikou" (`KAIKOU_SERVICE_HOST`,
`KAIKOU_PORT=tcp://…`) are passed over. In the file each setting stands in the table of its section; a setting at the top of
the file, by the name of its variable in lower case, is understood as well.

```toml
[server]
port = 8000

[engines]
synthesizer = "minimax, embedded"

[engines.minimax]
model = "speech-2.8-hd"
```
"""

HEAD = "| file | environment | default | |\n| --- | --- | --- | --- |"

OTHERS = """
## [engines.NAME]
Any other engine, of a third party or ours, takes what its factory takes: the table of its name in the file, or
`KAIKOU_ENGINES__NAME__OPTION` in the environment, where numbers, true and false are passed on as such and all else as text.
An engine that has several roles gets an option in one of them by `[engines.NAME.synthesizer]`, or
`KAIKOU_ENGINES__NAME__SYNTHESIZER__OPTION`. Keys belong into the environment. See [engines.md](engines.md).
"""


def reference() -> str:
    """The page."""
    parts = [BEGINNING]
    for path, section in SECTIONS.items():
        settings = [setting for setting in SETTINGS.values() if setting.path[:-1] == path]
        if settings:
            about = " ".join((section.__doc__ or "").split())
            rows = "\n".join(map(_row, settings))
            parts.append(f"\n## [{'.'.join(path)}]\n{about}\n\n{HEAD}\n{rows}\n")
    return "".join([*parts, OTHERS])


def _row(setting: Setting) -> str:
    name = "–" if setting.is_secret else f"`{setting.path[-1]}`"
    return f"| {name} | `{setting.variable}` | {_default(setting)} | {setting.about} |"


def _default(setting: Setting) -> str:
    match setting.default:
        case bool():
            return str(setting.default).lower()
        case Path():
            return f"`{setting.default.relative_to(ROOT).as_posix()}`"
        case tuple():
            return ",".join(setting.default) or "none"
        case float():
            return f"{setting.default:g}"
        case None:
            return "none"
    shown = str(setting.default)
    return shown if shown and not setting.is_secret else "none"


if __name__ == "__main__":
    PAGE.write_text(reference(), "utf-8")
    print(f"Wrote {PAGE.relative_to(ROOT)}.", file=sys.stderr)
