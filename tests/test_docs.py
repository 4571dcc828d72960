"""What the documentation names in the repository is there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from server.settings.keeping import FileSettings

ROOT = Path(__file__).parent.parent
PAGES = sorted([*ROOT.glob("docs/*.md"), *ROOT.glob("README*.md"), ROOT / "CONTRIBUTING.md"])
FOLDERS = ("benchmarks", "docs", "models", "personas", "pipeline", "server", "static", "tests")
"""A path that begins with one of these is one of the repository."""

OF_THE_PAGE = ("audio", "components", "conversation", "protocol", "views")
"""docs/page.md names the modules of `static/` without that folder."""

CODE = ("pipeline", "models", "server")

MADE_LATER = {"models/weights"}
"""Is made by the first download."""


def named_paths(text: str, *, of_the_page: bool = False) -> Iterator[str]:
    """The repository's paths between backticks, and the targets of links to other files, as seen from the root."""
    for path in re.findall(r"`([\w.-]+(?:/[\w.-]+)*/?)`", text):
        first = path.partition("/")[0]
        if of_the_page and "/" in path and first in OF_THE_PAGE:
            yield f"static/{path}"
        elif "/" in path and first in FOLDERS:
            yield path.rstrip("/")


def linked_files(text: str) -> Iterator[str]:
    """The targets of links within the repository, without their anchors."""
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        path = target.partition("#")[0]
        if path and "://" not in target:
            yield path


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_file_that_a_page_names_exists(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    named = set(named_paths(text, of_the_page=page.name == "page.md")) - MADE_LATER
    missing = [path for path in sorted(named) if not (ROOT / path).exists()]
    missing += [path for path in sorted(set(linked_files(text))) if not (page.parent / path).exists()]

    assert missing == []


def test_every_class_and_method_of_the_journeys_exists() -> None:
    text = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
    sources = [path.read_text(encoding="utf-8") for folder in CODE for path in (ROOT / folder).rglob("*.py")]
    missing = [
        f"{owner}.{member}"
        for owner, member in sorted(set(re.findall(r"`([A-Z]\w+)\.(\w+)`", text)))
        if not any(defines(source, owner, member) for source in sources)
    ]

    assert missing == []


def defines(source: str, owner: str, member: str) -> bool:
    """Whether `source` has a class `owner` with a method or a field `member`."""
    found = re.search(rf"^class {owner}\b.*?(?=^\S|\Z)", source, re.MULTILINE | re.DOTALL)
    return found is not None and re.search(rf"^    (?:async )?(?:def )?{member}\b", found[0], re.MULTILINE) is not None


def test_paths_are_found_between_backticks_and_addresses_are_not() -> None:
    text = "`pipeline/turns/wait.py`, `server/settings/`, `/v1/audio/speech`, `audio/player.js`, `run.py`, `pipeline`"

    assert list(named_paths(text)) == ["pipeline/turns/wait.py", "server/settings"]
    assert list(named_paths("`audio/player.js`", of_the_page=True)) == ["static/audio/player.js"]
    assert list(linked_files("[a](page.md#top), [b](https://example.org/x)")) == ["page.md"]


def test_every_test_that_docs_security_md_names_exists() -> None:
    named = set(re.findall(r"`(test_\w+)`", (ROOT / "docs/security.md").read_text(encoding="utf-8")))
    tests = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("test_*.py"))

    assert [name for name in sorted(named) if f"def {name}(" not in tests] == []
    assert len(named) > 30


def test_the_proxies_of_the_documentation_let_pass_what_may_be_uploaded() -> None:
    sizes = re.findall(r"client_max_body_size (\d+)m;", (ROOT / "docs/deployment.md").read_text(encoding="utf-8"))
    assert sizes
    assert min(int(size) for size in sizes) << 20 > FileSettings().bytes
