"""A role and a scene for tests, what is planned of them, and characters among which they are."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from pipeline.practice.practice import InterviewSetup, LanguageSetup, Practice
from server.characters.catalogue import AllCharacters, FileCharacters
from server.characters.store import CharacterStore
from server.practice.practices import Chosen, Practices
from server.practice.store import PracticeStore
from server.practice.templates.catalogue import FOLDER
from server.practice.templates.file_format import RoleFile, SceneFile
from server.practice.templates.reading import load_templates
from server.settings import Settings
from server.storage.database import Database
from server.storage.ids import Now, now_ms

FILES = Path(__file__).parent / "personas"

_READ = load_templates(FILES)
BAKER, BAKER_FILE = _READ["baker"]
BAKERY, BAKERY_FILE = _READ["bakery"]
assert isinstance(BAKER, RoleFile)
assert isinstance(BAKERY, SceneFile)


def personas_in(folder: Path) -> Path:
    """A folder of characters with the role and the scene of this test instead of ours."""
    shutil.copytree(Settings().characters.folder, folder / "personas", ignore=shutil.ignore_patterns(FOLDER))
    shutil.copytree(FILES, folder / "personas" / FOLDER)
    return folder / "personas"


def practices_on(database: Database, folder: Path, now: Now = now_ms) -> Practices:
    """Practices of a database, with that role and that scene."""
    characters = FileCharacters.read(Settings().characters.folder, "assistant")
    return Practices.on(database, AllCharacters(characters, CharacterStore(database)), personas_in(folder), now)


def interview(language: str = "en", own_language: str = "en", **setup: Any) -> Chosen:
    """An interview of a baker, chosen."""
    return Chosen(language, own_language, InterviewSetup(**{"role": "baker", **setup}))


def scene(language: str = "en", own_language: str = "zh", **setup: Any) -> Chosen:
    """A talk at the baker's, chosen."""
    return Chosen(language, own_language, LanguageSetup(**{"scene": "bakery", **setup}))


def a_practice(store: PracticeStore, **fields: Any) -> Practice:
    """A short one, not planned by anybody."""
    about = {"kind": "language", "language": "en", "own_language": "zh", "character_id": "english-coach", "title": "At"}
    return Practice(store.new_id(), **{**about, "scene": LanguageSetup(""), **fields})
