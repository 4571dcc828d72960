"""The page's folders: which may import which, that each says what it is for, and what is fetched for the first view."""

from __future__ import annotations

import re
from pathlib import Path

from tests.browser.static_server import STATIC

MAY_IMPORT = {
    "views": {"views", "components", "conversation", "audio", "protocol"},
    "conversation": {"conversation", "audio", "protocol"},
    "audio": {"audio"},
    "protocol": {"protocol"},
    "components": {"components"},
    "reference": {"reference", "components"},
}
"""docs/page.md has this as a table; a folder's own folders count as it. What stands beside the folders is for all."""

FOR_ALL = {STATIC / name for name in ("i18n.js", "preferences.js", "router.js")}


def folder_of(module: Path) -> str:
    return module.relative_to(STATIC).parts[0]


def imports(module: Path) -> list[Path]:
    """What a module imports before it runs."""
    named = re.findall(r'^(?:import|\} from) .*?"(\.{1,2}/[^"]+)";', module.read_text(encoding="utf-8"), re.MULTILINE)
    return [(module.parent / name).resolve() for name in named]


def test_folders_import_only_what_they_may() -> None:
    wrong = [
        f"{module.relative_to(STATIC)} imports {imported.relative_to(STATIC)}"
        for folder, allowed in MAY_IMPORT.items()
        for module in (STATIC / folder).rglob("*.js")
        for imported in imports(module)
        if imported not in FOR_ALL and folder_of(imported) not in allowed
    ]
    assert wrong == []


def test_every_folder_says_which_question_it_answers() -> None:
    folders = [path for path in STATIC.rglob("*") if path.is_dir()]
    assert {folder.name for folder in folders if folder.parent == STATIC} == set(MAY_IMPORT)
    for folder in folders:
        readme = (folder / "README.md").read_text(encoding="utf-8")
        assert readme.splitlines()[0].endswith("?")
        assert [path.name for path in folder.glob("*.js") if f"`{path.name}`" not in readme] == []


def test_what_the_first_view_imports_is_preloaded_and_nothing_else() -> None:
    needed, found = set[Path](), [STATIC / "app.js"]
    while found:
        module = found.pop()
        if module not in needed:
            needed.add(module)
            found += imports(module)
    page = (STATIC / "index.html").read_text(encoding="utf-8")
    hinted = re.findall(r'<link rel="modulepreload" href="/?static/([^"]+)"', page)
    assert sorted(hinted) == sorted(str(path.relative_to(STATIC)) for path in needed - {STATIC / "app.js"})
